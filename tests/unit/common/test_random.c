/* SPDX-License-Identifier: ISC */
#include "common/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void every_byte_asked_for_is_filled_and_no_other(void **state)
{
	uint8_t bytes[66] = {0}, filled[64] = {0};

	for (unsigned tries = 0; tries < 32; tries++) {
		random_bytes(bytes + 1, sizeof(filled));
		for (size_t i = 0; i < sizeof(filled); i++)
			filled[i] |= bytes[i + 1];
	}
	assert_null(memchr(filled, 0, sizeof(filled)));
	assert_int_equal(bytes[0] | bytes[65], 0);
}

static void two_numbers_are_not_the_same(void **state)
{
	assert_true(random_u64() != random_u64());
	assert_true(random_u32() != random_u32() || random_u32() != random_u32());
	assert_true((random_u16() ^ random_u16()) | (random_u16() ^ random_u16()) |
		    (random_u16() ^ random_u16()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_asked_for_is_filled_and_no_other),
		cmocka_unit_test(two_numbers_are_not_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
