/* SPDX-License-Identifier: ISC */
#include "common/db.h"

#include "common/clock.h"
#include "tests/unit/common/db_scene.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 20000

/* Jobs of the tests: one writes `number`, and says in `order` when its `done` came. */
struct item {
	int64_t number;
	const char *sql; /* NULL: insert the number */
	sem_t *gate;     /* NULL, or what run waits for */
	bool fails;      /* run refuses after its insert */
	int result;
	unsigned order; /* from 1; 0 = not done */
};

static unsigned done_count;

static int insert(struct sqlite3 *connection, int64_t number)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "INSERT INTO item(number) VALUES(%lld)", (long long)number);
	return db_errno(sqlite3_exec(connection, sql, NULL, NULL, NULL));
}

static int run_item(void *job, struct sqlite3 *connection)
{
	struct item *item = job;
	int code;

	if (item->gate != NULL)
		while (sem_wait(item->gate) < 0)
			;
	item->gate = NULL; /* once: run may be called twice */
	if (item->sql != NULL)
		return db_errno(sqlite3_exec(connection, item->sql, NULL, NULL, NULL));
	code = insert(connection, item->number);
	return code < 0 || !item->fails ? code : -EPERM;
}

static void on_done(void *job, int result)
{
	struct item *item = job;

	item->result = result;
	item->order = ++done_count;
}

static void submit(struct db *db, struct item *item)
{
	assert_int_equal(db_submit(db, item, run_item, on_done), 0);
}

/* Turns the loop until `count` jobs are done. */
static void wait_done(unsigned count)
{
	uint64_t end_ms = clock_mono_ms() + DEADLINE_MS;
	struct timeval tick = {.tv_usec = 100000};

	while (done_count < count) {
		assert_true(clock_mono_ms() < end_ms);
		event_base_loopexit(base, &tick);
		event_base_loop(base, EVLOOP_ONCE);
	}
}

static void jobs_run_and_finish_in_order(void **state)
{
	static struct item items[1000];
	struct db *db = open_migrated(":memory:");

	memset(items, 0, sizeof(items));
	for (size_t at = 0; at < 1000; at++) {
		items[at].number = (int64_t)at;
		submit(db, &items[at]);
	}
	wait_done(1000);
	for (size_t at = 0; at < 1000; at++) {
		assert_int_equal(items[at].result, 0);
		assert_int_equal(items[at].order, at + 1);
	}
	assert_int_equal(ask(db_reader(db), "SELECT count(*) FROM item"), 1000);
	assert_int_equal(db_counters(db).jobs, 1000);
	assert_int_equal(db_counters(db).waiting, 0);
	db_close(db);
}

/* The first one waits for the gate, so all are in one line. */
static void submit_many(struct db *db, struct item *items, size_t count, sem_t *gate, int64_t from)
{
	memset(items, 0, count * sizeof(*items));
	items[0].gate = gate;
	for (size_t at = 0; at < count; at++) {
		items[at].number = from + (int64_t)at;
		submit(db, &items[at]);
	}
}

static void jobs_that_wait_share_a_commit(void **state)
{
	static struct item items[1 + 2 * DB_BATCH_MAX];
	struct db *db = open_migrated(path);
	size_t count = sizeof(items) / sizeof(items[0]);
	sem_t gate;

	sem_init(&gate, 0, 0);
	submit_many(db, items, count, &gate, 0);
	assert_int_equal(db_counters(db).waiting, count);
	sem_post(&gate);
	wait_done((unsigned)count);
	assert_int_equal(ask(db_reader(db), "SELECT count(*) FROM item"), count);
	assert_in_range(db_counters(db).commits, 1, count / 4);
	db_close(db);
	sem_destroy(&gate);
}

