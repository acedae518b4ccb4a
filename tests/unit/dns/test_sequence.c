/* SPDX-License-Identifier: ISC */
#include "dns/sequence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static struct sequence sequence;

static int reset(void **state)
{
	memset(&sequence, 0, sizeof(sequence));
	return 0;
}

static void numbers_in_order_are_new_and_repeats_are_old(void **state)
{
	uint64_t lost = 0;

	assert_int_equal(sequence_take(&sequence, 7, 1, 0, &lost), SEQUENCE_NEW);
	assert_int_equal(sequence_take(&sequence, 7, 2, 0, &lost), SEQUENCE_NEW);
	assert_int_equal(sequence_take(&sequence, 7, 2, 0, &lost), SEQUENCE_OLD);
	assert_int_equal(sequence_take(&sequence, 7, 1, 0, &lost), SEQUENCE_OLD);
	assert_int_equal(sequence_take(&sequence, 7, 3, 0, &lost), SEQUENCE_NEW);
}

static void jump_tells_how_many_are_missing(void **state)
{
	uint64_t lost = 0;

	assert_int_equal(sequence_take(&sequence, 7, 1, 0, &lost), SEQUENCE_NEW);
	assert_int_equal(sequence_take(&sequence, 7, 5, 0, &lost), SEQUENCE_JUMP);
	assert_int_equal(lost, 3);
	assert_int_equal(sequence_take(&sequence, 7, 6, 0, &lost), SEQUENCE_NEW);
}

static void new_boot_id_is_a_gap_only_when_another_was_known(void **state)
{
	bool other = true;

	assert_true(sequence_meet(&sequence, 7, 0, &other));
	assert_false(other);
	assert_false(sequence_meet(&sequence, 7, 1, &other));
	assert_true(sequence_meet(&sequence, 8, 2, &other));
	assert_true(other);
}

static void position_from_disk_is_gone_on_from(void **state)
{
	uint64_t lost = 0;

	sequence_restore(&sequence, 7, 40);
	assert_int_equal(sequence_take(&sequence, 7, 40, 0, &lost), SEQUENCE_OLD);
	assert_int_equal(sequence_take(&sequence, 7, 41, 0, &lost), SEQUENCE_NEW);
	assert_int_equal(sequence_find(&sequence, 7)->saved, 40);
	sequence_saved(&sequence, 7, 41);
	sequence_saved(&sequence, 7, 30);
	assert_int_equal(sequence_find(&sequence, 7)->saved, 41);
}

static void least_recently_heard_boot_makes_room(void **state)
{
	uint64_t lost;
	bool other;

	for (uint64_t i = 0; i < SEQUENCE_BOOTS_MAX; i++)
		sequence_meet(&sequence, 100 + i, i, &other);
	sequence_take(&sequence, 100, 1, 50, &lost);
	sequence_meet(&sequence, 999, 60, &other);
	assert_int_equal(sequence.count, SEQUENCE_BOOTS_MAX);
	assert_non_null(sequence_find(&sequence, 100));
	assert_null(sequence_find(&sequence, 101));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(numbers_in_order_are_new_and_repeats_are_old, reset),
		cmocka_unit_test_setup(jump_tells_how_many_are_missing, reset),
		cmocka_unit_test_setup(new_boot_id_is_a_gap_only_when_another_was_known, reset),
		cmocka_unit_test_setup(position_from_disk_is_gone_on_from, reset),
		cmocka_unit_test_setup(least_recently_heard_boot_makes_room, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
