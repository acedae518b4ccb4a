/* SPDX-License-Identifier: ISC */
#include "netcheck/half_open.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_S 2 /* the kernel answers at once */

struct request {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
};

struct listing {
	uint16_t port;
	struct half_open *items;
	size_t size;
	size_t count;
};

static int ask(int fd, uint8_t family)
{
	struct request request = {
		.head = {.nlmsg_len = sizeof(request),
			 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.body = {.sdiag_family = family,
			 .sdiag_protocol = IPPROTO_TCP,
			 .idiag_states = 1U << TCP_SYN_RECV},
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

static struct endpoint endpoint_of(uint8_t family, const uint32_t words[4], uint16_t port)
{
	struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_port = port};
	struct sockaddr_in ip4 = {
		.sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = words[0]};
	struct endpoint endpoint = {0};

	memcpy(&ip6.sin6_addr, words, sizeof(ip6.sin6_addr));
	(void)endpoint_from_sockaddr(family == AF_INET6 ? (const struct sockaddr *)&ip6
							: (const struct sockaddr *)&ip4,
				     &endpoint);
	return endpoint;
}

static void take(struct listing *listing, const struct inet_diag_msg *message)
{
	const struct inet_diag_sockid *id = &message->id;

	if (ntohs(id->idiag_sport) != listing->port || listing->count == listing->size)
		return;
	listing->items[listing->count++] = (struct half_open){
		.from = endpoint_of(message->idiag_family, id->idiag_dst, id->idiag_dport),
		.to = endpoint_of(message->idiag_family, id->idiag_src, id->idiag_sport),
		.repeats = message->idiag_retrans,
	};
}

/* Reads one datagram of the answer: 1 when more is to come, 0 at its end. */
static int read_some(int fd, struct listing *listing)
{
	union {
		char bytes[16384];
		struct nlmsghdr align;
	} buffer;
	ssize_t got = recv(fd, &buffer, sizeof(buffer), 0);
	size_t left;

	if (got < 0)
		return -errno;
	left = (size_t)got;
	for (struct nlmsghdr *head = &buffer.align; NLMSG_OK(head, left);
	     head = NLMSG_NEXT(head, left)) {
		if (head->nlmsg_type == NLMSG_DONE)
			return 0;
		if (head->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(head))->error;
		if (head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
			take(listing, NLMSG_DATA(head));
	}
	return 1;
}

int half_open_list(uint16_t port, struct half_open *ret, size_t size)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct listing listing = {.port = port, .items = ret, .size = size};
	struct timeval wait = {.tv_sec = WAIT_S};
	int fd, r = 0;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	for (size_t i = 0; r >= 0 && i < 2; i++) {
		r = ask(fd, families[i]);
		if (!r)
			r = 1;
		while (r > 0)
			r = read_some(fd, &listing);
	}
	close(fd);
	return r < 0 ? r : (int)listing.count;
}
