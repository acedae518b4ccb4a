/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/originals.h"

static const struct lease_bytes option = {.length = 3, .bytes = {9, 0, 0}};

static int begin(void **state)
{
	struct originals *originals = test_calloc(1, sizeof(*originals));

	assert_int_equal(originals_init(originals), 0);
	*state = originals;
	return 0;
}

static int end(void **state)
{
	originals_done(*state);
	test_free(*state);
	return 0;
}

static void it_is_given_once(void **state)
{
	static const uint8_t packet[240] = {1};
	struct lease_bytes ret = {0};

	assert_false(originals_take(*state, packet, sizeof(packet), &ret));
	originals_put(*state, packet, sizeof(packet), &option);
	assert_true(originals_take(*state, packet, sizeof(packet), &ret));
	assert_int_equal(ret.length, 3);
	assert_int_equal(ret.bytes[0], 9);
	assert_false(originals_take(*state, packet, sizeof(packet), &ret));
}

/* Also where they share a place. */
static void no_other_packet_gets_it(void **state)
{
	static uint8_t packet[240] = {1};
	struct lease_bytes ret;

	originals_put(*state, packet, sizeof(packet), &option);
	for (int i = 0; i < 255; i++) {
		packet[33]++; /* chaddr */
		assert_false(originals_take(*state, packet, sizeof(packet), &ret));
	}
	packet[33]++;
	assert_true(originals_take(*state, packet, sizeof(packet), &ret));
}

/* 4096 clients that never come back: the table is no larger for it, and takes the next. */
static void newer_ones_take_the_place_of_older(void **state)
{
	struct originals *originals = *state;
	uint8_t packet[240] = {1};
	struct lease_bytes ret;

	for (int i = 0; i < 4096; i++) {
		packet[32] = (uint8_t)(i >> 8);
		packet[33] = (uint8_t)i;
		originals_put(originals, packet, sizeof(packet), &option);
	}
	assert_in_range(atomic_load(&originals->count), 1, ORIGINALS_MAX);
	assert_true(originals_take(originals, packet, sizeof(packet), &ret));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_given_once, begin, end),
		cmocka_unit_test_setup_teardown(no_other_packet_gets_it, begin, end),
		cmocka_unit_test_setup_teardown(newer_ones_take_the_place_of_older, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
