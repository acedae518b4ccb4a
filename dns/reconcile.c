/* SPDX-License-Identifier: ISC */
#include "dns/reconcile.h"
#include "dns/reconcile_listing.h"

#include <stdlib.h>
#include <string.h>

#define SLICE 500          /* rows of the listing at a time */
#define TOLERANCE_MS 60000 /* the hook's clock for a renewal, and Kea's in whole seconds */

const char *const reconcile_reason_names[] = {
	[RECONCILE_ON_START] = "start", [RECONCILE_ON_CONNECT] = "hook connected",
	[RECONCILE_ON_GAP] = "gap",     [RECONCILE_ON_RESYNC] = "amtnet-resync",
	[RECONCILE_ON_TIMER] = "timer", [RECONCILE_ON_ORDER] = "amtnetctl reconcile",
};

const char *const reconcile_action_names[] = {
	[RECONCILE_ADD] = "add",
	[RECONCILE_CHANGE] = "change",
	[RECONCILE_REMOVE] = "remove",
};

struct walk {
	const struct reconcile *reconcile;
	const struct ledger *ledger;
	const struct leases *leases;
	const struct reconcile_scope *scope;
	void (*on_item)(const struct reconcile_item *item, void *user);
	void (*on_lease)(const struct dns_lease *lease, void *user);
	void *user;
};

static bool in_scope(const struct reconcile_scope *scope, struct addr address)
{
	return scope->families[address.family == ADDR_IP6];
}

static bool is_machine(const struct reconcile_row *row, const struct intent *intent)
{
	struct lease_bytes client_id;

	return intent_same_machine(row->mac, reconcile_row_client_id(row, &client_id), intent->mac,
				   &intent->client_id);
}

static bool wants(const struct reconcile_row *row, enum intent_kind kind)
{
	return row->tagged && !row->superseded &&
	       (kind == INTENT_FORWARD ? row->forward : row->reverse);
}

/* Does the listing want exactly this, or have nothing to say about it? */
static bool stands(const struct reconcile *reconcile, const struct intent *intent)
{
	const struct reconcile_row *row = reconcile_at(reconcile, intent->address);

	if (!row)
		return false;
	if (!row->tagged)
		return is_machine(row, intent);
	return wants(row, intent->kind) && !strcmp(row->text, intent->name.text);
}

static bool is_left_to_events(const struct reconcile *reconcile, const struct intent *intent)
{
	return reconcile_is_noted(reconcile, intent->address, &intent->name);
}

static struct intent from_row(const struct reconcile_row *row, enum intent_kind kind)
{
	struct intent intent = {
		.kind = kind,
		.address = row->address,
		.mac = row->mac,
		.wanted = true,
		.lifetime_s = row->lifetime_s,
	};

	memcpy(intent.name.text, row->text, strlen(row->text) + 1);
	reconcile_row_client_id(row, &intent.client_id);
	return intent;
}

/* What is wanted now under the owner name of `intent` and has to make room for it. */
static bool find_was(const struct walk *walk, const struct intent *intent, struct intent *ret)
{
	struct hostname owner = intent_owner(intent);
	struct intent there[8];
	size_t count = ledger_wanted(walk->ledger, &owner, intent, there, 8);

	for (size_t i = 0; i < count; i++) {
		if (there[i].address.family != intent->address.family ||
		    (!intent_same_key(&there[i], intent) && stands(walk->reconcile, &there[i])))
			continue;
		*ret = there[i];
		return true;
	}
	return false;
}

/* True when the ledger has it so. */
static bool is_wanted(const struct ledger *ledger, const struct intent *intent)
{
	const struct ledger_entry *entry = ledger_find(ledger, intent);
	struct ledger_row row;

	if (!entry)
		return false;
	ledger_row(entry, &row);
	return row.intent.wanted && intent_same_machine(row.intent.mac, &row.intent.client_id,
							intent->mac, &intent->client_id);
}

static void look_at_row(const struct walk *walk, const struct reconcile_row *row,
			enum intent_kind kind)
{
	struct reconcile_item item = {.action = RECONCILE_ADD};

