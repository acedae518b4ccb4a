/* SPDX-License-Identifier: ISC */
#include "common/db_writer.h"

#include "common/clock.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static const char *const step_sql[DB_STEPS] = {
	[DB_STEP_BEGIN] = "BEGIN IMMEDIATE", [DB_STEP_COMMIT] = "COMMIT",
	[DB_STEP_ROLLBACK] = "ROLLBACK",     [DB_STEP_SAVE] = "SAVEPOINT job",
	[DB_STEP_RELEASE] = "RELEASE job",   [DB_STEP_UNDO] = "ROLLBACK TO job",
};

/* What waits. */

void db_list_push(struct db_list *list, struct db_task *task)
{
	task->next = NULL;
	if (list->last == NULL)
		list->first = task;
	else
		list->last->next = task;
	list->last = task;
}

struct db_task *db_list_pop(struct db_list *list)
{
	struct db_task *task = list->first;

	if (task == NULL)
		return NULL;
	list->first = task->next;
	if (list->first == NULL)
		list->last = NULL;
	return task;
}

static void append(struct db_list *list, struct db_list *other)
{
	if (other->first == NULL)
		return;
	if (list->last == NULL)
		list->first = other->first;
	else
		list->last->next = other->first;
	list->last = other->last;
	*other = (struct db_list){0};
}

/* The thread. */

static int take_step(struct db *db, enum db_step step)
{
	int code = sqlite3_step(db->steps[step]);

	sqlite3_reset(db->steps[step]);
	return db_errno(code);
}

/* After a batch of many: jobs come so fast that a short while brings many more, and all have one
 * commit. */
static void gather(struct db *db)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += (long)DB_GATHER_MS * 1000000;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	pthread_mutex_lock(&db->lock);
	db->wanted = DB_BATCH_MAX;
	while (db->counters.waiting < db->wanted && !db->closing)
		if (pthread_cond_timedwait(&db->wake, &db->lock, &end) != 0)
			break;
	db->wanted = 1;
	pthread_mutex_unlock(&db->lock);
}

/* The next job; where none waits, NULL. `first` begins the batch: one that is not to be synced ends
 * before a job that is. Without it, the next job is waited for until db_close has begun. */
static struct db_task *next_task(struct db *db, const struct db_task *first)
{
	struct db_task *task = NULL;

	pthread_mutex_lock(&db->lock);
	while (!first && db->queue.first == NULL && !db->closing)
		pthread_cond_wait(&db->wake, &db->lock);
	if (!first || !first->unsynced || (db->queue.first && db->queue.first->unsynced))
		task = db_list_pop(&db->queue);
	pthread_mutex_unlock(&db->lock);
	return task;
}

/* SQLite takes the word between transactions only, and acts on it as it parses. */
static int begin(struct db *db, bool unsynced)
{
	int code = 0;

	if (unsynced != db->unsynced)
		code = db_errno(sqlite3_exec(db->writer,
					     unsynced ? "PRAGMA synchronous=NORMAL"
						      : "PRAGMA synchronous=FULL",
					     NULL, NULL, NULL));
	if (code < 0)
		return code;
	db->unsynced = unsynced;
	return take_step(db, DB_STEP_BEGIN);
}

static int write_kept(struct db *db)
{
	int code = 0;

	for (size_t i = 0; i < db->keeper_count && code >= 0; i++)
		code = db->keepers[i].write(db->keepers[i].user, db->writer);
	return code;
}

static void forget_kept(struct db *db)
{
	for (size_t i = 0; i < db->keeper_count; i++)
		db->keepers[i].forget(db->keepers[i].user);
}

static int roll_back(struct db *db)
{
	forget_kept(db);
	return sqlite3_get_autocommit(db->writer) ? 0 : take_step(db, DB_STEP_ROLLBACK);
}

/* In a savepoint: 0 even where the job fails, unless half of it cannot be taken back. */
static int run_apart(struct db *db, struct db_task *task)
{
	int code = take_step(db, DB_STEP_SAVE);

	if (code < 0)
		return code;
	task->result = task->run(task->job, db->writer);
	if (task->result >= 0)
		task->result = write_kept(db);
	/* Full disks and the like make SQLite roll all of it back by itself. */
	if (sqlite3_get_autocommit(db->writer))
		return task->result < 0 ? task->result : -EIO;
	if (task->result < 0) {
		forget_kept(db);
		code = take_step(db, DB_STEP_UNDO);
	}
	return code == 0 ? take_step(db, DB_STEP_RELEASE) : code;
}

