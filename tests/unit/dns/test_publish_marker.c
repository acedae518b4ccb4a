/* SPDX-License-Identifier: ISC */
#include "dns/publish_marker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void marker_reads_what_it_writes(void **state)
{
	struct publish_marker marker = {.owner = "core-1.site_a", .epoch = UINT32_MAX};
	struct publish_marker read;
	struct record record;

	record = publish_marker_record(&marker, 300);
	assert_int_equal(record.ttl, 300);
	assert_true(publish_marker_parse(&record, &read));
	assert_memory_equal(&read, &marker, sizeof(read));
}

/* The longest of them fits in one string of a TXT. */
static void entry_holds_what_its_daemon_adds(void **state)
{
	struct publish_marker marker = {.shared = true, .count = PUBLISH_SHARE_MAX}, read;
	uint8_t bytes[16];
	struct record record;

	memset(marker.owner, 'o', PUBLISH_OWNER_MAX);
	memset(bytes, 0xab, sizeof(bytes));
	for (size_t i = 0; i < marker.count; i++)
		marker.addresses[i] = addr_ip6(bytes);
	record = publish_marker_record(&marker, 300);
	assert_true(publish_marker_parse(&record, &read));
	assert_memory_equal(&read, &marker, sizeof(read));
}

static void sign_of_life_has_a_name_of_its_own(void **state)
{
	const struct hostname name = {"provisionserver.corp.example"};
	struct hostname life, longest = {""};

	assert_int_equal(publish_marker_life_name("core1", &name, &life), 0);
	assert_string_equal(life.text, "core1._amtps.provisionserver.corp.example");
	assert_true(publish_marker_life_name("a..b", &name, &life) < 0);
	for (int i = 0; i < 241; i++)
		longest.text[i] = i % 2 ? '.' : 'a';
	assert_true(publish_marker_life_name("core1", &longest, &life) < 0);
}

static void marker_has_exactly_one_form(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{"v=amtps1;owner=core1;epoch=7", true},
		{"v=amtps1;owner=core1;epoch=0", true},
		{"v=amtps1;owner=core1;epoch=7;later=what", true},
		{"v=amtps1;owner=core1;epoch=0;hot=192.0.2.1,2001:db8::1", true},
		{"v=amtps1;owner=core1;epoch=0;hot=", true},
		{"v=amtps1;owner=core1;epoch=0;hot=192.0.2.1,", true},
		{"v=amtps1;owner=core1;epoch=0;hot=192.0.2", false},
		{"v=amtps1;owner=core1;epoch=0;hot=10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4", false},
		{"v=amtps1;owner=core1;epoch=4294967296", false},
		{"v=amtps1;owner=core1;epoch=-1", false},
		{"v=amtps1;owner=core1;epoch=", false},
		{"v=amtps1;owner=core1", false},
		{"v=amtps1;owner=;epoch=7", false},
		{"v=amtps1;owner=a b;epoch=7", false},
		{"v=amtps1;epoch=7;owner=core1", false},
		{"v=amtps2;owner=core1;epoch=7", false},
		{" v=amtps1;owner=core1;epoch=7", false},
		{"v=amtps1", false},
		{"", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct record record = record_txt(cases[i].text, 60);
		struct publish_marker marker;

		if (publish_marker_parse(&record, &marker) != cases[i].good)
			fail_msg("%s", cases[i].text);
	}
}

static void marker_is_one_whole_string(void **state)
{
	struct record record = record_txt("v=amtps1;owner=core1;epoch=7", 60);
	struct publish_marker marker;

	record.length++; /* a second string begins */
	assert_false(publish_marker_parse(&record, &marker));
	record.length -= 2; /* cut */
	assert_false(publish_marker_parse(&record, &marker));
	record.length = 0;
	assert_false(publish_marker_parse(&record, &marker));
	record = record_txt("v=amtps1;owner=core1;epoch=7", 60);
	record.type = RECORD_A;
	assert_false(publish_marker_parse(&record, &marker));
}

static void owner_is_short_and_plain(void **state)
{
	char longest[PUBLISH_OWNER_MAX + 2];

	memset(longest, 'a', sizeof(longest));
	longest[PUBLISH_OWNER_MAX + 1] = '\0';
	assert_false(publish_marker_owner_is_good(longest));
	longest[PUBLISH_OWNER_MAX] = '\0';
	assert_true(publish_marker_owner_is_good(longest));
	assert_false(publish_marker_owner_is_good(""));
	assert_false(publish_marker_owner_is_good("a;b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marker_reads_what_it_writes),
		cmocka_unit_test(entry_holds_what_its_daemon_adds),
		cmocka_unit_test(sign_of_life_has_a_name_of_its_own),
		cmocka_unit_test(marker_has_exactly_one_form),
		cmocka_unit_test(marker_is_one_whole_string),
		cmocka_unit_test(owner_is_short_and_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
