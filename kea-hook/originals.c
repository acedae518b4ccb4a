/* SPDX-License-Identifier: ISC */
#include "kea-hook/originals.h"

#define HEAD 64 /* DHCPv4: through chaddr; DHCPv6: through the transaction, also behind one relay */

int originals_init(struct originals *originals)
{
	return -pthread_mutex_init(&originals->lock, NULL);
}

void originals_done(struct originals *originals)
{
	pthread_mutex_destroy(&originals->lock);
}

/* FNV-1a; never 0. */
static uint64_t key_of(const uint8_t *packet, size_t size)
{
	uint64_t key = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size && i < HEAD; i++)
		key = (key ^ packet[i]) * UINT64_C(0x100000001b3);
	return key | 1;
}

/* The place of this key; what is there may be another's. */
static struct original *place_of(struct originals *originals, uint64_t key)
{
	return &originals->places[(key >> 32) % ORIGINALS_MAX];
}

void originals_put(struct originals *originals, const uint8_t *packet, size_t size,
		   const struct lease_bytes *option)
{
	const uint64_t key = key_of(packet, size);
	struct original *place = place_of(originals, key);

	if (pthread_mutex_trylock(&originals->lock) != 0)
		return;
	if (place->key == 0)
		atomic_fetch_add(&originals->count, 1);
	*place = (struct original){.key = key, .option = *option};
	pthread_mutex_unlock(&originals->lock);
}

bool originals_take(struct originals *originals, const uint8_t *packet, size_t size,
		    struct lease_bytes *ret)
{
	struct original *place;
	uint64_t key;
	bool found;

	if (atomic_load(&originals->count) == 0)
		return false;
	key = key_of(packet, size);
	place = place_of(originals, key);
	if (pthread_mutex_trylock(&originals->lock) != 0)
		return false;
	found = place->key == key;
	if (found) {
		*ret = place->option;
		place->key = 0;
		atomic_fetch_sub(&originals->count, 1);
	}
	pthread_mutex_unlock(&originals->lock);
	return found;
}