/* The lone job comes while the writer still gathers, so each round takes DB_GATHER_MS at least. */
static void a_job_behind_many_waits_for_company(void **state)
{
	struct item many[DB_GATHER_FROM], lone;
	struct db *db = open_migrated(":memory:");
	uint64_t waited_ms = 0, begin_ms;
	sem_t gate;

	sem_init(&gate, 0, 0);
	for (unsigned round = 0; round < 50; round++) {
		done_count = 0;
		submit_many(db, many, DB_GATHER_FROM, &gate, round * 100);
		begin_ms = clock_mono_ms();
		sem_post(&gate);
		wait_done(DB_GATHER_FROM);
		lone = (struct item){.number = round * 100 + 99};
		submit(db, &lone);
		wait_done(DB_GATHER_FROM + 1);
		waited_ms += clock_mono_ms() - begin_ms;
	}
	assert_true(waited_ms >= 50 * DB_GATHER_MS);
	db_close(db);
	sem_destroy(&gate);
}

/* What was submitted while the writer gathers is committed, and nobody waits. */
static void closing_ends_the_gathering(void **state)
{
	struct item many[DB_GATHER_FROM], last = {.number = 99};
	struct db *db = open_migrated(path);
	sem_t gate;

	sem_init(&gate, 0, 0);
	submit_many(db, many, DB_GATHER_FROM, &gate, 0);
	sem_post(&gate);
	wait_done(DB_GATHER_FROM);
	submit(db, &last);
	db_close(db);
	assert_int_equal(done_count, DB_GATHER_FROM + 1);
	assert_int_equal(last.result, 0);
	sem_destroy(&gate);
}

static void a_failing_job_fails_alone(void **state)
{
	struct item items[] = {
		{.number = 1}, {.number = 2, .fails = true}, {.number = 1}, {.number = 3}};
	struct db *db = open_migrated(path);

	for (size_t at = 0; at < 4; at++)
		submit(db, &items[at]);
	wait_done(4);
	assert_int_equal(items[0].result, 0);
	assert_int_equal(items[1].result, -EPERM);
	assert_int_equal(items[2].result, -EEXIST);
	assert_int_equal(items[3].result, 0);
	assert_int_equal(ask(db_reader(db), "SELECT group_concat(number, '') FROM item"), 13);
	assert_int_equal(db_counters(db).failed_jobs, 2);
	assert_int_equal(db_counters(db).failed_commits, 0);
	db_close(db);
}

/* A connection that shares nothing with the writer sees the row when `done` is called. */
static void on_done_looks(void *job, int result)
{
	struct sqlite3 *other;

	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(ask(other, "SELECT count(*) FROM item WHERE number = 7"), 1);
	sqlite3_close(other);
	on_done(job, result);
}

static void done_comes_after_the_commit(void **state)
{
	struct item item = {.number = 7};
	struct db *db = open_migrated(path);

	assert_int_equal(db_submit(db, &item, run_item, on_done_looks), 0);
	assert_int_equal(item.order, 0);
	wait_done(1);
	assert_int_equal(item.result, 0);
	db_close(db);
}

/* Notes how the commit that the job shares will be: 1 = NORMAL, 2 = FULL. */
static int run_asks(void *job, struct sqlite3 *connection)
{
	struct item *item = job;

	if (item->gate != NULL)
		while (sem_wait(item->gate) < 0)
			;
	item->number = ask(connection, "PRAGMA synchronous");
	return 0;
}

static void only_jobs_that_wait_for_the_disk_are_synced(void **state)
{
	struct item items[] = {{.number = 0}, {.number = 0}, {.number = 0}, {.number = 0}};
	struct db *db = open_migrated(path);
	sem_t gate;

	sem_init(&gate, 0, 0);
	items[0].gate = &gate;
	assert_int_equal(db_submit_unsynced(db, &items[0], run_asks, on_done), 0);
	assert_int_equal(db_submit_unsynced(db, &items[1], run_asks, on_done), 0);
	assert_int_equal(db_submit(db, &items[2], run_asks, on_done), 0);
	assert_int_equal(db_submit_unsynced(db, &items[3], run_asks, on_done), 0);
	sem_post(&gate);
	wait_done(4);
	assert_int_equal(items[0].number, 1);
	assert_int_equal(items[1].number, 1);
	assert_int_equal(items[2].number, 2);
	assert_int_equal(items[3].number, 2);
	for (unsigned at = 0; at < 4; at++)
		assert_int_equal(items[at].order, at + 1);
	db_close(db);
	sem_destroy(&gate);
}

