/* SPDX-License-Identifier: ISC */
#include "dns/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct pace pace;

static int reset(void **state)
{
	pace_init(&pace);
	return 0;
}

static void good_zone_takes_all_there_is_room_for(void **state)
{
	assert_int_equal(pace_room(&pace, 0, 31), 31);
	assert_false(pace_success(&pace, 5));
}

static void outage_is_paused_and_probed_by_one(void **state)
{
	assert_true(pace_transient(&pace, 1000, 0));
	assert_int_equal(pace_room(&pace, 1000, 31), 0);
	assert_int_equal(pace_room(&pace, 2000, 31), 1);
	assert_false(pace_transient(&pace, 2000, 0));
	assert_true(pace_success(&pace, 9000));
	assert_int_equal(pace_room(&pace, 9000, 31), 31);
}

static void failures_in_flight_together_are_one_step(void **state)
{
	uint64_t until;

	pace_transient(&pace, 1000, 0);
	until = pace.until_ms;
	for (int i = 0; i < 30; i++)
		assert_false(pace_transient(&pace, 1000, 0));
	assert_int_equal(pace.until_ms, until);
}

static void pauses_grow_to_a_minute(void **state)
{
	uint64_t now_ms = 1, last = 0;

	for (int i = 0; i < 12; i++) {
		pace_transient(&pace, now_ms, 30000);
		last = pace.until_ms - now_ms;
		assert_in_range(last, 500, 60000);
		now_ms = pace.until_ms;
	}
	assert_int_equal(last, 60000);
}

static void refusal_opens_the_circuit_for_minutes(void **state)
{
	uint64_t now_ms = 1;

	assert_true(pace_refused(&pace, now_ms, 0));
	for (int i = 0; i < 8; i++) {
		assert_in_range(pace.until_ms - now_ms, 60000, 600000);
		now_ms = pace.until_ms;
		assert_int_equal(pace_room(&pace, now_ms, 31), 1);
		assert_false(pace_refused(&pace, now_ms, 0));
	}
	assert_true(pace_success(&pace, now_ms));
}

static void failure_after_a_success_of_others_is_its_own(void **state)
{
	assert_false(pace_is_own_failure(&pace, 0));
	assert_false(pace_is_own_failure(&pace, 100));
	pace_success(&pace, 200);
	assert_true(pace_is_own_failure(&pace, 100));
	assert_false(pace_is_own_failure(&pace, 300));
	assert_false(pace_is_own_failure(&pace, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(good_zone_takes_all_there_is_room_for, reset),
		cmocka_unit_test_setup(outage_is_paused_and_probed_by_one, reset),
		cmocka_unit_test_setup(failures_in_flight_together_are_one_step, reset),
		cmocka_unit_test_setup(pauses_grow_to_a_minute, reset),
		cmocka_unit_test_setup(refusal_opens_the_circuit_for_minutes, reset),
		cmocka_unit_test_setup(failure_after_a_success_of_others_is_its_own, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
