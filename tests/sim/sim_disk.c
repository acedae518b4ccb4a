/* SPDX-License-Identifier: ISC */
/* In the place of dns/queue: rows that are on disk survive a crash; a batch is there as a whole or not
 * at all, its commit and the note of it are two things. */
#include "sim.h"

#include "dns/queue_sites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 512
#define PLACES_KEPT_MAX 64

struct queue {
	void (*on_saved)(const struct queue_batch *batch, int result, void *user);
	void *user;
	struct queue_batch batch;
	bool under_way;
	int result;
};

static struct {
	struct dns_lease leases[ROWS_MAX];
	struct ledger_row intents[ROWS_MAX];
	struct queue_row places[PLACES_KEPT_MAX];
	size_t lease_count, intent_count, place_count;
	uint64_t position;
	bool crashed;
} disk;

void sim_disk_clear(void)
{
	memset(&disk, 0, sizeof disk);
}

uint64_t sim_disk_position(void)
{
	return disk.position;
}

void sim_disk_crash(bool crashed)
{
	disk.crashed = crashed;
}

static void write_lease(const struct dns_lease *lease)
{
	size_t at = 0;

	while (at < disk.lease_count && !addr_equal(disk.leases[at].address, lease->address))
		at++;
	if (!lease->until_ms) {
		if (at < disk.lease_count)
			disk.leases[at] = disk.leases[--disk.lease_count];
		return;
	}
	if (at == ROWS_MAX)
		abort();
	disk.lease_count += at == disk.lease_count;
	disk.leases[at] = *lease;
}

static void write_place(const struct queue_row *row)
{
	size_t at = 0;

	while (at < disk.place_count &&
	       !hostname_equal(&disk.places[at].place_name, &row->place_name))
		at++;
	if (row->place_gone) {
		if (at < disk.place_count)
			disk.places[at] = disk.places[--disk.place_count];
		return;
	}
	if (at == PLACES_KEPT_MAX)
		abort();
	disk.place_count += at == disk.place_count;
	disk.places[at] = *row;
}

static void write_intent(const struct ledger_row *row)
{
	size_t at = 0;

	while (at < disk.intent_count && !intent_same_key(&disk.intents[at].intent, &row->intent))
		at++;
	if (row->gone) {
		if (at < disk.intent_count)
			disk.intents[at] = disk.intents[--disk.intent_count];
		return;
	}
	if (at == ROWS_MAX)
		abort();
	disk.intent_count += at == disk.intent_count;
	disk.intents[at] = *row;
}

static void commit(const struct queue_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct queue_row *row = &batch->rows[i];

		switch (row->kind) {
		case QUEUE_PLACE:
			write_place(row);
			break;
		case QUEUE_LEASE:
			write_lease(&row->lease);
			break;
		case QUEUE_INTENT:
			write_intent(&row->intent);
			break;
		case QUEUE_HOOK:
			disk.position = row->seq;
			break;
		}
	}
}

static void note(void *user)
{
	struct queue *queue = user;

	queue->under_way = false;
	queue->on_saved(&queue->batch, queue->result, queue->user);
}

static void write_out(void *user)
{
	struct queue *queue = user;

	queue->result = sim_plan.faults && !sim_calm && sim_chance(4) ? -EIO : 0;
	if (!queue->result)
		commit(&queue->batch);
	else
		sim_trace("disk: write fails");
	sim_after(sim_random(4), note, queue, queue);
}

int queue_new(struct queue **ret, struct db *db,
	      void (*on_saved)(const struct queue_batch *batch, int result, void *user), void *user,
	      struct err *err)
{
	struct queue *queue = calloc(1, sizeof *queue);

	if (!queue)
		return -ENOMEM;
	queue->on_saved = on_saved;
	queue->user = user;
	*ret = queue;
	return 0;
}

/* After a crash what was under way is there, or it is not. */
static void forget(void *user)
{
	struct queue *queue = user;

	if (queue->under_way && sim_chance(50))
		commit(&queue->batch);
}

void queue_free(struct queue *queue)
{
	if (!queue)
		return;
	sim_forget(queue, forget);
	free(queue->batch.rows);
	free(queue);
}

static int by_changed(const void *a, const void *b)
{
	const struct ledger_row *one = a, *two = b;

	if (one->changed_ms != two->changed_ms)
		return one->changed_ms < two->changed_ms ? -1 : 1;
	return one->generation < two->generation ? -1 : one->generation > two->generation;
}

int queue_load(struct queue *queue, void (*on_row)(const struct queue_row *row, void *user),
	       void *user, size_t *ret_bad, struct err *err)
{
	static struct queue_row row;

	*ret_bad = 0;
	qsort(disk.intents, disk.intent_count, sizeof *disk.intents, by_changed);
	for (size_t i = 0; i < disk.place_count; i++)
		on_row(&disk.places[i], user);
	for (size_t i = 0; i < disk.lease_count; i++) {
		row = (struct queue_row){.kind = QUEUE_LEASE};
		row.lease = disk.leases[i];
		on_row(&row, user);
	}
	for (size_t i = 0; i < disk.intent_count; i++) {
		row = (struct queue_row){.kind = QUEUE_INTENT};
		row.intent = disk.intents[i];
		on_row(&row, user);
	}
	return 0;
}

struct queue_batch *queue_batch(struct queue *queue)
{
	if (queue->under_way)
		return NULL;
	queue->batch.count = 0;
	return &queue->batch;
}

struct queue_row *queue_batch_add(struct queue_batch *batch)
{
	if (batch->count == batch->size) {
		batch->size = batch->size ? 2 * batch->size : 64;
		batch->rows = realloc(batch->rows, batch->size * sizeof *batch->rows);
		if (!batch->rows)
			abort();
	}
	memset(&batch->rows[batch->count], 0, sizeof *batch->rows);
	return &batch->rows[batch->count++];
}

int queue_submit(struct queue *queue)
{
	if (disk.crashed)
		return -ENOBUFS;
	queue->under_way = true;
	sim_after(1 + sim_random(20), write_out, queue, queue);
	return 0;
}

/* No ProvisionServer is published here ----------------------------------------------------------- */

int queue_sites_new(struct queue_sites **ret, struct db *db,
		    void (*on_saved)(int result, void *user), void *user, struct err *err)
{
	*ret = NULL;
	return 0;
}

void queue_sites_free(struct queue_sites *sites)
{
}

int queue_sites_load(struct queue_sites *sites, struct queue_site *ret, size_t size,
		     size_t *ret_count, size_t *ret_bad, struct err *err)
{
	*ret_count = *ret_bad = 0;
	return 0;
}

int queue_sites_save(struct queue_sites *sites, const struct queue_site *rows, size_t count)
{
	return -1;
}
