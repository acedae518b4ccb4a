/* SPDX-License-Identifier: ISC */
#include "discovery/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void source_init(struct source_table *sources)
{
	*sources = (struct source_table){0};
	table_init(&sources->table);
}

static void release(struct table_link *link)
{
	free(link);
}

void source_done(struct source_table *sources)
{
	table_done(&sources->table, release);
	free(sources->spare);
	sources->spare = NULL;
}

static struct source *find(const struct source_table *sources, struct addr addr, uint64_t hash)
{
	struct table_link *link = table_first(&sources->table, hash);

	while (link && !addr_equal(((struct source *)link)->addr, addr))
		link = table_next(link);
	return (struct source *)link;
}

static int add(struct source_table *sources, struct addr addr, uint64_t hash, struct source **ret)
{
	struct source *source = sources->spare ? sources->spare : malloc(sizeof(*source));

	sources->spare = NULL;
	if (!source)
		return -ENOMEM;
	*source = (struct source){.addr = addr};
	if (table_add(&sources->table, &source->link, hash) < 0) {
		free(source);
		return -ENOMEM;
	}
	*ret = source;
	return 0;
}

int source_enter(struct source_table *sources, struct addr addr, uint32_t limit,
		 struct source **ret)
{
	uint64_t hash = table_hash(&sources->table, &addr, sizeof(addr));
	struct source *source = find(sources, addr, hash);

	if (source && source->connections >= limit)
		return -EUSERS;
	if (!source && add(sources, addr, hash, &source) < 0)
		return -ENOMEM;
	source->connections++;
	*ret = source;
	return 0;
}

void source_leave(struct source_table *sources, struct source *source)
{
	if (--source->connections > 0)
		return;
	table_remove(&sources->table, &source->link);
	free(sources->spare);
	sources->spare = source;
}

struct addr source_prefix(struct addr addr)
{
	size_t kept = addr.family == ADDR_IP6 ? 8 : 3;

	memset(addr.bytes + kept, 0, sizeof(addr.bytes) - kept);
	return addr;
}
