/* SPDX-License-Identifier: ISC */
#include "dns/ledger_inner.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t wait_ms[LEDGER_WAITS] = {
	[LEDGER_MINUTE] = 60 * 1000,
	[LEDGER_TEN_MINUTES] = 10 * 60 * 1000,
	[LEDGER_DAY] = 24 * 3600 * 1000,
	[LEDGER_SOON] = LEDGER_CHECK_MS,
};

void ledger_turn_leave(struct ledger_entry *entry)
{
	if (!entry->turn)
		return;
	TAILQ_REMOVE(entry->turn, entry, turn_link);
	entry->turn = NULL;
}

static void join(struct ledger_entry *entry, struct ledger_list *list)
{
	ledger_turn_leave(entry);
	TAILQ_INSERT_TAIL(list, entry, turn_link);
	entry->turn = list;
}

static void wait_until(struct ledger *ledger, struct ledger_entry *entry, enum ledger_wait wait,
		       uint64_t due_ms)
{
	if (entry->owner->zone == LEDGER_NO_ZONE)
		return;
	entry->next_ms = due_ms;
	join(entry, &ledger->zones[entry->owner->zone].waits[wait]);
}

void ledger_turn_refresh(struct ledger *ledger, struct ledger_entry *entry, uint64_t now_ms,
			 uint64_t wall_ms)
{
	uint64_t age = wall_ms > entry->changed_ms ? wall_ms - entry->changed_ms : 0;

	if (!entry->wanted || !ledger->refresh_ms)
		return;
	wait_until(ledger, entry, LEDGER_REFRESH,
		   now_ms + (age < ledger->refresh_ms ? ledger->refresh_ms - age : 0));
}

/* Dirty on disk as well: a check that is due outlives the daemon. */
static void check_later(struct ledger *ledger, struct ledger_entry *entry, uint64_t now_ms)
{
	wait_until(ledger, entry, LEDGER_SOON, now_ms + LEDGER_CHECK_MS);
	if (!entry->turn)
		return;
	entry->dirty = true;
	ledger_touch(ledger, entry);
}

/* Present and confirmed now. */
static void rest(struct ledger *ledger, struct ledger_entry *entry, uint64_t now_ms)
{
	if (entry->dirty || entry->gone || entry->turn)
		return;
	if (entry->check)
		check_later(ledger, entry, now_ms);
	else if (ledger->refresh_ms)
		wait_until(ledger, entry, LEDGER_REFRESH, now_ms + ledger->refresh_ms);
	entry->check = false;
}

static void check(struct ledger *ledger, struct ledger_entry *entry, uint64_t now_ms)
{
	if (!entry || !entry->wanted)
		return;
	if (!entry->in_flight && entry->state == LEDGER_PRESENT)
		check_later(ledger, entry, now_ms);
	else
		entry->check = true;
}

void ledger_check(struct ledger *ledger, const struct intent *key, uint64_t now_ms)
{
	struct ledger_entry *entry = ledger_find(ledger, key);

	check(ledger, entry, now_ms);
	if (entry)
		check(ledger, ledger_partner(ledger, entry), now_ms);
}

void ledger_turn_enter(struct ledger *ledger, struct ledger_entry *entry)
{
	if (entry->turn || entry->in_flight || entry->gone || !entry->dirty)
		return;
	if (entry->state == LEDGER_CONFLICT)
		return; /* parked: another lease has the name; its removal wakes this one */
	if (entry->owner->zone == LEDGER_NO_ZONE) {
		ledger_set_state(ledger, entry, LEDGER_IN_NO_ZONE);
		ledger_set_words(entry, "no zone in dns.zones holds this name");
		return;
	}
	if (entry->saved == entry->generation || ledger->disk_fails)
		join(entry, &ledger->zones[entry->owner->zone].ready);
}

void ledger_turn_partner(struct ledger *ledger, struct ledger_entry *entry)
{
	struct ledger_entry *reverse;

	if (entry->owner->kind != INTENT_FORWARD)
		return;
	reverse = ledger_partner(ledger, entry);
	if (reverse)
		ledger_turn_enter(ledger, reverse);
}

/* RFC 4703 5.4: the PTR follows the name, where the name is ours to make and not there yet. */
static bool must_wait(const struct ledger *ledger, const struct ledger_entry *entry)
{
	const struct ledger_entry *forward;

	if (entry->owner->kind != INTENT_REVERSE || !entry->wanted)
		return false;
	forward = ledger_partner(ledger, entry);
	return forward && forward->wanted && !forward->mark.written &&
	       forward->owner->zone != LEDGER_NO_ZONE;
}

