/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "discovery/store.h"
#include "discovery/store_read.h"
#include "world.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_MS UINT64_C(1700000000000)

struct scene {
	char directory[64], path[96];
	struct event_base *base;
	struct db *db;
	struct store *store;
	struct store_options options;
	unsigned handed, answers;
	int error;
	struct store_device device;
	bool repeat;
	unsigned loaded;
	struct store_device loaded_device;
	enum delivery_state loaded_states[DELIVERY_CORES_MAX];
	unsigned rows;
	struct store_row first_row;
	bool believed_new;
	uint8_t firmware; /* each has a hash list of its own */
};

static void on_added(int error, const struct store_device *device, bool repeat, void *context,
		     void *user)
{
	struct scene *scene = user;

	assert_ptr_equal(context, scene);
	scene->answers++;
	scene->error = error;
	scene->device = *device;
	scene->repeat = repeat;
}

static void on_delayed(int error, void *user)
{
	fail_msg("a hello could not be written: %s", strerror(-error));
}

static void open_store(struct scene *scene)
{
	struct err err = {0};

	if (db_open(&scene->db, scene->path, scene->base, &err) < 0 ||
	    store_new(&scene->store, scene->db, scene->base, &scene->options, on_added, scene,
		      &err) < 0)
		fail_msg("%s", err.text);
}

static void close_store(struct scene *scene)
{
	store_free(scene->store);
	db_close(scene->db);
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	snprintf(scene->directory, sizeof(scene->directory), "%s", "/tmp/amtnet-store-XXXXXX");
	if (!mkdtemp(scene->directory))
		return -1;
	snprintf(scene->path, sizeof(scene->path), "%s/test.db", scene->directory);
	scene->base = event_base_new();
	scene->options = (struct store_options){
		.history = 4, .on_delayed = on_delayed, .cores = {"one", "two"}, .core_count = 2};
	open_store(scene);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	const char *const suffixes[] = {"", "-wal", "-shm"};
	char path[112];

	close_store(scene);
	event_base_free(scene->base);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", scene->path, suffixes[i]);
		unlink(path);
	}
	rmdir(scene->directory);
	free(scene);
	return 0;
}

static bool is_answered(void *user)
{
	struct scene *scene = user;

	return scene->answers == scene->handed;
}

/* Hands the sample over with another retry counter and another last byte of the UUID. */
static void hand_over(struct scene *scene, uint8_t device, uint8_t retry, struct addr address,
		      uint64_t time_ms, bool relay)
{
	uint8_t bytes[WORLD_SAMPLE_BYTES];
	struct hello decoded;
	struct store_hello hello = {
		.bytes = bytes,
		.length = sizeof(bytes),
		.decoded = &decoded,
		.address = address,
		.is_new = scene->believed_new,
		.cores = relay ? ~0u : 0,
		.time_ms = time_ms,
	};

	memcpy(bytes, world_sample(), sizeof(bytes));
	bytes[4] = retry;
	bytes[23] = device;
	bytes[WORLD_SAMPLE_BYTES - 1] ^= scene->firmware;
	assert_int_equal(hello_decode(bytes, sizeof(bytes), true, &decoded, NULL), HELLO_COMPLETE);
	assert_int_equal(store_add(scene->store, &hello, scene), 0);
	scene->handed++;
}

static void wait_for_answers(struct scene *scene)
{
	assert_true(world_wait(scene->base, is_answered, scene));
	assert_int_equal(scene->error, 0);
}

static void add(struct scene *scene, uint8_t device, uint8_t retry, struct addr address,
		uint64_t time_ms, bool relay)
{
	hand_over(scene, device, retry, address, time_ms, relay);
	wait_for_answers(scene);
}

static struct addr ip(uint8_t last)
{
	return addr_ip4(0x0a510000u + last);
}

