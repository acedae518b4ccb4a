/* SPDX-License-Identifier: ISC */
#include "dns/publish_hot.h"
#include "dns/publish_hot_request.h"
#include "dns/publish_request.h"
#include "dns/publish_rest.h"

#include <string.h>

bool publish_hot_is_shared(const struct publish *publish)
{
	return publish->goal.failover == PUBLISH_HOT || publish_peers_are(&publish->peers);
}

bool publish_hot_is_mine(const struct publish *publish, size_t at)
{
	const char *before = publish->goal.previous_owner;

	return !at || (*before && !strcmp(publish->peers.items[at].marker.owner, before));
}

bool publish_hot_is_part(const struct publish *publish)
{
	return publish_peers_are(&publish->peers) || publish->peers.items[0].life.length;
}

/* The others ------------------------------------------------------------------------------------ */

uint64_t publish_hot_dead_ms(const struct publish *publish, size_t at)
{
	uint64_t interval = publish->goal.interval_ms;

	return publish->peers.items[at].since_ms + PUBLISH_DEAD_INTERVALS * interval -
	       interval / PUBLISH_LOOKS;
}

static bool is_other(const struct publish *publish, size_t at)
{
	return publish->peers.items[at].marker.shared && !publish_hot_is_mine(publish, at);
}

static size_t others(const struct publish *publish)
{
	size_t count = 0;

	for (size_t i = 0; i < publish->peers.count; i++)
		count += is_other(publish, i);
	return count;
}

/* The first one that has been silent for too long; 0 = none. */
static size_t find_dead(const struct publish *publish, uint64_t now_ms)
{
	for (size_t i = 1; i < publish->peers.count; i++) {
		if (is_other(publish, i) && now_ms >= publish_hot_dead_ms(publish, i))
			return i;
	}
	return 0;
}

static bool all_dead(const struct publish *publish, uint64_t now_ms)
{
	for (size_t i = 1; i < publish->peers.count; i++) {
		if (is_other(publish, i) && now_ms < publish_hot_dead_ms(publish, i))
			return false;
	}
	return true;
}

static bool stands(const struct publish *publish, struct addr address)
{
	struct record record = record_address(address, 0);

	return publish_found_has(record.type == RECORD_A ? &publish->found.a : &publish->found.aaaa,
				 &record);
}

/* Someone else who is alive has an address at the name that is not ours. */
static bool others_serve(const struct publish *publish, uint64_t now_ms)
{
	for (size_t i = 1; i < publish->peers.count; i++) {
		const struct publish_marker *marker = &publish->peers.items[i].marker;

		if (!is_other(publish, i) || now_ms >= publish_hot_dead_ms(publish, i))
			continue;
		for (size_t j = 0; j < marker->count; j++) {
			if (stands(publish, marker->addresses[j]) &&
			    !publish_hot_request_is_ours(publish, marker->addresses[j]))
				return true;
		}
	}
	return false;
}

/* Our own part ---------------------------------------------------------------------------------- */

/* Exactly one entry of ours, and it says what it should; none of who we were before. */
static bool entry_is_right(const struct publish *publish)
{
	struct record wanted = publish_hot_request_entry(publish);
	const struct publish_goal *goal = &publish->goal;
	size_t entries = 0, right = 0;

	for (size_t i = 0; i < publish->found.txt.count; i++) {
		const struct record *record = &publish->found.txt.records[i];
		struct publish_marker marker;

		if (!publish_marker_parse(record, &marker))
			continue;
		entries += !strcmp(marker.owner, goal->owner) ||
			   (*goal->previous_owner && !strcmp(marker.owner, goal->previous_owner));
		right += record_equal_data(record, &wanted);
	}
	return entries == 1 && right == 1;
}

static bool life_is_ours(const struct publish_peer *self)
{
	struct publish_marker marker;

	return !self->crowded && publish_marker_parse(&self->life, &marker) &&
	       !strcmp(marker.owner, self->marker.owner);
}

