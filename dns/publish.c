/* SPDX-License-Identifier: ISC */
#include "dns/publish.h"
#include "dns/publish_hot.h"
#include "dns/publish_request.h"
#include "dns/publish_rest.h"

#include <string.h>

enum { RCODE_NXDOMAIN = 3 };

const char *const publish_failover_names[] = {
	[PUBLISH_ALONE] = "none",
	[PUBLISH_COLD] = "cold",
	[PUBLISH_HOT] = "hot",
	NULL,
};

const char *const publish_state_names[] = {
	[PUBLISH_UNKNOWN] = "unknown",     [PUBLISH_PRESENT] = "present",
	[PUBLISH_STANDBY] = "standby",     [PUBLISH_FOREIGN] = "foreign",
	[PUBLISH_CONTESTED] = "contested", [PUBLISH_RETRY] = "retry",
	[PUBLISH_WITHDRAWN] = "withdrawn",
};

const char *const publish_step_names[] = {
	[PUBLISH_REST] = "rest",         [PUBLISH_CHECK] = "check",
	[PUBLISH_RENEW] = "renew",       [PUBLISH_LOOK_A] = "look",
	[PUBLISH_LOOK_AAAA] = "look",    [PUBLISH_LOOK_TXT] = "look",
	[PUBLISH_LOOK_CNAME] = "look",   [PUBLISH_LOOK_LIFE] = "look",
	[PUBLISH_CREATE] = "create",     [PUBLISH_CHANGE] = "change",
	[PUBLISH_REPAIR] = "repair",     [PUBLISH_ADOPT] = "adopt",
	[PUBLISH_PROBE] = "probe",       [PUBLISH_TAKE_OVER] = "take-over",
	[PUBLISH_JOIN] = "join",         [PUBLISH_REMOVE] = "remove",
	[PUBLISH_LEAVE] = "leave",       [PUBLISH_FORCE] = "force",
	[PUBLISH_WITHDRAW] = "withdraw",
};

/* What the name should be ---------------------------------------------------------------------- */

void publish_init(struct publish *ret, const struct publish_goal *goal)
{
	memset(ret, 0, sizeof(*ret));
	ret->goal = *goal;
	ret->unsure = true;
	publish_peers_init(&ret->peers, goal->owner, &goal->name);
	publish_set_addresses(ret, goal->addresses, goal->count);
}

