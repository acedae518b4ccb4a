/* SPDX-License-Identifier: ISC */
#include "dns/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SOON_FAILURES 3
#define IP6_PLACE_LABELS 18 /* the sixteen nibbles of a /64, "ip6", "arpa" */

static const uint64_t wait_ms[PLACES_WAITS] = {
	[PLACES_SOON] = 5 * 1000,
	[PLACES_MINUTE] = 60 * 1000,
	[PLACES_HOUR] = 3600 * 1000,
};

void places_init(struct places *places, const struct hostname *domains, size_t count)
{
	*places = (struct places){.domains = domains, .domain_count = count};
	table_init(&places->table);
	TAILQ_INIT(&places->all);
	TAILQ_INIT(&places->changes);
	TAILQ_INIT(&places->going);
	for (size_t i = 0; i < PLACES_WAITS; i++)
		TAILQ_INIT(&places->waits[i]);
}

static void place_free(struct table_link *link)
{
	struct place *place = (struct place *)link; /* its first member */

	free(place->words);
	free(place);
}

void places_done(struct places *places)
{
	struct place *place;

	while ((place = TAILQ_FIRST(&places->going))) {
		TAILQ_REMOVE(&places->going, place, turn);
		place_free(&place->link);
	}
	table_done(&places->table, place_free);
}

/* What the place of a name is ------------------------------------------------------------------- */

int places_domain(const struct places *places, const struct hostname *name)
{
	size_t best_length = 0;
	int best = -1;

	for (size_t i = 0; i < places->domain_count; i++) {
		size_t length = strlen(places->domains[i].text);

		if ((best < 0 || length > best_length) &&
		    hostname_is_below(name, &places->domains[i])) {
			best = (int)i;
			best_length = length;
		}
	}
	return best;
}

/* So many labels fewer. */
static const char *above(const char *text, unsigned labels)
{
	const char *dot;

	for (; labels && (dot = strchr(text, '.')); labels--)
		text = dot + 1;
	return labels ? "" : text;
}

int places_name(const struct places *places, const struct hostname *name, struct hostname *ret)
{
	static const struct hostname ip6 = {"ip6.arpa"};
	int domain = places_domain(places, name);
	unsigned labels = hostname_labels(name);
	struct hostname place = {""};
	const char *text;

	if (domain < 0)
		return -ENOENT;
	text = above(name->text, labels > IP6_PLACE_LABELS && hostname_is_below(name, &ip6)
					 ? labels - IP6_PLACE_LABELS
					 : 1);
	memcpy(place.text, text, strlen(text) + 1);
	*ret = hostname_is_below(&place, &places->domains[domain]) ? place
								   : places->domains[domain];
	return 0;
}

/* The table ------------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct places *places, const struct hostname *name)
{
	return table_hash(&places->table, name->text, strlen(name->text));
}

static struct place *find(const struct places *places, const struct hostname *name)
{
	struct table_link *link = table_first(&places->table, hash_of(places, name));

	while (link && !hostname_equal(&((struct place *)link)->name, name))
		link = table_next(link);
	return (struct place *)link;
}

const struct place *places_find(const struct places *places, const struct hostname *name)
{
	struct hostname place;

	return places_name(places, name, &place) < 0 ? NULL : find(places, &place);
}

static void wait_in(struct places *places, struct place *place, enum places_wait wait,
		    uint64_t now_ms)
{
	place->wait = wait;
	place->due_ms = now_ms + wait_ms[wait];
	TAILQ_INSERT_TAIL(&places->waits[wait], place, turn);
}

static int add(struct places *places, const struct hostname *name, struct place **ret)
{
	struct place *place;

	if (places->count == PLACES_MAX) {
		places->refused++;
		return -ENOSPC;
	}
	place = calloc(1, sizeof(*place));
	if (!place || table_add(&places->table, &place->link, hash_of(places, name)) < 0) {
		free(place);
		return -ENOMEM;
	}
	place->name = *name;
	place->domain = (size_t)places_domain(places, name);
	place->zone = PLACES_NO_ZONE;
	place->used = true;
	places->count++;
	TAILQ_INSERT_TAIL(&places->all, place, all);
	wait_in(places, place, PLACES_NOW, 0);
	*ret = place;
	return 0;
}

int places_zone(struct places *places, const struct hostname *name)
{
	struct hostname place_name;
	struct place *place;

	if (places_name(places, name, &place_name) < 0)
		return PLACES_NO_ZONE;
	place = find(places, &place_name);
	if (!place && add(places, &place_name, &place) < 0)
		return PLACES_NO_ZONE;
	place->used = true;
	return place->zone;
}

int places_load(struct places *places, const struct hostname *name, int zone, uint64_t found_ms)
{
	struct place *place;
	int r;

	if (places_domain(places, name) < 0)
		return -ENOENT;
	if (find(places, name))
		return 0;
	if ((r = add(places, name, &place)) < 0)
		return r;
	place->zone = zone;
	place->found_ms = found_ms;
	place->kept = true;
	return 0;
}

/* To the disk ----------------------------------------------------------------------------------- */