static off_t file_bytes(void)
{
	struct stat about;

	assert_int_equal(stat(path, &about), 0);
	return about.st_size;
}

static void a_grown_log_is_folded_back(void **state)
{
	static char sql[160];
	struct item item = {.sql = sql};
	uint64_t end_ms = clock_mono_ms() + DEADLINE_MS;
	struct db *db = open_migrated(path);
	off_t before = file_bytes();

	snprintf(sql, sizeof(sql), "INSERT INTO item(at) VALUES(zeroblob(%d))", 4096 * 100);
	submit(db, &item);
	wait_done(1);
	assert_int_equal(file_bytes(), before);
	snprintf(sql, sizeof(sql), "INSERT INTO item(at) VALUES(zeroblob(%d))",
		 4096 * DB_FOLD_PAGES);
	submit(db, &item);
	wait_done(2);
	assert_int_equal(item.result, 0);
	while (file_bytes() < (off_t)4096 * DB_FOLD_PAGES) {
		assert_true(clock_mono_ms() < end_ms);
		usleep(1000);
	}
	db_close(db);
}

static void a_full_file_fails_the_batch_and_later_jobs_work(void **state)
{
	struct item limit = {.sql = "PRAGMA max_page_count = 8"};
	struct item filler = {.sql = "INSERT INTO item(at) SELECT zeroblob(4096) UNION ALL SELECT "
				     "zeroblob(65536)"};
	struct item more = {.sql = "PRAGMA max_page_count = 100000"};
	struct item last = {.number = 5};
	struct db *db = open_migrated(path);

	submit(db, &limit);
	wait_done(1);
	submit(db, &filler);
	wait_done(2);
	assert_int_equal(filler.result, -ENOSPC);
	submit(db, &more);
	submit(db, &last);
	wait_done(4);
	assert_int_equal(last.result, 0);
	assert_int_equal(ask(db_reader(db), "SELECT count(*) FROM item"), 1);
	db_close(db);
}

static void a_failed_commit_fails_every_job_of_the_batch(void **state)
{
	struct item items[] = {
		{.sql = "CREATE TABLE child(parent REFERENCES item DEFERRABLE INITIALLY DEFERRED)"},
		{.number = 1},
		{.sql = "INSERT INTO child VALUES(99)"},
		{.number = 2, .fails = true},
		{.number = 3},
	};
	struct db *db = open_migrated(path);
	sem_t gate;

	sem_init(&gate, 0, 0);
	submit(db, &items[0]);
	wait_done(1);
	/* The gate makes sure that the three are one batch: it holds the first until all wait. */
	items[1].gate = &gate;
	for (size_t at = 1; at < 4; at++)
		submit(db, &items[at]);
	sem_post(&gate);
	wait_done(4);
	assert_int_equal(items[2].result, -EEXIST);
	assert_int_equal(items[3].result, -EPERM);
	assert_int_equal(db_counters(db).failed_commits, 1);
	submit(db, &items[4]);
	wait_done(5);
	assert_int_equal(items[4].result, 0);
	/* Slow machines may commit the first alone; then it is there and was told so. */
	assert_int_equal(ask(db_reader(db), "SELECT count(*) FROM item"),
			 items[1].result == 0 ? 2 : 1);
	db_close(db);
	sem_destroy(&gate);
}

