/* SPDX-License-Identifier: ISC */
#include "netcheck/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void every_number_comes_once(void **state)
{
	static const uint64_t counts[] = {1, 2, 3, 4, 5, 255, 256, 257, 4096, 70001};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct order order = order_new(counts[i], i * 77);
		unsigned char *seen = calloc(counts[i], 1);

		for (uint64_t at = 0; at < counts[i]; at++) {
			uint64_t number = order_at(&order, at);

			assert_true(number < counts[i]);
			assert_int_equal(seen[number], 0);
			seen[number] = 1;
		}
		free(seen);
	}
}

static void a_seed_names_an_order(void **state)
{
	struct order one = order_new(16777216, 1), two = order_new(16777216, 2);
	unsigned same = 0;

	for (uint64_t at = 0; at < 1000; at++) {
		struct order again = order_new(16777216, 1);

		assert_true(order_at(&one, at) == order_at(&again, at));
		same += order_at(&one, at) == order_at(&two, at);
	}
	assert_true(same < 10);
}

/* Of 256 visits in a row to a /16, no /24 gets many. */
static void neighbours_are_far_apart(void **state)
{
	struct order order = order_new(65536, 7);
	unsigned subnets[256] = {0};

	for (uint64_t at = 0; at < 256; at++)
		subnets[order_at(&order, at) / 256]++;
	for (size_t i = 0; i < 256; i++)
		assert_true(subnets[i] <= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_comes_once),
		cmocka_unit_test(a_seed_names_an_order),
		cmocka_unit_test(neighbours_are_far_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
