/* SPDX-License-Identifier: ISC */
#include "common/addr.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct addr parsed(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static void what_is_parsed_prints_the_same(void **state)
{
	static const char *const texts[] = {"0.0.0.0", "10.81.1.100",     "255.255.255.255", "::",
					    "::1",     "2001:db8::1:0:1", "fe80::1"};
	char text[ADDR_TEXT];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_string_equal(addr_print(parsed(texts[i]), text), texts[i]);
	assert_string_equal(addr_print((struct addr){0}, text), "-");
}

static void anything_but_a_full_address_is_refused(void **state)
{
	static const char *const texts[] = {"",           "10.1",     "010.0.0.1", "10.0.0.256",
					    "1.2.3.4 ",   " 1.2.3.4", "1.2.3.4.5", "0x7f.0.0.1",
					    "fe80::1%lo", "1::2::3",  "[::1]",     "example.com"};
	struct addr addr = {.family = 99};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(addr_parse(texts[i], &addr), -EINVAL);
	assert_int_equal(addr.family, 99);
}

static void mapped_addresses_are_ip4(void **state)
{
	static const struct addr plain = {ADDR_IP4, {10, 81, 1, 100}};
	struct addr mapped = parsed("::ffff:10.81.1.100");

	assert_int_equal(mapped.family, ADDR_IP4);
	assert_true(addr_equal(mapped, parsed("10.81.1.100")));
	assert_true(addr_equal(mapped, addr_ip4(0x0a510164)));
	assert_memory_equal(&mapped, &plain, sizeof(mapped));
}

static void sizes_follow_the_family(void **state)
{
	assert_int_equal(addr_size(parsed("1.2.3.4")), 4);
	assert_int_equal(addr_size(parsed("::1")), 16);
	assert_int_equal(addr_size((struct addr){0}), 0);
}

static void order_is_family_then_value(void **state)
{
	assert_true(addr_compare(parsed("255.0.0.0"), parsed("::1")) < 0);
	assert_true(addr_compare(parsed("10.0.0.2"), parsed("10.0.0.10")) < 0);
	assert_true(addr_compare(parsed("2001:db8::2"), parsed("2001:db8::1")) > 0);
	assert_int_equal(addr_compare(parsed("::1"), parsed("::1")), 0);
	assert_true(addr_equal((struct addr){0}, (struct addr){0}));
}

static void zero_addresses_are_any(void **state)
{
	assert_true(addr_is_any(parsed("0.0.0.0")));
	assert_true(addr_is_any(parsed("::")));
	assert_true(addr_is_any((struct addr){0}));
	assert_false(addr_is_any(parsed("0.0.0.1")));
	assert_false(addr_is_any(parsed("::1")));
}

static void reverse_names_follow_the_rfcs(void **state)
{
	char text[ADDR_REVERSE_TEXT];

	assert_string_equal(addr_print_reverse(parsed("10.81.1.2"), text),
			    "2.1.81.10.in-addr.arpa");
	/* The example of RFC 3596 2.5. */
	assert_string_equal(addr_print_reverse(parsed("4321:0:1:2:3:4:567:89ab"), text),
			    "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4."
			    "ip6.arpa");
	assert_string_equal(addr_print_reverse((struct addr){0}, text), "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_parsed_prints_the_same),
		cmocka_unit_test(anything_but_a_full_address_is_refused),
		cmocka_unit_test(mapped_addresses_are_ip4),
		cmocka_unit_test(sizes_follow_the_family),
		cmocka_unit_test(order_is_family_then_value),
		cmocka_unit_test(zero_addresses_are_any),
		cmocka_unit_test(reverse_names_follow_the_rfcs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
