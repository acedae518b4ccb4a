/* SPDX-License-Identifier: ISC */
/*
 * The flow of a round: on_timer asks the servers of the zone (dns_publish_watch.c), dns_publish_watched
 * decides whether the name needs more than that, steps of `publish` go to the server that takes updates,
 * and round_over says what changed and sets the timer.
 */
#include "dns/door_publish.h"
#include "common/clock.h"
#include "common/random.h"

#include <ctype.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIGNED_EVERY 10   /* rounds: what the watch says is not signed */
#define SERVERS_EVERY 60  /* rounds: the NS RRset is read anew */
#define SOON_MS 2000      /* after a change: have the other servers got it? */
#define ADDRESSES_MS 5000 /* how often a name that waits for an address says so */
#define ROOM_MS 100       /* when the line to the server is full of other names */

/* The timer ------------------------------------------------------------------------------------- */

void dns_publish_kick(struct dns_site *site, uint64_t wait_ms)
{
	struct timeval wait = clock_timeval(wait_ms);

	if (!site->publisher->dns->running || !site->zone)
		return;
	if (site->busy)
		site->again = true;
	else
		event_add(site->timer, &wait);
}

/* Give or take a tenth, so that many daemons do not ask together; an owner's sign of life comes
 * rather earlier than later. */
static uint64_t with_jitter(const struct publish *publish, uint64_t wait)
{
	uint64_t tenth = wait / 10;

	if (publish->state == PUBLISH_STANDBY)
		return wait;
	if (publish->goal.failover != PUBLISH_ALONE)
		return wait - random_u32() % (tenth + 1);
	return wait - tenth + random_u32() % (2 * tenth + 1);
}

static uint64_t next_wait_ms(struct dns_site *site)
{
	const struct publish *publish = &site->publish;
	uint64_t wait = with_jitter(publish, publish_wait_ms(publish, clock_mono_ms()));
	uint64_t sooner = wait;

	if (site->again)
		sooner = 0;
	else if (publish->state == PUBLISH_RETRY)
		sooner = backoff_next_ms(&site->backoff, random_u32());
	else if (publish->changed)
		sooner = SOON_MS;
	if (publish->state != PUBLISH_RETRY)
		backoff_reset(&site->backoff);
	return sooner < wait ? sooner : wait;
}

/* What the log says ----------------------------------------------------------------------------- */

static void report_change(struct dns_site *site)
{
	const struct publish *publish = &site->publish;

	site->changed_ms = clock_wall_ms();
	log_info("dns", "provision server was changed, name=%s, how=%s, addresses=%s, owner=%s",
		 publish->goal.name.text, publish->words.text, *publish->seen ? publish->seen : "-",
		 publish->goal.owner);
}

static void report(struct dns_site *site)
{
	const struct publish *publish = &site->publish;
	const char *name = publish->goal.name.text, *words = publish->words.text;
	const char *seen = *publish->seen ? publish->seen : "-";

	if (publish->changed)
		report_change(site);
	if (publish->state == site->told)
		return;
	site->told = publish->state;
	switch (publish->state) {
	case PUBLISH_UNKNOWN:
	case PUBLISH_STATES:
		break;
	case PUBLISH_PRESENT:
		log_info("dns", "provision server is published, name=%s, addresses=%s, how=%s",
			 name, seen, words);
		break;
	case PUBLISH_STANDBY:
		log_info("dns",
			 "provision server is published by another, name=%s, addresses=%s, "
			 "owner=%s, we stand by",
			 name, seen, publish->owner_seen);
		break;
	case PUBLISH_WITHDRAWN:
		log_info("dns", "provision server is withdrawn, name=%s, how=%s", name, words);
		break;
	case PUBLISH_FOREIGN:
	case PUBLISH_CONTESTED:
		log_error("dns", "provision server is not ours, name=%s, seen=%s, reason=%s", name,
			  seen, words);
		break;
	case PUBLISH_RETRY:
		log_warning("dns", "provision server cannot be checked, name=%s, reason=%s", name,
			    words);
		break;
	}
}

