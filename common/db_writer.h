/* SPDX-License-Identifier: ISC */
/*
 * db_writer: the writer thread of db, and what it and the loop's side share. db.h says what they
 * promise; nobody but db.c includes this.
 */
#pragma once

#include "common/db.h"

#include <pthread.h>
#include <stdbool.h>

struct sqlite3_stmt;

struct db_task {
	void *job;
	int (*run)(void *job, struct sqlite3 *connection);
	void (*done)(void *job, int result);
	int result;
	bool unsynced; /* by db_submit_unsynced */
	struct db_task *next;
};

struct db_list {
	struct db_task *first, *last;
};

/* What the writer says to SQLite around jobs. */
enum db_step {
	DB_STEP_BEGIN,
	DB_STEP_COMMIT,
	DB_STEP_ROLLBACK,
	DB_STEP_SAVE,
	DB_STEP_RELEASE,
	DB_STEP_UNDO,
	DB_STEPS,
};

struct db {
	/* The loop's side. */
	struct sqlite3 *reader;
	struct event *event; /* on `signal_fd` */
	int signal_fd;       /* eventfd: something is in `finished` */
	pthread_t thread;
	bool running; /* the thread is to be joined */

	/* The writer's side: no one else touches it while the thread runs. */
	struct sqlite3 *writer;
	struct sqlite3_stmt *steps[DB_STEPS];
	bool unsynced; /* how the next commit would be, as SQLite was told last */
	int log_pages; /* in the write-ahead log, after the last commit */
	struct db_keeper keepers[DB_KEEPERS_MAX];
	size_t keeper_count;

	/* Between the two, under `lock`. */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct db_list queue;
	struct db_list finished;
	struct db_counters counters;
	uint32_t wanted; /* jobs for which the writer is to be woken */
	bool closing;
};

void db_list_push(struct db_list *list, struct db_task *task);
struct db_task *db_list_pop(struct db_list *list); /* NULL = empty */

/* Prepares the writer's connection, once it is open. 0 or a negative errno. */
int db_writer_prepare(struct db *db);
/* The thread: writes jobs until `closing` and none is left. Takes the struct db, gives NULL. */
void *db_writer_run(void *db);
