/* SPDX-License-Identifier: ISC */
#include "netcheck/probe_tcp.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define SPARE_DESCRIPTORS 64

/* One connection attempt; the event lies inside, because there are thousands of them. */
struct attempt {
	struct probe_tcp *probe;
	bool open;
	int fd;
	uint64_t started_us;
	struct event event;
};

struct probe_tcp {
	struct event_base *base;
	uint32_t slots;
	probe_tcp_answer *answer;
	void *user;
	struct attempt *attempts;
};

static const char *const names[PROBE_TCP_STATES] = {"open",     "closed",  "filtered", "rejected",
						    "no-route", "no-host", "failed"};

const char *probe_tcp_state_name(enum probe_tcp_state state)
{
	return names[state];
}

enum probe_tcp_state probe_tcp_state_of(const char *name)
{
	enum probe_tcp_state state = PROBE_TCP_OPEN;

	while (state < PROBE_TCP_STATES && strcmp(names[state], name) != 0)
		state++;
	return state;
}

static enum probe_tcp_state classify_icmp4(uint8_t type, uint8_t code)
{
	if (type == ICMP_TIME_EXCEEDED)
		return PROBE_TCP_NO_ROUTE; /* a loop: packets with a full TTL do not arrive */
	if (type != ICMP_DEST_UNREACH)
		return PROBE_TCP_REJECTED;
	switch (code) {
	case ICMP_NET_UNREACH:
	case ICMP_NET_UNKNOWN:
	case ICMP_NET_UNR_TOS:
	case ICMP_SR_FAILED:
		return PROBE_TCP_NO_ROUTE;
	case ICMP_HOST_UNREACH:
	case ICMP_HOST_UNKNOWN:
	case ICMP_HOST_UNR_TOS:
		return PROBE_TCP_NO_HOST;
	default:
		return PROBE_TCP_REJECTED;
	}
}

static enum probe_tcp_state classify_icmp6(uint8_t type, uint8_t code)
{
	if (type == ICMPV6_TIME_EXCEED)
		return PROBE_TCP_NO_ROUTE;
	if (type != ICMPV6_DEST_UNREACH)
		return PROBE_TCP_REJECTED;
	switch (code) {
	case ICMPV6_NOROUTE:
	case ICMPV6_NOT_NEIGHBOUR:
		return PROBE_TCP_NO_ROUTE;
	case ICMPV6_ADDR_UNREACH:
		return PROBE_TCP_NO_HOST;
	default:
		return PROBE_TCP_REJECTED;
	}
}

enum probe_tcp_state probe_tcp_classify(const struct dial_error *error, uint8_t family)
{
	if (error->icmp)
		return family == ADDR_IP6 ? classify_icmp6(error->type, error->code)
					  : classify_icmp4(error->type, error->code);
	switch (error->error) {
	case 0:
	case ECONNRESET: /* reset between the handshake and our look */
		return PROBE_TCP_OPEN;
	case ECONNREFUSED:
		return PROBE_TCP_CLOSED;
	case ETIMEDOUT:
		return PROBE_TCP_FILTERED;
	case ENETUNREACH:
	case EHOSTUNREACH: /* route of type unreachable */
	case EACCES:       /* route of type prohibit */
	case EINVAL:       /* route of type blackhole */
	case EPERM:
	case ENETDOWN:
		return PROBE_TCP_NO_ROUTE;
	default:
		return PROBE_TCP_FAILED;
	}
}

static void attempt_close(struct attempt *attempt)
{
	event_del(&attempt->event);
	dial_close(attempt->fd);
	attempt->open = false;
}

static void on_socket(evutil_socket_t fd, short what, void *user)
{
	struct attempt *attempt = user;
	struct probe_tcp *probe = attempt->probe;
	uint64_t rtt_us = dial_now_us() - attempt->started_us;
	struct dial_error error;

	dial_result(fd, &error);
	attempt_close(attempt);
	probe->answer((uint32_t)(attempt - probe->attempts), &error,
		      rtt_us < UINT32_MAX ? (uint32_t)rtt_us + 1 : UINT32_MAX, probe->user);
}

static int send_attempt(void *user, uint32_t slot, struct endpoint to, struct addr *ret_source,
			struct dial_error *ret_error)
{
	struct probe_tcp *probe = user;
	struct attempt *attempt = &probe->attempts[slot];
	int r;

	attempt->probe = probe;
	attempt->started_us = dial_now_us();
	r = dial_tcp(to, 0, &attempt->fd, ret_error);
	if (r)
		return r;
	if (event_assign(&attempt->event, probe->base, attempt->fd, EV_WRITE, on_socket, attempt) ||
	    event_add(&attempt->event, NULL)) {
		dial_close(attempt->fd);
		ret_error->error = ENOMEM;
		return -ENOMEM;
	}
	attempt->open = true;
	*ret_source = dial_source(attempt->fd);
	return 0;
}

static void forget(void *user, uint32_t slot)
{
	struct probe_tcp *probe = user;

	if (probe->attempts[slot].open)
		attempt_close(&probe->attempts[slot]);
}

uint32_t probe_tcp_slots(uint32_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return wanted;
	if (limit.rlim_cur < limit.rlim_max && limit.rlim_cur < wanted + SPARE_DESCRIPTORS) {
		limit.rlim_cur = wanted + SPARE_DESCRIPTORS;
		if (limit.rlim_cur > limit.rlim_max)
			limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* the pause copes where it is refused */
	}
	if (limit.rlim_cur >= wanted + SPARE_DESCRIPTORS)
		return wanted;
	return limit.rlim_cur > 2 * SPARE_DESCRIPTORS ? (uint32_t)limit.rlim_cur - SPARE_DESCRIPTORS
						      : SPARE_DESCRIPTORS / 4;
}

int probe_tcp_new(struct probe_tcp **ret, struct event_base *base, uint32_t slots,
		  probe_tcp_answer *answer, void *user)
{
	struct probe_tcp *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return -ENOMEM;
	probe->base = base;
	probe->slots = slots;
	probe->answer = answer;
	probe->user = user;
	probe->attempts = calloc(slots, sizeof(struct attempt)); /* pages come with first use */
	if (!probe->attempts) {
		free(probe);
		return -ENOMEM;
	}
	*ret = probe;
	return 0;
}

static void free_probe(void *user)
{
	struct probe_tcp *probe = user;

	if (!probe)
		return;
	for (uint32_t i = 0; i < probe->slots; i++)
		forget(probe, i);
	free(probe->attempts);
	free(probe);
}

const struct probe_tcp_way probe_tcp_way = {send_attempt, forget, free_probe};
