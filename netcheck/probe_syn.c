/* SPDX-License-Identifier: ISC */
#include "netcheck/probe_syn.h"

#include "common/random.h"
#include "netcheck/route.h"
#include "netcheck/segment.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES (8 << 20) /* a burst of answers must wait for us somewhere */
#define BATCH 32
#define PACKET_BYTES 128
#define SOURCES 1024 /* networks whose source address is remembered */
#define SLOT_BITS 20
#define REPEATS 2    /* SYNs of one connection, before it is taken back */
#define SEND_TRIES 8 /* each time an earlier packet's ICMP error is reported instead */

struct flight {
	struct endpoint to;
	bool open;
	uint8_t tries;
	uint32_t seq;
	uint64_t started_us;
};

struct source {
	struct addr network; /* of /24 or /64 */
	struct addr from;
};

struct probe_syn {
	uint32_t slots;
	probe_tcp_answer *answer;
	void *user;
	struct flight *flights;
	uint64_t secret;
	int port_fd; /* keeps our port from everybody else; never connects */
	uint16_t port;
	int fds[2]; /* IPv4, IPv6; -1 where the machine has no IPv6 */
	struct event *events[2];
	struct route *route;
	struct source sources[SOURCES];
};

static uint32_t seq_of(const struct probe_syn *probe, uint32_t slot, struct endpoint to)
{
	uint64_t hash = probe->secret ^ slot ^ (uint64_t)to.port << 32;

	for (size_t i = 0; i < addr_size(to.addr); i++)
		hash = (hash ^ to.addr.bytes[i]) * UINT64_C(0xff51afd7ed558ccd);
	hash ^= hash >> 33;
	return (uint32_t)(hash >> 20) << SLOT_BITS | slot;
}

static void take(struct probe_syn *probe, uint32_t seq, struct endpoint from,
		 const struct dial_error *error)
{
	uint32_t slot = seq & (PROBE_SYN_SLOTS_MAX - 1);
	struct flight *flight;
	uint64_t rtt_us;

	if (slot >= probe->slots)
		return;
	flight = &probe->flights[slot];
	if (!flight->open || flight->seq != seq || !endpoint_equal(flight->to, from))
		return;
	rtt_us = dial_now_us() - flight->started_us + 1;
	flight->open = false;
	probe->answer(slot, error, rtt_us < UINT32_MAX ? (uint32_t)rtt_us : UINT32_MAX,
		      probe->user);
}

static void take_segment(struct probe_syn *probe, const struct segment *segment, struct addr from)
{
	const struct dial_error refused = {.error = ECONNREFUSED}, opened = {0};
	const unsigned accepted = SEGMENT_SYN | SEGMENT_ACK;
	struct endpoint sender = {.addr = from, .port = segment->from_port};

	if (segment->to_port != probe->port || !(segment->flags & SEGMENT_ACK))
		return;
	if (segment->flags & SEGMENT_RST)
		take(probe, segment->ack - 1, sender, &refused);
	else if ((segment->flags & accepted) == accepted)
		take(probe, segment->ack - 1, sender, &opened);
}

static void take_packet(struct probe_syn *probe, const struct msghdr *message, size_t length)
{
	const struct sockaddr *sockaddr = message->msg_name;
	const void *bytes = message->msg_iov->iov_base;
	struct segment segment;
	struct endpoint from;
	struct addr sender;

	if (sockaddr->sa_family == AF_INET) {
		if (!segment_parse_ip4(bytes, length, &segment, &sender))
			take_segment(probe, &segment, sender);
		return;
	}
	if (!endpoint_from_sockaddr(sockaddr, &from) && !segment_parse(bytes, length, &segment))
		take_segment(probe, &segment, from.addr);
}

static void on_packets(evutil_socket_t fd, short what, void *user)
{
	struct probe_syn *probe = user;
	struct sockaddr_storage names[BATCH];
	uint8_t packets[BATCH][PACKET_BYTES];
	struct iovec iovs[BATCH];
	struct mmsghdr messages[BATCH];
	int count;

	for (size_t i = 0; i < BATCH; i++) {
		iovs[i] = (struct iovec){&packets[i], PACKET_BYTES};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &names[i],
						      .msg_namelen = sizeof(names[i]),
						      .msg_iov = &iovs[i],
						      .msg_iovlen = 1};
	}
	count = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++)
		take_packet(probe, &messages[i].msg_hdr, messages[i].msg_len);
}

