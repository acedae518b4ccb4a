/* SPDX-License-Identifier: ISC */
#include "netcheck/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void fill(struct results *results)
{
	struct result *result = result_new("NC100", RESULT_OK);

	assert_int_equal(addr_parse("10.81.20.100", &result->target), 0);
	result->port = 16992;
	result->port_state = "open";
	result_set(&result->group, "branch");
	result_set(&result->subject, "10.81.20.100 tcp/16992");
	result_set(&result->text, "open, proven by responder pc-1");
	result_set(&result->evidence, "1 connection attempt, connected after 0.4 ms");
	results_take(results, result);

	result = result_new("NC221", RESULT_WARNING);
	result_set(&result->group, "floor \"one\"\x1b[31m");
	result_set(&result->subject, "10.81.1.100");
	result_set(&result->text, "no PTR record (1 of 1 addresses)");
	result_set(&result->fix, "let amtnetd register the PTR");
	results_take(results, result);

	result = result_new("NC104", RESULT_FAILURE);
	assert_int_equal(addr_parse("10.81.20.100", &result->target), 0);
	result->port = 16993;
	result->port_state = "filtered";
	result_set(&result->group, "branch");
	result_set(&result->subject, "10.81.20.100 tcp/16993");
	result_set(&result->text,
		   "filtered: dropped between hop 1 (10.81.3.1) and hop 2 (10.81.9.2), "
		   "towards the PC; 16992 passes");
	result_set(&result->fix, "on 10.81.3.1 allow tcp");
	results_take(results, result);

	results_take(results, result_new("NC001", RESULT_UNKNOWN));
	results_sort(results);
}

/* AMTNET_GOLDEN=write in the environment writes the file anew. */
static void compare(const char *name, const struct text *text)
{
	const char *wish = getenv("AMTNET_GOLDEN");
	char path[512], want[8192];
	FILE *file;
	size_t length;

	assert_false(text->bad);
	snprintf(path, sizeof(path), "%s/report/%s", GOLDEN_DIR, name);
	if (wish && !strcmp(wish, "write")) {
		file = fopen(path, "w");
		assert_non_null(file);
		assert_int_equal(fwrite(text->bytes, 1, text->length, file), text->length);
		fclose(file);
		return;
	}
	file = fopen(path, "r");
	assert_non_null(file);
	length = fread(want, 1, sizeof(want) - 1, file);
	want[length] = '\0';
	fclose(file);
	assert_string_equal(text->bytes, want);
}

static const char what[] = "site corp";

static void text_is_as_the_golden_file(void **state)
{
	struct results results = {0};
	struct report_summary summary = {.what = what, .took_ms = 812, .results = &results};
	struct text text;

	text_init(&text, 65536);
	fill(&results);
	for (size_t i = 0; i < results.count; i++)
		report_text_result(results.items[i], false, &text);
	report_text_summary(&summary, false, &text);
	compare("text.txt", &text);
	text_done(&text);
	results_done(&results);
}

static void json_is_as_the_golden_file(void **state)
{
	struct results results = {0};
	struct report_summary summary = {.what = what, .took_ms = 812, .results = &results};
	struct text text;

	text_init(&text, 65536);
	fill(&results);
	for (size_t i = 0; i < results.count; i++)
		report_json_result(results.items[i], &text);
	report_json_summary(&summary, &text);
	compare("lines.json", &text);
	text_done(&text);
	results_done(&results);
}

static void the_last_line_has_a_fixed_grammar(void **state)
{
	static const struct {
		enum result_state state;
		const char *line;
	} cases[] = {
		{RESULT_OK,
		 "amtnet-check: site corp READY (1 check, 0 warnings, 0 failures, 0.8 s)\n"},
		{RESULT_WARNING, "amtnet-check: site corp READY WITH WARNINGS (1 check, 1 warning, "
				 "0 failures, 0.8 s)\n"},
		{RESULT_FAILURE,
		 "amtnet-check: site corp NOT READY (1 check, 0 warnings, 1 failure, 0.8 s)\n"},
		{RESULT_UNKNOWN,
		 "amtnet-check: site corp COULD NOT TELL (1 check, 0 warnings, 0 failures, "
		 "1 unknown, 0.8 s)\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct results results = {0};
		struct report_summary summary = {.what = what, .took_ms = 812, .results = &results};
		struct text text;

		text_init(&text, 1024);
		results_take(&results, result_new("NC100", cases[i].state));
		report_text_summary(&summary, false, &text);
		assert_string_equal(text.bytes, cases[i].line);
		text_done(&text);
		results_done(&results);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_as_the_golden_file),
		cmocka_unit_test(json_is_as_the_golden_file),
		cmocka_unit_test(the_last_line_has_a_fixed_grammar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
