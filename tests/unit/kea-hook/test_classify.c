/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/classify.h"

static void class_takes_its_members_only(void **state)
{
	assert_string_equal(classify(TAKE_OVER_CLASS, "intel-me", true, false), "intel-me");
	assert_null(classify(TAKE_OVER_CLASS, "intel-me", false, true));
}

static void option81_takes_its_senders_only(void **state)
{
	assert_string_equal(classify(TAKE_OVER_OPTION81, "intel-me", false, true), "option-81");
	assert_null(classify(TAKE_OVER_OPTION81, "intel-me", true, false));
}

static void all_takes_everybody(void **state)
{
	assert_string_equal(classify(TAKE_OVER_ALL, "intel-me", false, false), "all");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(class_takes_its_members_only),
		cmocka_unit_test(option81_takes_its_senders_only),
		cmocka_unit_test(all_takes_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
