/* SPDX-License-Identifier: ISC */
/*
 * pace: how fast one zone's name servers are asked, after what they answered. Good answers: as many in
 * flight as there is room for. No answer, or SERVFAIL: a pause of 1 s to 60 s with jitter, then one at a
 * time until one is good. Refusals that someone must act on: the circuit is open, one probe after 60 s
 * up to every 10 min. Pure: time and random numbers are arguments.
 */
#pragma once

#include "common/backoff.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pace_state {
	PACE_GOOD,
	PACE_PAUSED, /* nobody answers */
	PACE_OPEN,   /* refused: someone must act */
};
extern const char *const pace_state_names[];

struct pace {
	enum pace_state state;
	struct backoff pause;
	struct backoff probe;
	uint64_t until_ms;   /* nothing is sent before */
	uint64_t success_ms; /* last good answer; 0 = none yet */
};

void pace_init(struct pace *pace);
/* How many messages may be in flight now. */
size_t pace_room(const struct pace *pace, uint64_t now_ms, size_t room);
/* Each gives true when the state changed by it: the moment to say so. */
bool pace_success(struct pace *pace, uint64_t now_ms);
bool pace_transient(struct pace *pace, uint64_t now_ms, uint32_t random);
bool pace_refused(struct pace *pace, uint64_t now_ms, uint32_t random);
/* The zone answered others well since this one failed last: the failure is this one's own. */
bool pace_is_own_failure(const struct pace *pace, uint64_t failed_ms);
