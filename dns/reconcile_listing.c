/* SPDX-License-Identifier: ISC */
#include "dns/reconcile_listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 1024u /* a power of two, as every size of a table */

/* Open addressing with linear probing, at most half full. A slot is a row's index + 1, 0 = free. */
struct table {
	uint32_t *slots;
	size_t size;
};

/* The same for bare hashes; 0 = free. */
struct noted {
	uint64_t *hashes;
	size_t size, count;
};

struct reconcile {
	uint64_t seed;
	struct reconcile_row *rows;
	size_t count, size, tagged;
	bool crowded;
	struct table by_address, by_name;
	struct noted noted;
};

int reconcile_new(struct reconcile **ret, uint64_t seed)
{
	struct reconcile *reconcile = calloc(1, sizeof(*reconcile));

	if (!reconcile)
		return -ENOMEM;
	reconcile->seed = seed;
	*ret = reconcile;
	return 0;
}

void reconcile_free(struct reconcile *reconcile)
{
	if (!reconcile)
		return;
	for (size_t i = 0; i < reconcile->count; i++)
		free(reconcile->rows[i].text);
	free(reconcile->rows);
	free(reconcile->by_address.slots);
	free(reconcile->by_name.slots);
	free(reconcile->noted.hashes);
	free(reconcile);
}

/* Hashes ----------------------------------------------------------------------------------------- */

/* FNV-1a, goes on from `hash`. */
static uint64_t mix(uint64_t hash, const void *from, size_t length)
{
	const uint8_t *bytes = from;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	hash ^= hash >> 32;
	return hash ? hash : 1;
}

static uint64_t hash_address(const struct reconcile *reconcile, struct addr address)
{
	return mix(reconcile->seed, address.bytes, sizeof(address.bytes));
}

static uint64_t hash_name(const struct reconcile *reconcile, const char *name, uint8_t family,
			  struct mac mac, const struct lease_bytes *client_id)
{
	uint64_t hash = mix(reconcile->seed + family, name, strlen(name));

	return mac.length ? mix(hash, mac.bytes, mac.length)
			  : mix(hash, client_id->bytes, client_id->length);
}

static uint64_t hash_row_name(const struct reconcile *reconcile, const struct reconcile_row *row)
{
	struct lease_bytes client_id;

	return hash_name(reconcile, row->text, row->address.family, row->mac,
			 reconcile_row_client_id(row, &client_id));
}

/* Tables ----------------------------------------------------------------------------------------- */

static void put(struct table *table, uint64_t hash, size_t index)
{
	size_t at = hash & (table->size - 1);

	while (table->slots[at])
		at = (at + 1) & (table->size - 1);
	table->slots[at] = (uint32_t)index + 1;
}

/* The row in the slot `step` behind the hash's own; NULL where the search ends. */
static struct reconcile_row *probe(const struct reconcile *reconcile, const struct table *table,
				   uint64_t hash, size_t step)
{
	uint32_t slot = table->size ? table->slots[(hash + step) & (table->size - 1)] : 0;

	return slot ? &reconcile->rows[slot - 1] : NULL;
}

static void put_row(struct reconcile *reconcile, size_t index)
{
	const struct reconcile_row *row = &reconcile->rows[index];

	put(&reconcile->by_address, hash_address(reconcile, row->address), index);
	if (row->tagged && *row->text)
		put(&reconcile->by_name, hash_row_name(reconcile, row), index);
}

/* Room for one more row, in the array and in both tables. */
static int grow(struct reconcile *reconcile)
{
	size_t size = reconcile->size ? reconcile->size * 2 : SLOTS_FIRST / 2;
	struct reconcile_row *rows;
	uint32_t *addresses, *names;

	if (reconcile->count < reconcile->size)
		return 0;
	if (!(rows = realloc(reconcile->rows, size * sizeof(*rows))))
		return -ENOMEM;
	reconcile->rows = rows;
	addresses = calloc(size * 2, sizeof(*addresses));
	names = calloc(size * 2, sizeof(*names));
	if (!addresses || !names) {
		free(addresses);
		free(names);
		return -ENOMEM;
	}
	free(reconcile->by_address.slots);
	free(reconcile->by_name.slots);
	reconcile->by_address = (struct table){addresses, size * 2};
	reconcile->by_name = (struct table){names, size * 2};
	reconcile->size = size;
	for (size_t i = 0; i < reconcile->count; i++)
		put_row(reconcile, i);
	return 0;
}

/* Finding ---------------------------------------------------------------------------------------- */

size_t reconcile_count(const struct reconcile *reconcile)
{
	return reconcile->count;
}

size_t reconcile_count_tagged(const struct reconcile *reconcile)
{
	return reconcile->tagged;
}

bool reconcile_is_whole(const struct reconcile *reconcile)
{
	return !reconcile->crowded;
}

const struct reconcile_row *reconcile_row(const struct reconcile *reconcile, size_t index)
{
	return &reconcile->rows[index];
}

const struct lease_bytes *reconcile_row_client_id(const struct reconcile_row *row,
						  struct lease_bytes *ret)
{
	ret->length = row->client_id_length;
	memcpy(ret->bytes, row->text + strlen(row->text) + 1, row->client_id_length);
	return ret;
}

static struct reconcile_row *find_address(const struct reconcile *reconcile, struct addr address)
{
	uint64_t hash = hash_address(reconcile, address);
	struct reconcile_row *row;

