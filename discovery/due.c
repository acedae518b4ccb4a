/* SPDX-License-Identifier: ISC */
#include "discovery/due.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* The children of place p are 2p and 2p + 1; place 1 is the earliest. */

int due_reserve(struct due *due, size_t count)
{
	struct due_item **items;
	size_t size = due->size ? due->size : 64;

	if (count <= due->size)
		return 0;
	while (size < count)
		size *= 2;
	items = reallocarray(due->items, size, sizeof(*items));
	if (!items)
		return -ENOMEM;
	due->items = items;
	due->size = size;
	return 0;
}

void due_done(struct due *due)
{
	free(due->items);
	*due = (struct due){0};
}

static void put(struct due *due, struct due_item *item, size_t place)
{
	due->items[place - 1] = item;
	item->place = place;
}

static void rise(struct due *due, struct due_item *item, size_t place)
{
	while (place > 1 && due->items[place / 2 - 1]->at_ms > item->at_ms) {
		put(due, due->items[place / 2 - 1], place);
		place /= 2;
	}
	put(due, item, place);
}

static void sink(struct due *due, struct due_item *item, size_t place)
{
	for (;;) {
		size_t child = place * 2;

		if (child > due->count)
			break;
		if (child < due->count && due->items[child]->at_ms < due->items[child - 1]->at_ms)
			child++;
		if (due->items[child - 1]->at_ms >= item->at_ms)
			break;
		put(due, due->items[child - 1], place);
		place = child;
	}
	put(due, item, place);
}

void due_add(struct due *due, struct due_item *item, uint64_t at_ms)
{
	assert(due->count < due->size && item->place == 0);
	item->at_ms = at_ms;
	due->count++;
	rise(due, item, due->count);
}

void due_remove(struct due *due, struct due_item *item)
{
	struct due_item *last;
	size_t place = item->place;

	if (place == 0)
		return;
	last = due->items[due->count - 1];
	due->count--;
	item->place = 0;
	if (last == item)
		return;
	sink(due, last, place);
	rise(due, last, last->place);
}

struct due_item *due_first(const struct due *due)
{
	return due->count > 0 ? due->items[0] : NULL;
}
