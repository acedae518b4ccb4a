/* SPDX-License-Identifier: ISC */
#include "common/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const columns[] = {"name", "last-error", "count", "up", NULL};

/* Two rows: plain values, then everything that has to be escaped or is missing. */
static size_t fill(enum rows_format format, struct text *out)
{
	struct rows *rows;
	size_t count;

	assert_int_equal(rows_new(&rows, format, columns, out), 0);
	rows_text(rows, "me01");
	rows_text(rows, NULL);
	rows_number(rows, -5);
	rows_bool(rows, true);
	rows_text(rows, "caf\xc3\xa9\t\"a\\b\",\n");
	rows_printf(rows, "%d%%", 7);
	rows_number(rows, INT64_MAX);
	rows_bool(rows, false);
	count = rows_end(rows);
	rows_free(rows);
	return count;
}

static void each_format_writes_the_same_list(void **state)
{
	static const char *const expected[] = {
		[ROWS_TABLE] =
			"name                   last-error  count                up\n"
			"me01                   -           -5                   yes\n"
			"caf\xc3\xa9\\x09\"a\\x5cb\",\\x0a  7%          9223372036854775807  no\n",
		[ROWS_TSV] = "name\tlast-error\tcount\tup\n"
			     "me01\t\t-5\ttrue\n"
			     "caf\xc3\xa9\\x09\"a\\x5cb\",\\x0a\t7%\t9223372036854775807\tfalse\n",
		[ROWS_JSON] = "{\"name\":\"me01\",\"last-error\":null,\"count\":-5,\"up\":true}\n"
			      "{\"name\":\"caf\xc3\xa9\\\\x09\\\"a\\\\x5cb\\\",\\\\x0a\","
			      "\"last-error\":\"7%\",\"count\":9223372036854775807,\"up\":false}\n",
		[ROWS_CSV] = "name,last-error,count,up\r\n"
			     "me01,,-5,true\r\n"
			     "\"caf\xc3\xa9\\x09\"\"a\\x5cb\"\",\\x0a\",7%,9223372036854775807,"
			     "false\r\n",
	};

	for (int format = ROWS_TABLE; format <= ROWS_CSV; format++) {
		struct text out;

		text_init(&out, 4096);
		assert_int_equal(fill((enum rows_format)format, &out), 2);
		assert_false(out.bad);
		assert_string_equal(out.bytes, expected[format]);
		text_done(&out);
	}
}

static void an_empty_list_has_its_header_only(void **state)
{
	static const char *const expected[] = {
		[ROWS_TABLE] = "name  last-error  count  up\n",
		[ROWS_TSV] = "name\tlast-error\tcount\tup\n",
		[ROWS_JSON] = "",
		[ROWS_CSV] = "name,last-error,count,up\r\n",
	};

	for (int format = ROWS_TABLE; format <= ROWS_CSV; format++) {
		struct rows *rows;
		struct text out;

		text_init(&out, 4096);
		assert_int_equal(rows_new(&rows, (enum rows_format)format, columns, &out), 0);
		assert_int_equal(rows_end(rows), 0);
		rows_free(rows);
		assert_string_equal(out.bytes != NULL ? out.bytes : "", expected[format]);
		text_done(&out);
	}
}

static void output_beyond_the_limit_is_bad(void **state)
{
	for (int format = ROWS_TABLE; format <= ROWS_CSV; format++) {
		for (size_t limit = 1; limit < 80; limit++) {
			struct text out;

			text_init(&out, limit);
			fill((enum rows_format)format, &out);
			assert_true(out.bad);
			assert_true(out.length <= limit);
			text_done(&out);
		}
	}
}

static void bytes_that_are_no_text_stay_visible(void **state)
{
	struct rows *rows;
	struct text out;
	static const char *const one[] = {"name", NULL};

	text_init(&out, 4096);
	assert_int_equal(rows_new(&rows, ROWS_JSON, one, &out), 0);
	rows_text(rows, "\xff\x1b[31m");
	assert_int_equal(rows_end(rows), 1);
	rows_free(rows);
	assert_string_equal(out.bytes, "{\"name\":\"\\\\xff\\\\x1b[31m\"}\n");
	text_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_format_writes_the_same_list),
		cmocka_unit_test(an_empty_list_has_its_header_only),
		cmocka_unit_test(output_beyond_the_limit_is_bad),
		cmocka_unit_test(bytes_that_are_no_text_stay_visible),
	};

	return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
