/* SPDX-License-Identifier: ISC */
#include "dns/publish.h"
#include "dns/publish_request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOOPS_MAX 3 /* looks in one round */

enum { RCODE_NXDOMAIN = 3 };

const char *const publish_failover_names[] = {
	[PUBLISH_ALONE] = "none",
	[PUBLISH_COLD] = "cold",
	NULL,
};

const char *const publish_state_names[] = {
	[PUBLISH_UNKNOWN] = "unknown",     [PUBLISH_PRESENT] = "present",
	[PUBLISH_STANDBY] = "standby",     [PUBLISH_FOREIGN] = "foreign",
	[PUBLISH_CONTESTED] = "contested", [PUBLISH_RETRY] = "retry",
	[PUBLISH_WITHDRAWN] = "withdrawn",
};

const char *const publish_step_names[] = {
	[PUBLISH_REST] = "rest",       [PUBLISH_CHECK] = "check",
	[PUBLISH_RENEW] = "renew",     [PUBLISH_LOOK_A] = "look",
	[PUBLISH_LOOK_AAAA] = "look",  [PUBLISH_LOOK_TXT] = "look",
	[PUBLISH_LOOK_CNAME] = "look", [PUBLISH_CREATE] = "create",
	[PUBLISH_CHANGE] = "change",   [PUBLISH_REPAIR] = "repair",
	[PUBLISH_ADOPT] = "adopt",     [PUBLISH_TAKE_OVER] = "take-over",
	[PUBLISH_FORCE] = "force",     [PUBLISH_WITHDRAW] = "withdraw",
};

/* What the name should be ---------------------------------------------------------------------- */

void publish_init(struct publish *ret, const struct publish_goal *goal)
{
	memset(ret, 0, sizeof(*ret));
	ret->goal = *goal;
	ret->unsure = true;
	publish_set_addresses(ret, goal->addresses, goal->count);
}

void publish_set_addresses(struct publish *publish, const struct addr *addresses, size_t count)
{
	struct publish_goal *goal = &publish->goal;
	struct addr sorted[PUBLISH_ADDRESSES_MAX] = {0};

	if (!count)
		return;
	if (count > PUBLISH_ADDRESSES_MAX)
		count = PUBLISH_ADDRESSES_MAX;
	for (size_t i = 0; i < count; i++) {
		size_t at = i;

		for (; at && addr_compare(sorted[at - 1], addresses[i]) > 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = addresses[i];
	}
	if (count == goal->count && !memcmp(sorted, goal->addresses, sizeof(sorted)))
		return;
	memcpy(goal->addresses, sorted, sizeof(sorted));
	goal->count = count;
	publish_doubt(publish);
	publish->was_present = false;
}

void publish_set_unwanted(struct publish *publish, bool unwanted)
{
	if (publish->goal.unwanted == unwanted)
		return;
	publish->goal.unwanted = unwanted;
	publish->was_present = false;
	publish_doubt(publish);
}

void publish_force(struct publish *publish, uint32_t seen_id)
{
	publish->forced = true;
	publish->forced_id = seen_id;
	publish_doubt(publish);
}

void publish_doubt(struct publish *publish)
{
	publish->unsure = true;
}

/* Ends of a round ------------------------------------------------------------------------------ */

__attribute__((format(printf, 3, 4))) static bool
rest(struct publish *publish, enum publish_state state, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(publish->words.text, sizeof(publish->words.text), format, args);
	va_end(args);
	publish->step = PUBLISH_REST;
	publish->state = state;
	return false;
}

static void note(struct publish *publish)
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
	note(publish);
}

static bool rest_present(struct publish *publish, const char *words)
{
	note_wanted(publish);
	snprintf(publish->owner_seen, sizeof(publish->owner_seen), "%s", publish->goal.owner);
	publish->was_present = true;
	publish->unsure = publish->forced = false;
	return rest(publish, PUBLISH_PRESENT, "%s", words);
}

__attribute__((format(printf, 2, 3))) static bool rest_foreign(struct publish *publish,
							       const char *format, ...)
{
	char why[400];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	publish->was_present = false;
	return rest(publish, PUBLISH_FOREIGN, "%s is left alone: %s", publish->goal.name.text, why);
}

