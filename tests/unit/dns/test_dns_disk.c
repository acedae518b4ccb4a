/* SPDX-License-Identifier: ISC */
/* The door and its disk: what is acknowledged, what survives, and what happens while it is full. */
#include "tests/unit/dns/door_fixture.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static int run_limit(void *job, struct sqlite3 *connection)
{
	return db_errno(sqlite3_exec(connection, job, NULL, NULL, NULL));
}

static bool limited;

static void on_limit(void *job, int result)
{
	assert_int_equal(result, 0);
	limited = true;
}

static bool is_limited(struct door *door)
{
	return limited;
}

/* As a disk that is full: SQLite may use no page more than it has (SQLITE_FULL). */
static void fill_disk(struct door *door)
{
	static char sql[] = "PRAGMA max_page_count = 1";

	limited = false;
	assert_int_equal(db_submit(door->db, sql, run_limit, on_limit), 0);
	door_wait(door, is_limited, "the limit is set");
}

static void empty_disk(struct door *door)
{
	static char sql[] = "PRAGMA max_page_count = 1000000";

	limited = false;
	assert_int_equal(db_submit(door->db, sql, run_limit, on_limit), 0);
	door_wait(door, is_limited, "the limit is taken away");
}

static bool all_acknowledged(struct door *door)
{
	return door->acknowledged == door->said;
}

static bool all_present(struct door *door)
{
	return door_count(door, LEDGER_PRESENT) == 2 * door->said;
}

static bool disk_fails(struct door *door)
{
	return door->dns->counters.failed_saves > 0;
}

/* More than fits in the pages that an empty database has. */
static void commit_many(struct door *door)
{
	for (unsigned number = 1; number <= 200; number++)
		door_commit(door, number);
}

static void full_disk_stops_acknowledgements_but_not_registration(void **state)
{
	struct door *door = *state;

	fill_disk(door);
	commit_many(door);
	door_wait(door, disk_fails, "the disk is full");
	door_wait(door, all_present, "all names are registered from memory");
	assert_true(door->done >= 2);
	assert_true(door->acknowledged < door->said);
	assert_true(door->dns->disk_fails);
}

static void room_on_the_disk_again_acknowledges_everything(void **state)
{
	struct door *door = *state;

	fill_disk(door);
	commit_many(door);
	door_wait(door, disk_fails, "the disk is full");
	door_wait(door, all_present, "all names are registered from memory");
	empty_disk(door);
	door_wait(door, all_acknowledged, "the hook is told that all is on disk");
	assert_false(door->dns->disk_fails);
	door->script = NULL;
	door_restart(door);
	assert_int_equal(ledger_count(door->dns->ledger), 400);
}

static void failed_saves_are_tried_once_a_second_only(void **state)
{
	struct door *door = *state;
	uint64_t failed;

	fill_disk(door);
	commit_many(door);
	door_wait(door, disk_fails, "the disk is full");
	failed = door->dns->counters.failed_saves;
	door_wait(door, all_present, "all names are registered from memory");
	for (int i = 0; i < 5; i++)
		door_turn(door);
	assert_true(door->dns->counters.failed_saves <= failed + 2);
}

static void nobody_answers(struct door *door, const struct name_server_message *message)
{
}

static void what_was_acknowledged_is_sent_after_a_restart(void **state)
{
	struct door *door = *state;

	door->script = nobody_answers;
	door_commit(door, 1);
	door_commit(door, 2);
	door_wait(door, all_acknowledged, "both are on disk");
	assert_int_equal(door->done, 0);
	door->script = NULL;
	door_restart(door);
	door_wait(door, all_present, "both are in DNS");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_set_up, door_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(full_disk_stops_acknowledgements_but_not_registration),
		TEST(room_on_the_disk_again_acknowledges_everything),
		TEST(failed_saves_are_tried_once_a_second_only),
		TEST(what_was_acknowledged_is_sent_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