	if (!wants(row, kind))
		return;
	item.intent = from_row(row, kind);
	if (is_left_to_events(walk->reconcile, &item.intent) ||
	    is_wanted(walk->ledger, &item.intent))
		return;
	if (find_was(walk, &item.intent, &item.was))
		item.action = RECONCILE_CHANGE;
	walk->on_item(&item, walk->user);
}

/* Has look_at_row given it already, as what goes when another comes? */
static bool is_replaced(const struct walk *walk, const struct intent *intent)
{
	const struct reconcile_row *row = intent->kind == INTENT_REVERSE
						  ? reconcile_at(walk->reconcile, intent->address)
						  : reconcile_named(walk->reconcile, &intent->name,
								    intent);
	struct intent wanted, was;

	if (!row || !wants(row, intent->kind))
		return false;
	wanted = from_row(row, intent->kind);
	return !is_left_to_events(walk->reconcile, &wanted) && !is_wanted(walk->ledger, &wanted) &&
	       find_was(walk, &wanted, &was) && intent_same_key(&was, intent);
}

static void on_entry(const struct ledger_entry *entry, void *user)
{
	const struct walk *walk = user;
	struct reconcile_item item = {.action = RECONCILE_REMOVE};
	struct ledger_row row;

	ledger_row(entry, &row);
	if (!row.intent.wanted || !in_scope(walk->scope, row.intent.address) ||
	    is_left_to_events(walk->reconcile, &row.intent) ||
	    stands(walk->reconcile, &row.intent) || is_replaced(walk, &row.intent))
		return;
	item.intent = row.intent;
	item.intent.wanted = false;
	walk->on_item(&item, walk->user);
}

bool reconcile_names(const struct reconcile *reconcile, const struct ledger *ledger,
		     const struct reconcile_scope *scope, struct reconcile_cursor *cursor,
		     void (*on_item)(const struct reconcile_item *item, void *user), void *user)
{
	struct walk walk = {.reconcile = reconcile,
			    .ledger = ledger,
			    .scope = scope,
			    .on_item = on_item,
			    .user = user};
	size_t count = reconcile_count(reconcile);

	if (cursor->row < count) {
		for (int i = 0; i < SLICE && cursor->row < count; i++, cursor->row++) {
			look_at_row(&walk, reconcile_row(reconcile, cursor->row), INTENT_FORWARD);
			look_at_row(&walk, reconcile_row(reconcile, cursor->row), INTENT_REVERSE);
		}
		return true;
	}
	if (cursor->part < LEDGER_PARTS)
		ledger_visit(ledger, cursor->part++, on_entry, &walk);
	return cursor->part < LEDGER_PARTS;
}

/* Judging ---------------------------------------------------------------------------------------- */

struct judgement {
	const struct ledger *ledger;
	const struct reconcile_scope *scope;
	struct reconcile_verdict *verdict;
};

/* An address and its name count once: by the forward intent, or by the reverse one where there is no
 * other. */
static bool counts(const struct ledger *ledger, const struct intent *intent)
{
	struct intent forward = *intent;
	const struct ledger_entry *entry;
	struct ledger_row row;

	if (intent->kind == INTENT_FORWARD)
		return true;
	forward.kind = INTENT_FORWARD;
	if (!(entry = ledger_find(ledger, &forward)))
		return true;
	ledger_row(entry, &row);
	return !row.intent.wanted;
}

static void count_item(const struct reconcile_item *item, void *user)
{
	struct judgement *judgement = user;
	struct reconcile_verdict *verdict = judgement->verdict;

	switch (item->action) {
	case RECONCILE_ADD:
		verdict->add++;
		break;
	case RECONCILE_CHANGE:
		verdict->change++;
		break;
	case RECONCILE_REMOVE:
		verdict->remove++;
		verdict->lost += counts(judgement->ledger, &item->intent);
		break;
	}
}

static void count_known(const struct ledger_entry *entry, void *user)
{
	struct judgement *judgement = user;
	struct ledger_row row;

	ledger_row(entry, &row);
	if (row.intent.wanted && in_scope(judgement->scope, row.intent.address))
		judgement->verdict->known += counts(judgement->ledger, &row.intent);
}

