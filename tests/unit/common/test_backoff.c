/* SPDX-License-Identifier: ISC */
#include "common/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void steps_double_up_to_the_largest(void **state)
{
	static const uint32_t steps[] = {100, 200, 400, 800, 1000, 1000, 1000};
	struct backoff low = {.base_ms = 100, .max_ms = 1000};
	struct backoff high = low;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_int_equal(backoff_next_ms(&low, 0), steps[i] / 2);
		assert_int_equal(backoff_next_ms(&high, steps[i] / 2), steps[i]);
	}
}

static void every_wait_is_in_the_upper_half_of_its_step(void **state)
{
	for (uint32_t seed = 0; seed < 2000; seed++) {
		struct backoff backoff = {.base_ms = 250, .max_ms = 60000};
		uint32_t step = 250;

		for (unsigned i = 0; i < 12; i++) {
			uint32_t wait = backoff_next_ms(&backoff, seed * 2654435761u);

			assert_in_range(wait, step / 2, step);
			step = step * 2 < 60000 ? step * 2 : 60000;
		}
	}
}

static void the_extremes_do_not_overflow(void **state)
{
	struct backoff smallest = {.base_ms = 1, .max_ms = 1};
	struct backoff largest = {.base_ms = UINT32_MAX, .max_ms = UINT32_MAX, .tries = UINT32_MAX};

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(backoff_next_ms(&smallest, UINT32_MAX), 1);
	for (unsigned i = 0; i < 3; i++)
		assert_true(backoff_next_ms(&largest, UINT32_MAX) >= UINT32_MAX / 2);
	assert_true(largest.tries == UINT32_MAX);
}

static void a_success_starts_again_at_the_base(void **state)
{
	struct backoff backoff = {.base_ms = 100, .max_ms = 100000};

	for (unsigned i = 0; i < 8; i++)
		backoff_next_ms(&backoff, 0);
	assert_int_equal(backoff.tries, 8);
	backoff_reset(&backoff);
	assert_int_equal(backoff_next_ms(&backoff, 0), 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_double_up_to_the_largest),
		cmocka_unit_test(every_wait_is_in_the_upper_half_of_its_step),
		cmocka_unit_test(the_extremes_do_not_overflow),
		cmocka_unit_test(a_success_starts_again_at_the_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
