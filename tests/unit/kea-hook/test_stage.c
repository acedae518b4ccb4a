/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/stage.h"

#include <string.h>

#define HALF 64

static void put(struct stage *stage, uint8_t value, size_t length)
{
	uint8_t record[HALF];

	memset(record, value, sizeof(record));
	stage_put(stage, record, length);
}

static void assert_next(struct stage_load *load, uint8_t value, size_t length)
{
	uint8_t expected[HALF];
	size_t got = 0;
	const uint8_t *record = stage_next(load, &got);

	memset(expected, value, sizeof(expected));
	assert_non_null(record);
	assert_int_equal(got, length);
	assert_memory_equal(record, expected, length);
}

static void assert_end(struct stage_load *load)
{
	size_t length;

	assert_null(stage_next(load, &length));
}

static void records_are_taken_in_order_once(void **state)
{
	struct stage_load load;
	struct stage stage;

	assert_int_equal(stage_init(&stage, 2 * HALF), 0);
	put(&stage, 1, 10);
	put(&stage, 2, 20);
	stage_take(&stage, &load);
	put(&stage, 3, 30); /* into the other half: the load stays as it is */
	assert_next(&load, 1, 10);
	assert_next(&load, 2, 20);
	assert_end(&load);
	stage_take(&stage, &load);
	assert_next(&load, 3, 30);
	assert_end(&load);
	assert_int_equal(load.lost, 0);
	stage_done(&stage);
}

static void what_finds_no_room_is_counted_and_told_once(void **state)
{
	struct stage_load load;
	struct stage stage;

	assert_int_equal(stage_init(&stage, 2 * HALF), 0);
	put(&stage, 1, HALF - 2);
	put(&stage, 2, 1);
	put(&stage, 3, 1);
	stage_take(&stage, &load);
	assert_int_equal(load.lost, 2);
	assert_next(&load, 1, HALF - 2);
	assert_end(&load);
	stage_take(&stage, &load);
	assert_int_equal(load.lost, 0);
	assert_end(&load);
	stage_done(&stage);
}

static void whoever_finds_it_busy_goes_on_and_is_counted(void **state)
{
	struct stage_load load;
	struct stage stage;

	assert_int_equal(stage_init(&stage, 2 * HALF), 0);
	pthread_mutex_lock(&stage.lock);
	put(&stage, 1, 1);
	pthread_mutex_unlock(&stage.lock);
	stage_take(&stage, &load);
	assert_int_equal(load.lost, 1);
	assert_int_equal(stage.busy, 1);
	assert_end(&load);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_taken_in_order_once),
		cmocka_unit_test(what_finds_no_room_is_counted_and_told_once),
		cmocka_unit_test(whoever_finds_it_busy_goes_on_and_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