static void wake_waits(struct ledger *ledger, struct ledger_zone *zone, uint64_t now_ms)
{
	struct ledger_entry *entry;

	for (size_t i = 0; i < LEDGER_WAITS; i++) {
		while ((entry = TAILQ_FIRST(&zone->waits[i])) && entry->next_ms <= now_ms) {
			entry->next_ms = 0;
			entry->dirty = true;
			if (entry->state == LEDGER_CONFLICT) /* no longer parked */
				ledger_set_state(ledger, entry, LEDGER_RETRY);
			join(entry, &zone->ready);
		}
	}
}

struct ledger_entry *ledger_next(struct ledger *ledger, int index, uint64_t now_ms)
{
	struct ledger_zone *zone = &ledger->zones[index];
	struct ledger_entry *entry;

	wake_waits(ledger, zone, now_ms);
	while ((entry = TAILQ_FIRST(&zone->ready))) {
		ledger_turn_leave(entry);
		if (entry->owner->busy)
			continue; /* comes back when its sibling has landed */
		if (must_wait(ledger, entry)) {
			ledger_set_words(entry, "waits until the name itself is there");
			continue;
		}
		if (!entry->mark.written)
			ledger_inherit(ledger, entry);
		entry->in_flight = true;
		entry->tried |= entry->wanted;
		entry->owner->busy = true;
		ledger_set_state(ledger, entry, entry->wanted ? LEDGER_SENT : LEDGER_REMOVING);
		return entry;
	}
	return NULL;
}

uint64_t ledger_next_ms(const struct ledger *ledger, int index)
{
	const struct ledger_zone *zone = &ledger->zones[index];
	const struct ledger_entry *entry;
	uint64_t first = UINT64_MAX;

	if (!TAILQ_EMPTY(&zone->ready))
		return 0;
	for (size_t i = 0; i < LEDGER_WAITS; i++) {
		entry = TAILQ_FIRST(&zone->waits[i]);
		if (entry && entry->next_ms < first)
			first = entry->next_ms;
	}
	return first;
}

static void land(struct ledger *ledger, struct ledger_entry *entry)
{
	struct ledger_entry *sibling;

	entry->in_flight = false;
	entry->former = false;
	entry->owner->busy = false;
	LIST_FOREACH(sibling, &entry->owner->entries, sibling)
	{
		if (sibling != entry)
			ledger_turn_enter(ledger, sibling);
	}
}

/* An update replaced every record of the type: what else was under this name is settled by it. */
static void settle_siblings(struct ledger *ledger, struct ledger_entry *entry)
{
	struct ledger_entry *sibling;

	LIST_FOREACH(sibling, &entry->owner->entries, sibling)
	{
		if (sibling == entry || sibling->gone ||
		    (entry->owner->kind == INTENT_FORWARD &&
		     sibling->address.family != entry->address.family))
			continue;
		if (!sibling->wanted &&
		    (entry->owner->kind == INTENT_REVERSE || ledger_is_machine(sibling, entry))) {
			sibling->gone = true;
			ledger_turn_leave(sibling);
			ledger_touch(ledger, sibling);
		} else if (sibling->wanted && sibling->state == LEDGER_PRESENT) {
			sibling->dirty = true;
			ledger_turn_leave(sibling);
			ledger_set_state(ledger, sibling, LEDGER_CONFLICT);
			ledger_set_words(sibling, "another lease has taken this name since");
			ledger_touch(ledger, sibling);
		}
	}
}

static void send_again(struct ledger *ledger, struct ledger_entry *entry)
{
	ledger_turn_leave(entry);
	entry->next_ms = 0;
	entry->dirty = true;
	ledger_touch(ledger, entry);
	ledger_turn_enter(ledger, entry);
}

/* The name is free again: who waited for it may try now. `unsure`: what is gone was never confirmed, so
 * it may have taken the place of one that we believe to be present. */
static void wake_siblings(struct ledger *ledger, struct ledger_entry *entry, bool unsure)
{
	struct ledger_entry *sibling;

	LIST_FOREACH(sibling, &entry->owner->entries, sibling)
	{
		if (sibling == entry || !sibling->wanted)
			continue;
		if (sibling->state == LEDGER_CONFLICT) {
			sibling->next_ms = 0;
			ledger_turn_leave(sibling);
			ledger_set_state(ledger, sibling, LEDGER_RETRY);
		} else if (unsure && sibling->state == LEDGER_PRESENT &&
			   sibling->address.family == entry->address.family) {
			send_again(ledger, sibling);
		}
	}
}

