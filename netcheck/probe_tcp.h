/* SPDX-License-Identifier: ISC */
/*
 * probe_tcp: connects to many addresses and ports and says for each whether it is open, closed,
 * silent or rejected, and by whom. Unprivileged: non-blocking connect() and the error queue.
 *
 * Silent ones are tried up to three times. The first tries wait as long as the answers seen so far
 * suggest; the last one waits long enough (3.3 s) for a router to find out that a host is absent,
 * which takes it 3.05 s. Packets leave at a limited rate, and when this machine runs out of
 * descriptors or ports the probe pauses instead of recording a wrong state.
 */
#pragma once

#include "common/endpoint.h"
#include "netcheck/dial.h"

#include <stddef.h>
#include <stdint.h>

struct event_base;

enum probe_tcp_state {
	PROBE_TCP_OPEN,     /* connected */
	PROBE_TCP_CLOSED,   /* RST: the path is clear, nothing listens */
	PROBE_TCP_FILTERED, /* silence */
	PROBE_TCP_REJECTED, /* an ICMP message forbids it, `by` says whose */
	PROBE_TCP_NO_ROUTE, /* a router (`by`) or this machine (no `by`) has no route */
	PROBE_TCP_NO_HOST, /* the last router (`by`), or this machine, found nobody at the address */
	PROBE_TCP_FAILED,  /* this machine could not send; says nothing about the network */
};

struct probe_tcp_outcome {
	struct endpoint to;
	enum probe_tcp_state state;
	struct addr source; /* own address used; ADDR_NONE where none was chosen */
	struct dial_error error;
	uint32_t rtt_us; /* of the answer, 0 when silent */
	unsigned tries;
};

/* "open", "closed", "filtered", "rejected", "no-route", "no-host", "failed". */
const char *probe_tcp_state_name(enum probe_tcp_state state);

/* What an answer means (netcheck.md's table). Pure. */
enum probe_tcp_state probe_tcp_classify(const struct dial_error *error, uint8_t family);

struct probe_tcp_options {
	unsigned rate;      /* new connections per second */
	unsigned in_flight; /* at most at a time; lowered to what the descriptor limit allows */
	unsigned tries;     /* 1 to 5 */
	unsigned first_ms;  /* longest wait of a try that is not the last */
	unsigned final_ms;  /* wait of the last try */
};

#define PROBE_TCP_RATE 500
#define PROBE_TCP_IN_FLIGHT 4096
extern const struct probe_tcp_options probe_tcp_defaults;

struct probe_tcp;
typedef void probe_tcp_done(const struct probe_tcp_outcome *outcome, void *user);

/* 0 or -ENOMEM. */
int probe_tcp_new(struct probe_tcp **ret, struct event_base *base,
		  const struct probe_tcp_options *options);
/* Calls no done any more. */
void probe_tcp_free(struct probe_tcp *prober);

/* `done` is called exactly once, never from inside. 0 or -ENOMEM. */
int probe_tcp_add(struct probe_tcp *prober, struct endpoint to, probe_tcp_done *done, void *user);

struct probe_tcp_counters {
	uint64_t sent;    /* connection attempts */
	uint64_t retries; /* of these, repeated ones */
	uint64_t pauses;  /* times that this machine was short of something */
};
struct probe_tcp_counters probe_tcp_counters(const struct probe_tcp *prober);
