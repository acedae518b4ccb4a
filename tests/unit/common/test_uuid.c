/* SPDX-License-Identifier: ISC */
#include "common/uuid.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* As a hello carries it, and as people write it. */
static const struct uuid wire = {{0x4b, 0x52, 0x9b, 0x93, 0xd4, 0x13, 0x18, 0x1d, 0xe4, 0x87, 0x1c,
				  0x69, 0x7a, 0x6b, 0x7a, 0x2b}};
static const char *const printed = "939b524b-13d4-1d18-e487-1c697a6b7a2b";

static void the_first_three_groups_are_swapped(void **state)
{
	char text[UUID_TEXT];

	assert_string_equal(uuid_print(wire, text), printed);
}

static void parsing_gives_the_wire_order(void **state)
{
	struct uuid uuid;

	assert_int_equal(uuid_parse(printed, &uuid), 0);
	assert_true(uuid_equal(uuid, wire));
	assert_int_equal(uuid_parse("939B524B-13D4-1D18-E487-1C697A6B7A2B", &uuid), 0);
	assert_true(uuid_equal(uuid, wire));
	uuid.bytes[15]++;
	assert_false(uuid_equal(uuid, wire));
}

static void a_wrong_form_is_refused(void **state)
{
	static const char *const texts[] = {"",
					    "939b524b13d41d18e4871c697a6b7a2b",
					    "{939b524b-13d4-1d18-e487-1c697a6b7a2}",
					    "939b524b-13d4-1d18-e487-1c697a6b7a2",
					    "939b524b-13d4-1d18-e487-1c697a6b7a2b0",
					    "939b524b-13d4-1d18-e487-1c697a6b7a2g",
					    "939b524b-13d4-1d18+e487-1c697a6b7a2b",
					    "939b524b-13d4-1d18-e487-1c697a6b7a  "};
	struct uuid uuid;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(uuid_parse(texts[i], &uuid), -EINVAL);
}

static void all_zeros_and_all_ones_are_no_identity(void **state)
{
	struct uuid uuid = {0};

	assert_true(uuid_is_unset(uuid));
	uuid.bytes[15] = 0xff;
	assert_false(uuid_is_unset(uuid));
	memset(uuid.bytes, 0xff, sizeof(uuid.bytes));
	assert_true(uuid_is_unset(uuid));
	memset(uuid.bytes, 0x11, sizeof(uuid.bytes));
	assert_false(uuid_is_unset(uuid));
	assert_false(uuid_is_unset(wire));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_three_groups_are_swapped),
		cmocka_unit_test(parsing_gives_the_wire_order),
		cmocka_unit_test(a_wrong_form_is_refused),
		cmocka_unit_test(all_zeros_and_all_ones_are_no_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
