/* SPDX-License-Identifier: ISC */
#include "common/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_code_comes_back(void **state)
{
	struct err err = {0};

	assert_int_equal(err_set(&err, -EINVAL, "\"%s\" is not a duration", "1x"), -EINVAL);
	assert_string_equal(err.text, "\"1x\" is not a duration");
	assert_int_equal(err_set(NULL, -EIO, "nobody reads this"), -EIO);
	err_prefix(NULL, "nor this");
}

static void places_are_put_in_front(void **state)
{
	struct err err = {0};

	err_set(&err, -EINVAL, "\"1x\" is not a duration (60s, 15m, 1h)");
	err_prefix(&err, "dns.ttl");
	err_prefix(&err, "%s:%d:%d", "amtnetd.yaml", 12, 9);
	assert_string_equal(err.text,
			    "amtnetd.yaml:12:9: dns.ttl: \"1x\" is not a duration (60s, 15m, 1h)");
}

static void what_does_not_fit_is_cut_at_the_end(void **state)
{
	char filler[2 * sizeof(struct err)];
	struct err err = {0};

	memset(filler, 'a', sizeof(filler));
	filler[sizeof(filler) - 1] = '\0';
	err_set(&err, -EINVAL, "%s", filler);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	err_prefix(&err, "file");
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_memory_equal(err.text, "file: aaa", 9);
	err_prefix(&err, "%s", filler);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_code_comes_back),
		cmocka_unit_test(places_are_put_in_front),
		cmocka_unit_test(what_does_not_fit_is_cut_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
