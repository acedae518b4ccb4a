/* SPDX-License-Identifier: ISC */
#include "dns/dns_find.h"
#include "dns/dns_walk.h"
#include "dns/door.h"
#include "common/clock.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* names ----------------------------------------------------------------------------------------- */

#define FILTER_MAX 1025 /* a line of the control protocol */

struct name_row {
	struct hostname owner;
	const char *type, *zone, *state, *words;
	char value[HOSTNAME_MAX + 1];
	char changed[CLOCK_TEXT];
	int64_t next_s; /* -1 = none */
};

/* Waits of its own come first; then the zone's, for what is in line. */
int64_t dns_print_next_s(const struct dns *dns, const struct ledger_row *row, uint64_t now_ms)
{
	const struct pace *pace = row->zone >= 0 ? &dns->zones[row->zone].pace : NULL;
	uint64_t at = row->next_ms;

	if (!at && row->dirty && pace && pace->state != PACE_GOOD)
		at = pace->until_ms;
	if (!at)
		return -1;
	return at > now_ms ? (int64_t)((at - now_ms + 999) / 1000) : 0;
}

static const char *default_words(const struct ledger_row *row)
{
	switch (row->state) {
	case LEDGER_PRESENT:
		return row->mark.adopted ? "confirmed, adopted" : "confirmed";
	case LEDGER_WANTED:
	case LEDGER_REMOVING:
		return "in line";
	case LEDGER_SENT:
		return "sent";
	case LEDGER_CONFLICT:
	case LEDGER_RETRY:
	case LEDGER_IN_NO_ZONE:
	case LEDGER_QUARANTINE:
	case LEDGER_STATES:
		break;
	}
	return NULL;
}

const char *dns_print_words(const struct dns *dns, const struct ledger_row *row)
{
	struct hostname owner = intent_owner(&row->intent);
	const char *words = NULL;

	if (row->dirty)
		words = row->zone >= 0 ? dns_find_words(&dns->zones[row->zone])
				       : dns_walk_words(dns, &owner);
	if (words)
		return words;
	return row->words ? row->words : default_words(row);
}

static void name_row(const struct dns *dns, const struct ledger_row *row, uint64_t now_ms,
		     struct name_row *ret)
{
	char address[ADDR_TEXT];

	ret->owner = intent_owner(&row->intent);
	ret->type = record_type_name(intent_type(&row->intent));
	if (row->intent.kind == INTENT_FORWARD)
		snprintf(ret->value, sizeof(ret->value), "%s",
			 addr_print(row->intent.address, address));
	else
		snprintf(ret->value, sizeof(ret->value), "%s", row->intent.name.text);
	ret->zone = row->zone >= 0 ? dns->zones[row->zone].config->name.text : NULL;
	ret->state = ledger_state_names[row->state];
	ret->words = dns_print_words(dns, row);
	ret->next_s = dns_print_next_s(dns, row, now_ms);
	clock_print(row->changed_ms, ret->changed);
}

/* "state=conflict", "zone=corp.example", "name=me-*" look at one column, by the shell's patterns. */
static bool matches_column(const struct name_row *row, const char *word, bool *ret)
{
	const struct {
		const char *key, *cell;
	} columns[] = {{"name=", row->owner.text},
		       {"type=", row->type},
		       {"value=", row->value},
		       {"zone=", row->zone},
		       {"state=", row->state}};

	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		size_t length = strlen(columns[i].key);

		if (strncmp(word, columns[i].key, length) != 0)
			continue;
		*ret = !fnmatch(word + length, columns[i].cell ? columns[i].cell : "",
				FNM_CASEFOLD);
		return true;
	}
	return false;
}

static bool matches_word(const struct name_row *row, const char *word)
{
	const char *cells[] = {row->owner.text, row->type,  row->value,  row->zone,
			       row->state,      row->words, row->changed};
	bool result;

	if (matches_column(row, word, &result))
		return result;
	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
		if (cells[i] && (strcasestr(cells[i], word) ||
				 (strpbrk(word, "*?") && !fnmatch(word, cells[i], FNM_CASEFOLD))))
			return true;
	}
	return false;
}

