/* SPDX-License-Identifier: ISC */
#include "netcheck/target.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int resolve_two(const char *name, struct addr *ret, size_t size, struct err *err)
{
	if (strcmp(name, "pc-1.corp.example"))
		return err_set(err, -EINVAL, "no such name");
	ret[0] = addr_ip4(0x0a000001);
	ret[1] = addr_ip4(0x0a000002);
	return 2;
}

static void assert_addr(struct addr addr, const char *want)
{
	char text[ADDR_TEXT];

	assert_string_equal(addr_print(addr, text), want);
}

static void forms_of_a_target(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		const char *first;
		const char *last;
	} cases[] = {
		{"10.0.0.7", 1, "10.0.0.7", "10.0.0.7"},
		{"10.0.0.0/29", 6, "10.0.0.1", "10.0.0.6"},
		{"10.0.0.0/31", 2, "10.0.0.0", "10.0.0.1"},
		{"10.0.0.8/32", 1, "10.0.0.8", "10.0.0.8"},
		{"10.0.0.250-10.0.1.3", 10, "10.0.0.250", "10.0.1.3"},
		{"10.0.0.5-9", 5, "10.0.0.5", "10.0.0.9"},
		{"2001:db8::/126", 4, "2001:db8::", "2001:db8::3"},
		{"2001:db8::ff-2001:db8::101", 3, "2001:db8::ff", "2001:db8::101"},
		{"pc-1.corp.example", 2, "10.0.0.1", "10.0.0.2"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct target_list list = {0};
		struct err err = {0};

		if (target_add(&list, cases[i].text, TARGET_MAX, resolve_two, &err))
			fail_msg("%s", err.text);
		assert_int_equal(list.count, cases[i].count);
		assert_addr(list.items[0], cases[i].first);
		assert_addr(list.items[list.count - 1], cases[i].last);
		target_done(&list);
	}
}

static void a_typing_error_is_a_sentence(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{"192.168.2/24", "not a network"},
		{"10.0.0.1/24", "10.0.0.0/24"},
		{"10.0.0.9-5", "ends before it begins"},
		{"10.0.0.5-300", "end of the range"},
		{"10.0.0.5-", "end of the range"},
		{"10.0.0.5-2001:db8::1", "end of the range"},
		{"10.0.0", "neither an address"},
		{"pc-2", "no such name"},
		{"", "empty"},
		{"0.0.0.0/0", "more than"},
		{"::-ffff::", "more than"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct target_list list = {0};
		struct err err = {0};

		assert_true(target_add(&list, cases[i].text, TARGET_MAX, resolve_two, &err) < 0);
		if (!strstr(err.text, cases[i].says))
			fail_msg("\"%s\" gives: %s", cases[i].text, err.text);
		assert_int_equal(list.count, 0);
		target_done(&list);
	}
}

static void names_are_refused_without_a_resolver(void **state)
{
	struct target_list list = {0};
	struct err err = {0};

	assert_int_equal(target_add(&list, "pc-1", 10, NULL, &err), -EINVAL);
	assert_non_null(strstr(err.text, "not an address"));
}

static void an_address_counts_once(void **state)
{
	struct target_list list = {0};

	assert_int_equal(target_add(&list, "10.0.0.3", 10, NULL, NULL), 0);
	assert_int_equal(target_add(&list, "10.0.0.2-4", 10, NULL, NULL), 0);
	assert_int_equal(list.count, 3);
	assert_addr(list.items[0], "10.0.0.3");
	assert_addr(list.items[1], "10.0.0.2");
	assert_addr(list.items[2], "10.0.0.4");
	target_done(&list);
}

static void the_limit_is_for_the_whole_list(void **state)
{
	struct target_list list = {0};
	struct err err = {0};

	assert_int_equal(target_add(&list, "10.0.0.1-6", 8, NULL, &err), 0);
	assert_int_equal(target_add(&list, "10.0.1.1-6", 8, NULL, &err), -E2BIG);
	assert_int_equal(list.count, 6);
	target_done(&list);
}

static void forms_of_a_port_list(void **state)
{
	struct target_ports ports;

	assert_int_equal(target_parse_ports("16992-16995,443,16993", &ports, NULL), 0);
	assert_int_equal(ports.count, 5);
	assert_int_equal(ports.items[0], 16992);
	assert_int_equal(ports.items[4], 443);
}

static void a_bad_port_list_is_refused(void **state)
{
	static const char *const cases[] = {"",    "0",   "65536", "1-",  "9-8",
					    "80,", ",80", "http",  "80 ", "1-65535"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct target_ports ports = {.count = 77};
		struct err err = {0};

		assert_int_equal(target_parse_ports(cases[i], &ports, &err), -EINVAL);
		assert_int_equal(ports.count, 77);
		assert_true(err.text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_of_a_target),
		cmocka_unit_test(a_typing_error_is_a_sentence),
		cmocka_unit_test(names_are_refused_without_a_resolver),
		cmocka_unit_test(an_address_counts_once),
		cmocka_unit_test(the_limit_is_for_the_whole_list),
		cmocka_unit_test(forms_of_a_port_list),
		cmocka_unit_test(a_bad_port_list_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
