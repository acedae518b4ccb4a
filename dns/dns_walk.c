/* SPDX-License-Identifier: ISC */
#include "dns/dns_walk_inner.h"

#include "common/clock.h"
#include "dns/dns_find.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_A_SLICE 16
#define LANDING_MS 200 /* names in flight have landed by then, or the next time */
#define DISK_MS 20
#define SWEEP_MAX_MS (3600 * 1000)

const struct dns_zone_config *dns_walk_domain(const struct dns_walk *walk,
					      const struct place *place)
{
	const struct dns_zone_config *domains = walk->dns->config->discover.below.items;

	return &domains[place->domain];
}

static void set_timer(struct event *timer, uint64_t wait_ms)
{
	const struct timeval wait = clock_timeval(wait_ms);

	event_add(timer, &wait);
}

/* Names follow their places --------------------------------------------------------------------- */

static void look_at_all(struct dns_walk *walk, uint64_t wait_ms)
{
	walk->looking = true;
	walk->news = false;
	walk->part = 0;
	walk->waiting = 0;
	set_timer(walk->slice, wait_ms);
}

static bool is_used(const struct dns_walk *walk, const struct dns_zone *zone)
{
	const struct place *place;

	if (ledger_count_zone(walk->dns->ledger, zone->index) || !LIST_EMPTY(&zone->flights) ||
	    !LIST_EMPTY(&walk->dns->stories))
		return true;
	TAILQ_FOREACH(place, &walk->places.all, all)
	{
		if (place->zone == zone->index)
			return true;
	}
	return false;
}

static void forget_unused(struct dns_walk *walk)
{
	struct dns *dns = walk->dns;

	places_forget(&walk->places, clock_mono_ms(), (uint64_t)dns->config->discover.forget_ms);
	for (size_t i = dns->configured_count; i < dns->zone_count; i++) {
		if (dns->zones[i].server && !is_used(walk, &dns->zones[i]))
			dns_zone_forget(&dns->zones[i]);
	}
}

static void all_looked_at(struct dns_walk *walk)
{
	uint64_t sweep_ms = (uint64_t)walk->dns->config->discover.forget_ms / 4;

	if (walk->news || walk->waiting) {
		look_at_all(walk, walk->news ? 0 : LANDING_MS);
		return;
	}
	walk->looking = false;
	places_settle(&walk->places);
	forget_unused(walk);
	set_timer(walk->slice, sweep_ms < SWEEP_MAX_MS ? sweep_ms : SWEEP_MAX_MS);
}

static void on_slice(evutil_socket_t fd, short what, void *user)
{
	struct dns_walk *walk = user;
	struct dns *dns = walk->dns;

	if (dns_unsaved(dns) > DNS_UNSAVED_MAX) {
		set_timer(walk->slice, DISK_MS);
		return;
	}
	if (!walk->looking)
		look_at_all(walk, 0);
	for (unsigned i = 0; i < PARTS_A_SLICE; i++)
		walk->waiting += ledger_place(dns->ledger, walk->part++, clock_mono_ms(),
					      clock_wall_ms());
	if (walk->part < LEDGER_PARTS)
		set_timer(walk->slice, 0);
	else
		all_looked_at(walk);
	for (size_t i = dns->configured_count; i < dns->zone_count; i++)
		dns_send(&dns->zones[i]); /* what was on disk already */
	event_active(dns->save, 0, 0);
}

/* Walks ----------------------------------------------------------------------------------------- */

static void not_found(struct dns_walk *walk, struct place *place, const char *words)
{
	walk->counters.failed++;
	if (places_failed(&walk->places, place, words, clock_mono_ms()))
		log_warning("dns", "no zone was found, %s, names-below=%s, reason=%s",
			    place->zone == PLACES_NO_ZONE ? "the names wait"
							  : "the known one is kept",
			    place->name.text, words);
}

