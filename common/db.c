/* SPDX-License-Identifier: ISC */
#include "common/db.h"

#include "common/db_file.h"
#include "common/db_writer.h"
#include "common/random.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void call_done(struct db *db)
{
	struct db_list finished;
	struct db_task *task;

	pthread_mutex_lock(&db->lock);
	finished = db->finished;
	db->finished = (struct db_list){0};
	pthread_mutex_unlock(&db->lock);
	while ((task = db_list_pop(&finished)) != NULL) {
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

static int submit(struct db *db, const struct db_task *wanted)
{
	struct db_task *task = malloc(sizeof(*task));
	int code = 0;

	if (task != NULL)
		*task = *wanted;
	pthread_mutex_lock(&db->lock);
	if (db->closing)
		code = -ESHUTDOWN;
	else if (task == NULL || db->counters.waiting >= DB_QUEUE_MAX)
		code = -ENOBUFS;
	if (code == 0) {
		db_list_push(&db->queue, task);
		if (++db->counters.waiting >= db->wanted)
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
	return submit(db, &(struct db_task){.job = job, .run = run, .done = done});
}

int db_submit_unsynced(struct db *db, void *job, int (*run)(void *job, struct sqlite3 *connection),
		       void (*done)(void *job, int result))
{
	return submit(db,
		      &(struct db_task){.job = job, .run = run, .done = done, .unsynced = true});
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
	return code == 0 ? db_writer_prepare(db) : code;
}

/* Signals are the loop's business: the writer blocks them all. */
static int start_thread(struct db *db)
{
	sigset_t all, before;
	int code;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&db->thread, NULL, db_writer_run, db);
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

static void init_wake(pthread_cond_t *wake)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(wake, &attributes);
	pthread_condattr_destroy(&attributes);
}

int db_open(struct db **ret, const char *path, struct event_base *base, struct err *err)
{
	struct db *db = calloc(1, sizeof(*db));
	int code;

	if (db == NULL)
		return err_set(err, -ENOMEM, "out of memory");
	db->signal_fd = -1;
	pthread_mutex_init(&db->lock, NULL);
	init_wake(&db->wake);
	db->wanted = 1;
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
