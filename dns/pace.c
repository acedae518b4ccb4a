/* SPDX-License-Identifier: ISC */
#include "dns/pace.h"

const char *const pace_state_names[] = {
	[PACE_GOOD] = "good",
	[PACE_PAUSED] = "no answer",
	[PACE_OPEN] = "refused",
};

void pace_init(struct pace *pace)
{
	*pace = (struct pace){
		.pause = {.base_ms = 1000, .max_ms = 60 * 1000},
		/* backoff gives half to all of a step: a minute at least */
		.probe = {.base_ms = 120 * 1000, .max_ms = 600 * 1000},
	};
}

size_t pace_room(const struct pace *pace, uint64_t now_ms, size_t room)
{
	if (pace->state == PACE_GOOD)
		return room;
	return now_ms >= pace->until_ms ? 1 : 0;
}

bool pace_success(struct pace *pace, uint64_t now_ms)
{
	bool changed = pace->state != PACE_GOOD;

	pace->state = PACE_GOOD;
	pace->success_ms = now_ms;
	backoff_reset(&pace->pause);
	backoff_reset(&pace->probe);
	return changed;
}

/* What was in flight together fails together: one step, not one per message. */
bool pace_transient(struct pace *pace, uint64_t now_ms, uint32_t random)
{
	bool changed = pace->state == PACE_GOOD;

	if (pace->state != PACE_GOOD && now_ms < pace->until_ms)
		return false;
	if (changed)
		pace->state = PACE_PAUSED;
	pace->until_ms = now_ms + backoff_next_ms(&pace->pause, random);
	return changed;
}

bool pace_refused(struct pace *pace, uint64_t now_ms, uint32_t random)
{
	bool changed = pace->state != PACE_OPEN;

	if (!changed && now_ms < pace->until_ms)
		return false;
	pace->state = PACE_OPEN;
	pace->until_ms = now_ms + backoff_next_ms(&pace->probe, random);
	return changed;
}

bool pace_is_own_failure(const struct pace *pace, uint64_t failed_ms)
{
	return failed_ms && pace->success_ms > failed_ms;
}
