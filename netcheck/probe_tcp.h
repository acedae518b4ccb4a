/* SPDX-License-Identifier: ISC */
/*
 * probe_tcp: what a TCP port says, and the unprivileged way to ask: a non-blocking connect() with the
 * error queue. One attempt per slot at a time; when and how often to ask is the scan's business.
 */
#pragma once

#include "common/endpoint.h"
#include "netcheck/dial.h"

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

#define PROBE_TCP_STATES (PROBE_TCP_FAILED + 1)

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
/* The state of that name, PROBE_TCP_STATES where there is none. */
enum probe_tcp_state probe_tcp_state_of(const char *name);

/* What an answer means. Pure. */
enum probe_tcp_state probe_tcp_classify(const struct dial_error *error, uint8_t family);

/* An answer to the attempt in a slot, which is then free again. */
typedef void probe_tcp_answer(uint32_t slot, const struct dial_error *error, uint32_t rtt_us,
			      void *user);

/* What a scan needs of a probe; `probe` is what its _new gave. */
struct probe_tcp_way {
	/* Sends the SYN of a free slot; never answers from inside. 0, or negative errno with *ret_error
	 * filled: nothing was sent. */
	int (*send)(void *probe, uint32_t slot, struct endpoint to, struct addr *ret_source,
		    struct dial_error *ret_error);
	/* Waits for this answer no longer. A free slot is left alone. */
	void (*forget)(void *probe, uint32_t slot);
	/* Gives no answer any more. NULL is allowed. */
	void (*free)(void *probe);
};

extern const struct probe_tcp_way probe_tcp_way;

struct probe_tcp;

/* `slots` attempts at a time at most. 0 or -ENOMEM. */
int probe_tcp_new(struct probe_tcp **ret, struct event_base *base, uint32_t slots,
		  probe_tcp_answer *answer, void *user);

/* How many attempts at a time the descriptor limit allows, which is raised as far as it goes. */
uint32_t probe_tcp_slots(uint32_t wanted);
