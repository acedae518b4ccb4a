/* SPDX-License-Identifier: ISC */
#include "dns/door_publish.h"
#include "common/clock.h"
#include "common/random.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_AGAIN_MS (60 * 60 * 1000) /* a suffix is not noted on disk more often */

/* To disk --------------------------------------------------------------------------------------- */

static void save_again(struct dns_publisher *publisher, int result)
{
	static const struct timeval second = {.tv_sec = 1};
	uint64_t held;

	publisher->counters.failed_saves++;
	event_add(publisher->save, &second);
	if (log_gate_pass(&publisher->save_gate, clock_mono_ms(), DNS_GATE_MS, &held))
		log_error("dns",
			  "the list of provision server names cannot be kept on disk, tried again "
			  "every second, reason=%s, repeats=%" PRIu64,
			  strerror(-result), held);
}

static void on_save(evutil_socket_t fd, short what, void *user)
{
	struct dns_publisher *publisher = user;
	struct queue_site *rows = calloc(publisher->site_count + 1, sizeof(*rows));
	struct dns_site *site;
	size_t count = 0;
	int r = -ENOMEM;

	LIST_FOREACH(site, &publisher->sites, link)
	{
		if (rows)
			rows[count++] = site->row;
	}
	if (rows)
		r = queue_sites_save(publisher->rows, rows, count);
	free(rows);
	publisher->unsaved = r < 0;
	if (r < 0 && r != -EBUSY)
		save_again(publisher, r);
}

static void save(struct dns_publisher *publisher)
{
	publisher->unsaved = true;
	event_active(publisher->save, 0, 0);
}

static void on_saved(int result, void *user)
{
	struct dns_publisher *publisher = user;

	if (result < 0)
		save_again(publisher, result);
	else if (publisher->unsaved)
		save(publisher);
}

/* Sites ----------------------------------------------------------------------------------------- */

static void site_free(struct dns_site *site)
{
	dns_publish_watch_stop(site);
	if (site->timer)
		event_free(site->timer);
	LIST_REMOVE(site, link);
	site->publisher->site_count--;
	free(site);
}

static struct dns_site *find(const struct dns_publisher *publisher, const struct hostname *name)
{
	struct dns_site *site;

	LIST_FOREACH(site, &publisher->sites, link)
	{
		if (hostname_equal(&site->row.name, name))
			return site;
	}
	return NULL;
}

static void fill_goal(const struct dns_publisher *publisher, const struct dns_site *site,
		      struct publish_goal *ret)
{
	const struct publish_config *config = publisher->config;

	*ret = (struct publish_goal){
		.zone = site->zone ? site->zone->config->name : (struct hostname){""},
		.name = site->row.name,
		.ttl = (uint32_t)(config->ttl_ms / 1000),
		.failover = config->failover,
		.first_epoch = random_u32(),
		.parked = publisher->parked,
		.interval_ms = (uint64_t)config->interval_ms,
		.count = publisher->address_count,
	};
	memcpy(ret->addresses, publisher->addresses, sizeof(ret->addresses));
	memcpy(ret->owner, publisher->owner, sizeof(ret->owner));
	if (config->previous_owner)
		memcpy(ret->previous_owner, config->previous_owner,
		       strlen(config->previous_owner) + 1);
}

/* A new site; NULL when the table is full or there is no memory. */
static struct dns_site *site_new(struct dns_publisher *publisher, const struct queue_site *row)
{
	struct dns *dns = publisher->dns;
	int zone = dns_config_zone(dns->config, &row->name);
	struct dns_site *site;
	struct publish_goal goal;

	if (publisher->site_count == PUBLISH_SITES_MAX || !(site = calloc(1, sizeof(*site))))
		return NULL;
	site->publisher = publisher;
	site->row = *row;
	site->zone = zone >= 0 ? &dns->zones[zone] : NULL;
	LIST_INSERT_HEAD(&publisher->sites, site, link);
	publisher->site_count++;
	fill_goal(publisher, site, &goal);
	publish_init(&site->publish, &goal);
	if (!site->zone)
		err_set(&site->publish.words, 0,
			"lies in no zone of dns.zones, so nobody can be told to publish there");
	if (dns_publish_site_open(site) < 0) {
		site_free(site);
		return NULL;
	}
	return site;
}

/* The site of a suffix, made where there is none yet. 0 or a negative errno. */
static int want(struct dns_publisher *publisher, const struct hostname *suffix,
		struct dns_site **ret)
{
	struct queue_site row = {.suffix = *suffix};
	int r = publish_config_name(publisher->config, suffix, &row.name);
	struct hostname life;

	if (r < 0)
		return r;
	if (publisher->config->failover == PUBLISH_HOT &&
	    publish_marker_life_name(publisher->owner, &row.name, &life) < 0)
		return -ENAMETOOLONG;
	*ret = find(publisher, &row.name);
	if (!*ret)
		*ret = site_new(publisher, &row);
	if (!*ret)
		return -ENOBUFS;
	publish_set_unwanted(&(*ret)->publish, false);
	return 0;
}

static int want_listed(struct dns_publisher *publisher, const struct hostname *suffix,
		       struct err *err)
{
	struct dns_site *site;
	int r = want(publisher, suffix, &site);

	if (r < 0)
		return err_set(err, r, "provision-server.zones: %s: %s", suffix->text,
			       r == -ENOBUFS ? "more names than can be published" : strerror(-r));
	site->listed = true;
	return 0;
}

