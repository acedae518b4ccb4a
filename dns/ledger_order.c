/* SPDX-License-Identifier: ISC */
/* What a reconciliation and a person may order: look at everything, ask again, try now. */
#include "dns/ledger_inner.h"

#include <string.h>

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

static bool is_about(const struct ledger_entry *entry, const struct hostname *what)
{
	struct hostname name = {0};

	if (!what)
		return true;
	memcpy(name.text, entry->name, strlen(entry->name) + 1);
	if (hostname_is_below(&name, what))
		return true;
	memcpy(name.text, entry->owner->name, strlen(entry->owner->name) + 1);
	return hostname_is_below(&name, what);
}

static bool retry_one(struct ledger *ledger, struct ledger_entry *entry)
{
	if (!entry->dirty || entry->in_flight || entry->gone)
		return false;
	entry->next_ms = entry->failed_ms = 0;
	ledger_turn_leave(entry);
	ledger_set_state(ledger, entry, entry->wanted ? LEDGER_WANTED : LEDGER_REMOVING);
	ledger_turn_enter(ledger, entry);
	return entry->turn != NULL;
}

size_t ledger_retry(struct ledger *ledger, unsigned part, const struct hostname *what)
{
	struct ledger_entry *entry;
	size_t count = 0;

	for (size_t i = part; i < LEDGER_BUCKETS; i += LEDGER_PARTS) {
		for (struct ledger_owner *owner = ledger->buckets[i]; owner; owner = owner->next)
			LIST_FOREACH(entry, &owner->entries, sibling)
			{
				if (is_about(entry, what))
					count += retry_one(ledger, entry);
			}
	}
	return count;
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
