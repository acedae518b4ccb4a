/* SPDX-License-Identifier: ISC */
#include "common/mac.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void colons_and_dashes_are_read(void **state)
{
	struct mac colons, dashes;
	char text[MAC_TEXT];

	assert_int_equal(mac_parse("00:11:22:aa:bb:cc", &colons), 0);
	assert_int_equal(mac_parse("00-11-22-AA-BB-CC", &dashes), 0);
	assert_true(mac_equal(colons, dashes));
	assert_int_equal(colons.type, 1);
	assert_string_equal(mac_print(dashes, text), "00:11:22:aa:bb:cc");
}

static void anything_but_an_ethernet_address_is_refused(void **state)
{
	static const char *const texts[] = {"",
					    "00:11:22:aa:bb",
					    "00:11:22:aa:bb:cc:dd",
					    "00:11:22-aa:bb:cc",
					    "001122aabbcc",
					    "00:11:22:aa:bb:cg",
					    "0 :11:22:aa:bb:cc",
					    "  :11:22:aa:bb:cc",
					    "00.11.22.aa.bb.cc"};
	struct mac mac;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(mac_parse(texts[i], &mac), -EINVAL);
}

static void bytes_up_to_the_bound_are_taken(void **state)
{
	uint8_t bytes[MAC_MAX + 1];
	struct mac mac;
	char text[MAC_TEXT];

	memset(bytes, 0xab, sizeof(bytes));
	assert_int_equal(mac_from_bytes(32, bytes, MAC_MAX, &mac), 0);
	assert_int_equal(strlen(mac_print(mac, text)), MAC_MAX * 3 - 1);
	assert_int_equal(mac_from_bytes(32, bytes, MAC_MAX + 1, &mac), -EINVAL);
	assert_int_equal(mac_from_bytes(1, NULL, 0, &mac), 0);
	assert_string_equal(mac_print(mac, text), "-");
}

static void type_and_length_tell_addresses_apart(void **state)
{
	static const uint8_t bytes[7] = {1, 2, 3, 4, 5, 6, 0};
	struct mac ethernet, other, longer;

	mac_from_bytes(1, bytes, 6, &ethernet);
	mac_from_bytes(6, bytes, 6, &other);
	mac_from_bytes(1, bytes, 7, &longer);
	assert_false(mac_equal(ethernet, other));
	assert_false(mac_equal(ethernet, longer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colons_and_dashes_are_read),
		cmocka_unit_test(anything_but_an_ethernet_address_is_refused),
		cmocka_unit_test(bytes_up_to_the_bound_are_taken),
		cmocka_unit_test(type_and_length_tell_addresses_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