/* Those of the database are withdrawn unless something wants them. */
static int load(struct dns_publisher *publisher, struct err *err)
{
	struct queue_site *rows = calloc(PUBLISH_SITES_MAX, sizeof(*rows));
	size_t count = 0, bad = 0;
	int r = rows ? queue_sites_load(publisher->rows, rows, PUBLISH_SITES_MAX, &count, &bad, err)
		     : err_set(err, -ENOMEM, "out of memory");

	for (size_t i = 0; !r && i < count; i++) {
		struct dns_site *site = site_new(publisher, &rows[i]);

		if (site)
			publish_set_unwanted(&site->publish,
					     !(publisher->from_leases && rows[i].from_leases));
	}
	free(rows);
	if (bad)
		log_warning("dns", "rows of the database could not be read, skipped=%zu", bad);
	return r;
}

/* The bare name, where there is a zone that is made for it. */
static bool has_bare_zone(const struct dns_publisher *publisher)
{
	const struct dns_config *config = publisher->dns->config;
	const struct dns_zone_config *zones = config->zones.items;
	struct hostname bare;

	if (publish_config_name(publisher->config, &(struct hostname){""}, &bare) < 0)
		return false;
	for (size_t i = 0; i < config->zones.count; i++) {
		if (hostname_equal(&zones[i].name, &bare))
			return publisher->config->zones.count > 0;
	}
	return false;
}

int dns_publish_sites_new(struct dns_publisher *publisher, struct db *db, struct err *err)
{
	const struct hostname *suffixes = publisher->config->zones.items;
	size_t count = publisher->config->zones.count;
	int r = queue_sites_new(&publisher->rows, db, on_saved, publisher, err);

	if (r < 0)
		return r;
	publisher->save = event_new(publisher->dns->base, -1, 0, on_save, publisher);
	if (!publisher->save)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		publisher->from_leases |= !strcmp(suffixes[i].text, PUBLISH_FROM_LEASES);
	r = load(publisher, err);
	for (size_t i = 0; !r && i < count; i++) {
		if (strcmp(suffixes[i].text, PUBLISH_FROM_LEASES) != 0)
			r = want_listed(publisher, &suffixes[i], err);
	}
	if (!r && has_bare_zone(publisher))
		r = want_listed(publisher, &(struct hostname){""}, err);
	if (!r)
		save(publisher);
	return r;
}

void dns_publish_sites_free(struct dns_publisher *publisher)
{
	struct dns_site *site;

	while ((site = LIST_FIRST(&publisher->sites)))
		site_free(site);
	if (publisher->save)
		event_free(publisher->save);
	queue_sites_free(publisher->rows);
}

/* Suffixes from leases -------------------------------------------------------------------------- */

static void say_full(struct dns_publisher *publisher, const struct hostname *suffix)
{
	uint64_t held;

	publisher->counters.refused_suffixes++;
	if (log_gate_pass(&publisher->full, clock_mono_ms(), DNS_GATE_MS, &held))
		log_error("dns",
			  "provision server is not published, suffix=%s, reason=%d names are the "
			  "most, repeats=%" PRIu64,
			  suffix->text, PUBLISH_SITES_MAX, held);
}

void dns_publish_suffix(struct dns *dns, const struct hostname *suffix)
{
	struct dns_publisher *publisher = dns->publisher;
	uint64_t wall_ms = clock_wall_ms();
	struct dns_site *site;

	if (!publisher->from_leases || hostname_is_empty(suffix))
		return;
	if (want(publisher, suffix, &site) < 0) {
		say_full(publisher, suffix);
		return;
	}
	if (site->row.from_leases && site->row.seen_ms + SEEN_AGAIN_MS > wall_ms)
		return;
	if (!site->row.from_leases)
		log_info("dns", "a suffix came with the leases, suffix=%s, name=%s, zone=%s",
			 suffix->text, site->row.name.text,
			 site->zone ? site->zone->config->name.text : "none of dns.zones");
	site->row.from_leases = true;
	site->row.seen_ms = wall_ms;
	save(publisher);
	dns_publish_kick(site, 0);
}

/* By the clock of the leases: while none come, nothing grows old. */
static uint64_t newest_ms(const struct dns_publisher *publisher)
{
	const struct dns_site *site;
	uint64_t newest = 0;

	LIST_FOREACH(site, &publisher->sites, link)
	{
		if (site->row.seen_ms > newest)
			newest = site->row.seen_ms;
	}
	return newest;
}

void dns_publish_sites_age(struct dns_site *site)
{
	uint64_t forget_ms = (uint64_t)site->publisher->config->forget_ms;

	if (site->listed || !site->row.from_leases || !forget_ms || site->publish.goal.unwanted ||
	    newest_ms(site->publisher) < site->row.seen_ms + forget_ms)
		return;
	log_info("dns",
		 "no client is given the suffix any more, its provision server is withdrawn, "
		 "suffix=%s",
		 site->row.suffix.text);
	publish_set_unwanted(&site->publish, true);
}

bool dns_publish_sites_drop(struct dns_site *site)
{
	struct dns_publisher *publisher = site->publisher;

	if (!site->publish.goal.unwanted || site->publish.state != PUBLISH_WITHDRAWN)
		return false;
	site_free(site);
	save(publisher);
	return true;
}
