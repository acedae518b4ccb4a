/* SPDX-License-Identifier: ISC */
#include "discovery/source.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

static int by_address(const void *a, const void *b)
{
	return addr_compare(((const struct source *)a)->addr, ((const struct source *)b)->addr);
}

int source_enter(struct source_table *table, struct addr addr, uint32_t limit, struct source **ret)
{
	const struct source key = {.addr = addr};
	void *node = tfind(&key, &table->root, by_address);
	struct source *source = node ? *(struct source **)node : NULL;

	if (source && source->connections >= limit)
		return -EUSERS;
	if (!source) {
		source = calloc(1, sizeof(*source));
		if (!source)
			return -ENOMEM;
		source->addr = addr;
		if (!tsearch(source, &table->root, by_address)) {
			free(source);
			return -ENOMEM;
		}
	}
	source->connections++;
	*ret = source;
	return 0;
}

void source_leave(struct source_table *table, struct source *source)
{
	if (--source->connections > 0)
		return;
	tdelete(source, &table->root, by_address);
	free(source);
}

struct addr source_prefix(struct addr addr)
{
	size_t kept = addr.family == ADDR_IP6 ? 8 : 3;

	memset(addr.bytes + kept, 0, sizeof(addr.bytes) - kept);
	return addr;
}
