/* SPDX-License-Identifier: ISC */
/*
 * due: things that wait for a time, the earliest first: a binary heap of embedded items. Items that
 * are due at the same time come in no stated order. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded in the thing that waits, as its first member. */
struct due_item {
	uint64_t at_ms;
	size_t place; /* in the heap, counted from 1; 0 = not in it */
};

struct due {
	struct due_item **items;
	size_t count;
	size_t size;
};

/* Room for `count` items in all, so that due_add cannot fail. 0 or -ENOMEM. */
int due_reserve(struct due *due, size_t count);
void due_done(struct due *due);

/* Room must have been reserved; the item must not be in a heap. */
void due_add(struct due *due, struct due_item *item, uint64_t at_ms);
/* Does nothing for an item that is in no heap. */
void due_remove(struct due *due, struct due_item *item);
/* The earliest, NULL when empty. */
struct due_item *due_first(const struct due *due);
