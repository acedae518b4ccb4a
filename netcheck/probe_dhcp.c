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
	uint32_t xids[DHCP_ASKS];
	int fd;
	int inform_fd; /* as a relay: where INFORM is answered; -1 = is not asked, or on a link */
	int index;     /* of the interface, on a link */
	struct event *readable, *inform_readable, *timer;
	unsigned rounds;
	bool answered[DHCP_ASKS];
	struct addr client; /* that INFORM asks for; ADDR_NONE: is not asked ... */
	struct mac client_mac;
	struct err no_inform; /* ... for this reason */
};

void probe_dhcp_cancel(struct probe_dhcp *probe)
{
	if (!probe)
		return;
	if (probe->readable)
		event_free(probe->readable);
	if (probe->inform_readable)
		event_free(probe->inform_readable);
	if (probe->timer)
		event_free(probe->timer);
	if (probe->fd >= 0)
		close(probe->fd);
	if (probe->inform_fd >= 0)
		close(probe->inform_fd);
	free(probe);
}

const char *probe_dhcp_no_inform(const struct probe_dhcp *probe)
{
	return probe->client.family ? NULL : probe->no_inform.text;
}

static bool on_link(const struct probe_dhcp *probe)
{
	return probe->question.interface[0] != '\0';
}

static struct mac mac_of(const struct probe_dhcp *probe, enum dhcp_ask ask)
{
	return ask == DHCP_INFORM ? probe->client_mac : probe->question.mac;
}

static void send_question(struct probe_dhcp *probe, enum dhcp_ask ask)
{
	struct dhcp_question question = {.xid = probe->xids[ask],
					 .mac = mac_of(probe, ask),
					 .ask = ask,
					 .name = probe->question.name,
					 .client = probe->client};
	struct endpoint server = {.addr = probe->question.server, .port = DHCP_SERVER_PORT};
	struct addr source = ask == DHCP_INFORM ? probe->client : (struct addr){0};
	struct sockaddr_storage to;
	uint8_t bytes[DHCP_PACKET_MAX];
	socklen_t size;
	size_t length;

	if (on_link(probe)) {
		length = dhcp_print_question(&question, bytes);
		(void)dhcp_link_send(probe->fd, probe->index, source, bytes, length);
		return;
	}
	question.relay = probe->question.relay;
	question.link = probe->question.link;
	length = dhcp_print_question(&question, bytes);
	size = endpoint_to_sockaddr(server, &to);
	(void)sendto(probe->fd, bytes, length, MSG_NOSIGNAL, (struct sockaddr *)&to, size);
}

static void take(struct probe_dhcp *probe, const uint8_t *bytes, size_t length, struct addr source)
{
	struct dhcp_offer offer;
	struct err err = {0};
	int r = dhcp_read_offer(bytes, length, &offer, &err);

	if (!r && offer.informs != (offer.xid == probe->xids[DHCP_INFORM]))
		r = -ENOMSG;
	for (int ask = 0; ask < DHCP_ASKS; ask++) {
		if (offer.xid != probe->xids[ask] || !mac_equal(offer.mac, mac_of(probe, ask)))
			continue;
		if (r != -ENOMSG)
			probe->answered[ask] = true;
		if (!r)
			probe->calls->on_offer(ask, &offer, source, probe->user);
		else if (r == -EINVAL)
			probe->calls->on_bad(source, err.text, probe->user);
	}
}

static int receive(struct probe_dhcp *probe, int fd, uint8_t *bytes, size_t size,
		   struct addr *ret_source)
{
	struct sockaddr_storage from;
	socklen_t from_size = sizeof(from);
	struct endpoint source = {0};
	ssize_t got;

	if (on_link(probe))
		return dhcp_link_receive(fd, bytes, size, ret_source);
	got = recvfrom(fd, bytes, size, MSG_DONTWAIT, (struct sockaddr *)&from, &from_size);
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

	while ((got = receive(probe, fd, bytes, sizeof(bytes), &source)) >= 0 || got == -EINTR)
		if (got > 0)
			take(probe, bytes, (size_t)got, source);
}

