/* SPDX-License-Identifier: ISC */
/*
 * queue: leases, intents, the hooks' positions, and the zones of places (dns/places.h) on disk, in tables of the
 * daemon's database (dns_lease, dns_intent, dns_hook, dns_place). Rows are states, not operations: writing one twice is harmless.
 *
 * The one rule: at most one batch is under way. Fill the batch that queue_batch gives, submit it, wait
 * for on_saved; a batch is one transaction, so a hook's position never gets ahead of the intents that it
 * stands for. One of the few files that see <sqlite3.h>.
 */
#pragma once

#include "common/db.h"
#include "dns/ledger.h"
#include "dns/leases.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;
struct place;

enum queue_kind {
	QUEUE_PLACE,
	QUEUE_LEASE,
	QUEUE_INTENT,
	QUEUE_HOOK,
};

struct queue_row {
	enum queue_kind kind;
	union {
		struct {
			struct hostname place_name, place_zone;
			bool place_gone; /* delete the row */
			uint64_t found_ms;
			struct place *place; /* the caller's */
		};
		struct {
			struct dns_lease lease;       /* until_ms 0: delete the row */
			struct leases_row *lease_row; /* the caller's, given back in on_saved */
		};
		struct {
			struct ledger_row intent;   /* gone: delete the row */
			struct ledger_entry *entry; /* the caller's */
		};
		struct {
			uint64_t boot_id, seq, heard_ms; /* heard_ms: wall clock */
		};
	};
};

struct queue_batch {
	struct queue_row *rows;
	size_t count;
	size_t size;
};

/* Makes or updates the tables. `on_saved` gets each submitted batch back with 0 or a negative errno. */
int queue_new(struct queue **ret, struct db *db,
	      void (*on_saved)(const struct queue_batch *batch, int result, void *user), void *user,
	      struct err *err);
/* A batch that is still under way is written all the same, without on_saved. */
void queue_free(struct queue *queue);

/* Reads everything back, as rows in the order places, leases, intents, hooks (least recent first). Damaged rows
 * are skipped and counted in *ret_bad. 0 or a negative errno with the sentence. */
int queue_load(struct queue *queue, void (*on_row)(const struct queue_row *row, void *user),
	       void *user, size_t *ret_bad, struct err *err);

/* An empty batch to be filled with queue_batch_add, or NULL while one is under way (or no memory). */
struct queue_batch *queue_batch(struct queue *queue);
/* The next row, zeroed; NULL when there is no memory. */
struct queue_row *queue_batch_add(struct queue_batch *batch);
/* Hands the batch to the writer thread; -ENOBUFS and the batch stays as it is. */
int queue_submit(struct queue *queue);
