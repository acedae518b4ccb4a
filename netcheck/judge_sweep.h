/* SPDX-License-Identifier: ISC */
/*
 * judge_sweep: from what a sweep counted to results, one per subnet and port. A port passes where any
 * host of the subnet answers on it; it is cut where hosts answer on other ports and none on this one.
 * Pure.
 */
#pragma once

#include "netcheck/check.h"
#include "netcheck/judge_ports.h"
#include "netcheck/tally.h"

/* A subnet and port that nothing passes, and the walk to where it is lost. */
struct judge_suspect {
	size_t row;
	size_t port;
	struct endpoint to; /* whom to walk to */
	uint16_t control_port;
	struct judge_walk walk;
};

/* Those that are worth a walk, the ones with a passing neighbour first, at most `size`. Gives their
 * number. */
size_t judge_suspects(const struct tally *tally, struct judge_suspect *ret, size_t size);

void judge_sweep(const struct tally *tally, const struct judge_suspect *suspects,
		 size_t suspect_count, check_sink *sink, void *user);