/* After one of them has failed. Savepoints cost a copy of every page touched, which is why all are
 * tried without first. */
static int run_again(struct db *db, const struct db_list *batch)
{
	int code = roll_back(db);

	if (code == 0)
		code = take_step(db, DB_STEP_BEGIN);
	for (struct db_task *task = batch->first; task != NULL && code == 0; task = task->next)
		code = run_apart(db, task);
	return code;
}

/* Runs `first` and what came meanwhile inside one transaction. */
static int run_batch(struct db *db, struct db_task *first, struct db_list *batch)
{
	uint64_t end_ms = clock_mono_ms() + DB_BATCH_MS;
	struct db_task *task = first;
	size_t count = 0;

	while (task != NULL) {
		db_list_push(batch, task);
		task->result = task->run(task->job, db->writer);
		if (task->result < 0)
			return run_again(db, batch);
		if (++count == DB_BATCH_MAX || clock_mono_ms() >= end_ms)
			break;
		task = next_task(db, first);
	}
	return 0;
}

/* Hands the batch over to the loop; jobs that had no error of their own get `code`. Gives their
 * number back. */
static uint64_t finish_batch(struct db *db, struct db_list *batch, int code)
{
	uint64_t jobs = 0, failed = 0;
	const uint64_t one = 1;

	for (struct db_task *task = batch->first; task != NULL; task = task->next) {
		if (task->result >= 0)
			task->result = code;
		jobs++;
		failed += task->result < 0;
	}
	pthread_mutex_lock(&db->lock);
	append(&db->finished, batch);
	db->counters.jobs += jobs;
	db->counters.failed_jobs += failed;
	db->counters.commits += code == 0;
	db->counters.failed_commits += code < 0;
	db->counters.waiting -= (uint32_t)jobs;
	pthread_mutex_unlock(&db->lock);
	/* A full eventfd counter (EAGAIN) means that the loop is already being woken. */
	if (write(db->signal_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		abort();
	return jobs;
}

/* Folds the write-ahead log back where it has grown, after its commit was told: what comes meanwhile
 * waits, so a moment in which nothing does is taken for it, if one comes in time. */
static void fold(struct db *db)
{
	bool idle;

	if (db->log_pages < DB_FOLD_PAGES)
		return;
	pthread_mutex_lock(&db->lock);
	idle = db->queue.first == NULL;
	pthread_mutex_unlock(&db->lock);
	if (!idle && db->log_pages < DB_FOLD_PAGES_MAX)
		return;
	/* What cannot be folded now is folded after a later commit. */
	sqlite3_wal_checkpoint_v2(db->writer, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	db->log_pages = 0;
}

static int on_commit(void *argument, struct sqlite3 *connection, const char *name, int pages)
{
	(void)connection, (void)name;
	((struct db *)argument)->log_pages = pages;
	return SQLITE_OK;
}

int db_writer_prepare(struct db *db)
{
	int code = 0;

	for (size_t step = 0; code == 0 && step < DB_STEPS; step++)
		code = db_errno(sqlite3_prepare_v3(db->writer, step_sql[step], -1,
						   SQLITE_PREPARE_PERSISTENT, &db->steps[step],
						   NULL));
	if (code == 0)
		sqlite3_wal_hook(db->writer, on_commit, db); /* instead of SQLite's own */
	return code;
}

void *db_writer_run(void *argument)
{
	struct db *db = argument;
	struct db_task *first;

	while ((first = next_task(db, NULL)) != NULL) {
		struct db_list batch = {0};
		int code = begin(db, first->unsynced);
		bool many;

		if (code == 0)
			code = run_batch(db, first, &batch);
		else
			db_list_push(&batch, first);
		if (code == 0)
			code = write_kept(db);
		if (code == 0)
			code = take_step(db, DB_STEP_COMMIT);
		if (code < 0)
			roll_back(db);
		many = finish_batch(db, &batch, code) >= DB_GATHER_FROM;
		fold(db);
		if (many)
			gather(db);
	}
	return NULL;
}
