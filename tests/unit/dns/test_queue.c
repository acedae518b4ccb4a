/* SPDX-License-Identifier: ISC */
/* A real database file, its writer thread, and a loop; every case opens it again and reads it back. The one of an
 * earlier program is sqlite3's .dump of what it had of four names, in tests/golden/database. */
#include "dns/queue.h"

#include <event2/event.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[] = "/tmp/amtnet-queue-XXXXXX";
static char path[64];
static struct event_base *base;
static struct db *db;
static struct queue *queue;
static int result;
static bool saved;

static struct queue_row loaded[64];
static size_t loaded_count;

static void on_saved(const struct queue_batch *batch, int r, void *user)
{
	result = r;
	saved = true;
}

static void on_row(const struct queue_row *row, void *user)
{
	assert_true(loaded_count < 64);
	loaded[loaded_count++] = *row;
}

static void open_file(void)
{
	struct err err = {0};

	base = event_base_new();
	if (db_open(&db, path, base, &err) < 0 || queue_new(&queue, db, on_saved, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static void close_file(void)
{
	queue_free(queue);
	db_close(db);
	event_base_free(base);
}

static int setup(void **state)
{
	static unsigned number;

	snprintf(path, sizeof(path), "%s/%u.db", directory, number++);
	open_file();
	return 0;
}

static int teardown(void **state)
{
	close_file();
	return 0;
}

static void reload(size_t expected)
{
	struct err err = {0};
	size_t bad = 99;

	close_file();
	open_file();
	loaded_count = 0;
	assert_int_equal(queue_load(queue, on_row, NULL, &bad, &err), 0);
	assert_int_equal(bad, 0);
	assert_int_equal(loaded_count, expected);
}

/* Waits for on_saved, at most 10 s. */
static void submit(void)
{
	struct timeval limit = {.tv_sec = 10};

	saved = false;
	assert_int_equal(queue_submit(queue), 0);
	event_base_loopexit(base, &limit);
	while (!saved && !event_base_got_exit(base))
		event_base_loop(base, EVLOOP_ONCE);
	assert_true(saved);
	assert_int_equal(result, 0);
}

static struct queue_row *add(enum queue_kind kind)
{
	struct queue_row *row = queue_batch_add(queue_batch(queue));

	assert_non_null(row);
	row->kind = kind;
	return row;
}

static void fill_intent(struct ledger_row *row)
{
	*row = (struct ledger_row){.dirty = true, .generation = 42, .changed_ms = 77};
	row->intent = (struct intent){.kind = INTENT_REVERSE,
				      .wanted = true,
				      .name = {"me.corp.example"},
				      .mac = {.type = 1, .length = 6, .bytes = {2, 0, 0, 0, 0, 1}},
				      .client_id = {.length = 3, .bytes = {1, 0, 3}}};
	row->mark = (struct intent_mark){.written = true,
					 .adopted = true,
					 .displaced = addr_ip4(0x0a000009),
					 .unleased = true,
					 .dhcid_length = RECORD_DHCID_BYTES,
					 .dhcid = {0, 1, 1}};
	assert_int_equal(addr_parse("2001:db8::7", &row->intent.address), 0);
}

static void intent_comes_back_as_it_was(void **state)
{
	struct ledger_row row, *back = &loaded[0].intent;

	fill_intent(&row);
	add(QUEUE_INTENT)->intent = row;
	submit();
	reload(1);
	assert_int_equal(loaded[0].kind, QUEUE_INTENT);
	assert_true(intent_same_key(&back->intent, &row.intent));
	assert_true(mac_equal(back->intent.mac, row.intent.mac));
	assert_int_equal(back->intent.client_id.length, 3);
	assert_memory_equal(back->intent.client_id.bytes, row.intent.client_id.bytes, 3);
	assert_true(back->intent.wanted);
	assert_true(back->mark.written && back->mark.adopted && back->mark.unleased);
	assert_true(addr_equal(back->mark.displaced, row.mark.displaced));
	assert_int_equal(back->mark.dhcid_length, RECORD_DHCID_BYTES);
	assert_memory_equal(back->mark.dhcid, row.mark.dhcid, RECORD_DHCID_BYTES);
	assert_true(back->dirty);
	assert_int_equal(back->generation, 42);
	assert_int_equal(back->changed_ms, 77);
}

static void newer_row_replaces_and_gone_row_deletes(void **state)
{
	struct ledger_row row;

	fill_intent(&row);
	add(QUEUE_INTENT)->intent = row;
	submit();
	row.dirty = false;
	row.generation = 43;
	add(QUEUE_INTENT)->intent = row;
	submit();
	reload(1);
	assert_false(loaded[0].intent.dirty);
	assert_int_equal(loaded[0].intent.generation, 43);
	row.gone = true;
	add(QUEUE_INTENT)->intent = row;
	submit();
	reload(0);
}

static void lease_comes_back_until_it_ends(void **state)
{
	struct dns_lease lease = {.name = {"me.corp.example"},
				  .me = true,
				  .until_ms = 1ull << 41,
				  .mac = {.type = 1, .length = 6, .bytes = {2, 0, 0, 0, 0, 1}}};

	assert_int_equal(addr_parse("10.81.1.100", &lease.address), 0);
	add(QUEUE_LEASE)->lease = lease;
	submit();
	reload(1);
	assert_true(addr_equal(loaded[0].lease.address, lease.address));
	assert_true(mac_equal(loaded[0].lease.mac, lease.mac));
	assert_string_equal(loaded[0].lease.name.text, "me.corp.example");
	assert_true(loaded[0].lease.me);
	assert_true(loaded[0].lease.until_ms == lease.until_ms);
	lease.until_ms = 0;
	add(QUEUE_LEASE)->lease = lease;
	submit();
	reload(0);
}

static void last_sixteen_hooks_are_remembered(void **state)
{
	for (uint64_t i = 1; i <= 20; i++) {
		struct queue_row *row = add(QUEUE_HOOK);

		row->boot_id = UINT64_MAX - i;
		row->seq = i * 10;
		row->heard_ms = i;
		submit();
	}
	reload(16);
	assert_int_equal(loaded[0].seq, 50);
	assert_true(loaded[15].boot_id == UINT64_MAX - 20);
	assert_int_equal(loaded[15].seq, 200);
}

static void place_comes_back_until_it_is_gone(void **state)
{
	struct queue_row *row = add(QUEUE_PLACE);

	row->place_name = (struct hostname){"a.corp.example"};
	row->place_zone = (struct hostname){"corp.example"};
	row->found_ms = 77;
	submit();
	add(QUEUE_LEASE)->lease = (struct dns_lease){.address = addr_ip4(1), .until_ms = 5};
	submit();
	reload(2);
	assert_int_equal(loaded[0].kind, QUEUE_PLACE); /* intents are placed by it */
	assert_string_equal(loaded[0].place_name.text, "a.corp.example");
	assert_string_equal(loaded[0].place_zone.text, "corp.example");
	assert_int_equal(loaded[0].found_ms, 77);
	row = add(QUEUE_PLACE);
	row->place_name = (struct hostname){"a.corp.example"};
	row->place_gone = true;
	submit();
	reload(1);
}

static void one_batch_is_under_way_at_a_time(void **state)
{
	struct ledger_row row;

	fill_intent(&row);
	add(QUEUE_INTENT)->intent = row;
	assert_int_equal(queue_submit(queue), 0);
	assert_null(queue_batch(queue));
	/* Freed while it is under way, it is written all the same. */
	reload(1);
}

static void many_rows_are_one_transaction(void **state)
{
	struct queue_batch *batch = queue_batch(queue);
	uint64_t commits = db_counters(db).commits;

	for (int i = 0; i < 500; i++) {
		struct queue_row *row = queue_batch_add(batch);

		row->kind = QUEUE_HOOK;
		row->boot_id = 1;
		row->seq = (uint64_t)i;
	}
	submit();
	assert_int_equal(db_counters(db).commits, commits + 1);
	reload(1);
	assert_int_equal(loaded[0].seq, 499);
}

static void run_dump(const char *name)
{
	static char dump[64 << 10];
	char at[512], *trouble = NULL;
	sqlite3 *connection;
	FILE *file;

	snprintf(at, sizeof(at), "%s/database/%s", GOLDEN_DIR, name);
	file = fopen(at, "r");
	assert_non_null(file);
	dump[fread(dump, 1, sizeof(dump) - 1, file)] = '\0';
	fclose(file);
	assert_int_equal(sqlite3_open(path, &connection), SQLITE_OK);
	if (sqlite3_exec(connection, dump, NULL, NULL, &trouble) != SQLITE_OK)
		fail_msg("%s", trouble);
	sqlite3_close(connection);
}

static const struct ledger_row *loaded_intent(const char *name)
{
	for (size_t i = 0; i < loaded_count; i++) {
		if (loaded[i].kind == QUEUE_INTENT &&
		    loaded[i].intent.intent.kind == INTENT_FORWARD &&
		    !strcmp(loaded[i].intent.intent.name.text, name))
			return &loaded[i].intent;
	}
	fail_msg("%s is not there", name);
	return NULL;
}

/* What it displaced was a lease that it knew: it remembered no other. */
static void names_of_an_earlier_program_are_there(void **state)
{
	const struct ledger_row *row;
	struct ledger_row changed;

	close_file();
	unlink(path);
	run_dump("dns-3.sql");
	open_file();
	reload(9);
	row = loaded_intent("host.same-machine.example");
	assert_true(row->mark.written && row->mark.adopted && !row->mark.unleased);
	assert_true(addr_equal(row->mark.displaced, addr_ip4(0x0a510109)));
	row = loaded_intent("other-id.same-machine.example");
	assert_true(row->mark.adopted && row->mark.displaced.family == ADDR_NONE);
	changed = *row;
	changed.mark.displaced = addr_ip4(0x0a516309);
	changed.mark.unleased = true;
	add(QUEUE_INTENT)->intent = changed;
	submit();
	reload(9);
	assert_true(loaded_intent("other-id.same-machine.example")->mark.unleased);
}

static int make_directory(void **state)
{
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(intent_comes_back_as_it_was),
		CASE(newer_row_replaces_and_gone_row_deletes),
		CASE(lease_comes_back_until_it_ends),
		CASE(last_sixteen_hooks_are_remembered),
		CASE(place_comes_back_until_it_is_gone),
		CASE(one_batch_is_under_way_at_a_time),
		CASE(many_rows_are_one_transaction),
		CASE(names_of_an_earlier_program_are_there),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
