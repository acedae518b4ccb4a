/* SPDX-License-Identifier: ISC */
#include "discovery/hold.h"

#include <errno.h>
#include <stdlib.h>

static struct hold *find(const struct hold_table *holds, struct addr addr)
{
	struct table_link *link = table_first(&holds->table,
					      table_hash(&holds->table, &addr, sizeof(addr)));

	while (link && !addr_equal(((struct hold *)link)->addr, addr))
		link = table_next(link);
	return (struct hold *)link;
}

static void forget(struct hold_table *holds, struct hold *hold)
{
	table_remove(&holds->table, &hold->in);
	free(hold);
}

void hold_init(struct hold_table *holds)
{
	table_init(&holds->table);
	TAILQ_INIT(&holds->ending);
}

static void release(struct table_link *link)
{
	free(link);
}

void hold_done(struct hold_table *holds)
{
	table_done(&holds->table, release);
	TAILQ_INIT(&holds->ending);
}

struct hold *hold_of(struct hold_table *holds, struct addr addr, uint64_t now_ms)
{
	struct hold *first;

	while ((first = TAILQ_FIRST(&holds->ending)) && first->until_ms <= now_ms) {
		TAILQ_REMOVE(&holds->ending, first, link);
		forget(holds, first);
	}
	return find(holds, addr);
}

int hold_take(struct hold_table *holds, struct addr addr)
{
	struct hold *hold = malloc(sizeof(*hold));

	if (!hold)
		return -ENOMEM;
	*hold = (struct hold){.addr = addr, .until_ms = UINT64_MAX};
	if (table_add(&holds->table, &hold->in, table_hash(&holds->table, &addr, sizeof(addr))) <
	    0) {
		free(hold);
		return -ENOMEM;
	}
	return 0;
}

void *hold_end(struct hold_table *holds, struct addr addr, uint64_t until_ms)
{
	struct hold *hold = find(holds, addr);
	void *blocked = hold->blocked;

	hold->blocked = NULL;
	hold->until_ms = until_ms;
	if (until_ms == 0)
		forget(holds, hold);
	else
		TAILQ_INSERT_TAIL(&holds->ending, hold, link);
	return blocked;
}