static bool look(struct publish *publish, struct publish_request *ret)
{
	if (publish->loops++ < LOOPS_MAX)
		return publish_request_make(publish, PUBLISH_LOOK_A, ret);
	return rest(publish, PUBLISH_RETRY, "%s changes while we look at it",
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

static bool repair(struct publish *publish, enum publish_step step, uint64_t now_ms,
		   struct publish_request *ret)
{
	if (may_repair(publish, now_ms))
		return publish_request_make(publish, step, ret);
	return rest(
		publish, PUBLISH_CONTESTED,
		"%s was repaired %d times in 10 minutes and is wrong again: someone else changes "
		"it, or another daemon has the owner id \"%s\" too",
		publish->goal.name.text, PUBLISH_REPAIRS_MAX, publish->goal.owner);
}

/* Decisions ------------------------------------------------------------------------------------ */

static bool is_right(const struct publish *publish)
{
	const struct publish_goal *goal = &publish->goal;

	return publish_found_is(&publish->found, goal->addresses, goal->count, goal->ttl);
}

/* A marker that says the same stays as old as it is. */
static void note_rival(struct publish *publish, const struct publish_found_marker *found,
		       uint64_t now_ms)
{
	if (publish->rival.record.length &&
	    record_equal_data(&publish->rival.record, &found->record))
		return;
	publish->rival = *found;
	publish->rival_since_ms = now_ms;
}

/* What a renewal without anything wrong needs: its turn in the epochs, or none. */
static bool marker_has_our_form(const struct publish *publish)
{
	return publish->goal.failover == PUBLISH_COLD || !publish->epoch;
}

/* Ours, under the owner id that we have now. */
static bool judge_own(struct publish *publish, uint64_t now_ms, struct publish_request *ret)
{
	uint32_t epoch = publish->rival.marker.epoch;
	bool moved = publish->was_present && epoch != publish->epoch;

	publish->epoch = epoch;
	publish->marker = publish->rival.record;
	if (is_right(publish)) {
		if (!marker_has_our_form(publish))
			return publish_request_make(publish, PUBLISH_CHANGE, ret);
		if (publish->goal.failover != PUBLISH_COLD)
			return rest_present(publish, "found as wanted");
		return moved ? repair(publish, PUBLISH_RENEW, now_ms, ret)
			     : publish_request_make(publish, PUBLISH_RENEW, ret);
	}
	if (!publish->was_present)
		return publish_request_make(publish, PUBLISH_CHANGE, ret);
	return repair(publish, PUBLISH_REPAIR, now_ms, ret);
}

/* Three intervals after the last sign of life, which we may have seen one look late. */
static uint64_t dead_ms(const struct publish *publish)
{
	uint64_t interval = publish->goal.interval_ms;

	return publish->rival_since_ms + PUBLISH_DEAD_INTERVALS * interval -
	       interval / PUBLISH_LOOKS;
}

static bool judge_rival(struct publish *publish, uint64_t now_ms, struct publish_request *ret)
{
	const struct publish_goal *goal = &publish->goal;
	const struct publish_found_marker *rival = &publish->rival;

	publish->was_present = false;
	publish->epoch = rival->marker.epoch;
	if (goal->unwanted)
		return rest(publish, PUBLISH_WITHDRAWN, "\"%s\" owns it now", rival->marker.owner);
	if (goal->failover != PUBLISH_COLD)
		return rest_foreign(publish, "its marker says that \"%s\" owns it",
				    rival->marker.owner);
	if (!rival->marker.epoch)
		return rest_foreign(
			publish,
			"its owner \"%s\" gives no signs of life (failover: none), so that nobody "
			"can take over from it by himself",
			rival->marker.owner);
	if (now_ms < dead_ms(publish))
		return rest(publish, PUBLISH_STANDBY, "\"%s\" publishes it, epoch %u",
			    rival->marker.owner, (unsigned)rival->marker.epoch);
	return publish_request_make(publish, PUBLISH_TAKE_OVER, ret);
}

static bool judge_marked(struct publish *publish, const struct publish_found_marker *found,
			 uint64_t now_ms, struct publish_request *ret)
{
	const struct publish_goal *goal = &publish->goal;
	bool own = !strcmp(found->marker.owner, goal->owner);
	bool before = *goal->previous_owner && !strcmp(found->marker.owner, goal->previous_owner);

	if (found->crowded)
		return rest_foreign(publish, "other TXT records stand beside its marker");
	if (!own && !before)
		return judge_rival(publish, now_ms, ret);
	if (goal->unwanted) {
		publish->epoch = found->marker.epoch;
		return publish_request_make(publish, PUBLISH_WITHDRAW, ret);
	}
	if (own)
		return judge_own(publish, now_ms, ret);
	publish->epoch = found->marker.epoch;
	return publish_request_make(publish, PUBLISH_CHANGE, ret);
}

static bool judge_unmarked(struct publish *publish, uint64_t now_ms, struct publish_request *ret)
{
	publish->epoch = 0;
	if (publish->goal.unwanted)
		return rest(publish, PUBLISH_WITHDRAWN, "nothing of ours is there");
	if (publish_found_is_empty(&publish->found)) {
		if (publish->was_present)
			return repair(publish, PUBLISH_CREATE, now_ms, ret);
		return publish_request_make(publish, PUBLISH_CREATE, ret);
	}
	if (publish->found.cname.count)
		return rest_foreign(publish, "it is an alias, made by hand; remove it, or see "
					     "`amtnetctl provision-server force`");
	if (!is_right(publish))
		return rest_foreign(
			publish, "it was made by hand and says something else; remove it, or see "
				 "`amtnetctl provision-server force`");
	if (publish->found.txt.count)
		return rest_foreign(publish, "its addresses are right, but other TXT "
					     "records take the marker's place");
	return publish_request_make(publish, PUBLISH_ADOPT, ret);
}

static bool judge_forced(struct publish *publish, struct publish_request *ret)
{
	uint32_t wanted = publish->forced_id;

	publish->forced = false;
	if (wanted && wanted != publish->seen_id)
		return rest(publish, PUBLISH_FOREIGN,
			    "%s is no longer what you saw and was not touched; look again",
			    publish->goal.name.text);
	if (publish->found.a.more || publish->found.aaaa.more || publish->found.txt.more)
		return rest_foreign(publish, "it has more records than an update can name");
	publish->epoch = publish->rival.marker.epoch;
	return publish_request_make(publish, PUBLISH_FORCE, ret);
}

static bool judge(struct publish *publish, uint64_t now_ms, struct publish_request *ret)
{
	struct publish_found_marker found = {.marker = {.epoch = 0}};
	bool marked = publish_found_marker(&publish->found, &found);

	note(publish);
	note_rival(publish, &found, now_ms);
	memcpy(publish->owner_seen, found.marker.owner, sizeof(publish->owner_seen));
	if (publish->forced && !publish->goal.unwanted)
		return judge_forced(publish, ret);
	if (marked)
		return judge_marked(publish, &found, now_ms, ret);
	return judge_unmarked(publish, now_ms, ret);
}

/* Answers -------------------------------------------------------------------------------------- */

static bool after_look(struct publish *publish, const struct server_outcome *last, uint64_t now_ms,
		       struct publish_request *ret)
{
	struct publish_rrset *const sets[] = {
		[PUBLISH_LOOK_A] = &publish->found.a,
		[PUBLISH_LOOK_AAAA] = &publish->found.aaaa,
		[PUBLISH_LOOK_TXT] = &publish->found.txt,
		[PUBLISH_LOOK_CNAME] = &publish->found.cname,
	};
	static const struct update_answer nothing;

	if (last->class == SERVER_DECISION && last->rcode != RCODE_NXDOMAIN) {
		publish_fail(publish, last->words.text);
		return false;
	}
	publish_found_keep(last->class == SERVER_DECISION ? &nothing : &last->answer,
			   sets[publish->step]);
	if (publish->step == PUBLISH_LOOK_CNAME)
		return judge(publish, now_ms, ret);
	return publish_request_make(publish, publish->step + 1, ret);
}

/* An update that the server took. */
static bool after_update(struct publish *publish)
{
	enum publish_step step = publish->step;
	struct publish_marker marker = publish_request_marker(publish);

	publish->done[step]++;
	publish->changed |= step != PUBLISH_CHECK && step != PUBLISH_RENEW;
	if (step == PUBLISH_WITHDRAW) {
		publish->seen[0] = publish->owner_seen[0] = '\0';
		publish->was_present = false;
		return rest(publish, PUBLISH_WITHDRAWN, "withdrawn");
	}
	if (step != PUBLISH_CHECK) {
		publish->epoch = marker.epoch;
		publish->marker = publish_marker_record(&marker, publish->goal.ttl);
	}
	return rest_present(publish, step == PUBLISH_CHECK       ? "as wanted"
				     : step == PUBLISH_RENEW     ? "as wanted, renewed"
				     : step == PUBLISH_CREATE    ? "created"
				     : step == PUBLISH_CHANGE    ? "changed"
				     : step == PUBLISH_REPAIR    ? "repaired"
				     : step == PUBLISH_ADOPT     ? "adopted"
				     : step == PUBLISH_TAKE_OVER ? "taken over"
								 : "forced");
}

/* A prerequisite did not hold: someone was there between our look and our update, or before. */
static bool after_refusal(struct publish *publish, const struct server_outcome *last,
			  struct publish_request *ret)
{
	publish->lost_races += publish->step != PUBLISH_CHECK && publish->step != PUBLISH_RENEW;
	/* It may have been our own update, whose answer was lost (RFC 2136 7.8). */
	if (last->resent)
		publish->was_present = false;
	if (publish->step == PUBLISH_CREATE && publish->loops > 1)
		return rest_foreign(publish, "it has records of other types");
	return look(publish, ret);
}

bool publish_next(struct publish *publish, const struct server_outcome *last, uint64_t now_ms,
		  struct publish_request *ret)
{
	switch (publish->step) {
	case PUBLISH_REST:
	case PUBLISH_STEPS:
		return false;
	case PUBLISH_LOOK_A:
	case PUBLISH_LOOK_AAAA:
	case PUBLISH_LOOK_TXT:
	case PUBLISH_LOOK_CNAME:
		return after_look(publish, last, now_ms, ret);
	case PUBLISH_CHECK:
	case PUBLISH_RENEW:
	case PUBLISH_CREATE:
	case PUBLISH_CHANGE:
	case PUBLISH_REPAIR:
	case PUBLISH_ADOPT:
	case PUBLISH_TAKE_OVER:
	case PUBLISH_FORCE:
	case PUBLISH_WITHDRAW:
		break;
	}
	return last->class == SERVER_DONE ? after_update(publish)
					  : after_refusal(publish, last, ret);
}

void publish_begin(struct publish *publish, struct publish_request *ret)
{
	publish->loops = 0;
	publish->changed = false;
	if (publish->state != PUBLISH_PRESENT || publish->unsure)
		look(publish, ret);
	else
		publish_request_make(publish,
				     publish->goal.failover == PUBLISH_COLD ? PUBLISH_RENEW
									    : PUBLISH_CHECK,
				     ret);
}

void publish_fail(struct publish *publish, const char *words)
{
	publish->unsure = true;
	publish->was_present &= publish->step == PUBLISH_CHECK;
	rest(publish, PUBLISH_RETRY, "%s", words);
}

/* For whoever plans the rounds ------------------------------------------------------------------ */

bool publish_is_due(const struct publish *publish)
{
	return publish->unsure || publish->goal.failover == PUBLISH_COLD ||
	       (publish->state != PUBLISH_PRESENT && publish->state != PUBLISH_WITHDRAWN);
}

uint64_t publish_wait_ms(const struct publish *publish, uint64_t now_ms)
{
	uint64_t interval = publish->goal.interval_ms, look = interval / PUBLISH_LOOKS;
	uint64_t dead = dead_ms(publish);

	if (publish->state != PUBLISH_STANDBY)
		return interval;
	return now_ms < dead && dead - now_ms < look ? dead - now_ms : look;
}

bool publish_is_alarm(const struct publish *publish)
{
	return publish->state == PUBLISH_FOREIGN || publish->state == PUBLISH_CONTESTED;
}
