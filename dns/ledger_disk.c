/* SPDX-License-Identifier: ISC */
#include "dns/ledger_inner.h"

void ledger_touch(struct ledger *ledger, struct ledger_entry *entry)
{
	if (!entry->touched) {
		entry->touched = true;
		TAILQ_INSERT_TAIL(&ledger->touched, entry, touched_link);
		ledger->touched_count++;
	}
	if (ledger->disk_fails)
		ledger_turn_enter(ledger, entry);
}

size_t ledger_touched_count(const struct ledger *ledger)
{
	return ledger->touched_count;
}

struct ledger_entry *ledger_touched(struct ledger *ledger, struct ledger_row *ret)
{
	struct ledger_entry *entry = TAILQ_FIRST(&ledger->touched);

	if (!entry)
		return NULL;
	TAILQ_REMOVE(&ledger->touched, entry, touched_link);
	ledger->touched_count--;
	entry->touched = false;
	entry->saving++;
	ledger_row(entry, ret);
	return entry;
}

void ledger_saved(struct ledger *ledger, struct ledger_entry *entry, uint64_t generation, bool good)
{
	entry->saving--;
	if (!good) {
		ledger_touch(ledger, entry);
		return;
	}
	if (entry->saved < generation)
		entry->saved = generation;
	if (entry->gone && !entry->touched && !entry->saving && !entry->in_flight)
		ledger_drop(ledger, entry);
	else
		ledger_turn_enter(ledger, entry);
}

void ledger_set_disk(struct ledger *ledger, bool works)
{
	struct ledger_entry *entry;

	ledger->disk_fails = !works;
	if (works)
		return; /* what is saved comes by ledger_saved */
	TAILQ_FOREACH(entry, &ledger->touched, touched_link)
	{
		ledger_turn_enter(ledger, entry);
	}
}
