/* SPDX-License-Identifier: ISC */
/*
 * probe_hop: walks the path to a host with TTL-limited connection attempts of the port under test and
 * of a control port, unprivileged. Walks run one after the other, because routers limit their ICMP
 * answers. A hop counts as silent for the test port when it answered the control port right behind it,
 * twice; a hop that answered neither is asked again after a second, and by UDP as well. The control
 * path to a host is kept for the next walk to it.
 */
#pragma once

#include "netcheck/hop.h"

#include "common/endpoint.h"

struct event_base;

struct probe_hop_question {
	struct addr to;
	uint16_t port; /* under test; 0 = only the control path is wanted */
	uint16_t control_port;
	unsigned rounds; /* at most so many times, 1 to 4 */
};

struct probe_hop_outcome {
	struct probe_hop_question question;
	struct hop_path test;
	struct hop_path control;
	unsigned sent; /* probes */
};

struct probe_hop;
typedef void probe_hop_done(const struct probe_hop_outcome *outcome, void *user);

#define PROBE_HOP_WAITING_MAX 256

/* 0 or -ENOMEM. */
int probe_hop_new(struct probe_hop **ret, struct event_base *base);
/* Calls no done any more. */
void probe_hop_free(struct probe_hop *walker);

/* `done` is called exactly once, never from inside. 0, -EBUSY (too many walks wait) or -ENOMEM. */
int probe_hop_add(struct probe_hop *walker, const struct probe_hop_question *question,
		  probe_hop_done *done, void *user);