static void change(struct places *places, struct place *place)
{
	if (!place->changed)
		TAILQ_INSERT_TAIL(&places->changes, place, change);
	place->changed = true;
}

/* Out of the table already. */
static void leave(struct places *places, struct place *place)
{
	place->gone = true;
	TAILQ_INSERT_TAIL(&places->going, place, turn);
	change(places, place);
}

static void be_gone(struct places *places, struct place *place)
{
	TAILQ_REMOVE(&places->going, place, turn);
	place_free(&place->link);
}

int places_strike(struct places *places, const struct hostname *name)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -ENOMEM;
	place->name = *name;
	leave(places, place);
	return 0;
}

void places_settle(struct places *places)
{
	struct place *place;

	TAILQ_FOREACH(place, &places->all, all)
	{
		if (!place->moved)
			continue;
		place->moved = false;
		place->kept = true;
		change(places, place);
	}
}

struct place *places_changed(struct places *places)
{
	struct place *place;
	const struct place *next;

	while ((place = TAILQ_FIRST(&places->changes))) {
		TAILQ_REMOVE(&places->changes, place, change);
		place->changed = false;
		next = place->gone ? find(places, &place->name) : NULL;
		if (!next || !next->kept)
			return place;
		be_gone(places, place); /* its row is the next one's by now */
	}
	return NULL;
}

void places_saved(struct places *places, struct place *place, bool good)
{
	if (!good)
		change(places, place);
	else if (place->gone && !place->changed)
		be_gone(places, place);
}

/* Asking ---------------------------------------------------------------------------------------- */

struct place *places_next(struct places *places, uint64_t now_ms)
{
	for (size_t i = 0; i < PLACES_WAITS; i++) {
		struct place *place = TAILQ_FIRST(&places->waits[i]);

		if (!place || place->due_ms > now_ms)
			continue;
		TAILQ_REMOVE(&places->waits[i], place, turn);
		place->asked = true;
		return place;
	}
	return NULL;
}

uint64_t places_next_ms(const struct places *places)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < PLACES_WAITS; i++) {
		const struct place *place = TAILQ_FIRST(&places->waits[i]);

		if (place && place->due_ms < first)
			first = place->due_ms;
	}
	return first;
}

bool places_found(struct places *places, struct place *place, int zone, uint64_t now_ms,
		  uint64_t wall_ms)
{
	bool moved = place->zone != zone;

	place->asked = false;
	place->failures = 0;
	free(place->words);
	place->words = NULL;
	if (moved || !place->found_ms)
		place->found_ms = wall_ms;
	place->moved |= moved;
	place->zone = zone;
	wait_in(places, place, PLACES_HOUR, now_ms);
	return moved;
}

bool places_failed(struct places *places, struct place *place, const char *words, uint64_t now_ms)
{
	place->asked = false;
	place->failures++;
	free(place->words);
	place->words = strdup(words);
	wait_in(places, place, place->failures <= SOON_FAILURES ? PLACES_SOON : PLACES_MINUTE,
		now_ms);
	return place->failures == 1;
}

static void ask_now(struct places *places, struct place *place)
{
	if (place->asked || place->wait == PLACES_NOW)
		return;
	TAILQ_REMOVE(&places->waits[place->wait], place, turn);
	wait_in(places, place, PLACES_NOW, 0);
}

void places_ask_again(struct places *places, const struct hostname *what)
{
	struct place *place;

	TAILQ_FOREACH(place, &places->all, all)
	{
		if (!what || hostname_is_below(&place->name, what) ||
		    hostname_is_below(what, &place->name))
			ask_now(places, place);
	}
}

void places_ask_zone(struct places *places, int zone)
{
	struct place *place;

	TAILQ_FOREACH(place, &places->all, all)
	{
		if (place->zone == zone && !place->failures)
			ask_now(places, place);
	}
}

size_t places_forget(struct places *places, uint64_t now_ms, uint64_t unused_ms)
{
	struct place *place, *next;
	size_t before = places->count;

	for (place = TAILQ_FIRST(&places->all); place; place = next) {
		next = TAILQ_NEXT(place, all);
		if (place->used || !place->used_ms)
			place->used_ms = now_ms;
		place->used = false;
		if (place->asked || now_ms - place->used_ms < unused_ms)
			continue;
		TAILQ_REMOVE(&places->waits[place->wait], place, turn);
		TAILQ_REMOVE(&places->all, place, all);
		table_remove(&places->table, &place->link);
		places->count--;
		if (place->kept)
			leave(places, place);
		else
			place_free(&place->link);
	}
	return before - places->count;
}
