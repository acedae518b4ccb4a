/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/params.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void defaults_are_as_documented(void **state)
{
	struct params params;

	params_init(&params);
	assert_string_equal(params.socket, "/run/amtnet/lease.sock");
	assert_int_equal(params.take_over, TAKE_OVER_CLASS);
	assert_string_equal(params.client_class, "intel-me");
	assert_int_equal(params.learned_max, 65536);
	assert_true(params.policy.forward);
	assert_true(params.policy.reverse);
	assert_false(params.policy.honour_client_no_update);
	assert_string_equal(params.policy.suffix.text, "");
	assert_string_equal(params.policy.name_template, "me-{mac}");
}

static void every_parameter_can_be_set_and_shown(void **state)
{
	static const char *const pairs[][2] = {
		{"socket", "/tmp/l.sock"},
		{"take-over", "option-81"},
		{"client-class", "amt"},
		{"learned-max", "1000"},
		{"forward", "false"},
		{"reverse", "false"},
		{"honour-client-no-update", "true"},
		{"qualifying-suffix", "corp.example"},
		{"name-template", "amt-{mac}.me"},
	};
	char value[PARAMS_VALUE_MAX + 1];
	struct params params;
	const char *name;
	size_t i;

	params_init(&params);
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_int_equal(params_set(&params, pairs[i][0], pairs[i][1], NULL), 0);
	for (i = 0; params_show(&params, i, &name, value); i++) {
		assert_string_equal(name, pairs[i][0]);
		assert_string_equal(value, pairs[i][1]);
	}
	assert_int_equal(i, sizeof(pairs) / sizeof(pairs[0]));
}

static void a_suffix_is_normalised(void **state)
{
	struct params params;

	params_init(&params);
	assert_int_equal(params_set(&params, "qualifying-suffix", "Corp.Example.", NULL), 0);
	assert_string_equal(params.policy.suffix.text, "corp.example");
	assert_int_equal(params_set(&params, "qualifying-suffix", "", NULL), 0);
	assert_string_equal(params.policy.suffix.text, "");
}

static void a_bad_value_is_refused_with_what_would_be_right(void **state)
{
	static char too_long[PARAMS_SOCKET_MAX + 2];
	static const char *const cases[][3] = {
		{"forward", "yes", "forward: \"yes\" is not true or false"},
		{"take-over", "some", "take-over: \"some\" is not class, option-81 or all"},
		{"socket", "lease.sock",
		 "socket: \"lease.sock\" is not an absolute path of at most 107 characters"},
		{"socket", too_long, NULL},
		{"client-class", "", NULL},
		{"client-class", "two words", NULL},
		{"qualifying-suffix", "no domain", NULL},
		{"name-template", "me", NULL},
		{"name-template", "me {mac}", NULL},
		{"name-template", "{mac}{mac}", NULL}, /* a label of 80 with the longest address */
		{"forward", "\x1b[31m", "forward: \"\\x1b[31m\" is not true or false"},
	};
	struct params params, before;

	memset(too_long, '/', sizeof(too_long) - 1);
	params_init(&params);
	before = params;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0};

		assert_int_equal(params_set(&params, cases[i][0], cases[i][1], &err), -EINVAL);
		if (cases[i][2] != NULL)
			assert_string_equal(err.text, cases[i][2]);
		assert_memory_equal(&params, &before, sizeof(params));
	}
}

static void an_unknown_name_is_refused_with_the_nearest(void **state)
{
	struct params params;
	struct err err = {0};

	params_init(&params);
	assert_int_equal(params_set(&params, "sockte", "/x", &err), -EINVAL);
	assert_string_equal(err.text, "sockte: there is no such parameter; do you mean socket?");
}

static void printing_is_cut_at_the_end(void **state)
{
	char text[LEASE_TEXT_MAX + 1], path[PARAMS_SOCKET_MAX + 1], suffix[HOSTNAME_MAX + 1];
	struct params params;

	params_init(&params);
	params_print(&params, text);
	assert_non_null(strstr(
		text, "take-over=class client-class=intel-me learned-max=65536 forward=true"));

	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	for (size_t i = 0; i < sizeof(suffix) - 1; i++)
		suffix[i] = i % 50 == 49 ? '.' : 'a';
	suffix[sizeof(suffix) - 1] = '\0';
	assert_int_equal(params_set(&params, "socket", path, NULL), 0);
	assert_int_equal(params_set(&params, "qualifying-suffix", suffix, NULL), 0);
	params_print(&params, text);
	assert_int_equal(strlen(text), LEASE_TEXT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_as_documented),
		cmocka_unit_test(every_parameter_can_be_set_and_shown),
		cmocka_unit_test(a_suffix_is_normalised),
		cmocka_unit_test(a_bad_value_is_refused_with_what_would_be_right),
		cmocka_unit_test(an_unknown_name_is_refused_with_the_nearest),
		cmocka_unit_test(printing_is_cut_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