/* Few servers leave an offer out, some never answer INFORM: that is not waited for as long. */
static bool is_waiting_for(const struct probe_dhcp *probe, enum dhcp_ask ask)
{
	unsigned rounds = ask == DHCP_INFORM ? PROBE_DHCP_INFORM_ROUNDS : PROBE_DHCP_ROUNDS;

	return !probe->answered[ask] && probe->rounds < rounds;
}

/* Each round asks again for what nobody has answered; slower servers have one round's time. */
static void on_round(evutil_socket_t fd, short what, void *user)
{
	static const struct timeval wait = {.tv_sec = PROBE_DHCP_ROUND_MS / 1000,
					    .tv_usec = PROBE_DHCP_ROUND_MS % 1000 * 1000};
	struct probe_dhcp *probe = user;
	void (*on_end)(void *user) = probe->calls->on_end;
	void *caller = probe->user;
	unsigned asked = 0;

	for (int ask = 0; ask < DHCP_ASKS; ask++)
		if (is_waiting_for(probe, ask)) {
			send_question(probe, ask);
			asked++;
		}
	if (asked) {
		probe->rounds++;
		event_add(probe->timer, &wait);
		return;
	}
	probe_dhcp_cancel(probe);
	on_end(caller);
}

static int open_port(struct addr own, uint16_t port, struct err *err)
{
	struct endpoint at = {.addr = own, .port = port};
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
			"playing a relay needs root or CAP_NET_BIND_SERVICE, for UDP port %u",
			port);
	return err_set(err, -error, "cannot use UDP port %u of %s: %s", port, addr_print(own, text),
		       strerror(error));
}

/* The answer goes to the asker's own address, to a client's port, whoever relayed the question. */
static void prepare_inform(struct probe_dhcp *probe)
{
	const struct probe_dhcp_question *question = &probe->question;

	if (on_link(probe)) {
		dhcp_link_own(probe->fd, question->interface, &probe->client, &probe->client_mac);
		if (!probe->client_mac.length)
			probe->client = (struct addr){0};
		if (!probe->client.family)
			err_set(&probe->no_inform, 0, "%s has no IPv4 address to ask from",
				question->interface);
		return;
	}
	probe->inform_fd = open_port(question->relay, DHCP_CLIENT_PORT, &probe->no_inform);
	if (probe->inform_fd < 0)
		return;
	probe->client = question->relay;
	probe->client_mac = question->mac;
}

/* Locally administered, not multicast. */
static struct mac random_mac(void)
{
	struct mac mac = {.type = 1, .length = 6};

	random_bytes(mac.bytes, 6);
	mac.bytes[0] = (uint8_t)((mac.bytes[0] & 0xfc) | 0x02);
	return mac;
}

static int add_events(struct probe_dhcp *probe, struct event_base *base)
{
	probe->readable = event_new(base, probe->fd, EV_READ | EV_PERSIST, on_readable, probe);
	probe->timer = evtimer_new(base, on_round, probe);
	if (!probe->readable || !probe->timer || event_add(probe->readable, NULL) ||
	    event_add(probe->timer, &(struct timeval){0}))
		return -ENOMEM;
	if (probe->inform_fd < 0)
		return 0;
	probe->inform_readable = event_new(base, probe->inform_fd, EV_READ | EV_PERSIST,
					   on_readable, probe);
	return !probe->inform_readable || event_add(probe->inform_readable, NULL) ? -ENOMEM : 0;
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
	for (int ask = 0; ask < DHCP_ASKS; ask++)
		probe->xids[ask] = random_u32();
	probe->inform_fd = -1;
	probe->fd = on_link(probe) ? dhcp_link_open(question->interface, &probe->index, err)
				   : open_port(question->relay, DHCP_SERVER_PORT, err);
	if (probe->fd < 0) {
		r = probe->fd;
		goto fail;
	}
	prepare_inform(probe);
	probe->answered[DHCP_INFORM] = !probe->client.family;
	r = add_events(probe, base);
	if (r) {
		err_set(err, r, "out of memory");
		goto fail;
	}
	*ret = probe;
	return 0;
fail:
	probe_dhcp_cancel(probe);
	return r;
}
