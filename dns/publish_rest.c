/* SPDX-License-Identifier: ISC */
#include "dns/publish_rest.h"
#include "dns/publish_request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOOPS_MAX 3 /* looks in one round */

bool publish_rest(struct publish *publish, enum publish_state state, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(publish->words.text, sizeof(publish->words.text), format, args);
	va_end(args);
	publish->step = PUBLISH_REST;
	publish->state = state;
	return false;
}

void publish_note(struct publish *publish)
{
	publish_found_print(&publish->found, publish->seen);
	publish->seen_id = publish_found_sum(&publish->found);
}

/* What is there now is what was wanted. */
static void note_wanted(struct publish *publish)
{
	struct publish_goal *goal = &publish->goal;
	struct publish_found *found = &publish->found;

	found->a.count = found->aaaa.count = found->cname.count = 0;
	for (size_t i = 0; i < goal->count; i++) {
		struct record record = record_address(goal->addresses[i], goal->ttl);
		struct publish_rrset *set = record.type == RECORD_A ? &found->a : &found->aaaa;

		set->records[set->count++] = record;
	}
	found->txt.records[0] = publish->marker;
	found->txt.count = 1;
	publish_note(publish);
}

bool publish_rest_present(struct publish *publish, const char *words)
{
	note_wanted(publish);
	snprintf(publish->owner_seen, sizeof(publish->owner_seen), "%s", publish->goal.owner);
	publish->was_present = true;
	publish->unsure = publish->forced = false;
	return publish_rest(publish, PUBLISH_PRESENT, "%s", words);
}

bool publish_rest_foreign(struct publish *publish, const char *format, ...)
{
	char why[400];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	publish->was_present = false;
	return publish_rest(publish, PUBLISH_FOREIGN, "%s is left alone: %s",
			    publish->goal.name.text, why);
}

bool publish_look(struct publish *publish, struct publish_request *ret)
{
	if (publish->loops++ < LOOPS_MAX)
		return publish_request_make(publish, PUBLISH_LOOK_A, ret);
	return publish_rest(publish, PUBLISH_RETRY, "%s changes while we look at it",
			    publish->goal.name.text);
}

/* True when one more repair is within the limit; notes it. */
static bool may_repair(struct publish *publish, uint64_t now_ms)
{
	uint64_t oldest = publish->repairs_ms[0];

	if (oldest && now_ms - oldest < PUBLISH_REPAIRS_MS)
		return false;
	memmove(publish->repairs_ms, publish->repairs_ms + 1,
		sizeof(publish->repairs_ms) - sizeof(*publish->repairs_ms));
	publish->repairs_ms[PUBLISH_REPAIRS_MAX - 1] = now_ms ? now_ms : 1;
	return true;
}

bool publish_repair(struct publish *publish, enum publish_step step, uint64_t now_ms,
		    struct publish_request *ret)
{
	if (may_repair(publish, now_ms))
		return publish_request_make(publish, step, ret);
	return publish_rest(
		publish, PUBLISH_CONTESTED,
		"%s was repaired %d times in 10 minutes and is wrong again: someone else changes "
		"it, or another daemon has the owner id \"%s\" too",
		publish->goal.name.text, PUBLISH_REPAIRS_MAX, publish->goal.owner);
}
