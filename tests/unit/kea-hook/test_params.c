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
	assert_int_equal(params.take_over[0], TAKE_OVER_CLASS);
	assert_int_equal(params.take_over[1], TAKE_OVER_NOBODY);
	assert_true(params.repair);
	assert_true(params.tag_leases);
	assert_int_equal(params.prefix_count, 0);
	assert_int_equal(params.policy.from[0], NAMING_FROM_CLIENT);
	assert_int_equal(params.policy.from[2], NAMING_FROM_TEMPLATE);
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
		{"take-over", "learned,mac-prefixes,option-81,class,all"},
		{"client-class", "amt"},
		{"mac-prefixes", "00:d8:61,70:b3:d5:7a:c0/36"},
		{"learned-max", "1000"},
		{"repair-option-81", "false"},
		{"tag-leases", "false"},
		{"forward", "false"},
		{"reverse", "false"},
		{"honour-client-no-update", "true"},
		{"name-from", "template,option-12"},
		{"name-template", "amt-{mac}.me"},
		{"qualifying-suffix", "corp.example"},
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
		{"take-over", "some",
		 "take-over: \"some\" is not one or several of class, mac-prefixes, learned, "
		 "option-81 and all"},
		{"socket", "lease.sock",
		 "socket: \"lease.sock\" is not an absolute path of at most 107 characters"},
		{"socket", too_long, NULL},
		{"take-over", "", NULL},
		{"take-over", "class,class", NULL},
		{"take-over", "class,", NULL},
		{"mac-prefixes", "00:d8:61,xx", NULL},
		{"learned-max", "1048577", NULL},
		{"learned-max", "-1", NULL},
		{"name-from", "option-82", NULL},
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

static void a_class_begins_with_the_servers_policy_and_changes_its_own(void **state)
{
	struct params params;

	params_init(&params);
	assert_int_equal(params_set(&params, "reverse", "false", NULL), 0);
	assert_int_equal(params_add_class(&params, NULL), 0);
	assert_int_equal(params_set_class(&params, "name", "lab-me", NULL), 0);
	assert_int_equal(params_set_class(&params, "forward", "false", NULL), 0);
	assert_int_equal(params_set_class(&params, "qualifying-suffix", "lab.example", NULL), 0);
	assert_int_equal(params_done(&params, NULL), 0);
	assert_int_equal(params.class_count, 2);
	assert_string_equal(params.classes[0].name, "lab-me");
	assert_false(params.classes[0].policy.forward);
	assert_false(params.classes[0].policy.reverse);
	assert_string_equal(params.classes[0].policy.suffix.text, "lab.example");
	assert_string_equal(params.classes[1].name, "intel-me");
	assert_true(params.classes[1].policy.forward);
	assert_true(params.policy.forward);
}

static void a_class_can_be_shown(void **state)
{
	char value[PARAMS_VALUE_MAX + 1];
	struct params params;
	const char *name;
	size_t i;

	params_init(&params);
	assert_int_equal(params_done(&params, NULL), 0);
	assert_true(params_show_class(&params.classes[0], 0, &name, value));
	assert_string_equal(name, "name");
	assert_string_equal(value, "intel-me");
	for (i = 1; params_show_class(&params.classes[0], i, &name, value); i++)
		continue;
	assert_int_equal(i, 7);
	assert_string_equal(name, "qualifying-suffix");
}

static void a_bad_class_is_refused_with_its_place(void **state)
{
	struct params params;
	struct err err = {0};

	params_init(&params);
	assert_int_equal(params_add_class(&params, NULL), 0);
	assert_int_equal(params_set_class(&params, "socket", "/x", &err), -EINVAL);
	assert_string_equal(err.text, "classes[0]: socket: there is no such parameter "
				      "(amtnet-kea-hook(7) has them)");
	assert_int_equal(params_set_class(&params, "forward", "no", &err), -EINVAL);
	assert_string_equal(err.text, "classes[0]: forward: \"no\" is not true or false");
	assert_int_equal(params_done(&params, &err), -EINVAL);
	assert_string_equal(err.text,
			    "classes[0]: \"name\" is missing, the name of a Kea client class");
}

static void classes_are_bounded(void **state)
{
	struct params params;
	struct err err = {0};

	params_init(&params);
	for (size_t i = 1; i < PARAMS_CLASSES_MAX; i++) {
		assert_int_equal(params_add_class(&params, NULL), 0);
		assert_int_equal(params_set_class(&params, "name", "x", NULL), 0);
	}
	assert_int_equal(params_add_class(&params, &err), -EINVAL);
	assert_string_equal(err.text, "classes: at most 31 can be listed");
	assert_int_equal(params_done(&params, NULL), 0);
}

static void mac_prefixes_must_be_given_where_they_are_asked_for(void **state)
{
	struct params params;
	struct err err = {0};

	params_init(&params);
	assert_int_equal(params_set(&params, "take-over", "class,mac-prefixes", NULL), 0);
	assert_int_equal(params_done(&params, &err), -EINVAL);
	assert_string_equal(err.text, "take-over: \"mac-prefixes\" needs a list in mac-prefixes");
}

static void many_prefixes_are_shown_cut_and_too_many_refused(void **state)
{
	char list[PARAMS_PREFIXES_MAX * 9 + 10] = "", value[PARAMS_VALUE_MAX + 1];
	struct params params;
	const char *name;

	params_init(&params);
	for (unsigned i = 0; i < PARAMS_PREFIXES_MAX; i++)
		snprintf(list + strlen(list), 10, "%s02:00:%02x", i > 0 ? "," : "", i);
	assert_int_equal(params_set(&params, "mac-prefixes", list, NULL), 0);
	assert_int_equal(params.prefix_count, PARAMS_PREFIXES_MAX);
	assert_true(params_show(&params, 3, &name, value));
	assert_string_equal(name, "mac-prefixes");
	assert_string_equal(value + strlen(value) - 4, ",...");
	snprintf(list + strlen(list), 10, ",03:00:00");
	assert_int_equal(params_set(&params, "mac-prefixes", list, NULL), -EINVAL);
}

static void printing_is_cut_at_the_end(void **state)
{
	char text[LEASE_TEXT_MAX + 1], path[PARAMS_SOCKET_MAX + 1], suffix[HOSTNAME_MAX + 1];
	struct params params;

	params_init(&params);
	params_print(&params, text);
	assert_non_null(strstr(
		text, "take-over=class client-class=intel-me mac-prefixes=- learned-max=65536"));

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
		cmocka_unit_test(a_class_begins_with_the_servers_policy_and_changes_its_own),
		cmocka_unit_test(a_class_can_be_shown),
		cmocka_unit_test(a_bad_class_is_refused_with_its_place),
		cmocka_unit_test(classes_are_bounded),
		cmocka_unit_test(mac_prefixes_must_be_given_where_they_are_asked_for),
		cmocka_unit_test(many_prefixes_are_shown_cut_and_too_many_refused),
		cmocka_unit_test(printing_is_cut_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
