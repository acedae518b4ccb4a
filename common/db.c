/* SPDX-License-Identifier: ISC */
#include "common/db.h"

#include "common/clock.h"
#include "common/db_file.h"
#include "common/random.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct task {
	void *job;
	int (*run)(void *job, struct sqlite3 *connection);
	void (*done)(void *job, int result);
	int result;
	bool unsynced; /* by db_submit_unsynced */
	struct task *next;
};

struct list {
	struct task *first, *last;
};

/* What the writer says to SQLite around jobs, prepared once. */
enum step {
	STEP_BEGIN,
	STEP_COMMIT,
	STEP_ROLLBACK,
	STEP_SAVE,
	STEP_RELEASE,
	STEP_UNDO,
	STEPS,
};

static const char *const step_sql[STEPS] = {
	[STEP_BEGIN] = "BEGIN IMMEDIATE", [STEP_COMMIT] = "COMMIT",
	[STEP_ROLLBACK] = "ROLLBACK",     [STEP_SAVE] = "SAVEPOINT job",
	[STEP_RELEASE] = "RELEASE job",   [STEP_UNDO] = "ROLLBACK TO job",
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
	sqlite3_stmt *steps[STEPS];
	bool unsynced; /* how the next commit would be, as SQLite was told last */
	int log_pages; /* in the write-ahead log, after the last commit */
	struct db_keeper keepers[DB_KEEPERS_MAX];
	size_t keeper_count;

	/* Between the two, under `lock`. */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct list queue;
	struct list finished;
	struct db_counters counters;
	bool closing;
};

static void push(struct list *list, struct task *task)
{
	task->next = NULL;
	if (list->last == NULL)
		list->first = task;
	else
		list->last->next = task;
	list->last = task;
}

static struct task *pop(struct list *list)
{
	struct task *task = list->first;

	if (task == NULL)
		return NULL;
	list->first = task->next;
	if (list->first == NULL)
		list->last = NULL;
	return task;
}

static void append(struct list *list, struct list *other)
{
	if (other->first == NULL)
		return;
	if (list->last == NULL)
		list->first = other->first;
	else
		list->last->next = other->first;
	list->last = other->last;
	*other = (struct list){0};
}

/* The writer thread. */

static int take_step(struct db *db, enum step step)
{
	int code = sqlite3_step(db->steps[step]);

	sqlite3_reset(db->steps[step]);
	return db_errno(code);
}

/* The next job; where none waits, NULL. `first` begins the batch: one that is not to be synced ends
 * before a job that is. Without it, the next job is waited for until db_close has begun. */
static struct task *next_task(struct db *db, const struct task *first)
{
	struct task *task = NULL;

	pthread_mutex_lock(&db->lock);
	while (!first && db->queue.first == NULL && !db->closing)
		pthread_cond_wait(&db->wake, &db->lock);
	if (!first || !first->unsynced || (db->queue.first && db->queue.first->unsynced))
		task = pop(&db->queue);
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
	return take_step(db, STEP_BEGIN);
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
	return sqlite3_get_autocommit(db->writer) ? 0 : take_step(db, STEP_ROLLBACK);
}

/* In a savepoint: 0 even where the job fails, unless half of it cannot be taken back. */
static int run_apart(struct db *db, struct task *task)
{
	int code = take_step(db, STEP_SAVE);

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
		code = take_step(db, STEP_UNDO);
	}
	return code == 0 ? take_step(db, STEP_RELEASE) : code;
}

/* After one of them has failed. Savepoints cost a copy of every page touched, which is why all are
 * tried without first. */
static int run_again(struct db *db, const struct list *batch)
{
	int code = roll_back(db);

	if (code == 0)
		code = take_step(db, STEP_BEGIN);
	for (struct task *task = batch->first; task != NULL && code == 0; task = task->next)
		code = run_apart(db, task);
	return code;
}

/* Runs `first` and what came meanwhile inside one transaction. */
static int run_batch(struct db *db, struct task *first, struct list *batch)
{
	uint64_t end_ms = clock_mono_ms() + DB_BATCH_MS;
	struct task *task = first;
	size_t count = 0;

	while (task != NULL) {
		push(batch, task);
		task->result = task->run(task->job, db->writer);
		if (task->result < 0)
			return run_again(db, batch);
		if (++count == DB_BATCH_MAX || clock_mono_ms() >= end_ms)
			break;
		task = next_task(db, first);
	}
	return 0;
}

