/* SPDX-License-Identifier: ISC */
/*
 * table: a hash table of things that hold its links. It knows hashes only: whoever looks for a key
 * compares those of equal hash itself. Keys come from the network, so the hash is SipHash-1-3 under
 * a secret of each table: nobody outside can make them collide. Grows with what is in it and never
 * shrinks. Touches nothing but the kernel's randomness, once per table.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* In the thing, and left alone while it is in the table. */
struct table_link {
	struct table_link *next;
	uint64_t hash;
};

struct table {
	struct table_link **buckets;
	size_t size; /* of `buckets`: a power of two, or 0 */
	size_t count;
	uint64_t secret[2];
};

/* Gives the table its secret; it takes no memory yet. */
void table_init(struct table *table);
/* Calls `release` for what is left. */
void table_done(struct table *table, void (*release)(struct table_link *link));

uint64_t table_hash(const struct table *table, const void *key, size_t size);

/* Something of this hash, then the next one; NULL = no more. */
struct table_link *table_first(const struct table *table, uint64_t hash);
struct table_link *table_next(const struct table_link *link);

/* 0 or -ENOMEM. */
int table_add(struct table *table, struct table_link *link, uint64_t hash);
void table_remove(struct table *table, struct table_link *link);