static void rest_for(struct dns_site *site, uint64_t wait_ms)
{
	site->busy = false;
	if (dns_publish_sites_drop(site))
		return;
	site->again = false;
	dns_publish_kick(site, wait_ms);
}

static void round_over(struct dns_site *site)
{
	report(site);
	/* What was seen before our own change says nothing about it. */
	if (!site->publish.changed)
		dns_publish_judge(site);
	rest_for(site, next_wait_ms(site));
}

/* Nothing is wrong with the name or its server: the round begins anew soon, with a look. */
static void round_waits(struct dns_site *site)
{
	if (site->publish.changed)
		report_change(site);
	publish_doubt(&site->publish);
	rest_for(site, ROOM_MS + random_u32() % ROOM_MS);
}

/* Steps at the server that takes updates --------------------------------------------------------- */

static void on_answer(const struct server_outcome *outcome, void *user);

static void log_request(const struct dns_site *site, const struct publish_request *request)
{
	const char *step = publish_step_names[site->publish.step];
	char text[UPDATE_ITEM_TEXT];

	if (!log_wants(LOG_LEVEL_DEBUG))
		return;
	if (request->query)
		log_debug("dns", "provision server, name=%s, step=%s, query=%s",
			  site->row.name.text, step, record_type_name(request->type));
	for (size_t i = 0; !request->query && i < request->update.count; i++)
		log_debug("dns", "provision server, name=%s, step=%s, %s", site->row.name.text,
			  step, update_item_print(&request->update.items[i], text));
}

static void site_send(struct dns_site *site, const struct publish_request *request)
{
	struct server_zone *server = site->zone->server;
	int r;

	log_request(site, request);
	r = request->query ? server_query(server, &request->name, request->type, on_answer, site)
			   : server_update(server, &request->update, on_answer, site);
	if (r == -EBUSY) {
		round_waits(site);
	} else if (r < 0) {
		publish_fail(&site->publish,
			     r == -ENOMEM ? "out of memory" : "no message can be made of it");
		round_over(site);
	}
}

static void on_answer(const struct server_outcome *outcome, void *user)
{
	struct dns_site *site = user;
	struct dns_zone *zone = site->zone;
	struct publish_request *request = &site->publisher->request;
	uint64_t now_ms = clock_mono_ms();

	if (outcome->class != SERVER_DONE && outcome->class != SERVER_DECISION) {
		publish_fail(&site->publish, outcome->words.text);
		round_over(site);
		return;
	}
	log_debug("dns", "provision server, name=%s, step=%s, answer=%s", site->row.name.text,
		  publish_step_names[site->publish.step], update_rcode_name(outcome->rcode));
	/* The server answers; whether it takes names is for the names to find out. */
	if (zone->pace.state == PACE_PAUSED)
		zone->pace.until_ms = now_ms;
	if (publish_next(&site->publish, outcome, now_ms, request))
		site_send(site, request);
	else
		round_over(site);
	dns_send(zone);
}

static void begin(struct dns_site *site)
{
	publish_begin(&site->publish, &site->publisher->request);
	site_send(site, &site->publisher->request);
}

void dns_publish_watched(struct dns_site *site)
{
	bool odd = dns_publish_is_odd(site);

	if (odd)
		publish_doubt(&site->publish);
	if (!odd && !publish_is_due(&site->publish) && site->rounds % SIGNED_EVERY != 0) {
		site->publish.changed = false;
		round_over(site);
		return;
	}
	begin(site);
}

/* Which servers the zone has --------------------------------------------------------------------- */

static void ask_servers(struct dns_site *site, bool more, struct publish_question *question);

static void on_servers(const struct server_outcome *outcome, void *user)
{
	struct dns_site *site = user;
	struct publish_question question = {.type = 0};

	ask_servers(site, publish_servers_next(&site->servers, outcome, &question), &question);
}

