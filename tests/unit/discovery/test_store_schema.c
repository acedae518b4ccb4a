/* SPDX-License-Identifier: ISC */
/*
 * Databases that earlier programs left behind, as sqlite3's .dump in tests/golden/database: each holds
 * three devices (one without a UUID) with four hellos of the sample.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "discovery/store.h"
#include "discovery/store_gate.h"
#include "discovery/store_read.h"
#include "discovery/store_schema.h"
#include "world.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAITING_HELLO 2 /* of the first device, with retry counter 1 */

struct scene {
	char directory[64], path[96];
	struct event_base *base;
	struct db *db;
	struct store *store;
	struct err err;
	unsigned devices, waiting;
	struct store_device first;
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	snprintf(scene->directory, sizeof(scene->directory), "%s", "/tmp/amtnet-schema-XXXXXX");
	if (!mkdtemp(scene->directory))
		return -1;
	snprintf(scene->path, sizeof(scene->path), "%s/test.db", scene->directory);
	scene->base = event_base_new();
	*state = scene;
	return 0;
}

static void close_all(struct scene *scene)
{
	store_free(scene->store);
	db_close(scene->db);
	scene->store = NULL;
	scene->db = NULL;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	const char *const suffixes[] = {"", "-wal", "-shm"};
	char path[112];

	close_all(scene);
	event_base_free(scene->base);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", scene->path, suffixes[i]);
		unlink(path);
	}
	rmdir(scene->directory);
	free(scene);
	return 0;
}

static void run_sql(const struct scene *scene, const char *sql)
{
	sqlite3 *connection;
	char *trouble = NULL;

	assert_int_equal(sqlite3_open(scene->path, &connection), SQLITE_OK);
	if (sqlite3_exec(connection, sql, NULL, NULL, &trouble) != SQLITE_OK)
		fail_msg("%s", trouble);
	sqlite3_close(connection);
}

static void restore(const struct scene *scene, const char *name)
{
	static char dump[64 << 10];
	char path[512];
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "%s/%s", DATABASE_PATH, name);
	file = fopen(path, "r");
	assert_non_null(file);
	length = fread(dump, 1, sizeof(dump) - 1, file);
	fclose(file);
	assert_in_range(length, 1, sizeof(dump) - 2);
	dump[length] = '\0';
	run_sql(scene, dump);
}

static void on_added(int error, const struct store_device *device, bool repeat, void *context,
		     void *user)
{
	(void)error, (void)device, (void)repeat, (void)context, (void)user;
}

static const struct store_options options = {.history = 4, .cores = {"core"}, .core_count = 1};

static int open_store(struct scene *scene)
{
	int result;

	if (db_open(&scene->db, scene->path, scene->base, &scene->err) < 0)
		fail_msg("%s", scene->err.text);
	result = store_new(&scene->store, scene->db, scene->base, &options, on_added, scene,
			   &scene->err);
	return result;
}

static int on_device(const struct store_device *device,
		     const enum delivery_state states[DELIVERY_CORES_MAX], void *user)
{
	struct scene *scene = user;

	if (scene->devices++ == 0)
		scene->first = *device;
	scene->waiting += states[0] == DELIVERY_WAITING;
	return 0;
}

static void read_devices(struct scene *scene)
{
	scene->devices = scene->waiting = 0;
	assert_int_equal(store_read_devices(scene->db, &options, on_device, scene), 0);
}

/* What the old program had taken in, the new one has as it came, and what waited still waits. */
static void expect_all_there(struct scene *scene)
{
	uint8_t bytes[HELLO_MAX_BYTES], expected[WORLD_SAMPLE_BYTES];
	size_t length;

	read_devices(scene);
	assert_int_equal(scene->devices, 3);
	assert_int_equal(scene->waiting, 3);
	assert_int_equal(scene->first.hello, WAITING_HELLO);
	assert_int_equal(scene->first.count, 3);
	assert_int_equal(store_read_hello(scene->db, WAITING_HELLO, bytes, &length), 0);
	memcpy(expected, world_sample(), sizeof(expected));
	expected[4] = 1;
	expected[23] = 1;
	assert_int_equal(length, sizeof(expected));
	assert_memory_equal(bytes, expected, sizeof(expected));
}

/* Every table has what the newest program writes. */
static void expect_gate_is_kept(struct scene *scene)
{
	const struct gate_verdict verdict = {
		.outcome = {.result = DELIVERY_PORT_NO_WAY, .error = EHOSTUNREACH},
		.port = GATE_NO_WAY,
	};

	assert_int_equal(scene->first.gate_ms, 0);
	assert_int_equal(store_gate_keep(scene->db, scene->first.uuid, scene->first.place, verdict,
					 1700000000000),
			 0);
	close_all(scene);
	assert_int_equal(open_store(scene), 0);
	read_devices(scene);
	assert_int_equal(scene->first.gate_ms, 1700000000000);
	assert_int_equal(scene->first.gate.port, GATE_NO_WAY);
	assert_int_equal(scene->first.gate.outcome.result, DELIVERY_PORT_NO_WAY);
	assert_int_equal(scene->first.gate.outcome.error, EHOSTUNREACH);
}

static void expect_migrated(struct scene *scene, const char *name)
{
	restore(scene, name);
	if (open_store(scene) < 0)
		fail_msg("%s", scene->err.text);
	expect_all_there(scene);
	expect_gate_is_kept(scene);
	close_all(scene);
	/* Once: the second start finds nothing to do. */
	assert_int_equal(open_store(scene), 0);
	expect_all_there(scene);
}

static void first_layout_is_brought_up_to_date(void **state)
{
	expect_migrated(*state, "discovery-1-without-mac.sql");
}

static void first_layout_with_mac_and_name_is_brought_up_to_date(void **state)
{
	expect_migrated(*state, "discovery-1-with-mac.sql");
}

static void newer_layout_is_refused_and_left_alone(void **state)
{
	struct scene *scene = *state;
	char expected[256];

	restore(scene, "discovery-1-with-mac.sql");
	run_sql(scene, "UPDATE amtnet_schema SET version = 99 WHERE module = 'discovery'");
	assert_int_equal(open_store(scene), -EPROTONOSUPPORT);
	snprintf(expected, sizeof(expected),
		 "%s: the discovery tables have version 99, this program knows %zu; a newer amtnetd"
		 " wrote them, they were left as they are",
		 scene->path, store_migration_count);
	assert_string_equal(scene->err.text, expected);
	close_all(scene);
	run_sql(scene, "UPDATE amtnet_schema SET version = 1 WHERE module = 'discovery'");
	assert_int_equal(open_store(scene), 0);
	expect_all_there(scene);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(first_layout_is_brought_up_to_date),
		CASE(first_layout_with_mac_and_name_is_brought_up_to_date),
		CASE(newer_layout_is_refused_and_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
