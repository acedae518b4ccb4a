/* SPDX-License-Identifier: ISC */
#include "dns/leases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define BUCKETS 262144u /* about one lease each when it is full */

struct leases_row {
	struct leases_row *next;      /* of the bucket */
	TAILQ_ENTRY(leases_row) link; /* of the touched rows */
	struct addr address;
	struct mac mac;
	char *name; /* the client id's bytes follow its end */
	uint8_t client_id_length;
	bool me;
	bool touched;
	unsigned saving; /* copies that are under way to the disk */
	uint64_t until_ms;
};

struct leases {
	uint64_t seed;
	size_t count;
	size_t touched_count;
	TAILQ_HEAD(, leases_row) touched;
	struct leases_row *buckets[BUCKETS];
};

int leases_new(struct leases **ret, uint64_t seed)
{
	struct leases *leases = calloc(1, sizeof(*leases));

	if (!leases)
		return -ENOMEM;
	leases->seed = seed;
	TAILQ_INIT(&leases->touched);
	*ret = leases;
	return 0;
}

static void row_free(struct leases_row *row)
{
	free(row->name);
	free(row);
}

void leases_free(struct leases *leases)
{
	struct leases_row *next;

	if (!leases)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct leases_row *row = leases->buckets[i]; row; row = next) {
			next = row->next;
			row_free(row);
		}
	}
	free(leases);
}

/* FNV-1a. */
static struct leases_row **bucket(const struct leases *leases, struct addr address)
{
	uint64_t hash = leases->seed ^ 0xcbf29ce484222325u;

	for (size_t i = 0; i < sizeof(address.bytes); i++)
		hash = (hash ^ address.bytes[i]) * 0x100000001b3u;
	return (struct leases_row **)&leases->buckets[(hash ^ hash >> 32) % BUCKETS];
}

static struct leases_row *find(const struct leases *leases, struct addr address)
{
	struct leases_row *row = *bucket(leases, address);

	while (row && !addr_equal(row->address, address))
		row = row->next;
	return row;
}

static void touch(struct leases *leases, struct leases_row *row)
{
	if (row->touched)
		return;
	row->touched = true;
	TAILQ_INSERT_TAIL(&leases->touched, row, link);
	leases->touched_count++;
}

static struct leases_row *add(struct leases *leases, struct addr address)
{
	struct leases_row **head = bucket(leases, address);
	struct leases_row *row = calloc(1, sizeof(*row));

	if (!row)
		return NULL;
	row->address = address;
	row->next = *head;
	*head = row;
	leases->count++;
	return row;
}

static void drop(struct leases *leases, struct leases_row *row)
{
	struct leases_row **at = bucket(leases, row->address);

	while (*at != row)
		at = &(*at)->next;
	*at = row->next;
	leases->count--;
	row_free(row);
}

static char *copy_texts(const struct dns_lease *lease)
{
	size_t name = strlen(lease->name.text) + 1;
	char *copy = malloc(name + lease->client_id.length);

	if (copy) {
		memcpy(copy, lease->name.text, name);
		memcpy(copy + name, lease->client_id.bytes, lease->client_id.length);
	}
	return copy;
}

static int put(struct leases *leases, const struct dns_lease *lease, struct leases_row **ret)
{
	struct leases_row *row = find(leases, lease->address);
	char *name = copy_texts(lease);

	if (!name)
		return -ENOMEM;
	if (!row && leases->count >= LEASES_MAX) {
		free(name);
		return -ENOSPC;
	}
	if (!row)
		row = add(leases, lease->address);
	if (!row) {
		free(name);
		return -ENOMEM;
	}
	free(row->name);
	row->name = name;
	row->client_id_length = lease->client_id.length;
	row->mac = lease->mac;
	row->me = lease->me;
	row->until_ms = lease->until_ms;
	*ret = row;
	return 0;
}

int leases_put(struct leases *leases, const struct dns_lease *lease)
{
	struct leases_row *row;
	int r = put(leases, lease, &row);

	if (!r)
		touch(leases, row);
	return r;
}

int leases_load(struct leases *leases, const struct dns_lease *lease)
{
	struct leases_row *row;

	return put(leases, lease, &row);
}

static void copy(const struct leases_row *row, struct dns_lease *ret)
{
	*ret = (struct dns_lease){
		.address = row->address,
		.mac = row->mac,
		.me = row->me,
		.until_ms = row->until_ms,
	};
	memcpy(ret->name.text, row->name, strlen(row->name) + 1);
	ret->client_id.length = row->client_id_length;
	memcpy(ret->client_id.bytes, row->name + strlen(row->name) + 1, row->client_id_length);
}

int leases_find(const struct leases *leases, struct addr address, struct dns_lease *ret)
{
	const struct leases_row *row = find(leases, address);

	if (!row || !row->until_ms)
		return -ENOENT;
	copy(row, ret);
	return 0;
}

void leases_visit(const struct leases *leases, unsigned part,
		  void (*on_lease)(const struct dns_lease *lease, void *user), void *user)
{
	struct dns_lease lease;

	for (size_t i = part; i < BUCKETS; i += LEASES_PARTS) {
		for (const struct leases_row *row = leases->buckets[i]; row; row = row->next) {
			copy(row, &lease);
			on_lease(&lease, user);
		}
	}
}

size_t leases_count(const struct leases *leases)
{
	return leases->count;
}

size_t leases_touched_count(const struct leases *leases)
{
	return leases->touched_count;
}

struct leases_row *leases_touched(struct leases *leases, struct dns_lease *ret)
{
	struct leases_row *row = TAILQ_FIRST(&leases->touched);

	if (!row)
		return NULL;
	TAILQ_REMOVE(&leases->touched, row, link);
	leases->touched_count--;
	row->touched = false;
	row->saving++;
	copy(row, ret);
	return row;
}

void leases_saved(struct leases *leases, struct leases_row *row, bool good)
{
	row->saving--;
	if (!good)
		touch(leases, row);
	else if (!row->until_ms && !row->touched && !row->saving)
		drop(leases, row);
}