/* Asks for as long as there is a question; one whose name lies in no zone of ours has no answer. */
static void ask_servers(struct dns_site *site, bool more, struct publish_question *question)
{
	struct dns *dns = site->publisher->dns;

	while (more) {
		int zone = dns_config_zone(dns->config, &question->name);

		if (zone >= 0 && !server_query(dns->zones[zone].server, &question->name,
					       question->type, on_servers, site))
			return;
		more = publish_servers_next(&site->servers, NULL, question);
	}
	dns_publish_watch_list(site);
	dns_publish_watch(site);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct dns_site *site = user;
	const struct publish_goal *goal = &site->publish.goal;
	struct publish_question question;

	if (site->busy || !site->zone->server || !site->zone->config->servers.count)
		return;
	dns_publish_sites_age(site);
	if (!goal->count && !goal->unwanted) {
		dns_publish_kick(site, ADDRESSES_MS);
		return;
	}
	site->busy = true;
	site->publisher->counters.rounds++;
	if (site->relist)
		dns_publish_watch_list(site);
	if (goal->unwanted) {
		dns_publish_watched(site);
	} else if (!publish_wants_watch(&site->publish)) {
		begin(site);
	} else if (site->rounds++ % SERVERS_EVERY == 0 || !site->servers.name_count) {
		publish_servers_begin(&site->servers, &site->zone->config->name, &question);
		ask_servers(site, true, &question);
	} else {
		dns_publish_watch(site);
	}
}

int dns_publish_site_open(struct dns_site *site)
{
	site->backoff = (struct backoff){.base_ms = 1000, .max_ms = 60 * 1000};
	site->timer = event_new(site->publisher->dns->base, -1, 0, on_timer, site);
	return site->timer ? 0 : -ENOMEM;
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
		char one[2] = {*c, '\0'};

		if (config->failover == PUBLISH_HOT) /* it becomes part of a name */
			*c = (char)tolower((unsigned char)*c);
		if (!publish_marker_owner_is_good(one))
			*c = '-';
	}
	snprintf(ret, PUBLISH_OWNER_MAX + 1, "%s", *name ? name : "amtnet");
}

int dns_publish_new(struct dns *dns, struct db *db, struct err *err)
{
	struct dns_publisher *publisher = calloc(1, sizeof(*publisher));
	int r;

	if (!publisher)
		return err_set(err, -ENOMEM, "out of memory");
	dns->publisher = publisher;
	publisher->dns = dns;
	publisher->config = dns->publish;
	LIST_INIT(&publisher->sites);
	owner_of(dns->publish, publisher->owner);
	dns_publish_resolve_new(publisher);
	r = dns_publish_sites_new(publisher, db, err);
	return r < 0 ? r : dns_publish_addresses_new(publisher, err);
}

void dns_publish_start(struct dns *dns)
{
	struct dns_site *site;

	dns_publish_addresses_start(dns->publisher);
	LIST_FOREACH(site, &dns->publisher->sites, link)
	{
		dns_publish_kick(site, 0);
	}
}

void dns_publish_zone_found(struct dns_zone *zone)
{
	struct dns_site *site;

	LIST_FOREACH(site, &zone->dns->publisher->sites, link)
	{
		if (site->zone != zone)
			continue;
		site->rounds = 0; /* its servers are listed anew */
		dns_publish_kick(site, 0);
	}
}

void dns_publish_stop(struct dns *dns)
{
	struct dns_site *site;

	if (!dns->publisher)
		return;
	dns_publish_addresses_stop(dns->publisher);
	dns_publish_resolve_stop(dns->publisher);
	LIST_FOREACH(site, &dns->publisher->sites, link)
	{
		dns_publish_watch_stop(site);
		event_del(site->timer);
		site->busy = false;
	}
}

void dns_publish_free(struct dns *dns)
{
	if (!dns->publisher)
		return;
	dns_publish_addresses_free(dns->publisher);
	dns_publish_resolve_stop(dns->publisher);
	dns_publish_sites_free(dns->publisher);
	free(dns->publisher);
	dns->publisher = NULL;
}
