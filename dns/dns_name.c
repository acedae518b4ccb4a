/* SPDX-License-Identifier: ISC */
/*
 * What a person asks about single names: the whole story of one, with what its servers say now; and that
 * what waits be tried at once.
 */
#include "dns/dns_find.h"
#include "dns/dns_walk.h"
#include "dns/door.h"
#include "common/clock.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define STORY_MS 8000        /* then the servers have had their time */
#define STORY_ADDRESSES 8    /* whose PTR is asked for */
#define STORY_ENTRIES_MAX 64 /* intents told of one name, as LEDGER_PER_OWNER_MAX */

struct question {
	struct dns_story *story;
	struct hostname owner;
	uint16_t type;
};

struct dns_story {
	LIST_ENTRY(dns_story) link;
	struct dns *dns;
	struct dns_story_order order;
	struct rows *rows;
	struct event *deadline;
	size_t asked, pending;
	bool told; /* the asker has the answer; the servers' last words are awaited */
	struct question questions[3 + STORY_ADDRESSES];
};

static void story_free(struct dns_story *story)
{
	LIST_REMOVE(story, link);
	if (story->deadline)
		event_free(story->deadline);
	rows_free(story->rows);
	free(story);
}

static void story_tell(struct dns_story *story, int result, const struct err *err)
{
	if (story->told)
		return;
	story->told = true;
	if (!result)
		rows_end(story->rows);
	story->order.done(result, err, story->order.user);
}

/* What DNS says now ---------------------------------------------------------------------------- */

static void put_record(struct rows *rows, const struct question *question,
		       const struct record *record, const char *server)
{
	char text[RECORD_TEXT];

	rows_printf(rows, "in DNS: %s %s", question->owner.text, record_type_name(question->type));
	rows_printf(rows, "%s, says %s", record_print(record, text), server);
}

static void put_answer(struct rows *rows, const struct question *question,
		       const struct server_outcome *outcome)
{
	char server[ENDPOINT_TEXT];
	bool good = outcome->class == SERVER_DONE || outcome->class == SERVER_DECISION;

	endpoint_print(outcome->server, server);
	for (size_t i = 0; good && i < outcome->answer.count; i++)
		put_record(rows, question, &outcome->answer.records[i], server);
	if (good && outcome->answer.count)
		return;
	rows_printf(rows, "in DNS: %s %s", question->owner.text, record_type_name(question->type));
	if (good)
		rows_printf(rows, "nothing, says %s", server);
	else
		rows_printf(rows, "not known: %s", outcome->words.text);
}

static void on_answer(const struct server_outcome *outcome, void *user)
{
	struct question *question = user;
	struct dns_story *story = question->story;

	if (!story->told)
		put_answer(story->rows, question, outcome);
	if (--story->pending)
		return;
	story_tell(story, 0, NULL);
	story_free(story);
}

static void on_deadline(evutil_socket_t fd, short what, void *user)
{
	struct dns_story *story = user;

	rows_text(story->rows, "in DNS");
	rows_printf(story->rows, "%zu of %zu questions were not answered within %d s",
		    story->pending, story->asked, STORY_MS / 1000);
	story_tell(story, 0, NULL);
	if (!story->pending)
		story_free(story);
}

static void ask(struct dns_story *story, const struct hostname *owner, uint16_t type)
{
	struct dns *dns = story->dns;
	int index = ledger_zone(dns->ledger, owner);
	struct question *question = &story->questions[story->asked];
	struct hostname name;
	int r = -ENOENT;

	*question = (struct question){.story = story, .owner = *owner, .type = type};
	if (index >= 0 && !dns_find_is_known(&dns->zones[index])) {
		r = -EHOSTUNREACH;
	} else if (index >= 0 && dns->zones[index].server) {
		name = zone_owner(&dns->zone_names[index], owner);
		r = server_query(dns->zones[index].server, &name, type, on_answer, question);
	}
	if (!r) {
		story->asked++;
		story->pending++;
		return;
	}
	rows_printf(story->rows, "in DNS: %s %s", owner->text, record_type_name(type));
	rows_text(story->rows, r == -ENOENT         ? "not asked: no zone that we know holds it"
			       : r == -EHOSTUNREACH ? "not asked: no server of the zone is known"
			       : r == -EBUSY        ? "not asked: the server has enough to do"
						    : "not asked: out of memory");
}

/* What we know --------------------------------------------------------------------------------- */

static void put_lease(struct dns_story *story, struct addr address)
{
	char text[ADDR_TEXT], mac[MAC_TEXT], until[CLOCK_TEXT];
	struct dns_lease lease;

	rows_printf(story->rows, "lease: %s", addr_print(address, text));
	if (leases_find(story->dns->leases, address, &lease) < 0)
		rows_text(story->rows, "none");
	else
		rows_printf(story->rows, "hardware address %s, %s, until %s",
			    mac_print(lease.mac, mac),
			    lease.me ? "an ME client's" : "not an ME client's",
			    clock_print(lease.until_ms, until));
}

static void put_intent(struct dns_story *story, const struct ledger_row *row)
{
	int64_t next = dns_print_next_s(story->dns, row, clock_mono_ms());
	const char *words = dns_print_words(story->dns, row);
	char address[ADDR_TEXT], changed[CLOCK_TEXT];

	rows_printf(story->rows, "%s: %s", row->intent.wanted ? "wanted" : "not wanted",
		    record_type_name(intent_type(&row->intent)));
	if (next < 0)
		rows_printf(story->rows, "%s, %s, %s, since %s",
			    addr_print(row->intent.address, address),
			    ledger_state_names[row->state], words ? words : "-",
			    clock_print(row->changed_ms, changed));
	else
		rows_printf(story->rows, "%s, %s, %s, since %s, again in %lld s",
			    addr_print(row->intent.address, address),
			    ledger_state_names[row->state], words ? words : "-",
			    clock_print(row->changed_ms, changed), (long long)next);
}

