/* SPDX-License-Identifier: ISC */
#include "kea-hook/suffixes.h"

/* A place: bits 0 to 7 the number of the name, 8 to 15 the class, 16 to 47 the subnet, then: */
#define KNOWN (UINT64_C(1) << 48)
#define VARIES (UINT64_C(1) << 49) /* more than one domain was seen */
#define NAME_MASK UINT64_C(0xff)
#define KEY_MASK UINT64_C(0xffffffffff00)

int suffixes_init(struct suffixes *suffixes)
{
	atomic_store(&suffixes->count, 1); /* the empty name */
	suffixes->names[0] = (struct hostname){0};
	return -pthread_mutex_init(&suffixes->lock, NULL);
}

void suffixes_done(struct suffixes *suffixes)
{
	pthread_mutex_destroy(&suffixes->lock);
}

static uint64_t key_of(uint32_t subnet_id, unsigned class_index)
{
	return (uint64_t)subnet_id << 16 | (uint64_t)(class_index & 0xff) << 8;
}

static size_t place_of(uint64_t key)
{
	return (key >> 8) * UINT64_C(0x9e3779b97f4a7c15) >> 52;
}

/* The number of the name among the first `count`; `count` where it is not. */
static uint32_t look_up(const struct suffixes *suffixes, const struct hostname *name,
			uint32_t count)
{
	uint32_t i = 0;

	while (i < count && !hostname_equal(&suffixes->names[i], name))
		i++;
	return i;
}

/* The number of the name, added where it is new; false when that cannot be now. */
static bool number_of(struct suffixes *suffixes, const struct hostname *name, uint32_t *ret)
{
	uint32_t count = (uint32_t)atomic_load(&suffixes->count);

	*ret = look_up(suffixes, name, count);
	if (*ret < count)
		return true;
	if (pthread_mutex_trylock(&suffixes->lock) != 0)
		return false;
	count = (uint32_t)atomic_load(&suffixes->count);
	*ret = look_up(suffixes, name, count);
	if (*ret == count && count < SUFFIXES_NAMES) {
		suffixes->names[count] = *name;
		atomic_store(&suffixes->count, ++count);
	}
	pthread_mutex_unlock(&suffixes->lock);
	return *ret < count;
}

void suffixes_note(struct suffixes *suffixes, uint32_t subnet_id, unsigned class_index,
		   const struct hostname *domain)
{
	uint64_t key = key_of(subnet_id, class_index);
	atomic_uint_fast64_t *place = &suffixes->places[place_of(key)];
	uint64_t held = atomic_load(place);
	bool same_key = (held & KNOWN) && (held & KEY_MASK) == key;
	uint32_t number;

	if (same_key &&
	    ((held & VARIES) || hostname_equal(&suffixes->names[held & NAME_MASK], domain)))
		return;
	if (same_key)
		atomic_store(place, held | VARIES);
	else if (number_of(suffixes, domain, &number))
		atomic_store(place, KNOWN | key | number);
}

enum suffixes_answer suffixes_find(const struct suffixes *suffixes, uint32_t subnet_id,
				   unsigned class_index, struct hostname *ret)
{
	uint64_t key = key_of(subnet_id, class_index);
	uint64_t held = atomic_load(&suffixes->places[place_of(key)]);

	if (!(held & KNOWN) || (held & KEY_MASK) != key)
		return SUFFIXES_NONE;
	if (held & VARIES)
		return SUFFIXES_SEVERAL;
	*ret = suffixes->names[held & NAME_MASK];
	return SUFFIXES_ONE;
}