void publish_set_addresses(struct publish *publish, const struct addr *addresses, size_t count)
{
	struct publish_goal *goal = &publish->goal;
	size_t most = goal->failover == PUBLISH_HOT ? PUBLISH_SHARE_MAX : PUBLISH_ADDRESSES_MAX;
	struct addr sorted[PUBLISH_ADDRESSES_MAX] = {0};

	if (!count)
		return;
	if (count > most)
		count = most;
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

void publish_set_parked(struct publish *publish, bool parked)
{
	if (publish->goal.parked == parked)
		return;
	publish->goal.parked = parked;
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

/* Decisions ------------------------------------------------------------------------------------ */

static bool is_right(const struct publish *publish)
{
	const struct publish_goal *goal = &publish->goal;

	return publish_found_is(&publish->found, goal->addresses, goal->count, goal->ttl);
}

/* A marker that says the same stays as old as it is; but time in which we could not look says nothing, as
 * its owner may have been cut off as well. */
static void note_rival(struct publish *publish, const struct publish_found_marker *found,
		       uint64_t now_ms)
{
	bool same = publish->rival.record.length &&
		    record_equal_data(&publish->rival.record, &found->record);
	bool paused = !publish->looked_ms ||
		      now_ms - publish->looked_ms > publish->goal.interval_ms;

	publish->looked_ms = now_ms;
	if (same && !paused)
		return;
	publish->untaken &= same;
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
	if (publish->goal.failover == PUBLISH_HOT)
		return publish_request_make(publish, PUBLISH_CHANGE, ret);
	if (is_right(publish)) {
		if (!marker_has_our_form(publish))
			return publish_request_make(publish, PUBLISH_CHANGE, ret);
		if (publish->goal.failover != PUBLISH_COLD)
			return publish_rest_present(publish, "found as wanted");
		return moved ? publish_repair(publish, PUBLISH_RENEW, now_ms, ret)
			     : publish_request_make(publish, PUBLISH_RENEW, ret);
	}
	if (!publish->was_present)
		return publish_request_make(publish, PUBLISH_CHANGE, ret);
	return publish_repair(publish, PUBLISH_REPAIR, now_ms, ret);
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
		return publish_rest(publish, PUBLISH_WITHDRAWN, "\"%s\" owns it now",
				    rival->marker.owner);
	if (goal->failover == PUBLISH_ALONE)
		return publish_rest_foreign(publish, "its marker says that \"%s\" owns it",
					    rival->marker.owner);
	if (!rival->marker.epoch)
		return publish_rest_foreign(
			publish,
			"its owner \"%s\" gives no signs of life (failover: none), so that nobody "
			"can take over from it by himself",
			rival->marker.owner);
	if (now_ms < dead_ms(publish))
		return publish_rest(publish, PUBLISH_STANDBY, "\"%s\" publishes it, epoch %u",
				    rival->marker.owner, (unsigned)rival->marker.epoch);
	return publish_request_make(publish, publish->untaken ? PUBLISH_PROBE : PUBLISH_TAKE_OVER,
				    ret);
}

/* The server takes updates, and so the owner's: it has three intervals from now. */
static bool after_probe(struct publish *publish, uint64_t now_ms)
{
	publish->untaken = false;
	publish->rival_since_ms = now_ms;
	return publish_rest(publish, PUBLISH_STANDBY, "\"%s\" may write again, epoch %u",
			    publish->rival.marker.owner, (unsigned)publish->epoch);
}

static bool judge_marked(struct publish *publish, const struct publish_found_marker *found,
			 uint64_t now_ms, struct publish_request *ret)
{
	const struct publish_goal *goal = &publish->goal;
	bool own = !strcmp(found->marker.owner, goal->owner);
	bool before = *goal->previous_owner && !strcmp(found->marker.owner, goal->previous_owner);

	if (found->crowded)
		return publish_rest_foreign(publish, "other TXT records stand beside its marker");
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
	if (publish->goal.unwanted && publish->peers.items[0].life.length)
		return publish_request_make(publish, PUBLISH_WITHDRAW, ret);
	if (publish->goal.unwanted)
		return publish_rest(publish, PUBLISH_WITHDRAWN, "nothing of ours is there");
	if (publish_found_is_empty(&publish->found)) {
		if (publish->was_present)
			return publish_repair(publish, PUBLISH_CREATE, now_ms, ret);
		return publish_request_make(publish, PUBLISH_CREATE, ret);
	}
	if (publish_hot_was_here(publish))
		return publish_repair(publish, PUBLISH_REPAIR, now_ms, ret);
	if (publish->found.cname.count)
		return publish_rest_foreign(publish,
					    "it is an alias, made by hand; remove it, or see "
					    "`amtnetctl provision-server force`");
	if (!is_right(publish))
		return publish_rest_foreign(
			publish, "it was made by hand and says something else; remove it, or see "
				 "`amtnetctl provision-server force`");
	if (publish->found.txt.count)
		return publish_rest_foreign(publish, "its addresses are right, but other TXT "
						     "records take the marker's place");
	return publish_request_make(publish, PUBLISH_ADOPT, ret);
}

static bool judge_forced(struct publish *publish, struct publish_request *ret)
{
	uint32_t wanted = publish->forced_id;

	publish->forced = false;
	if (wanted && wanted != publish->seen_id)
		return publish_rest(publish, PUBLISH_FOREIGN,
				    "%s is no longer what you saw and was not touched; look again",
				    publish->goal.name.text);
	if (publish->found.a.more || publish->found.aaaa.more || publish->found.txt.more)
		return publish_rest_foreign(publish, "it has more records than an update can name");
	publish->epoch = publish->rival.marker.epoch;
	return publish_request_make(publish, PUBLISH_FORCE, ret);
}

static bool judge(struct publish *publish, uint64_t now_ms, struct publish_request *ret)
{
	struct publish_found_marker found = {.marker = {.epoch = 0}};
	bool marked = publish_found_marker(&publish->found, &found);

	publish_note(publish);
	note_rival(publish, &found, now_ms);
	publish_found_owners(&publish->found, publish->owner_seen);
	if (publish->forced && !publish->goal.unwanted)
		return judge_forced(publish, ret);
	if (publish_peers_are(&publish->peers))
		return publish_hot_judge(publish, now_ms, ret);
	if (marked)
		return judge_marked(publish, &found, now_ms, ret);
	return judge_unmarked(publish, now_ms, ret);
}

/* Answers -------------------------------------------------------------------------------------- */

/* Nothing, where the name does not exist. False where the server said something else. */
static bool keep(struct publish *publish, const struct server_outcome *last,
		 struct publish_rrset *ret)
{
	static const struct update_answer nothing;

	if (last->class == SERVER_DECISION && last->rcode != RCODE_NXDOMAIN) {
		publish_fail(publish, last->words.text);
		return false;
	}
	publish_found_keep(last->class == SERVER_DECISION ? &nothing : &last->answer, ret);
	return true;
}

/* One sign of life after the other. */
static bool after_life(struct publish *publish, const struct server_outcome *last, uint64_t now_ms,
		       struct publish_request *ret)
{
	struct publish_peers *peers = &publish->peers;
	struct publish_rrset txt;

	if (!keep(publish, last, &txt))
		return false;
	publish_peers_note(peers, publish->peer, &txt, now_ms);
	if (++publish->peer < peers->count)
		return publish_request_make(publish, PUBLISH_LOOK_LIFE, ret);
	publish_peers_looked(peers, now_ms, publish->goal.interval_ms);
	return publish->glance ? publish_hot_judge_lives(publish, now_ms, ret)
			       : judge(publish, now_ms, ret);
}

static bool after_look(struct publish *publish, const struct server_outcome *last, uint64_t now_ms,
		       struct publish_request *ret)
{
	struct publish_rrset *const sets[] = {
		[PUBLISH_LOOK_A] = &publish->found.a,
		[PUBLISH_LOOK_AAAA] = &publish->found.aaaa,
		[PUBLISH_LOOK_TXT] = &publish->found.txt,
		[PUBLISH_LOOK_CNAME] = &publish->found.cname,
	};

	if (!keep(publish, last, sets[publish->step]))
		return false;
	if (publish->step == PUBLISH_LOOK_TXT)
		publish_peers_take(&publish->peers, &publish->found.txt, &publish->goal.name);
	if (publish->step != PUBLISH_LOOK_CNAME)
		return publish_request_make(publish, publish->step + 1, ret);
	publish->peer = 0;
	publish->glance = false;
	return publish_hot_is_shared(publish)
		       ? publish_request_make(publish, PUBLISH_LOOK_LIFE, ret)
		       : judge(publish, now_ms, ret);
}

/* An update that the server took. */
static bool after_update(struct publish *publish, uint64_t now_ms, struct publish_request *ret)
{
	enum publish_step step = publish->step;
	struct publish_marker marker = publish_request_marker(publish);

	publish->done[step]++;
	if (step == PUBLISH_PROBE)
		return after_probe(publish, now_ms);
	publish->changed |= step != PUBLISH_CHECK && step != PUBLISH_RENEW;
	if (step == PUBLISH_WITHDRAW) {
		publish->seen[0] = publish->owner_seen[0] = '\0';
		publish->was_present = false;
		return publish_rest(publish, PUBLISH_WITHDRAWN, "withdrawn");
	}
	if (publish->goal.failover == PUBLISH_HOT || step == PUBLISH_LEAVE)
		return publish_hot_took(publish, now_ms, ret);
	if (step != PUBLISH_CHECK) {
		publish->epoch = marker.epoch;
		publish->marker = publish_marker_record(&marker, publish->goal.ttl);
	}
	return publish_rest_present(publish, step == PUBLISH_CHECK       ? "as wanted"
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
	publish->lost_races += publish->step != PUBLISH_CHECK && publish->step != PUBLISH_RENEW &&
			       publish->step != PUBLISH_PROBE;
	/* It may have been our own update, whose answer was lost (RFC 2136 7.8). */
	if (last->resent)
		publish->was_present = false;
	if (publish->step == PUBLISH_CREATE && publish->loops > 1)
		return publish_rest_foreign(publish, "it has records of other types");
	return publish_look(publish, ret);
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
	case PUBLISH_LOOK_LIFE:
		return after_life(publish, last, now_ms, ret);
	case PUBLISH_CHECK:
	case PUBLISH_RENEW:
	case PUBLISH_CREATE:
	case PUBLISH_CHANGE:
	case PUBLISH_REPAIR:
	case PUBLISH_ADOPT:
	case PUBLISH_PROBE:
	case PUBLISH_TAKE_OVER:
	case PUBLISH_JOIN:
	case PUBLISH_REMOVE:
	case PUBLISH_LEAVE:
	case PUBLISH_FORCE:
	case PUBLISH_WITHDRAW:
		break;
	}
	return last->class == SERVER_DONE ? after_update(publish, now_ms, ret)
					  : after_refusal(publish, last, ret);
}

void publish_begin(struct publish *publish, struct publish_request *ret)
{
	bool gives_signs = publish->goal.failover != PUBLISH_ALONE;
	bool glance = !publish_wants_watch(publish);

	publish->loops = 0;
	publish->changed = false;
	publish->did = PUBLISH_REST;
	publish->goal.first_epoch++; /* beyond all that was written, seen by us or not */
	publish->turn = (publish->turn + 1) % PUBLISH_LOOKS;
	if (publish->state != PUBLISH_PRESENT || publish->unsure)
		publish_look(publish, ret);
	else if (glance)
		publish_hot_glance(publish, ret);
	else
		publish_request_make(publish, gives_signs ? PUBLISH_RENEW : PUBLISH_CHECK, ret);
}

void publish_fail(struct publish *publish, const char *words)
{
	publish->unsure = true;
	publish->was_present &= publish->step == PUBLISH_CHECK;
	/* A server that takes no update of ours has taken none of those who look dead. */
	publish->untaken |= publish->step == PUBLISH_TAKE_OVER;
	if (publish->step == PUBLISH_TAKE_OVER || publish->step == PUBLISH_REMOVE)
		publish->peers.looked_ms = 0;
	publish_rest(publish, PUBLISH_RETRY, "%s", words);
}

/* For whoever plans the rounds ------------------------------------------------------------------ */

bool publish_wants_watch(const struct publish *publish)
{
	return publish->goal.failover != PUBLISH_HOT || publish->state != PUBLISH_PRESENT ||
	       publish->unsure || publish->peers.count == 1 || !publish->turn;
}

bool publish_is_due(const struct publish *publish)
{
	return publish->unsure || publish->goal.failover != PUBLISH_ALONE ||
	       (publish->state != PUBLISH_PRESENT && publish->state != PUBLISH_WITHDRAWN);
}

/* When the first of those whose signs of life we look at is dead. */
static uint64_t first_dead_ms(const struct publish *publish)
{
	uint64_t first = UINT64_MAX;

	if (!publish_peers_are(&publish->peers))
		return dead_ms(publish);
	for (size_t i = 1; i < publish->peers.count; i++) {
		uint64_t dead = publish_hot_dead_ms(publish, i);

		first = dead < first ? dead : first;
	}
	return first;
}

uint64_t publish_wait_ms(const struct publish *publish, uint64_t now_ms)
{
	uint64_t interval = publish->goal.interval_ms, look = interval / PUBLISH_LOOKS;
	uint64_t dead = first_dead_ms(publish);
	bool shares = publish->goal.failover == PUBLISH_HOT && publish->state == PUBLISH_PRESENT &&
		      publish->peers.count > 1;

	if (publish->state != PUBLISH_STANDBY && !shares)
		return interval;
	return now_ms < dead && dead - now_ms < look ? dead - now_ms : look;
}

bool publish_is_alarm(const struct publish *publish)
{
	return publish->state == PUBLISH_FOREIGN || publish->state == PUBLISH_CONTESTED;
}
