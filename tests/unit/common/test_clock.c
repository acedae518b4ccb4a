/* SPDX-License-Identifier: ISC */
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void times_print_as_utc(void **state)
{
	char text[CLOCK_TEXT];

	assert_string_equal(clock_print(UINT64_C(1795442706999), text), "2026-11-23T14:05:06Z");
	assert_string_equal(clock_print(1000, text), "1970-01-01T00:00:01Z");
	assert_string_equal(clock_print(UINT64_C(253402300799999), text), "9999-12-31T23:59:59Z");
}

static void what_is_no_time_prints_a_dash(void **state)
{
	char text[CLOCK_TEXT];

	assert_string_equal(clock_print(0, text), "-");
	assert_string_equal(clock_print(UINT64_C(253402300800000), text), "-");
	assert_string_equal(clock_print(UINT64_MAX, text), "-");
}

static void the_timer_clock_never_goes_back(void **state)
{
	uint64_t before = clock_mono_ms();

	assert_true(clock_mono_ms() >= before);
	assert_true(clock_wall_ms() > UINT64_C(1600000000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_print_as_utc),
		cmocka_unit_test(what_is_no_time_prints_a_dash),
		cmocka_unit_test(the_timer_clock_never_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
