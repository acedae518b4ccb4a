/* SPDX-License-Identifier: ISC */
#include "dns/dns_find.h"

#include "common/clock.h"
#include "common/random.h"
#include "dns/dns_search.h"
#include "dns/dns_walk.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLDS_MS (3600 * 1000)
/* Servers that stand in for a primary that does not answer: it may be back. */
#define STAND_IN_HOLDS_MS (600 * 1000)
#define BETWEEN_MS 10000 /* between two searches that refusals ask for */

struct dns_find {
	struct dns_search search; /* first: its done gets it */
	struct dns_zone *zone;
	struct dns_zone_config config; /* the zone's own, with the servers that were found */
	struct event *timer;
	struct backoff backoff;
	bool failed;       /* the last search */
	uint64_t begun_ms; /* monotonic: the last search */
	uint64_t since_ms; /* wall clock: these servers */
	bool by_ns;
	struct hostname mname;
	struct endpoint servers[2][PRIMARY_SERVERS_MAX]; /* in use, and the next ones */
	unsigned in_use;
	struct err words; /* of the last failure */
};

static void set_timer(struct dns_find *find, uint64_t wait_ms)
{
	const struct timeval wait = clock_timeval(wait_ms);

	event_add(find->timer, &wait);
}

/* The end of a search --------------------------------------------------------------------------- */

static bool same_servers(const struct dns_find *find)
{
	const struct primary *primary = &find->search.primary;

	if (find->config.servers.count != primary->count)
		return false;
	for (size_t i = 0; i < primary->count; i++) {
		if (!endpoint_equal(find->servers[find->in_use][i], primary->servers[i]))
			return false;
	}
	return true;
}

static int use_servers(struct dns_find *find)
{
	const struct primary *primary = &find->search.primary;
	unsigned next = !find->in_use;
	int r;

	memcpy(find->servers[next], primary->servers, sizeof(primary->servers));
	r = server_zone_set_servers(find->zone->server, find->servers[next], primary->count);
	if (r < 0)
		return r;
	find->in_use = next;
	find->config.servers = (struct config_list){find->servers[next], primary->count};
	find->since_ms = clock_wall_ms();
	return 0;
}

static void not_found(struct dns_find *find, const char *words)
{
	struct dns *dns = find->zone->dns;

	dns->counters.failed_searches++;
	err_set(&find->words, 0, "%s", words);
	if (!find->failed)
		log_warning("dns", "no server was found, %s, zone=%s, reason=%s",
			    find->config.servers.count ? "the known one is kept" : "its names wait",
			    find->config.name.text, words);
	find->failed = true;
	set_timer(find, backoff_next_ms(&find->backoff, random_u32()));
}

static void found(struct dns_find *find)
{
	const struct primary *primary = &find->search.primary;
	struct dns_zone *zone = find->zone;
	char server[ENDPOINT_TEXT];
	bool changed = !same_servers(find);

	if (changed && use_servers(find) < 0) {
		not_found(find, "out of memory");
		return;
	}
	find->by_ns = primary->by_ns;
	find->mname = primary->mname;
	find->failed = false;
	backoff_reset(&find->backoff);
	set_timer(find, primary->by_ns ? STAND_IN_HOLDS_MS : HOLDS_MS);
	if (!changed)
		return;
	log_info("dns", "server was found, zone=%s, server=%s, servers=%zu, by=%s, primary=%s",
		 find->config.name.text, endpoint_print(primary->servers[0], server),
		 primary->count, primary->by_ns ? "NS" : "SOA", primary->mname.text);
	pace_init(&zone->pace);
	/* What the old server refused by itself is due as well. */
	for (unsigned part = 0; part < LEDGER_PARTS; part++)
		ledger_retry(zone->dns->ledger, part, &find->config.name);
	dns_publish_zone_found(zone);
	dns_send(zone);
}

/* A search -------------------------------------------------------------------------------------- */

static void on_searched(struct dns_search *search, enum primary_result result)
{
	struct dns_find *find = (struct dns_find *)search; /* its first member */

	if (result == PRIMARY_FOUND) {
		found(find);
		return;
	}
	not_found(find, search->primary.words.text);
	if (search->primary.phase == PRIMARY_ZONE)
		dns_walk_doubt(find->zone);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct dns_find *find = user;

	if (find->search.ask || !find->zone->server)
		return;
	find->begun_ms = clock_mono_ms();
	dns_search_begin(&find->search, &find->config.name, &find->config.name,
			 PRIMARY_GOAL_SERVERS);
}

/* For the rest of the door ---------------------------------------------------------------------- */

int dns_find_new(struct dns_zone *zone)
{
	struct dns_find *find;

	if (zone->config->servers.count)
		return 0;
	find = calloc(1, sizeof(*find));
	if (!find)
		return -ENOMEM;
	find->search = (struct dns_search){.dns = zone->dns, .done = on_searched};
	find->zone = zone;
	find->config = *zone->config;
	find->backoff = (struct backoff){.base_ms = 1000, .max_ms = 60 * 1000};
	zone->find = find;
	zone->config = &find->config;
	find->timer = event_new(zone->dns->base, -1, 0, on_timer, find);
	return find->timer ? 0 : -ENOMEM;
}

void dns_find_free(struct dns_zone *zone)
{
	if (!zone->find)
		return;
	dns_find_stop(zone);
	if (zone->find->timer)
		event_free(zone->find->timer);
	free(zone->find);
	zone->find = NULL;
}

void dns_find_start(struct dns_zone *zone)
{
	if (zone->find)
		set_timer(zone->find, 0);
}

void dns_find_stop(struct dns_zone *zone)
{
	if (!zone->find)
		return;
	dns_search_stop(&zone->find->search);
	if (zone->find->timer)
		event_del(zone->find->timer);
}

void dns_find_again(struct dns_zone *zone)
{
	struct dns_find *find = zone->find;
	uint64_t now_ms = clock_mono_ms();
	uint64_t at_ms;

	/* While the search fails its own pause is the shorter one. */
	if (!find || find->search.ask || find->failed)
		return;
	at_ms = find->begun_ms + BETWEEN_MS;
	set_timer(find, at_ms > now_ms ? at_ms - now_ms : 0);
}

bool dns_find_is_known(const struct dns_zone *zone)
{
	return zone->config->servers.count > 0;
}

const char *dns_find_words(const struct dns_zone *zone)
{
	if (dns_find_is_known(zone))
		return NULL;
	return zone->find->failed ? zone->find->words.text
				  : "waits: the zone's server is being looked for";
}

const char *dns_find_print(const struct dns_zone *zone, char ret[DNS_FIND_TEXT])
{
	const struct dns_find *find = zone->find;
	char since[CLOCK_TEXT];

	if (!find) {
		snprintf(ret, DNS_FIND_TEXT, "configured");
		return ret;
	}
	if (!dns_find_is_known(zone)) {
		snprintf(ret, DNS_FIND_TEXT, "not found: %s", dns_find_words(zone));
		return ret;
	}
	snprintf(ret, DNS_FIND_TEXT, "by %s, primary %s, since %s%s%s",
		 find->by_ns ? "NS, as the primary does not answer" : "SOA",
		 *find->mname.text ? find->mname.text : "-", clock_print(find->since_ms, since),
		 find->failed ? ", not found again: " : "", find->failed ? find->words.text : "");
	return ret;
}