static void no_room(struct dns_walk *walk, const char *words)
{
	uint64_t held;

	walk->counters.refused_zones++;
	if (log_gate_pass(&walk->zones_gate, clock_mono_ms(), DNS_GATE_MS, &held))
		log_error("dns",
			  "no more zones are added, raise dns.discover.max-zones, reason=%s, "
			  "repeats=%" PRIu64,
			  words, held);
}

static void found(struct dns_walk *walk, struct place *place, const struct hostname *name)
{
	struct dns_zone_config config = *dns_walk_domain(walk, place);
	struct dns_zone *zone;
	struct err err = {0};

	config.name = *name;
	zone = dns_zone_found(walk->dns, &config, &err);
	if (!zone) {
		no_room(walk, err.text);
		not_found(walk, place, err.text);
		return;
	}
	if (!places_found(&walk->places, place, zone->index, clock_mono_ms(), clock_wall_ms()))
		return;
	log_info("dns", "zone was found, zone=%s, names-below=%s", name->text, place->name.text);
	walk->news = true;
	if (!walk->looking)
		look_at_all(walk, 0);
}

static void on_searched(struct dns_search *search, enum primary_result result)
{
	struct walk *one = (struct walk *)search; /* its first member */
	struct dns_walk *walk = search->dns->walk;
	struct place *place = one->place;

	one->place = NULL;
	if (result == PRIMARY_FOUND)
		found(walk, place, &search->primary.zone);
	else
		not_found(walk, place, search->primary.words.text);
	event_active(walk->timer, 0, 0);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct dns_walk *walk = user;
	uint64_t now_ms = clock_mono_ms(), due_ms;
	size_t free_walks = 0;

	for (size_t i = 0; i < DNS_WALKS_MAX; i++) {
		struct walk *one = &walk->walks[i];

		if (!one->place && (one->place = places_next(&walk->places, now_ms))) {
			walk->counters.walks++;
			dns_search_begin(&one->search, &one->place->name,
					 &dns_walk_domain(walk, one->place)->name,
					 PRIMARY_GOAL_ZONE);
		}
		free_walks += !one->place;
	}
	due_ms = places_next_ms(&walk->places);
	if (free_walks && due_ms != UINT64_MAX)
		set_timer(walk->timer, due_ms > now_ms ? due_ms - now_ms : 0);
}

static void say_full(struct dns_walk *walk)
{
	uint64_t held;

	if (walk->places.refused == walk->said_refused)
		return;
	walk->said_refused = walk->places.refused;
	if (log_gate_pass(&walk->places_gate, clock_mono_ms(), DNS_GATE_MS, &held))
		log_error("dns",
			  "the table is full, no zone is looked for below one more name; "
			  "limit: %d names above those of PCs, repeats=%" PRIu64,
			  PLACES_MAX, held);
}

void dns_walk_look(struct dns *dns)
{
	if (!dns->walk || !dns->running)
		return;
	say_full(dns->walk);
	if (places_next_ms(&dns->walk->places) <= clock_mono_ms())
		event_active(dns->walk->timer, 0, 0);
}

void dns_walk_doubt(struct dns_zone *zone)
{
	struct dns *dns = zone->dns;

	if ((size_t)zone->index < dns->configured_count)
		return;
	places_ask_zone(&dns->walk->places, zone->index);
	dns_walk_look(dns);
}

void dns_walk_again(struct dns *dns, const struct hostname *what)
{
	if (!dns->walk)
		return;
	places_ask_again(&dns->walk->places, what);
	dns_walk_look(dns);
}

/* To and from the disk -------------------------------------------------------------------------- */

/* The place is one by today's configuration, and the zone can be its. */
static bool is_good(const struct dns_walk *walk, const struct queue_row *row)
{
	const struct dns *dns = walk->dns;
	int domain = places_domain(&walk->places, &row->place_name);

	return domain >= 0 && hostname_is_below(&row->place_zone, &walk->domains[domain]) &&
	       hostname_is_below(&row->place_name, &row->place_zone) &&
	       zone_find(dns->zone_names, dns->configured_count, &row->place_name) < 0;
}

