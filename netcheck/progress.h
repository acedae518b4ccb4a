/* SPDX-License-Identifier: ISC */
/*
 * progress: how far a run is, in one line for a terminal: done and planned, the rate of the last
 * seconds, and the time that is left at that rate. Pure: counters and time are arguments.
 */
#pragma once

#include "netcheck/scan.h"

#define PROGRESS_TEXT 160

struct progress {
	uint64_t last_us;
	uint64_t last_outcomes;
	double rate; /* outcomes per second, smoothed */
};

/* "1234 of 65536 endpoints (1 %), 498/s, 2 min 9 s left, 17 open". Gives `ret` back. */
const char *progress_print(struct progress *progress, const struct scan_counters *counters,
			   uint64_t planned, uint64_t open, uint64_t now_us,
			   char ret[PROGRESS_TEXT]);
