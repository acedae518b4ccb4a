/* SPDX-License-Identifier: ISC */
#include "netcheck/progress.h"

#include <inttypes.h>
#include <stdio.h>

static void learn(struct progress *progress, uint64_t outcomes, uint64_t now_us)
{
	double seconds = (double)(now_us - progress->last_us) / 1e6, now;

	if (progress->last_us && seconds > 0) {
		now = (double)(outcomes - progress->last_outcomes) / seconds;
		progress->rate = progress->rate > 0 ? progress->rate * 0.7 + now * 0.3 : now;
	}
	progress->last_us = now_us;
	progress->last_outcomes = outcomes;
}

static const char *print_left(double seconds, char ret[48])
{
	uint64_t left = (uint64_t)(seconds + 0.5);

	if (left >= 3600)
		snprintf(ret, 48, "%" PRIu64 " h %" PRIu64 " min left", left / 3600,
			 left % 3600 / 60);
	else if (left >= 60)
		snprintf(ret, 48, "%" PRIu64 " min %" PRIu64 " s left", left / 60, left % 60);
	else
		snprintf(ret, 48, "%" PRIu64 " s left", left);
	return ret;
}

const char *progress_print(struct progress *progress, const struct scan_counters *counters,
			   uint64_t planned, uint64_t open, uint64_t now_us,
			   char ret[PROGRESS_TEXT])
{
	uint64_t todo = planned > counters->outcomes ? planned - counters->outcomes : 0;
	char left[48] = "time left unknown";

	learn(progress, counters->outcomes, now_us);
	if (counters->held)
		snprintf(left, sizeof(left), "waiting: too much is unanswered");
	else if (!todo)
		snprintf(left, sizeof(left), "looking closer");
	else if (progress->rate > 0.01)
		print_left((double)todo / progress->rate, left);
	snprintf(ret, PROGRESS_TEXT,
		 "%" PRIu64 " of %" PRIu64 " endpoints (%" PRIu64 " %%), %.0f/s, %s, %" PRIu64
		 " open",
		 counters->outcomes, planned, planned ? counters->outcomes * 100 / planned : 100,
		 progress->rate, left, open);
	return ret;
}