bool publish_hot_was_here(const struct publish *publish)
{
	return publish->goal.failover == PUBLISH_HOT && publish->was_present &&
	       life_is_ours(&publish->peers.items[0]) && !publish->found.cname.count;
}

static bool part_is_right(const struct publish *publish)
{
	const struct publish_goal *goal = &publish->goal;

	for (size_t i = 0; i < goal->count; i++) {
		if (!stands(publish, goal->addresses[i]))
			return false;
	}
	if (publish_peers_leads(&publish->peers) &&
	    (!publish_found_ttl_is(&publish->found.a, goal->ttl) ||
	     !publish_found_ttl_is(&publish->found.aaaa, goal->ttl)))
		return false;
	return entry_is_right(publish) && life_is_ours(&publish->peers.items[0]);
}

static bool has_strays(const struct publish *publish)
{
	const struct publish_rrset *sets[] = {&publish->found.a, &publish->found.aaaa};

	for (size_t s = 0; s < 2; s++) {
		for (size_t i = 0; i < sets[s]->count; i++) {
			if (publish_hot_request_is_stray(publish, &sets[s]->records[i]))
				return true;
		}
	}
	return false;
}

/* Ends ------------------------------------------------------------------------------------------ */

static const char *did(enum publish_step step)
{
	return step == PUBLISH_JOIN     ? "joined"
	       : step == PUBLISH_REMOVE ? "a silent one removed"
	       : step == PUBLISH_REPAIR ? "repaired"
	       : step == PUBLISH_CREATE ? "created"
	       : step == PUBLISH_ADOPT  ? "adopted"
	       : step == PUBLISH_RENEW  ? "as wanted, renewed"
	       : step == PUBLISH_FORCE  ? "forced"
	       : step == PUBLISH_REST   ? "as wanted"
					: publish_step_names[step];
}

static bool rest_present(struct publish *publish)
{
	publish->epoch = publish->peers.items[0].epoch;
	publish->was_present = true;
	publish->unsure = publish->forced = false;
	return publish_rest(publish, PUBLISH_PRESENT, "%s", did(publish->did));
}

static bool rest_standby(struct publish *publish, const char *why)
{
	publish->was_present = false;
	return publish_rest(publish, PUBLISH_STANDBY, "%s; published by %s", why,
			    publish->owner_seen);
}

/* Decisions ------------------------------------------------------------------------------------- */

static bool judge_unwanted(struct publish *publish, struct publish_request *ret)
{
	bool mine = publish->peers.items[0].life.length > 0;

	for (size_t i = 0; i < publish->peers.count; i++)
		mine |= publish_hot_is_mine(publish, i) && publish->peers.items[i].marker.shared;
	if (mine)
		return publish_request_make(publish, PUBLISH_WITHDRAW, ret);
	return publish_rest(publish, PUBLISH_WITHDRAWN, "nothing of ours is there");
}

/* We want the name for one owner, and find that it is shared: where the others are dead, or nobody, it
 * becomes ours; else our own part goes out of their way. */
static bool judge_single(struct publish *publish, uint64_t now_ms, struct publish_request *ret)
{
	bool cold = publish->goal.failover == PUBLISH_COLD;
	bool mine = publish->peers.items[0].marker.shared ||
		    others(publish) + 1 < publish->peers.count;

	if (!others(publish))
		return publish_request_make(publish, PUBLISH_CHANGE, ret);
	if (cold && all_dead(publish, now_ms))
		return publish_request_make(publish, PUBLISH_TAKE_OVER, ret);
	if (mine)
		return publish_request_make(publish, PUBLISH_LEAVE, ret);
	if (cold)
		return rest_standby(publish, "it is shared (failover: hot)");
	return publish_rest_foreign(publish, "it is shared by %s (failover: hot)",
				    publish->owner_seen);
}

static bool judge_parked(struct publish *publish, struct publish_request *ret)
{
	if (publish->peers.items[0].marker.shared || publish->peers.items[0].life.length)
		return publish_request_make(publish, PUBLISH_LEAVE, ret);
	return rest_standby(publish, "our addresses take no hellos");
}

