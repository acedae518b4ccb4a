/* SPDX-License-Identifier: ISC */
/*
 * store_hashes: the hash lists that the PCs of a firmware have in common, each kept once, and how
 * many hellos use it. Private to store; in the writer thread.
 *
 * The one rule: the few lists that come again and again are known here by their bytes, and their
 * uses are counted here until the end of the batch (struct db_keeper), since a statement about them
 * for each hello costs as much as the hello itself. Whoever deletes hellos says so before.
 */
#pragma once

#include "common/db.h"

#include <stddef.h>
#include <stdint.h>

struct sqlite3;
struct store_hashes;

/* The database takes it over. 0, -ENOMEM or -ENOBUFS. */
int store_hashes_new(struct store_hashes **ret, struct db *db);

/* One more hello with this list, which is kept if it is new. 0, or a negative errno. */
int store_hashes_use(struct store_hashes *hashes, struct sqlite3 *connection, const uint8_t *bytes,
		     size_t length, int64_t *ret_id);
/* Before hellos are deleted, and with the last of its hellos a list; the one of id `sure` has others.
 * 0, or a negative errno. */
int store_hashes_settle(struct store_hashes *hashes, struct sqlite3 *connection, int64_t sure);
