/* SPDX-License-Identifier: ISC */
#include "common/hostname.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LABEL_63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"
#define NAME_253                           \
	LABEL_63 "." LABEL_63 "." LABEL_63 \
		 ".abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxy"

static struct hostname parsed(const char *text)
{
	struct hostname name;

	assert_int_equal(hostname_parse(text, &name, NULL), 0);
	return name;
}

static void a_parsed_name_is_lower_case_without_trailing_dot(void **state)
{
	assert_string_equal(parsed("ME01.Corp.Example.").text, "me01.corp.example");
	assert_string_equal(parsed("_amt_1.a-b.c").text, "_amt_1.a-b.c");
	assert_string_equal(parsed(".").text, "");
	assert_string_equal(parsed(NAME_253).text, NAME_253);
	assert_string_equal(parsed(NAME_253 ".").text, NAME_253);
}

static void a_refusal_says_why(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "\"\" is not a host name: it is empty (me01.example.com)"},
		{"..", "it has an empty label"},
		{"a..b", "it has an empty label"},
		{".a", "it has an empty label"},
		{"a b", "it may only hold letters, digits, '-', '_' and dots"},
		{"b\xc3\xbcro", "it may only hold letters"},
		{"\x1b[2J", "\"\\x1b[2J\" is not a host name"},
		{"-a.b", "it has a label that begins or ends with '-'"},
		{"a.b-", "it has a label that begins or ends with '-'"},
		{LABEL_63 "x.b", "it has a label of more than 63 characters"},
		{NAME_253 "a", "it has more than 253 characters"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hostname name = {"kept"};
		struct err err = {0};

		assert_int_equal(hostname_parse(cases[i].text, &name, &err), -EINVAL);
		assert_non_null(strstr(err.text, cases[i].why));
		assert_string_equal(name.text, "kept");
	}
}

struct clean_case {
	const char *raw, *clean;
	bool changed;
};

static void what_clients_send_is_made_a_name(void **state)
{
	static const struct clean_case cases[] = {
		{"me01", "me01", false},
		{"ME01.Corp.Example.", "me01.corp.example", false},
		{"b&#252;ro-7", "bro-7", true}, /* entities are decoded, then dropped */
		{"&#228;", NULL, false},        /* nothing is left */
		{"*.me01", "me01", true},       /* a name of its own, never for others */
		{"*", NULL, false},
		{"&#x4d;&#69;01", "me01", true}, /* and kept where a label may hold them */
		{"a&#46;b", "ab", true},         /* never a separator */
		{"a&#228", "a228", true},        /* not an entity without its end */
		{"a&#;b", "ab", true},
		{"a&#xg;b", "axgb", true},
		{"a&#00000097;b", "a00000097b", true}, /* nor with more than seven digits */
		{"a&#2f;b", "a2fb", true},             /* nor with hex digits in a decimal one */
		{"a&amp;b", "aampb", true},
		{"john's pc", "johnspc", true},
		{"b\xc3\xbcro", "bro", true},
		{"-me-01-", "me-01", true},
		{"--", NULL, false},
		{"a.-.b", "a.b", true},
		{"a..b", "a.b", true},
		{".a", "a", true},
		{"a..", "a", true},
		{".", NULL, false},
		{"", NULL, false},
		{LABEL_63 "xyz.b", LABEL_63 ".b", true},
		{NAME_253, NAME_253, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct clean_case *c = &cases[i];
		struct hostname name = {"kept"};
		bool changed = false;
		int result = hostname_clean(c->raw, strlen(c->raw), &name, &changed);

		assert_int_equal(result, c->clean ? 0 : -ENOENT);
		assert_string_equal(name.text, c->clean ? c->clean : "kept");
		assert_int_equal(changed, c->changed);
	}
}

static void a_cut_label_does_not_end_with_a_dash(void **state)
{
	char raw[80];
	struct hostname name;
	bool changed;

	memset(raw, '-', sizeof(raw));
	memset(raw, 'a', 60);
	raw[70] = 'b';
	assert_int_equal(hostname_clean(raw, 71, &name, &changed), 0);
	assert_int_equal(strlen(name.text), 60);
	assert_true(changed);
}

static void a_name_that_stays_too_long_is_said_so(void **state)
{
	struct hostname name;
	bool changed;

	assert_int_equal(hostname_clean(NAME_253 ".a", 255, &name, &changed), -ENAMETOOLONG);
	assert_int_equal(hostname_clean("a\0b", 3, &name, &changed), 0);
	assert_string_equal(name.text, "ab");
}

static void wire_names_are_full_or_partial(void **state)
{
	struct hostname name;
	bool full, changed;

	assert_int_equal(
		hostname_from_wire((const uint8_t *)"\4ME01\4corp\0", 11, &name, &full, &changed),
		0);
	assert_string_equal(name.text, "me01.corp");
	assert_true(full);
	assert_false(changed);
	assert_int_equal(hostname_from_wire((const uint8_t *)"\4me01", 5, &name, &full, &changed),
			 0);
	assert_string_equal(name.text, "me01");
	assert_false(full);
}

static void wire_labels_are_cleaned(void **state)
{
	struct hostname name;
	bool full, changed;

	assert_int_equal(hostname_from_wire((const uint8_t *)"\3a.b\6&#228;\2c \0", 15, &name,
					    &full, &changed),
			 0);
	assert_string_equal(name.text, "ab.c");
	assert_true(full);
	assert_true(changed);
}

static void broken_wire_names_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		int result;
	} cases[] = {
		{"", 0, -ENOENT},
		{"\0", 1, -ENOENT},
		{"\1 \0", 3, -ENOENT},
		{"\5me01", 5, -EINVAL},       /* runs over the end */
		{"\4me01\0x", 7, -EINVAL},    /* bytes after the root */
		{"\4me01\300\0", 7, -EINVAL}, /* a compression pointer */
		{"\0\0", 2, -EINVAL},
	};
	uint8_t bytes[66] = {64};
	struct hostname name = {"kept"};
	bool full, changed;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(hostname_from_wire((const uint8_t *)cases[i].bytes, cases[i].size,
						    &name, &full, &changed),
				 cases[i].result);
	memset(bytes + 1, 'a', 64);
	assert_int_equal(hostname_from_wire(bytes, 66, &name, &full, &changed), -EINVAL);
	assert_string_equal(name.text, "kept");
}

