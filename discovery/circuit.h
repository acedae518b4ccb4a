/* SPDX-License-Identifier: ISC */
/*
 * circuit: whether a core is up or away. It is away once it could not be reached, or failed
 * CIRCUIT_AFTER times in a row; then only a probe at a time may go, 1 s to 5 min apart with jitter.
 * A sign that it may be back (circuit_hasten) moves the next probe forward, but never closer than
 * CIRCUIT_WAIT_MIN_MS to the one before. Pure; times on the monotonic clock.
 */
#pragma once

#include "common/backoff.h"

#include <stdbool.h>
#include <stdint.h>

#define CIRCUIT_AFTER 8
#define CIRCUIT_WAIT_MIN_MS 1000
#define CIRCUIT_WAIT_MAX_MS 300000

struct circuit {
	bool open;         /* true = away */
	unsigned failures; /* in a row */
	uint64_t probe_at_ms, probed_ms;
	struct backoff backoff;
};

void circuit_init(struct circuit *circuit);
/* `blames`: the failure alone says that the core is away. `probe`: it was a probe's. */
void circuit_fail(struct circuit *circuit, bool blames, bool probe, uint64_t now_ms,
		  uint32_t random);
void circuit_succeed(struct circuit *circuit);
/* A probe goes out now. */
void circuit_probe(struct circuit *circuit, uint64_t now_ms);
/* True when the probe comes sooner for it. */
bool circuit_hasten(struct circuit *circuit, uint64_t now_ms);
