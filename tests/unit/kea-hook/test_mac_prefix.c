/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/mac_prefix.h"

#include <errno.h>

static bool has(const char *text, const char *mac_text)
{
	struct mac_prefix prefix;
	struct mac mac;

	assert_int_equal(mac_prefix_parse(text, &prefix), 0);
	assert_int_equal(mac_parse(mac_text, &mac), 0);
	return mac_prefix_has(&prefix, &mac);
}

static void only_what_begins_so_has_the_prefix(void **state)
{
	assert_true(has("00:d8:61", "00:d8:61:12:34:56"));
	assert_true(has("00-D8-61", "00:d8:61:ff:ff:ff"));
	assert_false(has("00:d8:61", "00:d8:62:12:34:56"));
	assert_true(has("70:b3:d5:7a:c0/36", "70:b3:d5:7a:cf:00"));
	assert_false(has("70:b3:d5:7a:c0/36", "70:b3:d5:7a:d0:00"));
	assert_true(has("00:d8:61:12:34:56", "00:d8:61:12:34:56"));
	assert_false(has("00:d8:61:12:34:56", "00:d8:61:12:34:57"));
	assert_true(has("80/1", "ff:00:00:00:00:00"));
}

static void what_is_not_ethernet_has_none(void **state)
{
	struct mac_prefix prefix;
	struct mac token_ring = {6, 6, {0, 0xd8, 0x61}}, infiniband = {1, 20, {0, 0xd8, 0x61}};

	assert_int_equal(mac_prefix_parse("00:d8:61", &prefix), 0);
	assert_false(mac_prefix_has(&prefix, &token_ring));
	assert_false(mac_prefix_has(&prefix, &infiniband));
}

static void a_prefix_prints_as_it_is_written(void **state)
{
	static const char *const texts[] = {"00:d8:61", "70:b3:d5:7a:c0/36", "02", "80/1",
					    "00:d8:61:12:34:56"};
	char text[MAC_PREFIX_TEXT];
	struct mac_prefix prefix;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(mac_prefix_parse(texts[i], &prefix), 0);
		assert_string_equal(mac_prefix_print(prefix, text), texts[i]);
	}
}

static void nonsense_is_refused(void **state)
{
	static const char *const texts[] = {
		"",          "0",           "x0:00",
		"00:",       "00:d8:61/25", "00/0",
		"00/",       "00/1x",       "00:d8:61:12:34:56:78",
		"00:d8:61 ", "00:d8:61/20", "00:d8:61/-1",
		"000:d8",    "00::61",
	};
	struct mac_prefix prefix;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(mac_prefix_parse(texts[i], &prefix), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_begins_so_has_the_prefix),
		cmocka_unit_test(what_is_not_ethernet_has_none),
		cmocka_unit_test(a_prefix_prints_as_it_is_written),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
