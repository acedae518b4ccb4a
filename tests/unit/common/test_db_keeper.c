/* SPDX-License-Identifier: ISC */
#include "common/db.h"

#include "tests/unit/common/db_scene.h"

#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>

/* Jobs count themselves in memory, and the count is written with the batch. */
struct tally {
	int64_t kept;
	bool freed;
};

static struct tally tally;
static unsigned done_count, failed_count;

struct item {
	int64_t number;
	sem_t *gate; /* NULL, or what run waits for */
	bool fails;
};

static int run_item(void *job, struct sqlite3 *connection)
{
	struct item *item = job;
	char sql[96];

	if (item->gate)
		while (sem_wait(item->gate) < 0)
			;
	item->gate = NULL; /* once: run may be called twice */
	snprintf(sql, sizeof(sql), "INSERT INTO item(number) VALUES(%lld)",
		 (long long)item->number);
	assert_int_equal(sqlite3_exec(connection, sql, NULL, NULL, NULL), SQLITE_OK);
	tally.kept++; /* of a job that fails, too: it is to be forgotten */
	return item->fails ? -EPERM : 0;
}

static void on_done(void *job, int result)
{
	struct item *item = job;

	assert_int_equal(result, item->fails ? -EPERM : 0);
	failed_count += result < 0;
	done_count++;
}

static int write_tally(void *user, struct sqlite3 *connection)
{
	struct tally *kept = user;
	char sql[96];

	snprintf(sql, sizeof(sql), "UPDATE item SET at = coalesce(at, 0) + %lld WHERE number = 1",
		 (long long)kept->kept);
	kept->kept = 0;
	return db_errno(sqlite3_exec(connection, sql, NULL, NULL, NULL));
}

static void forget_tally(void *user)
{
	((struct tally *)user)->kept = 0;
}

static void free_tally(void *user)
{
	((struct tally *)user)->freed = true;
}

static const struct db_keeper keeper = {write_tally, forget_tally, free_tally, &tally};

static void what_a_module_keeps_is_right_where_jobs_fail(void **state)
{
	struct item items[] = {{.number = 1}, {.number = 2, .fails = true}, {.number = 3},
			       {.number = 4}, {.number = 5, .fails = true}, {.number = 6}};
	size_t count = sizeof(items) / sizeof(items[0]);
	struct db *db = open_migrated(path);
	sem_t gate;

	sem_init(&gate, 0, 0);
	items[0].gate = &gate;
	assert_int_equal(db_keep(db, keeper), 0);
	for (size_t at = 0; at < count; at++)
		assert_int_equal(db_submit(db, &items[at], run_item, on_done), 0);
	sem_post(&gate);
	while (done_count < count)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(failed_count, 2);
	assert_int_equal(ask(db_reader(db), "SELECT at FROM item WHERE number = 1"), 4);
	db_close(db);
	assert_true(tally.freed);
	sem_destroy(&gate);
}

static void there_is_room_for_a_few(void **state)
{
	struct db *db = open_migrated(path);

	for (size_t at = 0; at < DB_KEEPERS_MAX; at++)
		assert_int_equal(db_keep(db, keeper), 0);
	assert_int_equal(db_keep(db, keeper), -ENOBUFS);
	db_close(db);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, clean, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_a_module_keeps_is_right_where_jobs_fail),
		CASE(there_is_room_for_a_few),
	};

	return cmocka_run_group_tests_name("db_keeper", tests, db_scene_enter, db_scene_leave);
}
