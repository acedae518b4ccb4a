/* SPDX-License-Identifier: ISC */
#include "kea-hook/learned.h"

#include "common/random.h"

#include <errno.h>
#include <stdlib.h>

#define ETHERNET 1 /* ARP type */

/* What a slot holds beside an address, which has 48 bits. */
#define EMPTY UINT64_C(0)        /* here every search ends; no machine has this address */
#define GONE (UINT64_C(1) << 63) /* a search goes on behind it */

int learned_init(struct learned *learned, size_t max)
{
	uint32_t slots = 64;

	*learned = (struct learned){.max = max, .seed = random_u64(), .shift = 58};
	if (max == 0)
		return 0;
	while (slots < 2 * max) {
		slots *= 2;
		learned->shift--;
	}
	learned->end = learned->oldest = learned->newest = slots;
	learned->slots = calloc(slots, sizeof(*learned->slots));
	learned->links = calloc(slots, sizeof(*learned->links));
	if (learned->slots != NULL && learned->links != NULL)
		return 0;
	learned_done(learned);
	return -ENOMEM;
}

void learned_done(struct learned *learned)
{
	free(learned->slots);
	free(learned->links);
	learned->slots = NULL;
	learned->links = NULL;
}

static uint64_t key_of(const uint8_t bytes[LEASE_LEARNED_BYTES])
{
	uint64_t key = 0;

	for (size_t i = 0; i < LEASE_LEARNED_BYTES; i++)
		key = key << 8 | bytes[i];
	return key;
}

/*
 * SplitMix64's finalizer (Steele, Lea and Flood 2014, figure 16) under the seed: addresses of one vendor
 * are consecutive, and a single multiplication would keep them in heaps under some seeds.
 */
static uint32_t home_of(const struct learned *learned, uint64_t key)
{
	key ^= learned->seed;
	key = (key ^ key >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	key = (key ^ key >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((key ^ key >> 31) >> learned->shift);
}

static uint32_t after(const struct learned *learned, uint32_t slot)
{
	return (slot + 1) & (learned->end - 1);
}

/* The slot of `key`, or `end`. */
static uint32_t find(const struct learned *learned, uint64_t key)
{
	uint32_t slot = home_of(learned, key);

	for (int i = 0; i < LEARNED_PROBES; i++, slot = after(learned, slot)) {
		uint64_t held = atomic_load_explicit(&learned->slots[slot], memory_order_relaxed);

		if (held == key)
			return slot;
		if (held == EMPTY)
			break;
	}
	return learned->end;
}

bool learned_has(const struct learned *learned, const struct mac *mac)
{
	uint64_t key;

	if (learned->slots == NULL || mac->type != ETHERNET || mac->length != LEASE_LEARNED_BYTES)
		return false;
	key = key_of(mac->bytes);
	return key != EMPTY && find(learned, key) != learned->end;
}

/* ---- The writer ---- */

static void set(struct learned *learned, uint32_t slot, uint64_t value)
{
	atomic_store_explicit(&learned->slots[slot], value, memory_order_relaxed);
}

static uint64_t get(const struct learned *learned, uint32_t slot)
{
	return atomic_load_explicit(&learned->slots[slot], memory_order_relaxed);
}

static void unlink_slot(struct learned *learned, uint32_t slot)
{
	struct learned_link *link = &learned->links[slot];

	if (link->older == learned->end)
		learned->oldest = link->newer;
	else
		learned->links[link->older].newer = link->newer;
	if (link->newer == learned->end)
		learned->newest = link->older;
	else
		learned->links[link->newer].older = link->older;
}

static void link_newest(struct learned *learned, uint32_t slot)
{
	learned->links[slot] = (struct learned_link){
		.older = learned->newest, .newer = learned->end, .generation = learned->generation};
	if (learned->newest == learned->end)
		learned->oldest = slot;
	else
		learned->links[learned->newest].newer = slot;
	learned->newest = slot;
}

static void forget_oldest(struct learned *learned)
{
	uint32_t slot = learned->oldest;

	unlink_slot(learned, slot);
	set(learned, slot, GONE);
	atomic_fetch_sub(&learned->count, 1);
	/* Where no search goes on behind it, it need not be passed over either. */
	if (get(learned, after(learned, slot)) != EMPTY)
		return;
	for (; get(learned, slot) == GONE; slot = (slot - 1) & (learned->end - 1))
		set(learned, slot, EMPTY);
}

/* A slot for a new key near its home, or `end`. */
static uint32_t find_room(const struct learned *learned, uint64_t key)
{
	uint32_t slot = home_of(learned, key);

	for (int i = 0; i < LEARNED_PROBES; i++, slot = after(learned, slot)) {
		uint64_t held = get(learned, slot);

		if (held == EMPTY || held == GONE)
			return slot;
	}
	return learned->end;
}

static void add(struct learned *learned, uint64_t key)
{
	uint32_t slot;

	if (key == EMPTY)
		return;
	slot = find(learned, key);
	if (slot != learned->end) {
		unlink_slot(learned, slot);
		link_newest(learned, slot);
		return;
	}
	if (atomic_load(&learned->count) == learned->max) {
		forget_oldest(learned);
		atomic_fetch_add(&learned->forgotten, 1);
	}
	slot = find_room(learned, key);
	if (slot == learned->end) {
		atomic_fetch_add(&learned->forgotten, 1);
		return;
	}
	set(learned, slot, key);
	link_newest(learned, slot);
	atomic_fetch_add(&learned->count, 1);
}

void learned_take(struct learned *learned, const struct lease_learned *told)
{
	if (learned->slots == NULL)
		return;
	if (told->flags & LEASE_LEARNED_FIRST)
		learned->generation++;
	for (size_t i = 0; i < told->count; i++)
		add(learned, key_of(told->macs[i]));
	if (!(told->flags & LEASE_LEARNED_LAST))
		return;
	/* Whatever the table repeated has become newer than what it did not. */
	while (learned->oldest != learned->end &&
	       learned->links[learned->oldest].generation != learned->generation)
		forget_oldest(learned);
}
