/* SPDX-License-Identifier: ISC */
/*
 * What the listing says goes to the ledger and the leases, as if events had come; in slices, so that
 * nobody waits, and no faster than the disk takes it. Who asked sees one row per difference.
 */
#include "dns/dns_reconcile.h"
#include "common/clock.h"

#include <string.h>

/* True when the item is to be done, not only shown. */
static bool is_done(const struct dns_reconcile *reconcile, const struct reconcile_item *item)
{
	if (reconcile->errand.taken && reconcile->errand.order.dry_run)
		return false;
	return !reconcile->held || item->action != RECONCILE_REMOVE;
}

static void put_value(struct rows *rows, const struct intent *intent)
{
	char address[ADDR_TEXT];

	rows_text(rows, intent->kind == INTENT_FORWARD ? addr_print(intent->address, address)
						       : intent->name.text);
}

static void put_item(struct dns_errand *errand, const struct reconcile_item *item,
		     const char *outcome)
{
	struct hostname owner = intent_owner(&item->intent);

	rows_text(errand->rows, reconcile_action_names[item->action]);
	rows_text(errand->rows, owner.text);
	rows_text(errand->rows, record_type_name(intent_type(&item->intent)));
	put_value(errand->rows, &item->intent);
	if (item->action == RECONCILE_CHANGE)
		put_value(errand->rows, &item->was);
	else
		rows_text(errand->rows, NULL);
	rows_text(errand->rows, outcome);
}

static void apply(struct dns *dns, const struct intent *intent)
{
	if (ledger_apply(dns->ledger, intent, clock_wall_ms()) < 0)
		dns->counters.refused_names++;
}

static void on_item(const struct reconcile_item *item, void *user)
{
	struct dns *dns = user;
	struct dns_reconcile *reconcile = dns->reconcile;
	bool done = is_done(reconcile, item);
	struct intent was = item->was;

	if (reconcile->errand.taken)
		put_item(&reconcile->errand, item,
			 done                              ? "done"
			 : reconcile->errand.order.dry_run ? "planned"
							   : "held back");
	if (!done)
		return;
	apply(dns, &item->intent);
	was.wanted = false;
	if (item->action == RECONCILE_CHANGE && !intent_same_key(&was, &item->intent))
		apply(dns, &was);
	reconcile->counters.added += item->action == RECONCILE_ADD;
	reconcile->counters.changed += item->action == RECONCILE_CHANGE;
	reconcile->counters.removed += item->action == RECONCILE_REMOVE;
}

static void on_lease(const struct dns_lease *lease, void *user)
{
	struct dns *dns = user;

	if (!lease->until_ms && dns->reconcile->held)
		return;
	if (leases_put(dns->leases, lease) < 0)
		dns->counters.refused_leases++;
}

static void next_phase(struct dns_reconcile *reconcile, enum dns_phase phase)
{
	reconcile->phase = phase;
	reconcile->cursor = (struct reconcile_cursor){0};
	reconcile->part = 0;
}

static void say_held(const struct dns_reconcile *reconcile)
{
	log_error("lease",
		  "names are not removed, see \"amtnetctl reconcile --dry-run\", then say "
		  "\"amtnetctl reconcile --confirm\", held=%zu, reason=%s",
		  reconcile->verdict.remove, reconcile->verdict.words.text);
}

void dns_compare_begin(struct dns_reconcile *reconcile)
{
	next_phase(reconcile, DNS_JUDGING);
}

static void judged(struct dns *dns)
{
	struct dns_reconcile *reconcile = dns->reconcile;
	const struct dns_order *order = &reconcile->errand.order;

	reconcile->held = reconcile->verdict.guard != RECONCILE_SAFE && !order->confirm;
	if (reconcile->held && !order->dry_run) {
		reconcile->counters.held++;
		say_held(reconcile);
	}
	next_phase(reconcile, DNS_NAMES);
}

bool dns_compare(struct dns *dns)
{
	struct dns_reconcile *reconcile = dns->reconcile;
	const struct dns_order *order = &reconcile->errand.order;

	switch (reconcile->phase) {
	case DNS_IDLE:
	case DNS_LISTING:
		return true;
	case DNS_JUDGING:
		if (!reconcile_judge(reconcile->listing, dns->ledger, &reconcile->scope,
				     &reconcile->cursor, &reconcile->verdict))
			judged(dns);
		return true;
	case DNS_NAMES:
		if (!reconcile_names(reconcile->listing, dns->ledger, &reconcile->scope,
				     &reconcile->cursor, on_item, dns))
			next_phase(reconcile, DNS_LEASES);
		return true;
	case DNS_LEASES:
		if (order->dry_run)
			return false;
		if (!reconcile_leases(reconcile->listing, dns->leases, &reconcile->scope,
				      &reconcile->cursor, on_lease, dns))
			next_phase(reconcile, DNS_ASSERTING);
		return true;
	case DNS_ASSERTING:
		if (!order->verify)
			return false;
		reconcile->counters.asserted += ledger_assert(dns->ledger, reconcile->part);
		return ++reconcile->part < LEDGER_PARTS;
	}
	return false;
}

void dns_compare_total(struct dns_reconcile *reconcile)
{
	struct dns_errand *errand = &reconcile->errand;
	const struct reconcile_verdict *verdict = &reconcile->verdict;

	rows_text(errand->rows, "total");
	for (int i = 0; i < 4; i++)
		rows_text(errand->rows, NULL);
	rows_printf(errand->rows,
		    "%s: %zu leases, %zu of ME clients; %zu to add, %zu to change, %zu to "
		    "remove%s%s",
		    errand->order.dry_run ? "nothing is changed"
		    : reconcile->held     ? "removals are held back"
					  : "done",
		    verdict->listed, verdict->tagged, verdict->add, verdict->change,
		    verdict->remove, verdict->guard == RECONCILE_SAFE ? "" : "; ",
		    verdict->guard == RECONCILE_SAFE ? "" : verdict->words.text);
}