static void put_owner(struct dns_story *story, const struct ledger_row *row)
{
	struct record dhcid = {.type = RECORD_DHCID, .length = row->mark.dhcid_length};
	char text[RECORD_TEXT];

	if (row->intent.kind != INTENT_FORWARD || !row->mark.dhcid_length)
		return;
	memcpy(dhcid.rdata, row->mark.dhcid, row->mark.dhcid_length);
	rows_text(story->rows, "owner");
	rows_printf(story->rows, "%s, %s", record_print(&dhcid, text),
		    row->mark.adopted ? "was there before us: adopted" : "written by us");
}

/* The zone of an owner name, where that is known from, and how its server is known. */
static void put_zone(struct dns_story *story, const struct hostname *owner)
{
	struct dns *dns = story->dns;
	int index = ledger_zone(dns->ledger, owner);
	char how[DNS_FIND_TEXT], from[DNS_WALK_TEXT], server[ENDPOINT_TEXT];
	struct server_counters counters;

	rows_printf(story->rows, "zone of %s", owner->text);
	rows_text(story->rows, dns_walk_print(dns, owner, from));
	if (index < 0 || !dns->zones[index].server)
		return;
	counters = server_counters(dns->zones[index].server);
	rows_text(story->rows, "zone");
	rows_printf(story->rows, "%s, server %s, %s", dns->zones[index].config->name.text,
		    counters.server.port ? endpoint_print(counters.server, server) : "-",
		    dns_find_print(&dns->zones[index], how));
}

struct finding {
	const struct hostname *name;
	const struct ledger_entry *entries[STORY_ENTRIES_MAX];
	size_t count;
};

static void on_entry(const struct ledger_entry *entry, void *user)
{
	struct finding *finding = user;
	struct ledger_row row;

	ledger_row(entry, &row);
	if (!row.gone && hostname_equal(&row.intent.name, finding->name) &&
	    finding->count < STORY_ENTRIES_MAX)
		finding->entries[finding->count++] = entry;
}

static void put_reverse(struct dns_story *story, const struct hostname *owner)
{
	if (story->asked == 3 + STORY_ADDRESSES)
		return;
	put_zone(story, owner);
	ask(story, owner, RECORD_PTR);
}

static void put_known(struct dns_story *story)
{
	struct finding finding = {.name = &story->order.name};
	struct ledger_row row;

	for (unsigned part = 0; part < LEDGER_PARTS; part++)
		ledger_visit(story->dns->ledger, part, on_entry, &finding);
	if (!finding.count) {
		rows_text(story->rows, "wanted");
		rows_text(story->rows, "no: no lease of an ME client has this name");
	}
	put_zone(story, &story->order.name);
	ask(story, &story->order.name, RECORD_A);
	ask(story, &story->order.name, RECORD_AAAA);
	ask(story, &story->order.name, RECORD_DHCID);
	for (size_t i = 0; i < finding.count; i++) {
		struct hostname owner;

		ledger_row(finding.entries[i], &row);
		put_intent(story, &row);
		put_owner(story, &row);
		owner = intent_owner(&row.intent);
		if (row.intent.kind == INTENT_FORWARD)
			put_lease(story, row.intent.address);
		else
			put_reverse(story, &owner);
	}
}

int dns_story(struct dns *dns, const struct dns_story_order *order, struct err *err)
{
	static const char *const columns[] = {"about", "what", NULL};
	static const struct timeval limit = {.tv_sec = STORY_MS / 1000}, at_once = {0};
	struct dns_story *story = calloc(1, sizeof(*story));

	if (!story)
		return err_set(err, -ENOMEM, "out of memory");
	LIST_INSERT_HEAD(&dns->stories, story, link);
	story->dns = dns;
	story->order = *order;
	story->deadline = event_new(dns->base, -1, 0, on_deadline, story);
	if (!story->deadline || rows_new(&story->rows, order->format, columns, order->out) < 0) {
		story_free(story);
		return err_set(err, -ENOMEM, "out of memory");
	}
	put_known(story);
	event_add(story->deadline, story->pending ? &limit : &at_once);
	return 0;
}

void dns_story_stop(struct dns *dns)
{
	static const struct err words = {"amtnetd is stopping"};
	struct dns_story *story;

	while ((story = LIST_FIRST(&dns->stories))) {
		story_tell(story, -ECANCELED, &words);
		story_free(story);
	}
}

/* retry ----------------------------------------------------------------------------------------- */

size_t dns_retry(struct dns *dns, const struct hostname *what)
{
	size_t count = 0;

	for (size_t i = 0; i < dns->zone_count; i++) {
		struct dns_zone *zone = &dns->zones[i];

		if (!zone->server || (what && !hostname_is_below(what, &zone->config->name)))
			continue;
		if (zone->pace.state != PACE_GOOD)
			log_info("dns", "a person closes the circuit, zone=%s",
				 zone->config->name.text);
		pace_init(&zone->pace);
		if (dns->running)
			dns_find_start(zone);
	}
	dns_walk_again(dns, what);
	for (unsigned part = 0; part < LEDGER_PARTS; part++)
		count += ledger_retry(dns->ledger, part, what);
	for (size_t i = 0; i < dns->zone_count; i++)
		dns_send(&dns->zones[i]);
	return count;
}