static void pass_sentence(const struct reconcile_scope *scope, struct reconcile_verdict *verdict)
{
	verdict->guard = RECONCILE_SAFE;
	if (verdict->lost && !verdict->tagged) {
		verdict->guard = RECONCILE_EMPTY;
		err_set(&verdict->words, 0,
			"Kea's listing of %zu leases has none of an ME client, %zu names are known",
			verdict->listed, verdict->known);
	} else if (verdict->lost && verdict->lost >= scope->names &&
		   verdict->lost * 100 > verdict->known * scope->share_percent) {
		verdict->guard = RECONCILE_SHRUNK;
		err_set(&verdict->words, 0,
			"%zu of %zu names are in no lease any more, more than %u percent",
			verdict->lost, verdict->known, scope->share_percent);
	}
}

bool reconcile_judge(const struct reconcile *reconcile, const struct ledger *ledger,
		     const struct reconcile_scope *scope, struct reconcile_cursor *cursor,
		     struct reconcile_verdict *ret)
{
	struct judgement judgement = {.ledger = ledger, .scope = scope, .verdict = ret};
	unsigned part = cursor->part;
	bool more = reconcile_names(reconcile, ledger, scope, cursor, count_item, &judgement);

	if (cursor->part != part)
		ledger_visit(ledger, part, count_known, &judgement);
	if (!more) {
		ret->listed = reconcile_count(reconcile);
		ret->tagged = reconcile_count_tagged(reconcile);
		pass_sentence(scope, ret);
	}
	return more;
}

/* Leases ----------------------------------------------------------------------------------------- */

static void look_at_lease(const struct walk *walk, const struct reconcile_row *row)
{
	struct dns_lease known = {0},
			 lease = {
				 .address = row->address,
				 .mac = row->mac,
				 .me = row->tagged,
				 .until_ms = ((uint64_t)row->since_s + row->lifetime_s) * 1000,
			 };
	bool same;

	if (reconcile_is_noted(walk->reconcile, row->address, NULL))
		return;
	memcpy(lease.name.text, row->text, strlen(row->text) + 1);
	if (leases_find(walk->leases, row->address, &known) < 0)
		known.until_ms = 0;
	same = known.until_ms && mac_equal(known.mac, lease.mac);
	if (same && !row->tagged)
		return; /* it says less than what is known */
	if (!same || !known.me || !hostname_equal(&known.name, &lease.name) ||
	    known.until_ms + TOLERANCE_MS < lease.until_ms)
		walk->on_lease(&lease, walk->user);
}

static void on_known(const struct dns_lease *lease, void *user)
{
	const struct walk *walk = user;
	struct dns_lease ended = *lease;

	if (!lease->until_ms || !in_scope(walk->scope, lease->address) ||
	    reconcile_at(walk->reconcile, lease->address) ||
	    reconcile_is_noted(walk->reconcile, lease->address, NULL) ||
	    (!lease->me && !reconcile_is_whole(walk->reconcile)))
		return;
	ended.until_ms = 0;
	walk->on_lease(&ended, walk->user);
}

bool reconcile_leases(const struct reconcile *reconcile, const struct leases *leases,
		      const struct reconcile_scope *scope, struct reconcile_cursor *cursor,
		      void (*on_lease)(const struct dns_lease *lease, void *user), void *user)
{
	struct walk walk = {.reconcile = reconcile,
			    .leases = leases,
			    .scope = scope,
			    .on_lease = on_lease,
			    .user = user};
	size_t count = reconcile_count(reconcile);

	if (cursor->row < count) {
		for (int i = 0; i < SLICE && cursor->row < count; i++, cursor->row++)
			look_at_lease(&walk, reconcile_row(reconcile, cursor->row));
		return true;
	}
	if (cursor->part < LEASES_PARTS)
		leases_visit(leases, cursor->part++, on_known, &walk);
	return cursor->part < LEASES_PARTS;
}