static int64_t count(struct scene *scene, const char *sql)
{
	sqlite3_stmt *statement;
	int64_t value;

	assert_int_equal(sqlite3_prepare_v2(db_reader(scene->db), sql, -1, &statement, NULL), 0);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static int on_device(const struct store_device *device,
		     const enum delivery_state states[DELIVERY_CORES_MAX], void *user)
{
	struct scene *scene = user;

	scene->loaded++;
	scene->loaded_device = *device;
	memcpy(scene->loaded_states, states, sizeof(scene->loaded_states));
	return 0;
}

static void on_row(const struct store_row *row, void *user)
{
	struct scene *scene = user;

	if (scene->rows++ == 0)
		scene->first_row = *row;
}

static void bytes_come_back_as_they_came_after_a_reopen(void **state)
{
	struct scene *scene = *state;
	uint8_t bytes[HELLO_MAX_BYTES], expected[WORLD_SAMPLE_BYTES];
	size_t length = 0;

	add(scene, 0x2b, 0, ip(1), START_MS, true);
	close_store(scene);
	open_store(scene);
	assert_int_equal(store_read_hello(scene->db, scene->device.hello, bytes, &length), 0);
	memcpy(expected, world_sample(), sizeof(expected));
	assert_int_equal(length, sizeof(expected));
	assert_memory_equal(bytes, expected, sizeof(expected));
	assert_int_equal(store_read_hello(scene->db, 12345, bytes, &length), -ENOENT);
}

static void hello_without_hashes_and_with_trailing_bytes_comes_back(void **state)
{
	struct scene *scene = *state;
	uint8_t sent[32 + 7] = {1, 0, 2, 0}, bytes[HELLO_MAX_BYTES];
	struct hello decoded;
	struct store_hello hello = {.bytes = sent,
				    .length = sizeof(sent),
				    .decoded = &decoded,
				    .address = ip(1),
				    .time_ms = START_MS};
	size_t length = 0;

	for (size_t i = 8; i < sizeof(sent); i++)
		sent[i] = (uint8_t)('0' + i % 10);
	assert_int_equal(hello_decode(sent, sizeof(sent), true, &decoded, NULL), HELLO_COMPLETE);
	assert_int_equal(store_add(scene->store, &hello, scene), 0);
	scene->handed++;
	wait_for_answers(scene);
	assert_int_equal(store_read_hello(scene->db, scene->device.hello, bytes, &length), 0);
	assert_int_equal(length, sizeof(sent));
	assert_memory_equal(bytes, sent, sizeof(sent));
	assert_int_equal(count(scene, "SELECT count(*) FROM hello_hashes"), 0);
}

static void equal_hash_lists_are_kept_once(void **state)
{
	struct scene *scene = *state;

	for (uint8_t i = 0; i < 10; i++)
		add(scene, i, 0, ip(i), START_MS, true);
	assert_int_equal(count(scene, "SELECT count(*) FROM hello"), 10);
	assert_int_equal(count(scene, "SELECT count(*) FROM hello_hashes"), 1);
	assert_int_equal(count(scene, "SELECT uses FROM hello_hashes"), 10);
}

static unsigned lists, devices;
static struct store_roots most;

static void on_roots(const struct store_roots *roots, void *user)
{
	struct hello_hash hash;
	unsigned walked = 0;

	for (size_t at = 0; hello_next_hash(&roots->list, &at, &hash);)
		walked++;
	assert_int_equal(walked, roots->list.hash_count);
	devices += (unsigned)roots->devices;
	if (!lists++)
		most = *roots;
}

static void lists_of_roots_are_those_of_newest_hellos(void **state)
{
	struct scene *scene = *state;
	uint8_t bytes[64], hash[1][32] = {{7}};
	struct uuid uuid = hello_test_uuid;
	struct hello decoded;
	struct store_hello hello = {.bytes = bytes, .decoded = &decoded, .address = ip(9)};

	for (uint8_t i = 0; i < 3; i++)
		add(scene, i, 0, ip(i), START_MS + i, true);
	/* A test hello, then a device with another list. */
	for (int i = 0; i < 2; i++) {
		hello.length = hello_encode_pki(uuid, 0, hash, 1, bytes, sizeof(bytes));
		assert_int_equal(hello_decode(bytes, hello.length, true, &decoded, NULL),
				 HELLO_COMPLETE);
		assert_int_equal(store_add(scene->store, &hello, scene), 0);
		scene->handed++;
		wait_for_answers(scene);
		uuid.bytes[0] ^= 1;
	}
	lists = devices = 0;
	assert_int_equal(store_read_roots(scene->db, on_roots, NULL), 0);
	assert_int_equal(lists, 2);
	assert_int_equal(devices, 4);
	assert_int_equal(most.devices, 3);
	assert_int_equal(most.list.hash_count, 23);
	assert_true(addr_equal(most.address, ip(2)));
}

static void history_is_bounded_and_takes_its_rows_along(void **state)
{
	struct scene *scene = *state;

	for (uint8_t i = 0; i < 10; i++)
		add(scene, 1, i, ip(1), START_MS + i, true);
	add(scene, 2, 0, ip(2), START_MS, true);
	assert_int_equal(count(scene, "SELECT count(*) FROM hello"), 5);
	assert_int_equal(count(scene, "SELECT min(retry) FROM hello WHERE device = 1"), 6);
	assert_int_equal(count(scene, "SELECT count(*) FROM hello_delivery"), 10);
	assert_int_equal(count(scene, "SELECT uses FROM hello_hashes"), 5);
	assert_int_equal(count(scene, "SELECT count FROM hello_device WHERE id = 1"), 10);
}

static void unused_hash_list_goes_with_its_last_hello(void **state)
{
	struct scene *scene = *state;

	add(scene, 1, 0, ip(1), START_MS, true);
	assert_int_equal(sqlite3_exec(db_reader(scene->db),
				      "PRAGMA query_only = OFF; DELETE FROM hello", NULL, NULL,
				      NULL),
			 SQLITE_OK);
	assert_int_equal(count(scene, "SELECT count(*) FROM hello_hashes"), 0);
	assert_int_equal(count(scene, "SELECT count(*) FROM hello_delivery"), 0);
}

/* Every list's count, against the hellos that there are. */
static void expect_true_uses(struct scene *scene)
{
	assert_int_equal(count(scene, "SELECT count(*) FROM hello WHERE hashes NOT IN"
				      " (SELECT id FROM hello_hashes)"),
			 0);
	assert_int_equal(count(scene, "SELECT count(*) FROM hello_hashes l WHERE uses <>"
				      " (SELECT count(*) FROM hello WHERE hashes = l.id)"),
			 0);
}

/* Lists come often, go with the history of their devices, and come back. */
static void uses_stay_true_while_firmware_comes_and_goes(void **state)
{
	struct scene *scene = *state;
	uint8_t bytes[HELLO_MAX_BYTES];
	size_t length = 0;

	for (unsigned i = 0; i < 600; i++) {
		bool new_device = i == 120;

		scene->firmware = (uint8_t)(i / 60 % 2 * 5 + i % 5);
		hand_over(scene, new_device ? 7 : i % 7, (uint8_t)i, ip(1), START_MS + i, true);
		if (i % 9 != 0 && i != 119 && !new_device)
			continue;
		wait_for_answers(scene);
		expect_true_uses(scene);
	}
	wait_for_answers(scene);
	expect_true_uses(scene);
	assert_int_equal(count(scene, "SELECT count(*) FROM hello"), 7 * 4 + 1);
	assert_int_equal(store_read_hello(scene->db, scene->device.hello, bytes, &length), 0);
	assert_int_equal(bytes[length - 1],
			 world_sample()[WORLD_SAMPLE_BYTES - 1] ^ scene->firmware);
}

/* With sqlite3, by an administrator. */
static void list_deleted_by_another_program_is_kept_anew(void **state)
{
	struct scene *scene = *state;
	uint8_t bytes[HELLO_MAX_BYTES];
	size_t length = 0;

	for (uint8_t i = 0; i < 3; i++)
		add(scene, i, 0, ip(i), START_MS, true);
	assert_int_equal(sqlite3_exec(db_reader(scene->db),
				      "PRAGMA query_only = OFF; DELETE FROM hello", NULL, NULL,
				      NULL),
			 SQLITE_OK);
	scene->firmware = 1; /* takes the deleted one's number */
	add(scene, 3, 0, ip(3), START_MS, true);
	scene->firmware = 0;
	add(scene, 4, 0, ip(4), START_MS, true);
	expect_true_uses(scene);
	assert_int_equal(store_read_hello(scene->db, scene->device.hello, bytes, &length), 0);
	assert_int_equal(length, WORLD_SAMPLE_BYTES);
	assert_int_equal(bytes[length - 1], world_sample()[WORLD_SAMPLE_BYTES - 1]);
}

static void same_bytes_within_a_minute_are_counted_only(void **state)
{
	struct scene *scene = *state;
	int64_t first;

	add(scene, 1, 0, ip(1), START_MS, true);
	first = scene->device.hello;
	add(scene, 1, 0, ip(1), START_MS + STORE_REPEAT_MS, true);
	assert_true(scene->repeat);
	assert_int_equal(scene->device.hello, first);
	assert_int_equal(scene->device.hello_ms, START_MS);
	assert_int_equal(scene->device.count, 2);
	assert_int_equal(count(scene, "SELECT count FROM hello"), 2);
	add(scene, 1, 0, ip(1), START_MS + STORE_REPEAT_MS + 1, true);
	assert_false(scene->repeat);
	add(scene, 1, 0, ip(2), START_MS + STORE_REPEAT_MS + 1, true); /* another address */
	assert_false(scene->repeat);
	add(scene, 1, 1, ip(2), START_MS + STORE_REPEAT_MS + 1, true); /* other bytes */
	assert_false(scene->repeat);
	assert_int_equal(count(scene, "SELECT count(*) FROM hello"), 4);
}

/* Two hellos of a new device before the first is stored. */
static void device_believed_new_is_found_where_it_is_known(void **state)
{
	struct scene *scene = *state;

	scene->believed_new = true;
	hand_over(scene, 1, 0, ip(1), START_MS, true);
	hand_over(scene, 1, 1, ip(2), START_MS + 1, true);
	hand_over(scene, 1, 1, ip(2), START_MS + 2, true);
	wait_for_answers(scene);
	assert_true(scene->repeat);
	assert_int_equal(scene->device.count, 3);
	assert_int_equal(scene->device.first_ms, START_MS);
	assert_int_equal(count(scene, "SELECT count(*) FROM hello_device"), 1);
	assert_int_equal(count(scene, "SELECT count(*) FROM hello"), 2);
	assert_int_equal(count(scene, "SELECT d.hello = max(h.id) FROM hello_device d, hello h"),
			 1);
	expect_true_uses(scene);
}

static void only_the_newest_hello_waits_after_a_reopen(void **state)
{
	struct scene *scene = *state;

	add(scene, 1, 0, ip(1), START_MS, true);
	add(scene, 1, 1, ip(1), START_MS + 1000, true);
	assert_int_equal(store_note(scene->store, scene->device.hello, 1, DELIVERY_DELIVERED, NULL,
				    START_MS + 2000),
			 0);
	close_store(scene);
	open_store(scene);
	assert_int_equal(store_read_devices(scene->db, &scene->options, on_device, scene), 0);
	assert_int_equal(scene->loaded, 1);
	assert_int_equal(scene->loaded_device.retry, 1);
	assert_int_equal(scene->loaded_device.hello_ms, START_MS + 1000);
	assert_int_equal(scene->loaded_device.first_ms, START_MS);
	assert_true(addr_equal(scene->loaded_device.address, ip(1)));
	assert_int_equal(scene->loaded_states[0], DELIVERY_WAITING);
	assert_int_equal(scene->loaded_states[1], DELIVERY_DELIVERED);
	assert_int_equal(
		count(scene, "SELECT count(*) FROM hello_delivery WHERE state = 'replaced'"), 2);
}

static void newest_hellos_come_first_with_their_states(void **state)
{
	struct scene *scene = *state;

	for (uint8_t i = 0; i < 4; i++)
		add(scene, i, i, ip(i), START_MS + i, i != 3);
	assert_int_equal(store_read_newest(scene->db, &scene->options, 3, 0, on_row, scene), 0);
	assert_int_equal(scene->rows, 3);
	assert_int_equal(scene->first_row.retry, 3);
	assert_int_equal(scene->first_row.hash_count, 23);
	assert_int_equal(scene->first_row.length, WORLD_SAMPLE_BYTES);
	assert_int_equal(scene->first_row.states[0], DELIVERY_NONE); /* not meant for the cores */
}

static void what_was_handed_over_is_written_at_the_end(void **state)
{
	struct scene *scene = *state;
	struct hello decoded;
	const struct store_hello hello = {.bytes = world_sample(),
					  .length = WORLD_SAMPLE_BYTES,
					  .decoded = &decoded,
					  .address = ip(1),
					  .cores = ~0u,
					  .time_ms = START_MS};

	hello_decode(hello.bytes, hello.length, true, &decoded, NULL);
	assert_int_equal(store_add(scene->store, &hello, scene), 0);
	close_store(scene);
	assert_int_equal(scene->answers, 0); /* nothing is called after store_free */
	open_store(scene);
	assert_int_equal(count(scene, "SELECT count(*) FROM hello"), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bytes_come_back_as_they_came_after_a_reopen),
		CASE(hello_without_hashes_and_with_trailing_bytes_comes_back),
		CASE(equal_hash_lists_are_kept_once),
		CASE(lists_of_roots_are_those_of_newest_hellos),
		CASE(history_is_bounded_and_takes_its_rows_along),
		CASE(unused_hash_list_goes_with_its_last_hello),
		CASE(uses_stay_true_while_firmware_comes_and_goes),
		CASE(list_deleted_by_another_program_is_kept_anew),
		CASE(same_bytes_within_a_minute_are_counted_only),
		CASE(device_believed_new_is_found_where_it_is_known),
		CASE(only_the_newest_hello_waits_after_a_reopen),
		CASE(newest_hellos_come_first_with_their_states),
		CASE(what_was_handed_over_is_written_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