static bool judge_part(struct publish *publish, uint64_t now_ms, struct publish_request *ret)
{
	const struct publish_peer *self = &publish->peers.items[0];

	/* Taken out by the others while we were silent, or never in. */
	if (!publish->was_present || (!self->marker.shared && !self->life.length))
		return publish_request_make(publish, PUBLISH_JOIN, ret);
	return publish_repair(publish, PUBLISH_REPAIR, now_ms, ret);
}

static bool judge_shared(struct publish *publish, uint64_t now_ms, struct publish_request *ret)
{
	bool moved = publish->was_present && publish->peers.items[0].epoch != publish->epoch;

	if (publish->goal.parked && others_serve(publish, now_ms))
		return judge_parked(publish, ret);
	if (!part_is_right(publish))
		return judge_part(publish, now_ms, ret);
	publish->peer = publish->goal.parked ? 0 : find_dead(publish, now_ms);
	if (publish->peer)
		return publish_request_make(publish, PUBLISH_REMOVE, ret);
	if (has_strays(publish))
		return publish_repair(publish, PUBLISH_REPAIR, now_ms, ret);
	if (publish->did != PUBLISH_REST)
		return rest_present(publish);
	return moved ? publish_repair(publish, PUBLISH_RENEW, now_ms, ret)
		     : publish_request_make(publish, PUBLISH_RENEW, ret);
}

bool publish_hot_judge(struct publish *publish, uint64_t now_ms, struct publish_request *ret)
{
	struct publish_marker marker;

	for (size_t i = 0; i < publish->found.txt.count; i++) {
		if (publish_marker_parse(&publish->found.txt.records[i], &marker) && !marker.shared)
			return publish_rest_foreign(
				publish,
				"a marker of \"%s\" alone stands beside those who share it",
				marker.owner);
	}
	if (publish->peers.left_out || publish->found.a.more || publish->found.aaaa.more)
		return publish_rest_foreign(publish, "more daemons share it, or more records stand "
						     "there, than an update can name");
	if (publish->goal.unwanted)
		return judge_unwanted(publish, ret);
	if (publish->goal.failover != PUBLISH_HOT)
		return judge_single(publish, now_ms, ret);
	return judge_shared(publish, now_ms, ret);
}

bool publish_hot_glance(struct publish *publish, struct publish_request *ret)
{
	publish->glance = true;
	publish->peer = 1;
	return publish_request_make(publish, PUBLISH_LOOK_LIFE, ret);
}

bool publish_hot_judge_lives(struct publish *publish, uint64_t now_ms, struct publish_request *ret)
{
	if (publish->goal.parked && others_serve(publish, now_ms))
		return judge_parked(publish, ret);
	publish->peer = publish->goal.parked ? 0 : find_dead(publish, now_ms);
	if (publish->peer)
		return publish_request_make(publish, PUBLISH_REMOVE, ret);
	return rest_present(publish);
}

bool publish_hot_took(struct publish *publish, uint64_t now_ms, struct publish_request *ret)
{
	struct publish_marker marker = publish_request_marker(publish);
	struct record life = publish_marker_record(&marker, publish->goal.ttl);

	publish->did = publish->step;
	if (publish->step == PUBLISH_RENEW) {
		publish->peers.items[0].life = life;
		publish->peers.items[0].epoch = marker.epoch;
		publish->peers.items[0].since_ms = now_ms;
		return publish->peers.count > 1 ? publish_hot_glance(publish, ret)
						: rest_present(publish);
	}
	publish->was_present = publish->step != PUBLISH_LEAVE;
	if (publish->step == PUBLISH_REMOVE)
		publish->peers.items[publish->peer].looked = false; /* it may be back at once */
	else
		publish->epoch = marker.epoch;
	return publish_request_make(publish, PUBLISH_LOOK_A, ret);
}