/* What one intent of the machine learned of the name holds for its other family as well. */
static void share_mark(struct ledger *ledger, const struct ledger_entry *entry)
{
	struct ledger_entry *sibling;

	LIST_FOREACH(sibling, &entry->owner->entries, sibling)
	{
		struct intent_mark *mark = &sibling->mark;

		if (sibling == entry || !mark->written || !ledger_is_machine(sibling, entry))
			continue;
		if (entry->mark.anew && sibling->state == LEDGER_PRESENT)
			send_again(ledger, sibling);
		mark->adopted = entry->mark.adopted;
		mark->dhcid_length = entry->mark.dhcid_length;
		memcpy(mark->dhcid, entry->mark.dhcid, sizeof(mark->dhcid));
		ledger_touch(ledger, sibling);
	}
}

/* Whoever had the name may still take its records out: the first time, it is looked at once more. */
static bool newly_adopted(const struct intent_mark *before, const struct intent_mark *mark)
{
	return mark->adopted &&
	       !(before->written && before->adopted && before->dhcid_length == mark->dhcid_length &&
		 !memcmp(before->dhcid, mark->dhcid, mark->dhcid_length));
}

void ledger_done(struct ledger *ledger, struct ledger_entry *entry, const struct ledger_row *sent,
		 const struct intent_mark *mark, uint64_t now_ms, uint64_t wall_ms)
{
	bool newest = entry->generation == sent->generation;
	bool unsure = entry->tried;

	if (newly_adopted(&entry->mark, mark))
		entry->check = true;
	entry->mark = *mark;
	entry->tried = false;
	if (entry->former)
		entry->mark.written = false;
	entry->told = false;
	entry->failed_ms = 0;
	ledger_set_words(entry, NULL);
	if (newest) {
		entry->dirty = false;
		entry->gone = !entry->wanted;
		entry->changed_ms = wall_ms;
	}
	ledger_touch(ledger, entry);
	if (sent->intent.wanted && entry->owner->kind == INTENT_FORWARD)
		share_mark(ledger, entry);
	if (sent->intent.wanted)
		settle_siblings(ledger, entry);
	else
		wake_siblings(ledger, entry, unsure);
	ledger_set_state(ledger, entry,
			 !entry->wanted ? LEDGER_REMOVING
			 : newest       ? LEDGER_PRESENT
					: LEDGER_WANTED);
	land(ledger, entry);
	ledger_turn_enter(ledger, entry);
	rest(ledger, entry, now_ms);
	ledger_turn_partner(ledger, entry);
}

void ledger_keep(struct ledger *ledger, struct ledger_entry *entry, uint64_t sent_generation,
		 const struct intent_mark *mark)
{
	bool newest = entry->generation == sent_generation;

	land(ledger, entry);
	if (newest) {
		entry->check |= newly_adopted(&entry->mark, mark);
		entry->mark = *mark;
		entry->generation = ++ledger->generation;
		ledger_touch(ledger, entry);
	}
	ledger_set_state(ledger, entry, entry->wanted ? LEDGER_WANTED : LEDGER_REMOVING);
	ledger_turn_enter(ledger, entry);
}

bool ledger_later(struct ledger *ledger, struct ledger_entry *entry, enum ledger_state state,
		  enum ledger_wait wait, const char *words, uint64_t now_ms)
{
	bool first = !entry->told;

	land(ledger, entry);
	ledger_set_words(entry, words);
	ledger_set_state(ledger, entry, state);
	entry->failed_ms = now_ms;
	entry->told = true;
	if (entry->saved != entry->generation && !ledger->disk_fails) {
		/* A newer wish came meanwhile: it goes in its own turn, once it is on disk. */
		ledger_set_state(ledger, entry, entry->wanted ? LEDGER_WANTED : LEDGER_REMOVING);
		return first;
	}
	entry->next_ms = now_ms + wait_ms[wait];
	join(entry, &ledger->zones[entry->owner->zone].waits[wait]);
	return first;
}

void ledger_again(struct ledger *ledger, struct ledger_entry *entry, const char *words,
		  uint64_t now_ms)
{
	land(ledger, entry);
	ledger_set_words(entry, words);
	ledger_set_state(ledger, entry, entry->wanted ? LEDGER_RETRY : LEDGER_REMOVING);
	entry->failed_ms = now_ms;
	ledger_turn_enter(ledger, entry);
}
