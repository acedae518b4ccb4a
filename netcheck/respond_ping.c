/* SPDX-License-Identifier: ISC */
#include "netcheck/respond_ping.h"

#include "common/clock.h"
#include "common/endpoint.h"
#include "netcheck/amt.h"
#include "netcheck/dial.h"
#include "netcheck/token.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct respond_ping {
	struct event_base *base;
	struct respond_ping_options options;
	char name[TOKEN_NAME_MAX + 1];
	int fds[2];
	struct event *events[2];
	struct respond_ping_counters counters;
	uint64_t second; /* of the monotonic clock, and what was answered in it */
	unsigned answered;
};

/* A packet, where it came from, and which address of ours it was sent to. */
struct caller {
	struct sockaddr_storage from;
	struct msghdr head;
	struct iovec iov;
	union {
		char space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
		struct cmsghdr align;
	} control;
	uint8_t bytes[AMT_PONG_BYTES + TOKEN_LINE_MAX]; /* of the ping, then of the answer */
};

static void say(const struct respond_ping *ping, struct endpoint from, const char *what)
{
	char now[CLOCK_TEXT], text[ENDPOINT_TEXT];

	fprintf(ping->options.out, "%s udp/%u from %s: %s\n", clock_print(clock_wall_ms(), now),
		ping->options.port, endpoint_print(from, text), what);
	fflush(ping->options.out);
}

static ssize_t receive(int fd, struct caller *caller)
{
	/* One more: what is longer is no ping. */
	caller->iov = (struct iovec){.iov_base = caller->bytes, .iov_len = AMT_PING_BYTES + 1};
	caller->head = (struct msghdr){.msg_name = &caller->from,
				       .msg_namelen = sizeof(caller->from),
				       .msg_iov = &caller->iov,
				       .msg_iovlen = 1,
				       .msg_control = &caller->control,
				       .msg_controllen = sizeof(caller->control)};
	return recvmsg(fd, &caller->head, MSG_DONTWAIT);
}

/* The answer leaves from the address that was asked, on the way that the routes say; a link-local address
 * stays on its link. */
static void let_routes_decide(struct msghdr *head)
{
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(head); cmsg; cmsg = CMSG_NXTHDR(head, cmsg)) {
		struct in_pktinfo *ip4 = (struct in_pktinfo *)CMSG_DATA(cmsg);
		struct in6_pktinfo *ip6 = (struct in6_pktinfo *)CMSG_DATA(cmsg);

		if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO)
			ip4->ipi_ifindex = 0;
		else if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO &&
			 !IN6_IS_ADDR_LINKLOCAL(&ip6->ipi6_addr))
			ip6->ipi6_ifindex = 0;
	}
}

static bool answer(struct respond_ping *ping, int fd, struct caller *caller, struct endpoint from,
		   uint8_t tag)
{
	size_t length = AMT_PONG_BYTES;

	amt_print_pong(tag, caller->bytes);
	length += token_print_answer("-", from.addr, ping->name, (char *)caller->bytes + length,
				     TOKEN_LINE_MAX);
	caller->iov.iov_len = length;
	let_routes_decide(&caller->head);
	return sendmsg(fd, &caller->head, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length;
}

/* What is beyond the rate is counted, neither answered nor said. */
static bool is_within_rate(struct respond_ping *ping)
{
	uint64_t second = clock_mono_ms() / 1000;

	if (second != ping->second)
		ping->answered = 0;
	ping->second = second;
	return ping->answered++ < RESPOND_PING_RATE;
}

static void on_packet(evutil_socket_t fd, short what, void *user)
{
	struct respond_ping *ping = user;
	struct caller caller;
	struct endpoint from;
	ssize_t got = receive(fd, &caller);
	uint8_t tag;

	if (got < 0 || endpoint_from_sockaddr((struct sockaddr *)&caller.from, &from))
		return;
	if (!is_within_rate(ping)) {
		ping->counters.refused++;
	} else if (!amt_read_ping(caller.bytes, (size_t)got, &tag)) {
		ping->counters.foreign++;
		say(ping, from, "is no presence ping, not answered");
	} else if (answer(ping, fd, &caller, from, tag)) {
		ping->counters.answered++;
		say(ping, from, "presence ping answered");
	} else {
		ping->counters.refused++;
		say(ping, from, "presence ping arrived, but the answer could not be sent");
	}
}

static int listen_on(struct endpoint at, struct err *err)
{
	struct sockaddr_storage sockaddr;
	socklen_t size = endpoint_to_sockaddr(at, &sockaddr);
	bool ip6 = at.addr.family == ADDR_IP6;
	int fd = socket(sockaddr.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char text[ENDPOINT_TEXT];
	int one = 1, error;

	if (fd >= 0 && (!ip6 || !setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one))) &&
	    !setsockopt(fd, ip6 ? IPPROTO_IPV6 : IPPROTO_IP, ip6 ? IPV6_RECVPKTINFO : IP_PKTINFO,
			&one, sizeof(one)) &&
	    !bind(fd, (struct sockaddr *)&sockaddr, size))
		return fd;
	error = errno;
	if (fd >= 0)
		close(fd);
	if (error == EACCES || error == EPERM)
		return err_set(err, -error,
			       "answering presence pings needs root or CAP_NET_BIND_SERVICE, for "
			       "UDP port %u",
			       at.port);
	return err_set(err, -error, "cannot listen on UDP %s: %s", endpoint_print(at, text),
		       strerror(error));
}

static int open_socket(struct endpoint at, void *user, struct err *err)
{
	struct respond_ping *ping = user;
	size_t which = ping->fds[0] >= 0;
	int fd = listen_on(at, err);

	if (fd < 0)
		return fd;
	ping->fds[which] = fd;
	ping->events[which] = event_new(ping->base, fd, EV_READ | EV_PERSIST, on_packet, ping);
	if (!ping->events[which] || event_add(ping->events[which], NULL))
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

int respond_ping_new(struct respond_ping **ret, struct event_base *base,
		     const struct respond_ping_options *options, struct err *err)
{
	struct respond_ping *ping = calloc(1, sizeof(*ping));
	int r;

	if (!ping)
		return err_set(err, -ENOMEM, "out of memory");
	ping->base = base;
	ping->options = *options;
	ping->fds[0] = ping->fds[1] = -1;
	dial_host_name(ping->name, sizeof(ping->name));
	r = dial_open_all(options->bind, options->port, open_socket, ping, err);
	if (r) {
		respond_ping_free(ping);
		return r;
	}
	*ret = ping;
	return 0;
}

void respond_ping_free(struct respond_ping *ping)
{
	if (!ping)
		return;
	for (size_t i = 0; i < 2; i++) {
		if (ping->events[i])
			event_free(ping->events[i]);
		if (ping->fds[i] >= 0)
			close(ping->fds[i]);
	}
	free(ping);
}

struct respond_ping_counters respond_ping_counters(const struct respond_ping *ping)
{
	return ping->counters;
}
