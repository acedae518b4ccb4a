/* SPDX-License-Identifier: ISC */
#include "netcheck/probe_dhcp.h"

#include "common/random.h"
#include "netcheck/dhcp_link.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct probe_dhcp {
	const struct probe_dhcp_calls *calls;
	void *user;
	struct probe_dhcp_question question;
	uint32_t xids[DHCP_ENCODINGS];
	int fd;
	int index; /* of the interface, on a link */
	struct event *readable, *timer;
	unsigned rounds;
	bool answered[DHCP_ENCODINGS];
};

void probe_dhcp_cancel(struct probe_dhcp *probe)
{
	if (!probe)
		return;
	if (probe->readable)
		event_free(probe->readable);
	if (probe->timer)
		event_free(probe->timer);
	if (probe->fd >= 0)
		close(probe->fd);
	free(probe);
}

static bool on_link(const struct probe_dhcp *probe)
{
	return probe->question.interface[0] != '\0';
}

static void ask(struct probe_dhcp *probe, enum dhcp_encoding encoding)
{
	struct dhcp_discover discover = {.xid = probe->xids[encoding],
					 .mac = probe->question.mac,
					 .encoding = encoding,
					 .name = probe->question.name};
	struct endpoint server = {.addr = probe->question.server, .port = DHCP_SERVER_PORT};
	struct sockaddr_storage to;
	uint8_t bytes[DHCP_PACKET_MAX];
	socklen_t size;
	size_t length;

	if (on_link(probe)) {
		length = dhcp_print_discover(&discover, bytes);
		(void)dhcp_link_send(probe->fd, probe->index, bytes, length);
		return;
	}
	discover.relay = probe->question.relay;
	discover.link = probe->question.link;
	length = dhcp_print_discover(&discover, bytes);
	size = endpoint_to_sockaddr(server, &to);
	(void)sendto(probe->fd, bytes, length, MSG_NOSIGNAL, (struct sockaddr *)&to, size);
}

static void take(struct probe_dhcp *probe, const uint8_t *bytes, size_t length, struct addr source)
{
	struct dhcp_offer offer;
	struct err err = {0};
	int r = dhcp_read_offer(bytes, length, &offer, &err);

	if (!mac_equal(offer.mac, probe->question.mac))
		return;
	for (int encoding = 0; encoding < DHCP_ENCODINGS; encoding++) {
		if (offer.xid != probe->xids[encoding])
			continue;
		if (r != -ENOMSG)
			probe->answered[encoding] = true;
		if (!r)
			probe->calls->on_offer(encoding, &offer, source, probe->user);
		else if (r == -EINVAL)
			probe->calls->on_bad(source, err.text, probe->user);
	}
}

static int receive(struct probe_dhcp *probe, uint8_t *bytes, size_t size, struct addr *ret_source)
{
	struct sockaddr_storage from;
	socklen_t from_size = sizeof(from);
	struct endpoint source = {0};
	ssize_t got;

	if (on_link(probe))
		return dhcp_link_receive(probe->fd, bytes, size, ret_source);
	got = recvfrom(probe->fd, bytes, size, MSG_DONTWAIT, (struct sockaddr *)&from, &from_size);
	if (got < 0)
		return -errno;
	(void)endpoint_from_sockaddr((struct sockaddr *)&from, &source);
	*ret_source = source.addr;
	return (int)got;
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	struct probe_dhcp *probe = user;
	uint8_t bytes[DHCP_PACKET_MAX];
	struct addr source;
	int got;

	while ((got = receive(probe, bytes, sizeof(bytes), &source)) >= 0 || got == -EINTR)
		if (got > 0)
			take(probe, bytes, (size_t)got, source);
}

static bool all_answered(const struct probe_dhcp *probe)
{
	for (int encoding = 0; encoding < DHCP_ENCODINGS; encoding++)
		if (!probe->answered[encoding])
			return false;
	return true;
}

/* Each round asks again for what nobody has answered; slower servers have one round's time. */
static void on_round(evutil_socket_t fd, short what, void *user)
{
	static const struct timeval wait = {.tv_sec = PROBE_DHCP_ROUND_MS / 1000,
					    .tv_usec = PROBE_DHCP_ROUND_MS % 1000 * 1000};
	struct probe_dhcp *probe = user;
	void (*on_end)(void *user) = probe->calls->on_end;
	void *caller = probe->user;

	if (probe->rounds == PROBE_DHCP_ROUNDS || all_answered(probe)) {
		probe_dhcp_cancel(probe);
		on_end(caller);
		return;
	}
	for (int encoding = 0; encoding < DHCP_ENCODINGS; encoding++)
		if (!probe->answered[encoding])
			ask(probe, encoding);
	probe->rounds++;
	event_add(probe->timer, &wait);
}

static int open_relay(struct addr relay, struct err *err)
{
	struct endpoint at = {.addr = relay, .port = DHCP_SERVER_PORT};
	struct sockaddr_storage sockaddr;
	socklen_t size = endpoint_to_sockaddr(at, &sockaddr);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char text[ADDR_TEXT];
	int error;

	if (fd >= 0 && !bind(fd, (struct sockaddr *)&sockaddr, size))
		return fd;
	error = errno;
	if (fd >= 0)
		close(fd);
	if (error == EACCES || error == EPERM)
		return err_set(
			err, -EPERM,
			"playing a relay needs root or CAP_NET_BIND_SERVICE, for UDP port 67");
	return err_set(err, -error, "cannot use UDP port 67 of %s: %s", addr_print(relay, text),
		       strerror(error));
}

/* Locally administered, not multicast. */
static struct mac random_mac(void)
{
	struct mac mac = {.type = 1, .length = 6};

	random_bytes(mac.bytes, 6);
	mac.bytes[0] = (uint8_t)((mac.bytes[0] & 0xfc) | 0x02);
	return mac;
}

int probe_dhcp_start(struct probe_dhcp **ret, struct event_base *base,
		     const struct probe_dhcp_question *question,
		     const struct probe_dhcp_calls *calls, void *user, struct err *err)
{
	struct probe_dhcp *probe = calloc(1, sizeof(*probe));
	int r = -ENOMEM;

	if (!probe)
		return err_set(err, r, "out of memory");
	probe->calls = calls;
	probe->user = user;
	probe->question = *question;
	if (!probe->question.mac.length)
		probe->question.mac = random_mac();
	for (int encoding = 0; encoding < DHCP_ENCODINGS; encoding++)
		probe->xids[encoding] = random_u32();
	probe->fd = on_link(probe) ? dhcp_link_open(question->interface, &probe->index, err)
				   : open_relay(question->relay, err);
	if (probe->fd < 0) {
		r = probe->fd;
		goto fail;
	}
	probe->readable = event_new(base, probe->fd, EV_READ | EV_PERSIST, on_readable, probe);
	probe->timer = evtimer_new(base, on_round, probe);
	if (!probe->readable || !probe->timer || event_add(probe->readable, NULL) ||
	    event_add(probe->timer, &(struct timeval){0})) {
		err_set(err, r, "out of memory");
		goto fail;
	}
	*ret = probe;
	return 0;
fail:
	probe_dhcp_cancel(probe);
	return r;
}
