/* SPDX-License-Identifier: ISC */
#include "common/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void what_is_unfit_for_a_terminal_is_escaped(void **state)
{
	static const struct {
		const char *from, *clean;
	} cases[] = {
		{"", ""},
		{"plain text, 100%", "plain text, 100%"},
		{"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"},
		{"\x1b]0;title\x07", "\\x1b]0;title\\x07"},
		{"a\nb\r\tc", "a\\x0ab\\x0d\\x09c"},
		{"back\\slash", "back\\x5cslash"},
		{"\x7f", "\\x7f"},
		{"b\xc3\xbcro \xe2\x82\xac \xf0\x9f\x98\x80",
		 "b\xc3\xbcro \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"\xc2\x9b"
		 "31m",
		 "\\xc2\\x9b31m"},                                   /* C1: CSI */
		{"\xe2\x80\xaemoc.live", "\\xe2\\x80\\xaemoc.live"}, /* right-to-left override */
		{"\xe2\x81\xa6"
		 "x\xe2\x81\xa9",
		 "\\xe2\\x81\\xa6x\\xe2\\x81\\xa9"}, /* isolates */
		{"\xd8\x9c", "\\xd8\\x9c"},          /* Arabic letter mark */
		{"\xe2\x80\xa8", "\\xe2\\x80\\xa8"}, /* line separator */
		{"a\xe2\x80\x8b"
		 "b",
		 "a\\xe2\\x80\\x8bb"},                        /* zero width space */
		{"\xef\xbb\xbf", "\\xef\\xbb\\xbf"},          /* byte order mark */
		{"\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81"}, /* tag A */
		{"\xff\xfe", "\\xff\\xfe"},
		{"\x80", "\\x80"},
		{"\xc3", "\\xc3"}, /* cut sequence */
		{"\xe2\x82", "\\xe2\\x82"},
		{"\xc0\xaf", "\\xc0\\xaf"}, /* overlong '/' */
		{"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* above U+10FFFF */
		{"\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80"},
		{"\xc3(", "\\xc3("},
	};
	char text[100];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
			text_clean(text, sizeof(text), cases[i].from, strlen(cases[i].from)),
			cases[i].clean);
	assert_string_equal(text_clean(text, sizeof(text), "a\0b", 3), "a\\x00b");
}

static void what_is_clean_has_no_control_byte_left(void **state)
{
	uint8_t all[256];
	char text[256 * 4 + 1];

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	text_clean(text, sizeof(text), all, sizeof(all));
	for (size_t i = 0; text[i] != '\0'; i++)
		assert_in_range((unsigned char)text[i], 0x20, 0x7e);
}

static void a_cut_shows_as_three_dots(void **state)
{
	static const char from[] = "abcdefghijkl";
	static const char *const cuts[] = {"abcd...",    "abcde...",    "abcdef...",
					   "abcdefg...", "abcdefgh...", "abcdefghijkl"};
	char text[16];

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
		assert_string_equal(text_clean(text, 8 + i, from, 12), cuts[i]);
	/* Never inside an escape or a character. */
	assert_string_equal(text_clean(text, 8,
				       "abc\x1b"
				       "def",
				       7),
			    "abc...");
	assert_string_equal(text_clean(text, 9,
				       "ab\xe2\x82\xac\xe2\x82\xac"
				       "f",
				       9),
			    "ab\xe2\x82\xac...");
	assert_string_equal(text_clean(text, 8, "\x1b\x1b", 2), "\\x1b...");
}

static void hex_goes_both_ways(void **state)
{
	uint8_t bytes[4];
	char text[9];
	size_t length;

	assert_string_equal(text_hex(text, sizeof(text), "\x00\xab\xff\x10", 4), "00abff10");
	assert_string_equal(text_hex(text, 8, "\x00\xab\xff\x10", 4), "00abff");
	assert_string_equal(text_hex(text, 1, "\x00", 1), "");
	assert_int_equal(text_unhex("00aBFf10", 8, bytes, 4, &length), 0);
	assert_int_equal(length, 4);
	assert_memory_equal(bytes, "\x00\xab\xff\x10", 4);
	assert_int_equal(text_unhex(" 00 ab\nff\t", 10, bytes, 4, &length), 0);
	assert_int_equal(length, 3);
	assert_int_equal(text_unhex("", 0, bytes, 4, &length), 0);
	assert_int_equal(length, 0);
}