/* An ICMP message about one of our SYNs, with the head of the SYN that it quotes. */
static void on_errors(struct probe_syn *probe, int fd)
{
	struct dial_quote quote = {0};
	struct segment segment;

	while (dial_next_quote(fd, &quote)) {
		struct endpoint to = {.addr = quote.to};

		if (segment_parse_quote(quote.bytes, quote.length, &segment) ||
		    segment.from_port != probe->port)
			continue;
		to.port = segment.to_port;
		take(probe, segment.seq, to, &quote.error);
	}
}

static void on_socket(evutil_socket_t fd, short what, void *user)
{
	on_errors(user, fd);
	on_packets(fd, what, user);
}

/* Only packets to our port, so that other connections of this machine cost nothing. */
static int filter(int fd, uint16_t port, bool ip6)
{
	struct sock_filter ip4_code[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, PACKET_BYTES),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter ip6_code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, PACKET_BYTES),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {.len = 5, .filter = ip4_code};

	if (ip6)
		program = (struct sock_fprog){.len = 4, .filter = ip6_code};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? -errno : 0;
}

static int open_raw(uint16_t port, bool ip6)
{
	const int on = 1, bytes = BUFFER_BYTES, check_at = 16;
	int fd, r;

	fd = socket(ip6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	r = ip6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on))
		: setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	if (!r && ip6)
		r = setsockopt(fd, IPPROTO_IPV6, IPV6_CHECKSUM, &check_at, sizeof(check_at));
	r = r ? -errno : filter(fd, port, ip6);
	if (!r)
		return fd;
	close(fd);
	return r;
}

/* A port of our own: bound, so that no connection of this machine gets it, and closed to everybody,
 * so that the kernel answers a SYN-ACK with the RST that ends the matter. */
static int reserve_port(struct probe_syn *probe)
{
	static const uint8_t any6[16];
	struct sockaddr_storage sockaddr;
	struct endpoint at = {.addr = addr_ip6(any6)}; /* and with it of IPv4 */
	socklen_t size;

	probe->port_fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (probe->port_fd < 0) { /* no IPv6 here */
		at.addr = addr_ip4(0);
		probe->port_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	}
	size = endpoint_to_sockaddr(at, &sockaddr);
	if (probe->port_fd < 0 || bind(probe->port_fd, (struct sockaddr *)&sockaddr, size) ||
	    getsockname(probe->port_fd, (struct sockaddr *)&sockaddr, &size))
		return -errno;
	(void)endpoint_from_sockaddr((struct sockaddr *)&sockaddr, &at);
	probe->port = at.port;
	return 0;
}

static int watch(struct probe_syn *probe, struct event_base *base, size_t at)
{
	probe->events[at] = event_new(base, probe->fds[at], EV_READ | EV_PERSIST, on_socket, probe);
	return !probe->events[at] || event_add(probe->events[at], NULL) ? -ENOMEM : 0;
}

static void free_probe(void *user)
{
	struct probe_syn *probe = user;

	if (!probe)
		return;
	for (size_t i = 0; i < 2; i++) {
		if (probe->events[i])
			event_free(probe->events[i]);
		if (probe->fds[i] >= 0)
			close(probe->fds[i]);
	}
	if (probe->port_fd >= 0)
		close(probe->port_fd);
	route_free(probe->route);
	free(probe->flights);
	free(probe);
}

