/* SPDX-License-Identifier: ISC */
#include "dns/server_datagram.h"

#include <event2/event.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAMS_PER_WAKE 64

struct server_datagram {
	struct endpoint server;
	const struct server_datagram_calls *calls;
	void *user;
	int fd;
	struct event *readable;
	uint64_t strangers;
};

/* The queue behind an error that recvfrom gave; what it holds beyond the code tells us nothing new. */
static void drop_errors(int fd)
{
	uint8_t bytes[512];
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof bytes};
	struct msghdr head;

	do
		head = (struct msghdr){.msg_iov = &iov, .msg_iovlen = 1};
	while (recvmsg(fd, &head, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0);
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	struct server_datagram *datagram = user;
	uint8_t bytes[4096];

	for (int i = 0; i < DATAGRAMS_PER_WAKE; i++) {
		struct sockaddr_storage from;
		struct endpoint sender;
		socklen_t size = sizeof from;
		ssize_t got = recvfrom(fd, bytes, sizeof bytes, MSG_DONTWAIT,
				       (struct sockaddr *)&from, &size);

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got < 0) {
			int error = errno;

			drop_errors(fd);
			datagram->calls->on_error(error, datagram->user);
			return;
		}
		if (endpoint_from_sockaddr((struct sockaddr *)&from, &sender) < 0 ||
		    !endpoint_equal(sender, datagram->server))
			datagram->strangers++;
		else
			datagram->calls->on_message(bytes, (size_t)got, datagram->user);
	}
}

/* Not connected, so that an answer from another address is seen and counted; ICMP errors come all the
 * same with RECVERR. */
static int open_socket(struct endpoint server)
{
	bool ip6 = server.addr.family == ADDR_IP6;
	const int one = 1;
	int fd = socket(ip6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* Without it an absent server costs a timeout more. */
	(void)setsockopt(fd, ip6 ? IPPROTO_IPV6 : IPPROTO_IP, ip6 ? IPV6_RECVERR : IP_RECVERR, &one,
			 sizeof one);
	return fd;
}

int server_datagram_new(struct server_datagram **ret, struct event_base *base,
			struct endpoint server, const struct server_datagram_calls *calls,
			void *user)
{
	struct server_datagram *datagram = calloc(1, sizeof *datagram);
	int rc = -ENOMEM;

	if (!datagram)
		return -ENOMEM;
	*datagram = (struct server_datagram){.server = server, .calls = calls, .user = user};
	datagram->fd = rc = open_socket(server);
	if (rc >= 0)
		datagram->readable = event_new(base, rc, EV_READ | EV_PERSIST, on_readable,
					       datagram);
	if (!datagram->readable || event_add(datagram->readable, NULL) < 0) {
		server_datagram_free(datagram);
		return rc < 0 ? rc : -ENOMEM;
	}
	*ret = datagram;
	return 0;
}

void server_datagram_free(struct server_datagram *datagram)
{
	if (!datagram)
		return;
	if (datagram->readable)
		event_free(datagram->readable);
	if (datagram->fd >= 0)
		close(datagram->fd);
	free(datagram);
}

int server_datagram_send(struct server_datagram *datagram, const uint8_t *message, size_t length)
{
	struct sockaddr_storage to;
	socklen_t size = endpoint_to_sockaddr(datagram->server, &to);

	if (sendto(datagram->fd, message, length, MSG_DONTWAIT, (struct sockaddr *)&to, size) < 0)
		return -errno;
	return 0;
}

uint64_t server_datagram_strangers(const struct server_datagram *datagram)
{
	return datagram->strangers;
}
