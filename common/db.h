/* SPDX-License-Identifier: ISC */
/*
 * db: the daemon's one SQLite file, and the one thread that writes it.
 *
 * The one rule: a job's `run` is called in the writer thread inside a transaction that it shares
 * with whatever else was waiting (group commit: at most DB_BATCH_MAX jobs or what came within
 * DB_BATCH_MS; after a batch of DB_GATHER_FROM or more, the next one waits DB_GATHER_MS for company,
 * or until it is full); its `done` is called on the event loop after the commit is on disk (WAL,
 * synchronous=FULL), or with the error. A job whose run fails is rolled back alone and the rest goes
 * on; for that the batch is run once more, so `run` must bear being called twice. When the commit
 * itself fails (disk full), every job of the batch gets the error: the owner decides whether to
 * submit again. Jobs run in the order of submission. Modules own their tables and their SQL; nothing
 * but this file and those modules sees <sqlite3.h>.
 */
#pragma once

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

#define DB_BATCH_MAX 256
#define DB_BATCH_MS 5
#define DB_GATHER_FROM 8
#define DB_GATHER_MS 1
#define DB_QUEUE_MAX 65536 /* jobs waiting; db_submit refuses more with -ENOBUFS */
/* Pages of 4 KiB in the write-ahead log from which it is folded back into the file: when nothing
 * waits, or at the latest. */
#define DB_FOLD_PAGES 4096
#define DB_FOLD_PAGES_MAX 16384

struct db;
struct event_base;
struct sqlite3;

/* A step of a module's schema: version counts up from 1 per module; run once each, in order. */
struct db_migration {
	const char *sql;
	/* A query that gives a number: the step is passed over where it is not 0, since the tables
	 * are like that already. NULL = never. */
	const char *unless;
};

/* Opens or creates `path` (mode 0600; ":memory:" is for tests) and starts the writer thread. A file
 * that is damaged or of a newer schema is refused with the sentence and never overwritten. */
int db_open(struct db **ret, const char *path, struct event_base *base, struct err *err);

/* Commits what is waiting, calls the outstanding done callbacks, joins the thread, closes.
 * Statements that modules left prepared on either connection are finalised here. NULL is allowed.
 */
void db_close(struct db *db);

/* Brings the module's tables to migrations[count - 1], all steps or none. Before the first
 * db_submit of that module. Tables of a newer version than `count` are refused and left alone. */
int db_migrate(struct db *db, const char *module, const struct db_migration *migrations,
	       size_t count, struct err *err);

/* Hands `job` to the writer. `run` may use only what is in `job` and its connection, never the
 * loop's state; `done` gets 0 or a negative errno and owns `job` again. 0, or -ENOBUFS (too many
 * wait), -ESHUTDOWN (db_close has begun): nothing was taken. */
int db_submit(struct db *db, void *job, int (*run)(void *job, struct sqlite3 *connection),
	      void (*done)(void *job, int result));

/* The same for what a power cut may take: it survives the death of the process, but the disk is not
 * waited for. Such a job shares the commit of those that wait for it, or has one without. */
int db_submit_unsynced(struct db *db, void *job, int (*run)(void *job, struct sqlite3 *connection),
		       void (*done)(void *job, int result));

/* What a module keeps in memory of the jobs of a batch, to write it once instead of with each. In
 * the writer thread: `write` inside the transaction, before the commit, and before whatever may be
 * rolled back alone; `forget` with a rollback: what was kept since the last `write` is void, and so
 * is what was learned of the rows. */
struct db_keeper {
	int (*write)(void *user, struct sqlite3 *connection); /* 0, or a negative errno */
	void (*forget)(void *user);
	void (*free)(void *user); /* by db_close: jobs may outlive their module */
	void *user;
};
#define DB_KEEPERS_MAX 4
/* Takes it over, before the first db_submit of the module. 0 or -ENOBUFS. */
int db_keep(struct db *db, struct db_keeper keeper);

/* The loop's own connection, for reading only: sees what was committed. Leave no statement
 * half-read: an open read keeps the write-ahead log from being folded back. */
struct sqlite3 *db_reader(struct db *db);

/* What an SQLite result code means as a negative errno; 0 for SQLITE_OK, _ROW and _DONE. For
 * modules' `run`: -ENOSPC full, -EEXIST constraint, -EBUSY locked, -EBADMSG damaged, -EROFS,
 * -ENOMEM, else -EIO. */
int db_errno(int sqlite_code);

struct db_counters {
	uint64_t jobs, commits, failed_jobs, failed_commits, refused;
	uint32_t waiting;
};
struct db_counters db_counters(struct db *db);
