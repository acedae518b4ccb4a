/* SPDX-License-Identifier: ISC */
#include "discovery/hold.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>

static int by_address(const void *a, const void *b)
{
	return addr_compare(((const struct hold *)a)->addr, ((const struct hold *)b)->addr);
}

static struct hold *find(const struct hold_table *table, struct addr addr)
{
	const struct hold key = {.addr = addr};
	void *node = tfind(&key, &table->root, by_address);

	return node ? *(struct hold **)node : NULL;
}

static void forget(struct hold_table *table, struct hold *hold)
{
	tdelete(hold, &table->root, by_address);
	free(hold);
	table->count--;
}

void hold_init(struct hold_table *table)
{
	*table = (struct hold_table){0};
	TAILQ_INIT(&table->ending);
}

void hold_done(struct hold_table *table)
{
	tdestroy(table->root, free);
	hold_init(table);
}

struct hold *hold_of(struct hold_table *table, struct addr addr, uint64_t now_ms)
{
	struct hold *first;

	while ((first = TAILQ_FIRST(&table->ending)) && first->until_ms <= now_ms) {
		TAILQ_REMOVE(&table->ending, first, link);
		forget(table, first);
	}
	return find(table, addr);
}

int hold_take(struct hold_table *table, struct addr addr)
{
	struct hold *hold = calloc(1, sizeof(*hold));

	if (!hold)
		return -ENOMEM;
	hold->addr = addr;
	hold->until_ms = UINT64_MAX;
	if (!tsearch(hold, &table->root, by_address)) {
		free(hold);
		return -ENOMEM;
	}
	table->count++;
	return 0;
}

void *hold_end(struct hold_table *table, struct addr addr, uint64_t until_ms)
{
	struct hold *hold = find(table, addr);
	void *blocked = hold->blocked;

	hold->blocked = NULL;
	hold->until_ms = until_ms;
	if (until_ms == 0)
		forget(table, hold);
	else
		TAILQ_INSERT_TAIL(&table->ending, hold, link);
	return blocked;
}
