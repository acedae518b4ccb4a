/* SPDX-License-Identifier: ISC */
#include "discovery/rate.h"

#include <errno.h>
#include <stdlib.h>

#define WAYS 8 /* buckets among which a network has its place */
#define SETS (RATE_BUCKETS / WAYS)
#define WHOLE 1000 /* parts of a token: what `per_second` tokens give per millisecond */

struct bucket {
	struct addr network; /* ADDR_NONE = free */
	uint64_t parts;      /* at `at_ms` */
	uint64_t at_ms;
};

struct rate_table {
	uint32_t per_second;
	uint64_t full; /* parts of a full bucket */
	uint64_t seed;
	struct bucket buckets[SETS][WAYS];
};

int rate_new(struct rate_table **ret, uint32_t per_second, uint32_t burst, uint64_t seed)
{
	struct rate_table *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->per_second = per_second;
	table->full = (uint64_t)burst * WHOLE;
	table->seed = seed;
	*ret = table;
	return 0;
}

void rate_free(struct rate_table *table)
{
	free(table);
}

static struct bucket *set_of(struct rate_table *table, struct addr network)
{
	uint64_t hash = table->seed ^ network.family;

	for (size_t i = 0; i < sizeof(network.bytes); i++) {
		hash = (hash ^ network.bytes[i]) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return table->buckets[hash % SETS];
}

/* What is in the bucket by now. */
static uint64_t parts_at(const struct rate_table *table, const struct bucket *bucket,
			 uint64_t now_ms)
{
	uint64_t passed_ms = now_ms > bucket->at_ms ? now_ms - bucket->at_ms : 0;

	if (bucket->network.family == ADDR_NONE ||
	    passed_ms >= (table->full - bucket->parts) / table->per_second + 1)
		return table->full;
	return bucket->parts + passed_ms * table->per_second;
}

/* The network's bucket; where it has none, the one that knows least is emptied for it. */
static struct bucket *find(const struct rate_table *table, struct bucket *set, struct addr network,
			   uint64_t now_ms)
{
	struct bucket *fullest = &set[0];

	for (size_t i = 0; i < WAYS; i++)
		if (addr_equal(set[i].network, network))
			return &set[i];
	for (size_t i = 1; i < WAYS; i++)
		if (parts_at(table, &set[i], now_ms) > parts_at(table, fullest, now_ms))
			fullest = &set[i];
	*fullest = (struct bucket){.network = network, .parts = table->full, .at_ms = now_ms};
	return fullest;
}

bool rate_take(struct rate_table *table, struct addr network, uint64_t now_ms)
{
	struct bucket *bucket;

	if (table->per_second == 0)
		return true;
	bucket = find(table, set_of(table, network), network, now_ms);
	bucket->parts = parts_at(table, bucket, now_ms);
	bucket->at_ms = now_ms;
	if (bucket->parts < WHOLE)
		return false;
	bucket->parts -= WHOLE;
	return true;
}