void dns_walk_load(struct dns *dns, const struct queue_row *row)
{
	struct dns_walk *walk = dns->walk;
	const struct dns_zone_config *domains = dns->config->discover.below.items;
	struct dns_zone_config config;
	struct dns_zone *zone;
	struct err err;

	if (!walk)
		return;
	if (!is_good(walk, row)) {
		places_strike(&walk->places, &row->place_name);
		return;
	}
	config = domains[places_domain(&walk->places, &row->place_name)];
	config.name = row->place_zone;
	zone = dns_zone_found(dns, &config, &err); /* NULL: it is looked for anew */
	places_load(&walk->places, &row->place_name, zone ? zone->index : PLACES_NO_ZONE,
		    row->found_ms);
}

bool dns_walk_fill(struct dns *dns, struct queue_batch *batch)
{
	struct places *places = dns->walk ? &dns->walk->places : NULL;
	struct queue_row *row;
	struct place *place;

	while (places && (place = places_changed(places))) {
		if (!(row = queue_batch_add(batch))) {
			places_saved(places, place, false);
			return false;
		}
		row->kind = QUEUE_PLACE;
		row->place = place;
		row->place_name = place->name;
		row->place_gone = place->gone;
		row->found_ms = place->found_ms;
		if (!place->gone)
			row->place_zone = dns->zones[place->zone].config->name;
	}
	return true;
}

void dns_walk_saved(struct dns *dns, struct place *place, bool good)
{
	places_saved(&dns->walk->places, place, good);
}

/* For the rest of the door ---------------------------------------------------------------------- */

int dns_walk_new(struct dns *dns)
{
	const struct config_list *below = &dns->config->discover.below;
	const struct dns_zone_config *domains = below->items;
	struct dns_walk *walk;

	if (!below->count)
		return 0;
	dns->walk = walk = calloc(1, sizeof(*walk));
	if (!walk)
		return -ENOMEM;
	walk->dns = dns;
	places_init(&walk->places, NULL, 0);
	walk->domains = calloc(below->count, sizeof(*walk->domains));
	walk->timer = event_new(dns->base, -1, 0, on_timer, walk);
	walk->slice = event_new(dns->base, -1, 0, on_slice, walk);
	if (!walk->domains || !walk->timer || !walk->slice)
		return -ENOMEM;
	for (size_t i = 0; i < below->count; i++)
		walk->domains[i] = domains[i].name;
	places_init(&walk->places, walk->domains, below->count);
	for (size_t i = 0; i < DNS_WALKS_MAX; i++)
		walk->walks[i].search = (struct dns_search){.dns = dns, .done = on_searched};
	return 0;
}

int dns_walk_use_places(struct dns *dns)
{
	return dns->walk ? ledger_use_places(dns->ledger, &dns->walk->places,
					     dns->zone_count - dns->configured_count)
			 : 0;
}

void dns_walk_start(struct dns *dns)
{
	if (!dns->walk)
		return;
	dns_walk_look(dns);
	look_at_all(dns->walk, 0);
}

void dns_walk_stop(struct dns *dns)
{
	struct dns_walk *walk = dns->walk;

	if (!walk)
		return;
	for (size_t i = 0; i < DNS_WALKS_MAX; i++)
		dns_search_stop(&walk->walks[i].search);
	if (walk->timer)
		event_del(walk->timer);
	if (walk->slice)
		event_del(walk->slice);
}

void dns_walk_free(struct dns *dns)
{
	struct dns_walk *walk = dns->walk;

	if (!walk)
		return;
	dns_walk_stop(dns);
	if (walk->timer)
		event_free(walk->timer);
	if (walk->slice)
		event_free(walk->slice);
	places_done(&walk->places);
	free(walk->domains);
	free(walk);
	dns->walk = NULL;
}
