/* SPDX-License-Identifier: ISC */
/* Names that no configured zone holds: they go where their place is, and after it when that changes. */
#include "dns/ledger_inner.h"
#include "dns/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(misc-redundant-expression): two headers that may not know each other */
_Static_assert(PLACES_NO_ZONE == LEDGER_NO_ZONE, "one word for one thing");

int ledger_use_places(struct ledger *ledger, struct places *places, size_t more)
{
	size_t count = ledger->zone_count + more;
	struct ledger_zone *zones = calloc(count ? count : 1, sizeof(*zones));

	if (!zones)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		ledger_zone_init(&zones[i]);
	free(ledger->zones);
	ledger->zones = zones;
	ledger->places = places;
	return 0;
}

int ledger_zone(const struct ledger *ledger, const struct hostname *owner)
{
	int zone = zone_find(ledger->zone_names, ledger->zone_count, owner);
	const struct place *place;

	if (zone != LEDGER_NO_ZONE || !ledger->places)
		return zone;
	place = places_find(ledger->places, owner);
	return place ? place->zone : LEDGER_NO_ZONE;
}

size_t ledger_count_zone(const struct ledger *ledger, int zone)
{
	return ledger->zones[zone].owners;
}

void ledger_place_owner(struct ledger *ledger, struct ledger_owner *owner,
			const struct hostname *name)
{
	owner->zone = zone_find(ledger->zone_names, ledger->zone_count, name);
	owner->placed = owner->zone == LEDGER_NO_ZONE && ledger->places;
	if (owner->placed)
		owner->zone = places_zone(ledger->places, name);
	if (owner->zone != LEDGER_NO_ZONE)
		ledger->zones[owner->zone].owners++;
}

/* In the zone that it leaves, what we wrote is out of sight (hidden by the delegation, or gone with the zone):
 * in the new one nothing is ours yet. A removal only has to find that there is nothing. */
static void begin_anew(struct ledger *ledger, struct ledger_entry *entry)
{
	if (entry->wanted)
		entry->mark = (struct intent_mark){0};
	entry->dirty = true;
	entry->tried = false;
	ledger_set_words(entry, "is in another zone now");
	ledger_touch(ledger, entry);
}

static void move_entry(struct ledger *ledger, struct ledger_entry *entry, bool anew,
		       uint64_t now_ms, uint64_t wall_ms)
{
	if (entry->gone)
		return;
	ledger_turn_leave(entry);
	entry->next_ms = entry->failed_ms = 0;
	if (anew)
		begin_anew(ledger, entry);
	if (!entry->dirty) {
		ledger_turn_refresh(ledger, entry, now_ms, wall_ms);
		return;
	}
	ledger_set_state(ledger, entry, entry->wanted ? LEDGER_WANTED : LEDGER_REMOVING);
	if (!anew)
		ledger_set_words(entry, NULL);
	ledger_turn_enter(ledger, entry);
	ledger_turn_partner(ledger, entry);
}

static void move(struct ledger *ledger, struct ledger_owner *owner, int zone, uint64_t now_ms,
		 uint64_t wall_ms)
{
	bool anew = owner->zone != LEDGER_NO_ZONE && zone != LEDGER_NO_ZONE;
	struct ledger_entry *entry;

	if (owner->zone != LEDGER_NO_ZONE)
		ledger->zones[owner->zone].owners--;
	if (zone != LEDGER_NO_ZONE)
		ledger->zones[zone].owners++;
	owner->zone = zone;
	LIST_FOREACH(entry, &owner->entries, sibling)
	{
		move_entry(ledger, entry, anew, now_ms, wall_ms);
	}
}

/* 1 = it has to wait until what is in flight has landed. */
static size_t place_owner(struct ledger *ledger, struct ledger_owner *owner, uint64_t now_ms,
			  uint64_t wall_ms)
{
	struct hostname name = {0};
	int zone;

	if (!owner->placed)
		return 0;
	memcpy(name.text, owner->name, strlen(owner->name) + 1);
	zone = places_zone(ledger->places, &name);
	if (zone == owner->zone)
		return 0;
	if (owner->busy)
		return 1;
	move(ledger, owner, zone, now_ms, wall_ms);
	return 0;
}

size_t ledger_place(struct ledger *ledger, unsigned part, uint64_t now_ms, uint64_t wall_ms)
{
	size_t waits = 0;

	for (size_t i = part; i < LEDGER_BUCKETS; i += LEDGER_PARTS) {
		for (struct ledger_owner *owner = ledger->buckets[i]; owner; owner = owner->next)
			waits += place_owner(ledger, owner, now_ms, wall_ms);
	}
	return waits;
}
