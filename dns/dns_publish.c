/* SPDX-License-Identifier: ISC */
#include "dns/door.h"
#include "common/random.h"
#include "common/clock.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Rounds ---------------------------------------------------------------------------------------- */

static void wait_for(struct dns_site *site, uint64_t ms)
{
	struct timeval wait = {.tv_sec = (time_t)(ms / 1000),
			       .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

	event_add(site->timer, &wait);
}

static void report(struct dns_site *site)
{
	const struct publish *publish = &site->publish;
	const char *name = publish->goal.name.text;

	if (publish->state == site->told)
		return;
	site->told = publish->state;
	switch (publish->state) {
	case PUBLISH_UNKNOWN:
		break;
	case PUBLISH_PRESENT:
		log_info("dns", "provision server is published, name=%s, addresses=%s, how=%s",
			 name, publish->seen, publish->words.text);
		break;
	case PUBLISH_FOREIGN:
	case PUBLISH_CONTESTED:
		log_error("dns", "provision server is not ours, name=%s, seen=%s, reason=%s", name,
			  *publish->seen ? publish->seen : "-", publish->words.text);
		break;
	case PUBLISH_RETRY:
		log_warning("dns", "provision server cannot be checked, name=%s, reason=%s", name,
			    publish->words.text);
		break;
	}
}

/* The round is over: the next one after the interval, give or take a tenth, so that many daemons do
 * not ask together; after a failure sooner. */
static void round_over(struct dns_site *site)
{
	uint64_t interval = (uint64_t)site->zone->dns->publish->interval_ms;
	uint64_t wait = interval - interval / 10 + random_u32() % (interval / 5 + 1);

	site->busy = false;
	report(site);
	if (site->publish.state == PUBLISH_RETRY) {
		uint64_t sooner = backoff_next_ms(&site->backoff, random_u32());

		wait = sooner < wait ? sooner : wait;
	} else {
		backoff_reset(&site->backoff);
	}
	wait_for(site, wait);
}

static void on_answer(const struct server_outcome *outcome, void *user);

static void site_send(struct dns_site *site, const struct publish_request *request)
{
	struct server_zone *server = site->zone->server;
	int r = request->query ? server_query(server, &site->publish.goal.name, request->type,
					      on_answer, site)
			       : server_update(server, &request->update, on_answer, site);

	if (!r)
		return;
	publish_fail(&site->publish,
		     r == -EBUSY ? "waits for room" : "no message can be made of it");
	round_over(site);
}

static void on_answer(const struct server_outcome *outcome, void *user)
{
	struct dns_site *site = user;
	struct publish_request *request = &site->zone->dns->publish_request;
	uint64_t now_ms = clock_mono_ms();

	if (outcome->class != SERVER_DONE && outcome->class != SERVER_DECISION) {
		publish_fail(&site->publish, outcome->words.text);
		round_over(site);
		return;
	}
	/* The server answers; whether it takes names is for the names to find out. */
	if (site->zone->pace.state == PACE_PAUSED)
		site->zone->pace.until_ms = now_ms;
	if (publish_next(&site->publish, outcome, now_ms, request))
		site_send(site, request);
	else
		round_over(site);
	dns_send(site->zone);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct dns_site *site = user;
	struct publish_request *request = &site->zone->dns->publish_request;

	if (site->busy || !site->zone->server)
		return;
	site->busy = true;
	publish_begin(&site->publish, request);
	site_send(site, request);
}

/* For the rest of the door ---------------------------------------------------------------------- */

/* The owner that the marker names: configured, or this host. */
static void owner_of(const struct publish_config *config, char ret[PUBLISH_OWNER_MAX + 1])
{
	char name[256] = "";

	if (config->owner) {
		snprintf(ret, PUBLISH_OWNER_MAX + 1, "%s", config->owner);
		return;
	}
	gethostname(name, sizeof(name) - 1);
	for (char *c = name; *c; c++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
			    *c))
			*c = '-';
	}
	snprintf(ret, PUBLISH_OWNER_MAX + 1, "%s", *name ? name : "amtnet");
}

static int site_init(struct dns *dns, struct dns_site *site, const struct hostname *suffix,
		     struct err *err)
{
	struct publish_goal goal = {.ttl = (uint32_t)(dns->publish->ttl_ms / 1000)};
	struct hostname label;
	int zone = dns_config_zone(dns->config, suffix);

	if (zone < 0)
		return err_set(err, -EINVAL,
			       "provision-server.zones: %s lies in no zone of dns.zones",
			       suffix->text);
	if (hostname_parse(dns->publish->label, &label, err) < 0 ||
	    hostname_join(&label, suffix, &goal.name) < 0)
		return err_set(err, -EINVAL, "provision-server.label: \"%s\" makes no name with %s",
			       dns->publish->label, suffix->text);
	goal.zone = dns->zones[zone].config->name;
	goal.count = dns->publish->addresses.count;
	if (goal.count > PUBLISH_ADDRESSES_MAX)
		goal.count = PUBLISH_ADDRESSES_MAX;
	if (goal.count)
		memcpy(goal.addresses, dns->publish->addresses.items,
		       goal.count * sizeof(*goal.addresses));
	owner_of(dns->publish, goal.owner);
	publish_init(&site->publish, &goal);
	site->zone = &dns->zones[zone];
	site->suffix = *suffix;
	site->backoff = (struct backoff){.base_ms = 1000, .max_ms = 60 * 1000};
	site->timer = event_new(dns->base, -1, 0, on_timer, site);
	return site->timer ? 0 : err_set(err, -ENOMEM, "out of memory");
}

int dns_publish_new(struct dns *dns, struct err *err)
{
	const struct hostname *suffixes = dns->publish->zones.items;
	size_t count = dns->publish->zones.count;
	int r = 0;

	if (count && !dns->publish->addresses.count)
		return err_set(err, -EINVAL, "provision-server.addresses: missing");
	dns->sites = calloc(count ? count : 1, sizeof(*dns->sites));
	if (!dns->sites)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; !r && i < count; i++) {
		dns->site_count++;
		r = site_init(dns, &dns->sites[i], &suffixes[i], err);
	}
	return r;
}

void dns_publish_start(struct dns *dns)
{
	for (size_t i = 0; i < dns->site_count; i++)
		wait_for(&dns->sites[i], 0);
}

void dns_publish_stop(struct dns *dns)
{
	for (size_t i = 0; i < dns->site_count; i++) {
		if (dns->sites[i].timer)
			event_del(dns->sites[i].timer);
		dns->sites[i].busy = false;
	}
}

void dns_publish_free(struct dns *dns)
{
	for (size_t i = 0; i < dns->site_count; i++) {
		if (dns->sites[i].timer)
			event_free(dns->sites[i].timer);
	}
	free(dns->sites);
}