static void the_longest_wire_name_fits_and_a_longer_one_does_not(void **state)
{
	uint8_t bytes[HOSTNAME_WIRE_MAX + 2];
	struct hostname name = parsed(NAME_253), back;
	bool full, changed;

	assert_int_equal(hostname_to_wire(&name, bytes), HOSTNAME_WIRE_MAX);
	assert_int_equal(hostname_from_wire(bytes, HOSTNAME_WIRE_MAX, &back, &full, &changed), 0);
	assert_true(hostname_equal(&name, &back));
	memcpy(bytes + 254, "\1a\0", 3);
	assert_int_equal(hostname_from_wire(bytes, sizeof(bytes), &back, &full, &changed),
			 -ENAMETOOLONG);
}

static void to_wire_ends_with_the_root(void **state)
{
	uint8_t bytes[HOSTNAME_WIRE_MAX];
	struct hostname name = parsed("me01.corp"), root = parsed(".");

	assert_int_equal(hostname_to_wire(&name, bytes), 11);
	assert_memory_equal(bytes, "\4me01\4corp\0", 11);
	assert_int_equal(hostname_to_wire(&root, bytes), 1);
	assert_int_equal(bytes[0], 0);
}

static void labels_are_counted(void **state)
{
	struct hostname three = parsed("a.b.c"), one = parsed("a"), root = {0};

	assert_int_equal(hostname_labels(&three), 3);
	assert_int_equal(hostname_labels(&one), 1);
	assert_int_equal(hostname_labels(&root), 0);
	assert_true(hostname_is_empty(&root));
	assert_false(hostname_is_empty(&one));
}

static void below_means_whole_labels(void **state)
{
	struct hostname zone = parsed("corp.example"), root = {0};
	struct hostname host = parsed("me01.corp.example"), other = parsed("megacorp.example");

	assert_true(hostname_is_below(&host, &zone));
	assert_true(hostname_is_below(&zone, &zone));
	assert_false(hostname_is_below(&other, &zone));
	assert_false(hostname_is_below(&zone, &host));
	assert_true(hostname_is_below(&host, &root));
	assert_true(hostname_is_below(&root, &root));
	assert_false(hostname_is_below(&root, &zone));
}

static void a_suffix_is_joined_once(void **state)
{
	struct hostname host = parsed("me01"), zone = parsed("corp.example"), joined, again;
	struct hostname root = {0}, longest = parsed(NAME_253);

	assert_int_equal(hostname_join(&host, &zone, &joined), 0);
	assert_string_equal(joined.text, "me01.corp.example");
	assert_int_equal(hostname_join(&joined, &zone, &again), 0);
	assert_string_equal(again.text, "me01.corp.example");
	assert_int_equal(hostname_join(&host, &root, &joined), 0);
	assert_string_equal(joined.text, "me01");
	assert_int_equal(hostname_join(&root, &zone, &joined), 0);
	assert_string_equal(joined.text, "corp.example");
	assert_int_equal(hostname_join(&longest, &zone, &joined), -ENAMETOOLONG);
	assert_int_equal(hostname_join(&host, &zone, &host), 0);
	assert_string_equal(host.text, "me01.corp.example");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_parsed_name_is_lower_case_without_trailing_dot),
		cmocka_unit_test(a_refusal_says_why),
		cmocka_unit_test(what_clients_send_is_made_a_name),
		cmocka_unit_test(a_cut_label_does_not_end_with_a_dash),
		cmocka_unit_test(a_name_that_stays_too_long_is_said_so),
		cmocka_unit_test(wire_names_are_full_or_partial),
		cmocka_unit_test(wire_labels_are_cleaned),
		cmocka_unit_test(broken_wire_names_are_refused),
		cmocka_unit_test(the_longest_wire_name_fits_and_a_longer_one_does_not),
		cmocka_unit_test(to_wire_ends_with_the_root),
		cmocka_unit_test(labels_are_counted),
		cmocka_unit_test(below_means_whole_labels),
		cmocka_unit_test(a_suffix_is_joined_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
