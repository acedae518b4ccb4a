/* SPDX-License-Identifier: ISC */
#include "common/prefix.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct prefix parsed(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix, NULL), 0);
	return prefix;
}

static struct addr address(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static void what_is_parsed_prints_the_same(void **state)
{
	static const char *const texts[] = {"0.0.0.0/0", "10.81.0.0/16",  "10.0.0.1/32",
					    "::/0",      "2001:db8::/32", "2001:db8::1/128"};
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_string_equal(prefix_print(parsed(texts[i]), text), texts[i]);
	assert_string_equal(prefix_print(parsed("10.0.0.1"), text), "10.0.0.1/32");
	assert_string_equal(prefix_print((struct prefix){0}, text), "-");
}

static void a_refusal_says_what_would_be_right(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{"", "\"\" is not a network (10.81.0.0/16, 2001:db8::/32)"},
		{"192.168.2/24", "\"192.168.2/24\" is not a network (10.81.0.0/16, 2001:db8::/32)"},
		{"10.0.0.1/8", "\"10.0.0.1/8\" has host bits set (the network is 10.0.0.0/8)"},
		{"10.81.3.0/20",
		 "\"10.81.3.0/20\" has host bits set (the network is 10.81.0.0/20)"},
		{"10.0.0.0/33", "\"10.0.0.0/33\": the length must be a number from 0 to 32"},
		{"10.0.0.0/", "\"10.0.0.0/\": the length must be a number from 0 to 32"},
		{"10.0.0.0/08", "\"10.0.0.0/08\": the length must be a number from 0 to 32"},
		{"10.0.0.0/-1", "\"10.0.0.0/-1\": the length must be a number from 0 to 32"},
		{"2001:db8::/1280",
		 "\"2001:db8::/1280\": the length must be a number from 0 to 128"},
		{"\x1b[2J", "\"\\x1b[2J\" is not a network (10.81.0.0/16, 2001:db8::/32)"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix prefix;
		struct err err = {0};

		assert_int_equal(prefix_parse(cases[i].text, &prefix, &err), -EINVAL);
		assert_string_equal(err.text, cases[i].sentence);
	}
}

static void a_refusal_leaves_the_result_alone(void **state)
{
	struct prefix prefix = {.length = 99};

	assert_int_equal(prefix_parse("10.0.0.1/8", &prefix, NULL), -EINVAL);
	assert_int_equal(prefix.length, 99);
}

static void members_are_contained(void **state)
{
	assert_true(prefix_contains(parsed("10.81.0.0/16"), address("10.81.255.255")));
	assert_false(prefix_contains(parsed("10.81.0.0/16"), address("10.82.0.0")));
	assert_true(prefix_contains(parsed("10.81.0.0/20"), address("10.81.15.255")));
	assert_false(prefix_contains(parsed("10.81.0.0/20"), address("10.81.16.0")));
	assert_true(prefix_contains(parsed("0.0.0.0/0"), address("1.2.3.4")));
	assert_false(prefix_contains(parsed("0.0.0.0/0"), address("::1")));
	assert_false(prefix_contains(parsed("::/0"), address("1.2.3.4")));
	assert_true(prefix_contains(parsed("2001:db8::/33"), address("2001:db8:7fff::1")));
	assert_false(prefix_contains(parsed("2001:db8::/33"), address("2001:db8:8000::1")));
	assert_false(prefix_contains((struct prefix){0}, (struct addr){0}));
}

static void counts_stop_at_what_the_type_holds(void **state)
{
	assert_true(prefix_count(parsed("10.0.0.1")) == 1);
	assert_true(prefix_count(parsed("10.0.0.0/24")) == 256);
	assert_true(prefix_count(parsed("0.0.0.0/0")) == UINT64_C(1) << 32);
	assert_true(prefix_count(parsed("::/65")) == UINT64_C(1) << 63);
	assert_true(prefix_count(parsed("::/64")) == UINT64_MAX);
	assert_true(prefix_count(parsed("::/0")) == UINT64_MAX);
	assert_true(prefix_count((struct prefix){0}) == 0);
}

static void steps_reach_every_address_and_no_other(void **state)
{
	struct prefix small = parsed("10.81.0.0/22");
	char text[ADDR_TEXT];

	assert_string_equal(addr_print(prefix_at(small, 0), text), "10.81.0.0");
	assert_string_equal(addr_print(prefix_at(small, 256), text), "10.81.1.0");
	assert_string_equal(addr_print(prefix_at(small, 1023), text), "10.81.3.255");
	assert_string_equal(addr_print(prefix_at(small, 1024), text), "-");
	assert_string_equal(addr_print(prefix_at(parsed("10.0.0.1"), 1), text), "-");
	assert_string_equal(addr_print(prefix_at(parsed("0.0.0.0/0"), UINT32_MAX), text),
			    "255.255.255.255");
	assert_string_equal(addr_print(prefix_at(parsed("2001:db8::/64"), UINT64_MAX), text),
			    "2001:db8::ffff:ffff:ffff:ffff");
	assert_string_equal(addr_print(prefix_at((struct prefix){0}, 0), text), "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_parsed_prints_the_same),
		cmocka_unit_test(a_refusal_says_what_would_be_right),
		cmocka_unit_test(a_refusal_leaves_the_result_alone),
		cmocka_unit_test(members_are_contained),
		cmocka_unit_test(counts_stop_at_what_the_type_holds),
		cmocka_unit_test(steps_reach_every_address_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