/* Every word must fit. */
static bool matches(const struct name_row *row, const char *filter)
{
	char words[FILTER_MAX];
	char *rest = words;
	const char *word;

	snprintf(words, sizeof(words), "%s", filter ? filter : "");
	while ((word = strsep(&rest, " \t"))) {
		if (*word && !matches_word(row, word))
			return false;
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	struct ledger_row one, two;
	int order;

	ledger_row(*(const struct ledger_entry *const *)a, &one);
	ledger_row(*(const struct ledger_entry *const *)b, &two);
	order = strcmp(one.intent.name.text, two.intent.name.text);
	if (!order)
		order = (int)one.intent.kind - (int)two.intent.kind;
	return order ? order : addr_compare(one.intent.address, two.intent.address);
}

/* Every intent in the order of the names; the caller frees it. */
static const struct ledger_entry **sorted(const struct ledger *ledger, size_t *ret_count)
{
	size_t count = ledger_count(ledger), at = 0;
	const struct ledger_entry **entries = calloc(count ? count : 1, sizeof(*entries));

	if (!entries)
		return NULL;
	for (const struct ledger_entry *entry = NULL;
	     at < count && (entry = ledger_walk(ledger, entry));)
		entries[at++] = entry;
	qsort(entries, at, sizeof(*entries), by_name);
	*ret_count = at;
	return entries;
}

static void put_name(struct rows *rows, const struct name_row *row)
{
	rows_text(rows, row->owner.text);
	rows_text(rows, row->type);
	rows_text(rows, row->value);
	rows_text(rows, row->zone);
	rows_text(rows, row->state);
	rows_text(rows, row->words);
	if (row->next_s < 0)
		rows_text(rows, NULL);
	else
		rows_number(rows, row->next_s);
	rows_text(rows, row->changed);
}

int dns_print_names(const struct dns *dns, const char *filter, enum rows_format format,
		    struct text *out)
{
	static const char *const columns[] = {"name",     "type",    "value",
					      "zone",     "state",   "last-outcome",
					      "next-try", "changed", NULL};
	uint64_t now_ms = clock_mono_ms();
	const struct ledger_entry **entries;
	struct rows *rows;
	size_t count = 0;
	int r = rows_new(&rows, format, columns, out);

	if (r < 0)
		return r;
	entries = sorted(dns->ledger, &count);
	for (size_t i = 0; entries && i < count && !out->bad; i++) {
		struct ledger_row row;
		struct name_row cells;

		ledger_row(entries[i], &row);
		name_row(dns, &row, now_ms, &cells);
		if (!row.gone && matches(&cells, filter))
			put_name(rows, &cells);
	}
	rows_end(rows);
	rows_free(rows);
	r = entries ? 0 : -ENOMEM;
	free(entries);
	return r;
}

/* status ---------------------------------------------------------------------------------------- */

static void put_number(struct rows *rows, const char *name, uint64_t value)
{
	rows_text(rows, name);
	rows_number(rows, (int64_t)value);
}

static void put_lease_status(const struct dns *dns, struct rows *rows)
{
	struct inbox_counters counters = {0};

	if (dns->inbox)
		counters = inbox_counters(dns->inbox);
	put_number(rows, "lease.connections", counters.connections);
	put_number(rows, "lease.refused", counters.refused);
	put_number(rows, "lease.events", counters.events);
	put_number(rows, "lease.duplicates", counters.duplicates);
	put_number(rows, "lease.gaps", counters.gaps);
	put_number(rows, "lease.resyncs", counters.resyncs);
	put_number(rows, "lease.learned-sent", counters.learned);
	put_number(rows, "lease.lost", counters.lost);
	put_number(rows, "lease.invalid", counters.invalid);
	put_number(rows, "lease.acks", counters.acks);
	put_number(rows, "lease.known", leases_count(dns->leases));
	put_number(rows, "lease.not-kept", dns->counters.refused_leases);
}

static void put_name_status(const struct dns *dns, struct rows *rows)
{
	const struct ledger *ledger = dns->ledger;

	put_number(rows, "dns.names", ledger_count(ledger));
	put_number(rows, "dns.names.present", ledger_count_state(ledger, LEDGER_PRESENT));
	put_number(rows, "dns.names.waiting",
		   ledger_count_state(ledger, LEDGER_WANTED) +
			   ledger_count_state(ledger, LEDGER_SENT) +
			   ledger_count_state(ledger, LEDGER_RETRY));
	put_number(rows, "dns.names.removing", ledger_count_state(ledger, LEDGER_REMOVING));
	put_number(rows, "dns.names.conflict", ledger_count_state(ledger, LEDGER_CONFLICT));
	put_number(rows, "dns.names.no-zone", ledger_count_state(ledger, LEDGER_IN_NO_ZONE));
	put_number(rows, "dns.names.quarantine", ledger_count_state(ledger, LEDGER_QUARANTINE));
	put_number(rows, "dns.names.not-kept", dns->counters.refused_names);
	put_number(rows, "dns.done", dns->counters.done);
	put_number(rows, "dns.split-messages", dns->counters.split);
	put_number(rows, "dns.discover.searches", dns->counters.searches);
	put_number(rows, "dns.discover.failed", dns->counters.failed_searches);
	put_number(rows, "dns.discover.bad-answers", dns->counters.bad_answers);
	put_number(rows, "dns.discover.ignored", dns->counters.ignored_answers);
	put_number(rows, "dns.unsaved",
		   leases_touched_count(dns->leases) + ledger_touched_count(ledger));
	put_number(rows, "dns.failed-saves", dns->counters.failed_saves);
}

static void put_zone_text(struct rows *rows, const struct dns_zone *zone, const char *what,
			  const char *value)
{
	rows_printf(rows, "dns.zone.%s.%s", zone->config->name.text, what);
	rows_text(rows, value && *value ? value : NULL);
}

static void put_zone_number(struct rows *rows, const struct dns_zone *zone, const char *what,
			    uint64_t value)
{
	rows_printf(rows, "dns.zone.%s.%s", zone->config->name.text, what);
	rows_number(rows, (int64_t)value);
}

static void put_zone_status(const struct dns_zone *zone, struct rows *rows)
{
	struct server_counters counters;
	char server[ENDPOINT_TEXT], how[DNS_FIND_TEXT];

	if (!zone->server)
		return;
	counters = server_counters(zone->server);
	put_zone_text(rows, zone, "server",
		      counters.server.port ? endpoint_print(counters.server, server) : NULL);
	put_zone_text(rows, zone, "found", dns_find_print(zone, how));
	put_zone_text(rows, zone, "state", pace_state_names[zone->pace.state]);
	put_zone_number(rows, zone, "sent", counters.sent);
	put_zone_number(rows, zone, "answered", counters.answered);
	put_zone_number(rows, zone, "timeouts", counters.timeouts);
	put_zone_number(rows, zone, "failovers", counters.failovers);
	put_zone_number(rows, zone, "ignored", counters.ignored);
	put_zone_number(rows, zone, "window", counters.window);
	put_zone_text(rows, zone, "last-error", counters.last_error.text);
	if (zone->pace.state != PACE_OPEN)
		return;
	rows_printf(rows, "alarm.dns.zone.%s", zone->config->name.text);
	rows_text(rows, zone->refusal.text);
}

void dns_print_status(const struct dns *dns, struct rows *rows)
{
	put_lease_status(dns, rows);
	dns_reconcile_print_status(dns, rows);
	put_name_status(dns, rows);
	dns_walk_print_status(dns, rows);
	for (size_t i = 0; i < dns->zone_count; i++)
		put_zone_status(&dns->zones[i], rows);
	dns_publish_print_status(dns, rows);
}
