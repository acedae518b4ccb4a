/* SPDX-License-Identifier: ISC */
#include "common/table.h"

#include "common/random.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MIN 64

void table_init(struct table *table)
{
	*table = (struct table){0};
	random_bytes(table->secret, sizeof(table->secret));
}

void table_done(struct table *table, void (*release)(struct table_link *link))
{
	for (size_t i = 0; i < table->size; i++) {
		struct table_link *link, *next;

		for (link = table->buckets[i]; link; link = next) {
			next = link->next;
			release(link);
		}
	}
	free(table->buckets);
	*table = (struct table){0};
}

/* SipHash, <https://www.aumasson.jp/siphash/siphash.pdf>. */

static inline uint64_t rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

static inline void turn(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static inline void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	turn(v);
	v[0] ^= word;
}

uint64_t table_hash(const struct table *table, const void *key, size_t size)
{
	uint64_t v[4] = {
		table->secret[0] ^ UINT64_C(0x736f6d6570736575),
		table->secret[1] ^ UINT64_C(0x646f72616e646f6d),
		table->secret[0] ^ UINT64_C(0x6c7967656e657261),
		table->secret[1] ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *bytes = key;
	size_t at = 0;
	uint64_t word;

	for (; size - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, bytes + at, sizeof(word));
		absorb(v, le64toh(word));
	}
	word = 0;
	memcpy(&word, bytes + at, size - at);
	absorb(v, le64toh(word) | (uint64_t)size << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		turn(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static struct table_link **bucket_of(const struct table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->size - 1)];
}

static struct table_link *of_hash(struct table_link *link, uint64_t hash)
{
	while (link && link->hash != hash)
		link = link->next;
	return link;
}

struct table_link *table_first(const struct table *table, uint64_t hash)
{
	return table->size > 0 ? of_hash(*bucket_of(table, hash), hash) : NULL;
}

struct table_link *table_next(const struct table_link *link)
{
	return of_hash(link->next, link->hash);
}

static void insert(struct table *table, struct table_link *link)
{
	struct table_link **bucket = bucket_of(table, link->hash);

	link->next = *bucket;
	*bucket = link;
}

static int grow(struct table *table)
{
	struct table old = *table;

	table->size = old.size ? old.size * 2 : SIZE_MIN;
	table->buckets = calloc(table->size, sizeof(struct table_link *));
	if (!table->buckets) {
		*table = old;
		return -ENOMEM;
	}
	for (size_t i = 0; i < old.size; i++) {
		struct table_link *link, *next;

		for (link = old.buckets[i]; link; link = next) {
			next = link->next;
			insert(table, link);
		}
	}
	free(old.buckets);
	return 0;
}

int table_add(struct table *table, struct table_link *link, uint64_t hash)
{
	if (table->count == table->size && grow(table) < 0)
		return -ENOMEM;
	link->hash = hash;
	insert(table, link);
	table->count++;
	return 0;
}

void table_remove(struct table *table, struct table_link *link)
{
	struct table_link **at = bucket_of(table, link->hash);

	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	table->count--;
}
