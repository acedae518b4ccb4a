/* SPDX-License-Identifier: ISC */
#include "dns/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct zone zones[] = {
	{.name = {"example"}},
	{.name = {"corp.example"}},
	{.name = {"2.0.192.in-addr.arpa"}},
	{.name = {"64/26.2.0.192.in-addr.arpa"}},
	{.name = {"64/28.2.0.192.in-addr.arpa"}},
};

static int set_ranges(void **state)
{
	return prefix_parse("192.0.2.64/26", &zones[3].range, NULL) ||
	       prefix_parse("192.0.2.64/28", &zones[4].range, NULL);
}

static void longest_suffix_wins_and_a_range_before_it(void **state)
{
	static const struct {
		const char *name;
		int zone;
		const char *owner;
	} cases[] = {
		{"me.example", 0, "me.example"},
		{"me.corp.example", 1, "me.corp.example"},
		{"corp.example", 1, "corp.example"},
		{"mecorp.example", 0, "mecorp.example"},
		{"other", -1, NULL},
		{"1.2.0.192.in-addr.arpa", 2, "1.2.0.192.in-addr.arpa"},
		{"100.2.0.192.in-addr.arpa", 3, "100.64/26.2.0.192.in-addr.arpa"},
		{"127.2.0.192.in-addr.arpa", 3, "127.64/26.2.0.192.in-addr.arpa"},
		{"128.2.0.192.in-addr.arpa", 2, "128.2.0.192.in-addr.arpa"},
		{"65.2.0.192.in-addr.arpa", 4, "65.64/28.2.0.192.in-addr.arpa"},
		/* not the reverse name of an address */
		{"0100.2.0.192.in-addr.arpa", 2, "0100.2.0.192.in-addr.arpa"},
		{"x.2.0.192.in-addr.arpa", 2, "x.2.0.192.in-addr.arpa"},
		{"356.2.0.192.in-addr.arpa", 2, "356.2.0.192.in-addr.arpa"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct hostname name, owner;
		int zone;

		assert_int_equal(hostname_parse(cases[i].name, &name, NULL), 0);
		zone = zone_find(zones, sizeof(zones) / sizeof(*zones), &name);
		assert_int_equal(zone, cases[i].zone);
		if (zone < 0)
			continue;
		owner = zone_owner(&zones[zone], &name);
		assert_string_equal(owner.text, cases[i].owner);
	}
}

static void root_holds_every_name(void **state)
{
	static const struct zone root[] = {{.name = {""}}};
	struct hostname name = {"me.example"};

	assert_int_equal(zone_find(root, 1, &name), 0);
	assert_int_equal(zone_find(root, 0, &name), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(longest_suffix_wins_and_a_range_before_it, set_ranges),
		cmocka_unit_test(root_holds_every_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
