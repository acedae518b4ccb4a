/* SPDX-License-Identifier: ISC */
/*
 * queue_sites: the names under which a ProvisionServer record of ours may stand, on disk (table dns_site
 * of the daemon's database): so that a suffix that leases brought outlives a restart, and a record whose
 * suffix is no longer wanted is still withdrawn. They are few, so the whole list is written each time,
 * in one transaction. One of the few files that see <sqlite3.h>.
 */
#pragma once

#include "common/db.h"
#include "common/hostname.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue_sites;

struct queue_site {
	struct hostname name;   /* "provisionserver.corp.example" */
	struct hostname suffix; /* "corp.example" */
	bool from_leases;       /* an ME client was given the suffix, last at: */
	uint64_t seen_ms;       /* wall clock */
};

/* Makes or updates the table. `on_saved` gets 0 or a negative errno after each save. */
int queue_sites_new(struct queue_sites **ret, struct db *db,
		    void (*on_saved)(int result, void *user), void *user, struct err *err);
/* A list that is under way is written all the same, without on_saved. NULL is allowed. */
void queue_sites_free(struct queue_sites *sites);
/* Reads at most `size` rows, the most recently seen first; rows that cannot be read, and those beyond
 * `size`, are counted in *ret_bad. 0 or a negative errno with the sentence. */
int queue_sites_load(struct queue_sites *sites, struct queue_site *ret, size_t size,
		     size_t *ret_count, size_t *ret_bad, struct err *err);
/* Hands the list (copied) to the writer thread. 0, -EBUSY while one is under way (wait for on_saved),
 * -ENOMEM, or what db_submit gives. */
int queue_sites_save(struct queue_sites *sites, const struct queue_site *rows, size_t count);
