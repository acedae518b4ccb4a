/* SPDX-License-Identifier: ISC */
/* What people are told of the zones that are found by walking. */
#include "dns/dns_walk_inner.h"

#include "common/clock.h"

#include <stdio.h>

bool dns_walk_has(const struct dns *dns, const struct hostname *owner)
{
	return dns->walk && places_domain(&dns->walk->places, owner) >= 0;
}

const char *dns_walk_words(const struct dns *dns, const struct hostname *owner)
{
	const struct place *place;

	if (!dns_walk_has(dns, owner) || ledger_zone(dns->ledger, owner) != LEDGER_NO_ZONE)
		return NULL;
	place = places_find(&dns->walk->places, owner);
	if (!place)
		return "its zone is not looked for: too many are already";
	return place->words ? place->words : "waits: its zone is being looked for";
}

const char *dns_walk_print(const struct dns *dns, const struct hostname *owner,
			   char ret[DNS_WALK_TEXT])
{
	const struct place *place;
	char since[CLOCK_TEXT];

	if (zone_find(dns->zone_names, dns->configured_count, owner) >= 0) {
		snprintf(ret, DNS_WALK_TEXT, "in dns.zones");
		return ret;
	}
	if (!dns_walk_has(dns, owner)) {
		snprintf(ret, DNS_WALK_TEXT,
			 "not looked for: the name is below no domain of dns.discover.below");
		return ret;
	}
	place = places_find(&dns->walk->places, owner);
	if (!place)
		snprintf(ret, DNS_WALK_TEXT, "not looked for: no such name is registered");
	else if (place->zone == PLACES_NO_ZONE)
		snprintf(ret, DNS_WALK_TEXT, "not found by walking from %s up to %s: %s",
			 place->name.text, dns_walk_domain(dns->walk, place)->name.text,
			 place->words ? place->words : "is being looked for");
	else
		snprintf(ret, DNS_WALK_TEXT, "found by walking from %s up to %s, first at %s%s%s",
			 place->name.text, dns_walk_domain(dns->walk, place)->name.text,
			 clock_print(place->found_ms, since),
			 place->words ? ", not found again: " : "",
			 place->words ? place->words : "");
	return ret;
}

static void put_number(struct rows *rows, const char *name, uint64_t value)
{
	rows_text(rows, name);
	rows_number(rows, (int64_t)value);
}

void dns_walk_print_status(const struct dns *dns, struct rows *rows)
{
	const struct dns_walk *walk = dns->walk;
	uint64_t zones = 0;

	if (!walk)
		return;
	for (size_t i = dns->configured_count; i < dns->zone_count; i++)
		zones += dns->zones[i].server != NULL;
	put_number(rows, "dns.discover.zones", zones);
	put_number(rows, "dns.discover.zones-refused", walk->counters.refused_zones);
	put_number(rows, "dns.discover.places", walk->places.count);
	put_number(rows, "dns.discover.places-refused", walk->places.refused);
	put_number(rows, "dns.discover.walks", walk->counters.walks);
	put_number(rows, "dns.discover.walks-failed", walk->counters.failed);
}