int probe_syn_new(struct probe_syn **ret, struct event_base *base, uint32_t slots,
		  probe_tcp_answer *answer, void *user)
{
	struct probe_syn *probe = calloc(1, sizeof(*probe));
	int r;

	if (!probe)
		return -ENOMEM;
	probe->slots = slots < PROBE_SYN_SLOTS_MAX ? slots : PROBE_SYN_SLOTS_MAX;
	probe->answer = answer;
	probe->user = user;
	probe->secret = random_u64();
	probe->port_fd = probe->fds[0] = probe->fds[1] = -1;
	probe->flights = calloc(probe->slots, sizeof(struct flight));
	r = probe->flights ? reserve_port(probe) : -ENOMEM;
	if (!r)
		r = route_new(&probe->route);
	if (!r) {
		probe->fds[0] = open_raw(probe->port, false);
		probe->fds[1] = open_raw(probe->port, true);
		r = probe->fds[0] < 0 ? probe->fds[0] : watch(probe, base, 0);
	}
	if (!r && probe->fds[1] >= 0)
		r = watch(probe, base, 1);
	if (r)
		free_probe(probe);
	else
		*ret = probe;
	return r;
}

/* The address that packets to `to` leave from; asked once per network. */
static int source_of(struct probe_syn *probe, struct addr to, struct addr *ret)
{
	struct addr network = to;
	struct route_answer answer;
	struct source *source;
	uint64_t hash = 0;
	int r;

	memset(network.bytes + (to.family == ADDR_IP6 ? 8 : 3), 0, to.family == ADDR_IP6 ? 8 : 1);
	for (size_t i = 0; i < addr_size(network); i++)
		hash = hash * 31 + network.bytes[i];
	source = &probe->sources[hash % SOURCES];
	if (!addr_equal(source->network, network)) {
		r = route_get(probe->route, to, &answer);
		if (r)
			return r;
		*source = (struct source){.network = network, .from = answer.from};
	}
	*ret = source->from;
	return 0;
}

/* A socket that waits with the error of an earlier packet gives it to the next call; that packet is
 * in the error queue, this one has not left yet. */
static int send_segment(struct probe_syn *probe, const struct segment *segment, struct addr from,
			struct addr to)
{
	int fd = probe->fds[to.family == ADDR_IP6];
	struct sockaddr_storage sockaddr;
	socklen_t size = endpoint_to_sockaddr((struct endpoint){.addr = to}, &sockaddr);
	uint8_t bytes[SEGMENT_SIZE_MAX];
	size_t length = segment_print(segment, from, to, bytes);

	for (unsigned i = 0; i < SEND_TRIES; i++)
		if (sendto(fd, bytes, length, 0, (struct sockaddr *)&sockaddr, size) >= 0)
			return 0;
	return -errno;
}

static int send_syn(struct probe_syn *probe, struct flight *flight, struct addr from)
{
	struct segment segment = {.from_port = probe->port,
				  .to_port = flight->to.port,
				  .seq = flight->seq + 1,
				  .flags = SEGMENT_RST};
	int r = 0;

	if (flight->tries > REPEATS)
		r = send_segment(probe, &segment, from, flight->to.addr);
	segment.seq = flight->seq;
	segment.flags = SEGMENT_SYN;
	return r ? r : send_segment(probe, &segment, from, flight->to.addr);
}

/* Makes the slot ready for the next try at the same endpoint, or the first one at another. */
static void prepare(struct probe_syn *probe, uint32_t slot, struct endpoint to)
{
	struct flight *flight = &probe->flights[slot];

	if (!endpoint_equal(flight->to, to))
		*flight = (struct flight){.to = to, .seq = seq_of(probe, slot, to)};
	flight->open = true;
	flight->tries += flight->tries < UINT8_MAX;
	flight->started_us = dial_now_us();
}

static int send_attempt(void *user, uint32_t slot, struct endpoint to, struct addr *ret_source,
			struct dial_error *ret_error)
{
	struct probe_syn *probe = user;
	int r;

	*ret_error = (struct dial_error){0};
	r = probe->fds[to.addr.family == ADDR_IP6] < 0 ? -EAFNOSUPPORT
						       : source_of(probe, to.addr, ret_source);
	if (!r) {
		prepare(probe, slot, to);
		r = send_syn(probe, &probe->flights[slot], *ret_source);
	}
	if (r) {
		probe->flights[slot].open = false;
		ret_error->error = -r;
	}
	return r;
}

static void forget(void *user, uint32_t slot)
{
	struct probe_syn *probe = user;

	probe->flights[slot].open = false;
}

const struct probe_tcp_way probe_syn_way = {send_attempt, forget, free_probe};
