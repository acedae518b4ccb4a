/* SPDX-License-Identifier: ISC */
/*
 * The zones: those of the configuration, and behind them in the same array places for those that are found
 * for names outside of them (dns_walk.c), each empty until then.
 */
#include "dns/dns_find.h"
#include "dns/door.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

static int open_keys(struct dns *dns, struct err *err)
{
	const struct dns_key_config *keys = dns->config->keys.items;

	dns->keys = calloc(dns->config->keys.count + 1, sizeof(struct tsig_key *));
	if (!dns->keys)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < dns->config->keys.count; i++) {
		int r = tsig_key_new(&dns->keys[i], keys[i].name,
				     (enum tsig_algorithm)keys[i].algorithm, keys[i].secret.bytes,
				     keys[i].secret.length, err);

		if (r < 0) {
			err_prefix(err, "dns.keys: %s", keys[i].name);
			return r;
		}
		if (keys[i].algorithm == TSIG_HMAC_SHA1)
			log_warning("dns", "hmac-sha1 is no longer recommended, key=%s",
				    keys[i].name);
	}
	return 0;
}

static const struct tsig_key *key_named(const struct dns *dns, const char *name)
{
	const struct dns_key_config *keys = dns->config->keys.items;

	for (size_t i = 0; name && i < dns->config->keys.count; i++) {
		if (!strcasecmp(keys[i].name, name))
			return dns->keys[i];
	}
	return NULL;
}

static struct registration_rules rules_of(const struct dns *dns, const struct dns_zone_config *zone)
{
	const struct dns_config *config = dns->config;

	return (struct registration_rules){
		.mode = dns_config_mode(config, zone),
		.ttl_s = (uint32_t)(config->ttl_ms / 1000),
		.ttl_min_s = (uint32_t)(config->ttl_min_ms / 1000),
		.ttl_max_s = (uint32_t)(config->ttl_max_ms / 1000),
		.verify = config->verify,
		.zone = {zone->name, zone->range},
		.machines = dns->machines,
	};
}

static int open_zone(struct dns_zone *zone, const struct dns_zone_config *config, struct err *err)
{
	struct dns *dns = zone->dns;
	const struct tsig_key *key = key_named(dns, config->key);
	int r;

	if (config->key && !key)
		return err_set(err, -EINVAL, "dns.zones: %s: there is no key \"%s\" in dns.keys",
			       config->name.text, config->key);
	zone->config = config;
	dns->zone_names[zone->index] = (struct zone){config->name, config->range};
	pace_init(&zone->pace);
	zone->rules = rules_of(dns, config);
	LIST_INIT(&zone->flights);
	batch_line_init(&zone->line);
	for (unsigned step = 0; step < BATCH_KINDS; step++) {
		if (registration_step_asks((enum registration_step)step))
			batch_line_alone(&zone->line, step);
	}
	zone->timer = event_new(dns->base, -1, 0, dns_send_on_timer, zone);
	r = server_zone_new(&zone->server, dns->servers, &config->name, config->servers.items,
			    config->servers.count, key);
	if (!r)
		r = dns_find_new(zone);
	if (r < 0 || !zone->timer)
		return err_set(err, r < 0 ? r : -ENOMEM, "dns.zones: %s: %s", config->name.text,
			       strerror(r < 0 ? -r : ENOMEM));
	return 0;
}

int dns_zones_open(struct dns *dns, struct err *err)
{
	const struct dns_zone_config *configs = dns->config->zones.items;
	size_t more = dns->config->discover.below.count ? (size_t)dns->config->discover.max_zones
							: 0;
	int r = open_keys(dns, err);

	if (r < 0)
		return r;
	dns->configured_count = dns->config->zones.count;
	dns->zones = calloc(dns->configured_count + more + 1, sizeof(*dns->zones));
	dns->zone_names = calloc(dns->configured_count + more + 1, sizeof(*dns->zone_names));
	if (!dns->zones || !dns->zone_names || server_pool_new(&dns->servers, dns->base) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	dns->zone_count = dns->configured_count + more;
	for (size_t i = 0; i < dns->zone_count; i++)
		dns->zones[i] = (struct dns_zone){.dns = dns, .index = (int)i};
	for (size_t i = 0; !r && i < dns->configured_count; i++)
		r = open_zone(&dns->zones[i], &configs[i], err);
	return r;
}

static void zone_close(struct dns_zone *zone)
{
	struct dns *dns = zone->dns;

	dns_send_stop(zone);
	if (zone->timer)
		event_free(zone->timer);
	dns_find_free(zone);
	*zone = (struct dns_zone){.dns = dns, .index = zone->index};
}

struct dns_zone *dns_zone_found(struct dns *dns, const struct dns_zone_config *config,
				struct err *err)
{
	struct dns_zone *room = NULL;

	for (size_t i = dns->configured_count; i < dns->zone_count; i++) {
		struct dns_zone *zone = &dns->zones[i];

		if (!zone->server)
			room = room ? room : zone;
		else if (hostname_equal(&zone->config->name, &config->name))
			return zone;
	}
	if (!room) {
		err_set(err, -ENOSPC,
			"its zone %s is one more than the %zu that dns.discover.max-zones allows",
			config->name.text, dns->zone_count - dns->configured_count);
		return NULL;
	}
	if (open_zone(room, config, err) < 0) {
		zone_close(room);
		return NULL;
	}
	if (dns->running)
		dns_find_start(room);
	return room;
}

void dns_zone_forget(struct dns_zone *zone)
{
	log_info("dns", "zone is forgotten, no name is in it, zone=%s", zone->config->name.text);
	zone_close(zone);
}

void dns_zones_close(struct dns *dns)
{
	for (size_t i = 0; i < dns->zone_count; i++)
		zone_close(&dns->zones[i]);
	for (size_t i = 0; dns->keys && i < dns->config->keys.count; i++)
		tsig_key_free(dns->keys[i]);
	server_pool_free(dns->servers);
	free(dns->zones);
	free(dns->zone_names);
	free(dns->keys);
}