	for (size_t step = 0; (row = probe(reconcile, &reconcile->by_address, hash, step));
	     step++) {
		if (addr_equal(row->address, address))
			return row;
	}
	return NULL;
}

const struct reconcile_row *reconcile_at(const struct reconcile *reconcile, struct addr address)
{
	return find_address(reconcile, address);
}

static struct reconcile_row *find_named(const struct reconcile *reconcile, const char *name,
					uint8_t family, struct mac mac,
					const struct lease_bytes *client_id)
{
	uint64_t hash = hash_name(reconcile, name, family, mac, client_id);
	struct reconcile_row *row;

	for (size_t step = 0; (row = probe(reconcile, &reconcile->by_name, hash, step)); step++) {
		struct lease_bytes its_id;

		/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Branch): slots lead to rows only */
		if (!row->superseded && row->address.family == family && !strcmp(row->text, name) &&
		    intent_same_machine(row->mac, reconcile_row_client_id(row, &its_id), mac,
					client_id))
			return row;
	}
	return NULL;
}

const struct reconcile_row *reconcile_named(const struct reconcile *reconcile,
					    const struct hostname *name, const struct intent *like)
{
	return find_named(reconcile, name->text, like->address.family, like->mac, &like->client_id);
}

/* Adding ----------------------------------------------------------------------------------------- */

static int fill(struct reconcile_row *row, const struct kea_lease *lease)
{
	size_t name = strlen(lease->name.text) + 1;

	*row = (struct reconcile_row){
		.address = lease->address,
		.mac = lease->mac,
		.tagged = lease->tagged,
		.forward = lease->forward,
		.reverse = lease->reverse,
		.since_s = (uint32_t)lease->since_s,
		.lifetime_s = lease->lifetime_s,
		.client_id_length = lease->client_id.length,
		.text = malloc(name + lease->client_id.length),
	};
	if (!row->text)
		return -ENOMEM;
	memcpy(row->text, lease->name.text, name);
	memcpy(row->text + name, lease->client_id.bytes, lease->client_id.length);
	return 0;
}

/* Of the leases of one machine under one name, the one heard of last counts; of two of one second the
 * later in the listing. */
static void supersede(struct reconcile *reconcile, struct reconcile_row *row,
		      const struct lease_bytes *client_id)
{
	struct reconcile_row *other;

	if (!row->tagged || !*row->text)
		return;
	other = find_named(reconcile, row->text, row->address.family, row->mac, client_id);
	if (!other)
		return;
	other->superseded = row->since_s >= other->since_s;
	row->superseded = !other->superseded;
}

int reconcile_add(struct reconcile *reconcile, const struct kea_lease *lease)
{
	struct reconcile_row row;
	int r;

	if (!lease->active || find_address(reconcile, lease->address))
		return 0;
	if (reconcile->count >= RECONCILE_LEASES_MAX) {
		reconcile->crowded = true;
		return lease->tagged ? -ENOSPC : 0;
	}
	if ((r = grow(reconcile)) < 0 || (r = fill(&row, lease)) < 0)
		return r;
	supersede(reconcile, &row, &lease->client_id);
	reconcile->rows[reconcile->count] = row;
	reconcile->tagged += row.tagged;
	put_row(reconcile, reconcile->count++);
	return 0;
}

/* Events ----------------------------------------------------------------------------------------- */

static uint64_t *noted_place(const struct noted *noted, uint64_t hash)
{
	size_t at = hash & (noted->size - 1);

	while (noted->hashes[at] && noted->hashes[at] != hash)
		at = (at + 1) & (noted->size - 1);
	return &noted->hashes[at];
}

static int noted_grow(struct noted *noted)
{
	struct noted wider = {.size = noted->size ? noted->size * 2 : SLOTS_FIRST,
			      .count = noted->count};

	if (noted->count >= RECONCILE_EVENTS_MAX)
		return -ENOSPC;
	if (noted->count * 2 < noted->size)
		return 0;
	if (!(wider.hashes = calloc(wider.size, sizeof(*wider.hashes))))
		return -ENOMEM;
	for (size_t i = 0; i < noted->size; i++) {
		if (noted->hashes[i])
			*noted_place(&wider, noted->hashes[i]) = noted->hashes[i];
	}
	free(noted->hashes);
	*noted = wider;
	return 0;
}

static int note(struct noted *noted, uint64_t hash)
{
	int r = noted_grow(noted);
	uint64_t *place;

	if (r < 0)
		return r;
	place = noted_place(noted, hash);
	noted->count += !*place;
	*place = hash;
	return 0;
}

static bool is_noted(const struct noted *noted, uint64_t hash)
{
	return noted->count && *noted_place(noted, hash);
}

static uint64_t hash_noted_name(const struct reconcile *reconcile, const struct hostname *name)
{
	return mix(~reconcile->seed, name->text, strlen(name->text));
}

int reconcile_event(struct reconcile *reconcile, struct addr address, const struct hostname *name)
{
	int r = note(&reconcile->noted, hash_address(reconcile, address));

	if (r < 0 || hostname_is_empty(name))
		return r;
	return note(&reconcile->noted, hash_noted_name(reconcile, name));
}

bool reconcile_is_noted(const struct reconcile *reconcile, struct addr address,
			const struct hostname *name)
{
	return is_noted(&reconcile->noted, hash_address(reconcile, address)) ||
	       (name && is_noted(&reconcile->noted, hash_noted_name(reconcile, name)));
}