/* Hands the batch over to the loop; jobs that had no error of their own get `code`. */
static void finish_batch(struct db *db, struct list *batch, int code)
{
	uint64_t jobs = 0, failed = 0;
	const uint64_t one = 1;

	for (struct task *task = batch->first; task != NULL; task = task->next) {
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

static void *write_jobs(void *argument)
{
	struct db *db = argument;
	struct task *first;

	while ((first = next_task(db, NULL)) != NULL) {
		struct list batch = {0};
		int code = begin(db, first->unsynced);

		if (code == 0)
			code = run_batch(db, first, &batch);
		else
			push(&batch, first);
		if (code == 0)
			code = write_kept(db);
		if (code == 0)
			code = take_step(db, STEP_COMMIT);
		if (code < 0)
			roll_back(db);
		finish_batch(db, &batch, code);
		fold(db);
	}
	return NULL;
}

/* The loop's thread. */

static void call_done(struct db *db)
{
	struct list finished;
	struct task *task;

	pthread_mutex_lock(&db->lock);
	finished = db->finished;
	db->finished = (struct list){0};
	pthread_mutex_unlock(&db->lock);
	while ((task = pop(&finished)) != NULL) {
		task->done(task->job, task->result);
		free(task);
	}
}

static void on_finished(evutil_socket_t fd, short what, void *argument)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return; /* EAGAIN: woken for nothing */
	call_done(argument);
}

static int submit(struct db *db, const struct task *wanted)
{
	struct task *task = malloc(sizeof(*task));
	int code = 0;

	if (task != NULL)
		*task = *wanted;
	pthread_mutex_lock(&db->lock);
	if (db->closing)
		code = -ESHUTDOWN;
	else if (task == NULL || db->counters.waiting >= DB_QUEUE_MAX)
		code = -ENOBUFS;
	if (code == 0) {
		push(&db->queue, task);
		db->counters.waiting++;
		pthread_cond_signal(&db->wake);
	} else {
		db->counters.refused++;
	}
	pthread_mutex_unlock(&db->lock);
	if (code < 0)
		free(task);
	return code;
}

int db_submit(struct db *db, void *job, int (*run)(void *job, struct sqlite3 *connection),
	      void (*done)(void *job, int result))
{
	return submit(db, &(struct task){.job = job, .run = run, .done = done});
}

int db_submit_unsynced(struct db *db, void *job, int (*run)(void *job, struct sqlite3 *connection),
		       void (*done)(void *job, int result))
{
	return submit(db, &(struct task){.job = job, .run = run, .done = done, .unsynced = true});
}

int db_keep(struct db *db, struct db_keeper keeper)
{
	if (db->keeper_count == DB_KEEPERS_MAX)
		return -ENOBUFS;
	db->keepers[db->keeper_count++] = keeper;
	return 0;
}

struct db_counters db_counters(struct db *db)
{
	struct db_counters counters;

	pthread_mutex_lock(&db->lock);
	counters = db->counters;
	pthread_mutex_unlock(&db->lock);
	return counters;
}

struct sqlite3 *db_reader(struct db *db)
{
	return db->reader;
}

int db_migrate(struct db *db, const char *module, const struct db_migration *migrations,
	       size_t count, struct err *err)
{
	int code = db_file_migrate(db->reader, module, migrations, count, err);

	if (code < 0)
		err_prefix(err, "%s", sqlite3_db_filename(db->reader, "main"));
	return code;
}

static int open_connections(struct db *db, const char *path, struct err *err)
{
	char shared[64];
	int code;

	/* A plain ":memory:" would be a database of its own for each connection. */
	if (strcmp(path, ":memory:") == 0) {
		snprintf(shared, sizeof(shared), "file:/amtnet-%016llx?vfs=memdb",
			 (unsigned long long)random_u64());
		path = shared;
	}
	code = db_file_open(&db->writer, path, err);
	if (code == 0)
		code = db_file_open_reader(&db->reader, path, err);
	for (size_t step = 0; code == 0 && step < STEPS; step++)
		code = db_errno(sqlite3_prepare_v3(db->writer, step_sql[step], -1,
						   SQLITE_PREPARE_PERSISTENT, &db->steps[step],
						   NULL));
	if (code == 0)
		sqlite3_wal_hook(db->writer, on_commit, db); /* instead of SQLite's own */
	return code;
}

/* Signals are the loop's business: the writer blocks them all. */
static int start_thread(struct db *db)
{
	sigset_t all, before;
	int code;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&db->thread, NULL, write_jobs, db);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (code != 0)
		return -code;
	db->running = true;
	pthread_setname_np(db->thread, "amtnet-db");
	return 0;
}

static int start(struct db *db, struct event_base *base, struct err *err)
{
	int code;

	db->signal_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (db->signal_fd < 0)
		return err_set(err, -errno, "no eventfd: %s", strerror(errno));
	db->event = event_new(base, db->signal_fd, EV_READ | EV_PERSIST, on_finished, db);
	if (db->event == NULL || event_add(db->event, NULL) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	code = start_thread(db);
	if (code < 0)
		return err_set(err, code, "the writer thread cannot start: %s", strerror(-code));
	return 0;
}

int db_open(struct db **ret, const char *path, struct event_base *base, struct err *err)
{
	struct db *db = calloc(1, sizeof(*db));
	int code;

	if (db == NULL)
		return err_set(err, -ENOMEM, "out of memory");
	db->signal_fd = -1;
	pthread_mutex_init(&db->lock, NULL);
	pthread_cond_init(&db->wake, NULL);
	code = open_connections(db, path, err);
	if (code == 0)
		code = start(db, base, err);
	if (code < 0) {
		err_prefix(err, "%s", path);
		db_close(db);
		return code;
	}
	*ret = db;
	return 0;
}

void db_close(struct db *db)
{
	if (db == NULL)
		return;
	pthread_mutex_lock(&db->lock);
	db->closing = true;
	pthread_cond_signal(&db->wake);
	pthread_mutex_unlock(&db->lock);
	if (db->running)
		pthread_join(db->thread, NULL);
	call_done(db);
	if (db->event != NULL)
		event_free(db->event);
	if (db->signal_fd >= 0)
		close(db->signal_fd);
	/* The reader first: the last connection to close folds the write-ahead log back. */
	db_file_close(db->reader);
	db_file_close(db->writer);
	for (size_t i = 0; i < db->keeper_count; i++)
		db->keepers[i].free(db->keepers[i].user);
	pthread_cond_destroy(&db->wake);
	pthread_mutex_destroy(&db->lock);
	free(db);
}
