/* SPDX-License-Identifier: ISC */
#include "dns/door_publish.h"
#include "common/clock.h"
#include "dns/publish_hot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* provision-server ------------------------------------------------------------------------------ */

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static void put_cores(struct rows *rows, const struct dns_publisher *publisher)
{
	const struct core_health *health = &publisher->health;
	bool hot = publisher->config->failover == PUBLISH_HOT;
	char address[ADDR_TEXT];
	struct text text;

	text_init(&text, 2048);
	for (size_t i = 0; i < health->count; i++) {
		const struct core *core = &health->items[i];

		text_add(&text, "%s%s:%s", i ? " " : "", addr_print(core->address, address),
			 core_health_state_names[core->state]);
		if (core->state == CORE_DOWN)
			text_add(&text, " (%s%s)", core->words,
				 !core->published ? ""
				 : hot ? "; our last one, leaves while others have theirs"
				       : "; the last one, stays");
	}
	rows_text(rows, text.length ? text.bytes : NULL);
	text_done(&text);
}

static void put_wanted(struct rows *rows, const struct publish_goal *goal)
{
	char wanted[PUBLISH_TEXT] = "", text[ADDR_TEXT];

	for (size_t i = 0, at = 0; !goal->unwanted && i < goal->count; i++, at = strlen(wanted))
		snprintf(wanted + at, sizeof(wanted) - at, "%s%s", at ? " " : "",
			 addr_print(goal->addresses[i], text));
	rows_text(rows, or_null(wanted));
}

static void put_epoch(struct rows *rows, const char *owner, uint32_t epoch)
{
	if (*owner)
		rows_number(rows, epoch);
	else
		rows_text(rows, NULL);
}

/* The name itself, as the server that takes updates has it. */
static void put_site(struct rows *rows, const struct dns_site *site)
{
	const struct publish *publish = &site->publish;
	char changed[CLOCK_TEXT], id[16] = "";

	if (publish->seen_id)
		snprintf(id, sizeof(id), "%08x", (unsigned)publish->seen_id);
	rows_text(rows, *site->row.suffix.text ? site->row.suffix.text : ".");
	rows_text(rows, site->row.name.text);
	rows_text(rows, "(updates)");
	rows_text(rows, publish_state_names[publish->state]);
	put_wanted(rows, &publish->goal);
	rows_text(rows, or_null(publish->seen));
	rows_text(rows, or_null(publish->owner_seen));
	put_epoch(rows, publish->owner_seen, publish->epoch);
	rows_text(rows, NULL);
	rows_text(rows, site->changed_ms ? clock_print(site->changed_ms, changed) : NULL);
	put_cores(rows, site->publisher);
	rows_text(rows, or_null(publish->words.text));
	rows_text(rows, or_null(id));
}

/* What one of the zone's servers serves. */
static void put_view(struct rows *rows, const struct dns_site *site,
		     const struct publish_view *view)
{
	char at[ENDPOINT_TEXT] = "";

	if (view->server.port)
		endpoint_print(view->server, at);
	rows_text(rows, *site->row.suffix.text ? site->row.suffix.text : ".");
	rows_text(rows, site->row.name.text);
	rows_printf(rows, "%s%s%s", at, *at && *view->name.text ? " " : "", view->name.text);
	rows_text(rows, publish_view_state_names[view->state]);
	rows_text(rows, NULL);
	rows_text(rows, view->looked ? or_null(view->seen) : NULL);
	rows_text(rows, view->looked ? or_null(view->owner) : NULL);
	put_epoch(rows, view->looked ? view->owner : "", view->epoch);
	rows_text(rows, NULL);
	rows_text(rows, NULL);
	rows_text(rows, NULL);
	rows_text(rows, or_null(view->words.text));
	rows_text(rows, NULL);
}

/* One of those that share the name, with the addresses that it adds. */
static void put_peer(struct rows *rows, const struct dns_site *site, size_t at)
{
	const struct publish_peer *peer = &site->publish.peers.items[at];
	const struct publish_marker *marker = &peer->marker;
	uint64_t now_ms = clock_mono_ms();
	char seen[PUBLISH_TEXT] = "", text[ADDR_TEXT];
	bool silent = now_ms >= publish_hot_dead_ms(&site->publish, at);

	for (size_t i = 0; i < marker->count; i++)
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s%s", i ? " " : "",
			 addr_print(marker->addresses[i], text));
	rows_text(rows, *site->row.suffix.text ? site->row.suffix.text : ".");
	rows_text(rows, site->row.name.text);
	rows_text(rows, "(daemon)");
	rows_text(rows, !at ? "ourselves" : silent ? "silent" : "alive");
	rows_text(rows, NULL);
	rows_text(rows, or_null(seen));
	rows_text(rows, marker->owner);
	rows_number(rows, peer->epoch);
	rows_number(rows, (int64_t)((now_ms - peer->since_ms) / 1000));
	for (int i = 0; i < 4; i++)
		rows_text(rows, NULL);
}

static bool is_asked(const struct dns_site *site, const char *filter)
{
	return !filter || strcasestr(site->row.name.text, filter) ||
	       !strcmp(filter, site->row.suffix.text);
}

