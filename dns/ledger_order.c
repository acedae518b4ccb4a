/* SPDX-License-Identifier: ISC */
/* What a reconciliation and a person may order: look at everything, ask again, try now. */
#include "dns/ledger_inner.h"

void ledger_visit(const struct ledger *ledger, unsigned part,
		  void (*on_entry)(const struct ledger_entry *entry, void *user), void *user)
{
	const struct ledger_entry *entry;

	for (size_t i = part; i < LEDGER_BUCKETS; i += LEDGER_PARTS) {
		for (struct ledger_owner *owner = ledger->buckets[i]; owner; owner = owner->next)
			LIST_FOREACH(entry, &owner->entries, sibling)
			{
				on_entry(entry, user);
			}
	}
}

static bool assert_one(struct ledger *ledger, struct ledger_entry *entry)
{
	if (!entry->wanted || entry->dirty || entry->in_flight || entry->gone)
		return false;
	entry->dirty = true;
	entry->next_ms = 0;
	ledger_turn_leave(entry);
	ledger_set_state(ledger, entry, LEDGER_WANTED);
	ledger_set_words(entry, "is asserted again");
	ledger_turn_enter(ledger, entry);
	return true;
}

size_t ledger_assert(struct ledger *ledger, unsigned part)
{
	struct ledger_entry *entry;
	size_t count = 0;

	for (size_t i = part; i < LEDGER_BUCKETS; i += LEDGER_PARTS) {
		for (struct ledger_owner *owner = ledger->buckets[i]; owner; owner = owner->next)
			LIST_FOREACH(entry, &owner->entries, sibling)
			{
				count += assert_one(ledger, entry);
			}
	}
	return count;
}