static void wrong_hex_is_refused(void **state)
{
	uint8_t bytes[2];
	size_t length;

	assert_int_equal(text_unhex("0g", 2, bytes, 2, &length), -EINVAL);
	assert_int_equal(text_unhex("001", 3, bytes, 2, &length), -EINVAL);
	assert_int_equal(text_unhex("0 1", 3, bytes, 2, &length), -EINVAL);
	assert_int_equal(text_unhex("00:11", 5, bytes, 2, &length), -EINVAL);
	assert_int_equal(text_unhex("001122", 6, bytes, 2, &length), -ENOBUFS);
}

static void the_nearest_word_is_found(void **state)
{
	static const char *const names[] = {"listen", "servers", "ttl", "give-up-after", NULL};

	assert_string_equal(text_nearest("lisen", names), "listen");
	assert_string_equal(text_nearest("server", names), "servers");
	assert_string_equal(text_nearest("give_up_after", names), "give-up-after");
	assert_string_equal(text_nearest("tll", names), "ttl");
	assert_null(text_nearest("color", names));
	assert_null(text_nearest("x", names));
	assert_null(text_nearest("", names));
	assert_null(text_nearest(
		"0123456789012345678901234567890123456789012345678901234567890123x", names));
}

static void a_text_grows_to_its_limit_and_no_further(void **state)
{
	struct text text;

	text_init(&text, 600);
	assert_null(text.bytes);
	for (unsigned i = 0; i < 60; i++)
		text_add(&text, "%010u", i);
	assert_false(text.bad);
	assert_int_equal(text.length, 600);
	assert_int_equal(strlen(text.bytes), 600);
	text_add(&text, "x");
	assert_true(text.bad);
	assert_int_equal(text.length, 600);
	text_clear(&text);
	assert_false(text.bad);
	text_add_bytes(&text, "a\0b", 3);
	assert_int_equal(text.length, 3);
	assert_memory_equal(text.bytes, "a\0b", 4);
	text_done(&text);
	assert_null(text.bytes);
}

static void once_bad_nothing_is_added(void **state)
{
	struct text text;

	text_init(&text, 4);
	text_add(&text, "12345");
	assert_true(text.bad);
	text_add(&text, "1");
	text_add_bytes(&text, "1", 1);
	text_add_clean(&text, "1", 1);
	assert_int_equal(text.length, 0);
	text_done(&text);
}

static void text_from_outside_is_cleaned_while_added(void **state)
{
	struct text text;

	text_init(&text, 100);
	text_add(&text, "name=");
	text_add_clean(&text, "\x1b[2J", 4);
	assert_string_equal(text.bytes, "name=\\x1b[2J");
	text_done(&text);
}

static void markup_cannot_be_left(void **state)
{
	static const char hostile[] = "<a b=\"c\" d='e'>&\xc3\xa4</a>";
	struct text text;

	text_init(&text, 200);
	text_add_markup(&text, hostile, sizeof(hostile) - 1);
	assert_string_equal(text.bytes,
			    "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\xc3\xa4&lt;/a&gt;");
	text_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_unfit_for_a_terminal_is_escaped),
		cmocka_unit_test(what_is_clean_has_no_control_byte_left),
		cmocka_unit_test(a_cut_shows_as_three_dots),
		cmocka_unit_test(hex_goes_both_ways),
		cmocka_unit_test(wrong_hex_is_refused),
		cmocka_unit_test(the_nearest_word_is_found),
		cmocka_unit_test(a_text_grows_to_its_limit_and_no_further),
		cmocka_unit_test(once_bad_nothing_is_added),
		cmocka_unit_test(text_from_outside_is_cleaned_while_added),
		cmocka_unit_test(markup_cannot_be_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