int dns_print_provision_server(const struct dns *dns, const char *filter, enum rows_format format,
			       struct text *out)
{
	static const char *const columns[] = {
		"zone",  "name", "server",  "state", "wanted",       "seen",    "owner",
		"epoch", "age",  "changed", "cores", "last-outcome", "seen-id", NULL};
	const struct dns_site *site;
	struct rows *rows;
	int r = rows_new(&rows, format, columns, out);

	if (r < 0)
		return r;
	LIST_FOREACH(site, &dns->publisher->sites, link)
	{
		if (!is_asked(site, filter))
			continue;
		put_site(rows, site);
		for (size_t i = 0; i < site->publish.peers.count; i++) {
			if (site->publish.peers.items[i].marker.shared)
				put_peer(rows, site, i);
		}
		for (size_t i = 0; i < site->view_count; i++)
			put_view(rows, site, &site->views[i].view);
	}
	rows_end(rows);
	rows_free(rows);
	return 0;
}

/* force ----------------------------------------------------------------------------------------- */

int dns_force_provision_server(struct dns *dns, const char *zone, uint32_t seen_id, struct err *err)
{
	struct hostname asked = {""};
	struct dns_site *site;

	if (strcmp(zone, ".") != 0 && hostname_parse(zone, &asked, err) < 0)
		return -EINVAL;
	LIST_FOREACH(site, &dns->publisher->sites, link)
	{
		if (!hostname_equal(&site->row.suffix, &asked) &&
		    !hostname_equal(&site->row.name, &asked))
			continue;
		if (!site->zone || !site->publish.goal.count || site->publish.goal.unwanted)
			return err_set(err, -EINVAL, "%s: nothing is to be published there",
				       site->row.name.text);
		log_warning("dns",
			    "an operator forces the provision server, name=%s, seen=%s, "
			    "owner=%s",
			    site->row.name.text, site->publish.seen, site->publish.owner_seen);
		publish_force(&site->publish, seen_id);
		dns_publish_kick(site, 0);
		return 0;
	}
	return err_set(err, -ENOENT, "%s is none of the published zones; see provision-server",
		       asked.text);
}

/* status ---------------------------------------------------------------------------------------- */

static void put_number(struct rows *rows, const char *name, uint64_t value)
{
	rows_printf(rows, "provision-server.%s", name);
	rows_number(rows, (int64_t)value);
}

/* One row per alarm; returns how many. */
static size_t put_alarms(const struct dns_site *site, struct rows *rows)
{
	size_t count = publish_is_alarm(&site->publish);
	char at[ENDPOINT_TEXT];

	if (count) {
		rows_printf(rows, "alarm.provision-server.%s", site->row.name.text);
		rows_text(rows, site->publish.words.text);
	}
	for (size_t i = 0; i < site->view_count; i++) {
		const struct publish_view *view = &site->views[i].view;

		if (!view->alarm)
			continue;
		count++;
		rows_printf(rows, "alarm.provision-server.%s.%s", site->row.name.text,
			    endpoint_print(view->server, at));
		rows_printf(rows, "%s: %s", publish_view_state_names[view->state],
			    view->words.text);
	}
	return count;
}

static void put_site_status(const struct dns_site *site, struct rows *rows)
{
	const struct publish *publish = &site->publish;
	const char *name = site->row.name.text;

	rows_printf(rows, "provision-server.name.%s.state", name);
	rows_text(rows, publish_state_names[publish->state]);
	rows_printf(rows, "provision-server.name.%s.epoch", name);
	rows_number(rows, publish->epoch);
	rows_printf(rows, "provision-server.name.%s.repairs", name);
	rows_number(rows, (int64_t)publish->done[PUBLISH_REPAIR]);
}

void dns_publish_print_status(const struct dns *dns, struct rows *rows)
{
	const struct dns_publisher *publisher = dns->publisher;
	uint64_t states[PUBLISH_STATES] = {0}, steps[PUBLISH_STEPS] = {0}, lost = 0;
	const struct dns_site *site;
	size_t alarms = 0;

	LIST_FOREACH(site, &publisher->sites, link)
	{
		states[site->publish.state]++;
		lost += site->publish.lost_races;
		for (int i = 0; i < PUBLISH_STEPS; i++)
			steps[i] += site->publish.done[i];
		put_site_status(site, rows);
		alarms += put_alarms(site, rows);
	}
	put_number(rows, "alarms", alarms);
	put_number(rows, "names", publisher->site_count);
	for (int i = PUBLISH_PRESENT; i < PUBLISH_STATES; i++)
		put_number(rows, publish_state_names[i], states[i]);
	put_number(rows, "rounds", publisher->counters.rounds);
	put_number(rows, "questions", publisher->counters.questions);
	for (int i = PUBLISH_CREATE; i < PUBLISH_STEPS; i++) {
		rows_printf(rows, "provision-server.steps.%s", publish_step_names[i]);
		rows_number(rows, (int64_t)steps[i]);
	}
	put_number(rows, "lost-races", lost);
	put_number(rows, "refused-suffixes", publisher->counters.refused_suffixes);
	put_number(rows, "failed-saves", publisher->counters.failed_saves);
	for (size_t i = 0; i < publisher->health.count; i++) {
		const struct core *core = &publisher->health.items[i];
		char address[ADDR_TEXT];

		rows_printf(rows, "provision-server.core.%s.state",
			    addr_print(core->address, address));
		rows_text(rows, core_health_state_names[core->state]);
	}
}