static void a_full_disk_fails_the_commit_and_later_jobs_work(void **state)
{
	static struct item items[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
	struct rlimit before, none;
	struct db *db = open_migrated(path);

	signal(SIGXFSZ, SIG_IGN);
	submit(db, &items[0]);
	wait_done(1);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = before;
	none.rlim_cur = 1;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	submit(db, &items[1]);
	wait_done(2);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_in_range(-items[1].result, 1, 200);
	assert_int_equal(db_counters(db).failed_commits, 1);
	submit(db, &items[2]);
	wait_done(3);
	assert_int_equal(items[2].result, 0);
	assert_int_equal(ask(db_reader(db), "SELECT group_concat(number, '') FROM item"), 13);
	db_close(db);
	signal(SIGXFSZ, SIG_DFL);
}

static void close_commits_what_waits(void **state)
{
	static struct item items[300];
	struct db *db = open_migrated(path);

	memset(items, 0, sizeof(items));
	for (size_t at = 0; at < 300; at++) {
		items[at].number = (int64_t)at;
		submit(db, &items[at]);
	}
	db_close(db);
	assert_int_equal(done_count, 300);
	assert_int_equal(items[299].result, 0);
	db = open_db(path);
	assert_int_equal(ask(db_reader(db), "SELECT count(*) FROM item"), 300);
	db_close(db);
}

/* The child of the next test: writes until it is killed, and says on `out` what was committed. */
static int report_to;

static void on_done_reports(void *job, int result)
{
	struct item *item = job;

	if (result == 0 && write(report_to, &item->number, sizeof(item->number)) < 0)
		_exit(1);
	if (item->number == 100)
		_exit(0);
}

static void write_until_killed(int out)
{
	static struct item items[400];
	struct event_base *own = event_base_new();
	struct err err;
	struct db *db;

	report_to = out;
	if (own == NULL || db_open(&db, path, own, &err) < 0)
		_exit(2);
	for (size_t at = 0; at < 400; at++) {
		items[at].number = (int64_t)at;
		db_submit(db, &items[at], run_item, on_done_reports);
	}
	event_base_dispatch(own);
	_exit(3);
}

static void what_was_done_survives_a_kill(void **state)
{
	int64_t number, last = -1;
	int ends[2], status;
	struct db *db;
	pid_t child;

	db_close(open_migrated(path));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		write_until_killed(ends[1]);
	close(ends[1]);
	while (read(ends[0], &number, sizeof(number)) == sizeof(number))
		last = number;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(last, 100);
	db = open_migrated(path);
	assert_int_equal(ask(db_reader(db), "SELECT count(*) FROM item WHERE number <= 100"), 101);
	assert_int_equal(ask(db_reader(db), "SELECT max(number) + 1 = count(*) FROM item"), 1);
	db_close(db);
}

static void a_full_queue_refuses(void **state)
{
	struct item *items = calloc(DB_QUEUE_MAX + 1, sizeof(*items));
	struct db *db = open_migrated(":memory:");
	sem_t gate;

	assert_non_null(items);
	sem_init(&gate, 0, 0);
	items[0].gate = &gate;
	for (size_t at = 0; at < DB_QUEUE_MAX; at++) {
		items[at].number = (int64_t)at;
		submit(db, &items[at]);
	}
	assert_int_equal(db_submit(db, &items[DB_QUEUE_MAX], run_item, on_done), -ENOBUFS);
	assert_int_equal(db_counters(db).refused, 1);
	sem_post(&gate);
	db_close(db);
	assert_int_equal(done_count, DB_QUEUE_MAX);
	sem_destroy(&gate);
	free(items);
}

static int begin(void **state)
{
	done_count = 0;
	return clean(state);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(jobs_run_and_finish_in_order),
		CASE(jobs_that_wait_share_a_commit),
		CASE(a_job_behind_many_waits_for_company),
		CASE(closing_ends_the_gathering),
		CASE(a_failing_job_fails_alone),
		CASE(done_comes_after_the_commit),
		CASE(only_jobs_that_wait_for_the_disk_are_synced),
		CASE(a_grown_log_is_folded_back),
		CASE(a_full_file_fails_the_batch_and_later_jobs_work),
		CASE(a_failed_commit_fails_every_job_of_the_batch),
		CASE(a_full_disk_fails_the_commit_and_later_jobs_work),
		CASE(close_commits_what_waits),
		CASE(what_was_done_survives_a_kill),
		CASE(a_full_queue_refuses),
	};

	return cmocka_run_group_tests_name("db", tests, db_scene_enter, db_scene_leave);
}
