/* SPDX-License-Identifier: ISC */
/* A real database file, its writer thread, and a loop. */
#include "dns/queue_sites.h"

#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char path[] = "/tmp/amtnet-sites-XXXXXX";
static struct event_base *base;
static struct db *db;
static struct queue_sites *sites;
static int result;

static void on_saved(int r, void *user)
{
	result = r;
	event_base_loopbreak(base);
}

static void open_file(void)
{
	struct err err = {0};

	base = event_base_new();
	if (db_open(&db, path, base, &err) < 0 ||
	    queue_sites_new(&sites, db, on_saved, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static void close_file(void)
{
	queue_sites_free(sites);
	db_close(db);
	event_base_free(base);
}

static int setup(void **state)
{
	int fd;

	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	fd = mkstemp(path);
	close(fd);
	unlink(path);
	open_file();
	return 0;
}

static int teardown(void **state)
{
	char other[64];

	close_file();
	unlink(path);
	snprintf(other, sizeof(other), "%s-wal", path);
	unlink(other);
	snprintf(other, sizeof(other), "%s-shm", path);
	unlink(other);
	return 0;
}

static const struct queue_site rows[] = {
	{.name = {"provisionserver"}, .suffix = {""}},
	{.name = {"provisionserver.corp.example"},
	 .suffix = {"corp.example"},
	 .from_leases = true,
	 .seen_ms = 5000},
	{.name = {"provisionserver.lab.example"},
	 .suffix = {"lab.example"},
	 .from_leases = true,
	 .seen_ms = 9000},
};

static void save(size_t count)
{
	assert_int_equal(queue_sites_save(sites, rows, count), 0);
	event_base_dispatch(base);
	assert_int_equal(result, 0);
}

static void list_is_read_back_the_latest_first(void **state)
{
	struct queue_site read[8];
	size_t count, bad;

	save(3);
	close_file();
	open_file();
	assert_int_equal(queue_sites_load(sites, read, 8, &count, &bad, NULL), 0);
	assert_int_equal(count, 3);
	assert_int_equal(bad, 0);
	assert_string_equal(read[0].suffix.text, "lab.example");
	assert_true(read[1].from_leases);
	assert_int_equal(read[1].seen_ms, 5000);
	assert_string_equal(read[2].name.text, "provisionserver");
	assert_string_equal(read[2].suffix.text, "");
}

static void list_replaces_the_one_before(void **state)
{
	struct queue_site read[8];
	size_t count, bad;

	save(3);
	save(1);
	assert_int_equal(queue_sites_load(sites, read, 8, &count, &bad, NULL), 0);
	assert_int_equal(count, 1);
}

static void rows_beyond_the_room_are_counted(void **state)
{
	struct queue_site read[2];
	size_t count, bad;

	save(3);
	assert_int_equal(queue_sites_load(sites, read, 2, &count, &bad, NULL), 0);
	assert_int_equal(count, 2);
	assert_int_equal(bad, 1);
}

static void one_save_at_a_time(void **state)
{
	assert_int_equal(queue_sites_save(sites, rows, 3), 0);
	assert_int_equal(queue_sites_save(sites, rows, 3), -EBUSY);
	event_base_dispatch(base);
	save(2);
}

static void what_was_handed_over_is_kept_without_its_owner(void **state)
{
	struct queue_site read[8];
	size_t count, bad;

	assert_int_equal(queue_sites_save(sites, rows, 3), 0);
	close_file(); /* before on_saved */
	open_file();
	assert_int_equal(queue_sites_load(sites, read, 8, &count, &bad, NULL), 0);
	assert_int_equal(count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(list_is_read_back_the_latest_first, setup,
						teardown),
		cmocka_unit_test_setup_teardown(list_replaces_the_one_before, setup, teardown),
		cmocka_unit_test_setup_teardown(rows_beyond_the_room_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(one_save_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_handed_over_is_kept_without_its_owner,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
