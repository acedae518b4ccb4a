/* SPDX-License-Identifier: ISC */
#include "netcheck/report.h"

#include "netcheck/report_change.h"

#include <errno.h>
#include <json-c/json.h>
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
	result_set(&result->evidence, "3 connection attempts, no answer");
	assert_int_equal(addr_parse("10.81.3.2", &result->rule.from), 0);
	assert_int_equal(prefix_parse("10.81.20.0/24", &result->rule.to, NULL), 0);
	results_take(results, result);

	results_take(results, result_new("NC001", RESULT_UNKNOWN));
	results_sort(results);
}

/* AMTNET_GOLDEN=write in the environment writes the file anew. */
static void compare(const char *name, const struct text *text)
{
	const char *wish = getenv("AMTNET_GOLDEN");
	char path[512], want[16384];
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
	report_text_summary(&summary, false, &text);
	for (size_t i = 0; i < results.count; i++)
		report_text_result(results.items[i], false, &text);
	report_text_matrix(&results, false, &text);
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

static void the_other_reports_are_as_their_golden_files(void **state)
{
	static const struct {
		const char *file;
		void (*print)(const struct report_summary *summary, struct text *out);
	} cases[] = {{"nagios.txt", report_nagios},
		     {"junit.xml", report_junit},
		     {"report.html", report_html}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct results results = {0};
		struct report_summary summary = {.what = "site <corp> & \"co\"",
						 .took_ms = 812,
						 .wall_ms = UINT64_C(1795000000000),
						 .results = &results};
		struct text text;

		text_init(&text, 65536);
		fill(&results);
		cases[i].print(&summary, &text);
		assert_true(i == 0 || !strstr(text.bytes, "<corp>")); /* Nagios takes plain text */
		assert_null(strchr(text.bytes, '\x1b'));
		compare(cases[i].file, &text);
		text_done(&text);
		results_done(&results);
	}
}

/* Takes the results as the earlier run, then changes, drops and adds some. */
static void only_what_changed_is_shown(void **state)
{
	struct report_baseline *baseline;
	struct results results = {0};
	struct text text;

	assert_int_equal(report_baseline_new(&baseline), 0);
	assert_true(report_baseline_empty(baseline));
	fill(&results);
	assert_int_equal(report_baseline_take(baseline, &results), 0);
	text_init(&text, 65536);
	assert_int_equal(report_changes(baseline, &results, &text), 0);
	results.items[0]->kind = results.items[3]->kind; /* NC104 is NC100 now */
	results.items[0]->state = RESULT_OK;
	result_set(&results.items[2]->subject, "10.81.1.101");
	assert_int_equal(report_changes(baseline, &results, &text), 3);
	assert_non_null(strstr(text.bytes, "better  branch 10.81.20.100 tcp/16993: was NC104 "
					   "failure, is NC100 ok"));
	assert_non_null(strstr(text.bytes, "new     floor \"one\"\\x1b[31m 10.81.1.101: is"));
	assert_non_null(strstr(text.bytes, "gone    floor \"one\"\\x1b[31m 10.81.1.100: was"));
	text_done(&text);
	results_done(&results);
	report_baseline_free(baseline);
}

static void an_earlier_report_is_read_back(void **state)
{
	struct report_baseline *baseline;
	struct results results = {0};
	struct err err = {0};
	struct text text;

	assert_int_equal(report_baseline_new(&baseline), 0);
	if (report_baseline_read(baseline, GOLDEN_DIR "/report/lines.json", &err))
		fail_msg("%s", err.text);
	fill(&results);
	text_init(&text, 65536);
	if (report_changes(baseline, &results, &text))
		fail_msg("%s", text.bytes);
	assert_int_equal(report_baseline_read(baseline, GOLDEN_DIR "/report/text.txt", &err),
			 -EINVAL);
	assert_non_null(strstr(err.text, "text.txt: line 1 is no result"));
	text_done(&text);
	results_done(&results);
	report_baseline_free(baseline);
}

/* The members of `line` are those that the schema's alternative `at` lists, all of them required. */
static void assert_members(struct json_object *schema, size_t at, const char *line)
{
	struct json_object *alternatives, *alternative, *properties, *required;
	struct json_object *object = json_tokener_parse(line);

	assert_non_null(object);
	assert_true(json_object_object_get_ex(schema, "oneOf", &alternatives));
	alternative = json_object_array_get_idx(alternatives, at);
	assert_true(json_object_object_get_ex(alternative, "properties", &properties));
	assert_true(json_object_object_get_ex(alternative, "required", &required));
	json_object_object_foreach(object, name, value)
	{
		(void)value;
		if (!json_object_object_get_ex(properties, name, NULL))
			fail_msg("the schema does not know \"%s\"", name);
	}
	for (size_t i = 0; i < json_object_array_length(required); i++)
		assert_true(json_object_object_get_ex(
			object, json_object_get_string(json_object_array_get_idx(required, i)),
			NULL));
	assert_int_equal(json_object_object_length(object), json_object_array_length(required));
	json_object_put(object);
}

static void json_lines_are_as_the_schema_says(void **state)
{
	struct json_object *schema = json_object_from_file(SCHEMA);
	FILE *file = fopen(GOLDEN_DIR "/report/lines.json", "r");
	char line[8192];

	assert_non_null(schema);
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		assert_members(schema, strstr(line, "\"type\":\"summary\"") != NULL, line);
	fclose(file);
	json_object_put(schema);
}

static void the_summary_has_a_fixed_grammar(void **state)
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
		cmocka_unit_test(the_other_reports_are_as_their_golden_files),
		cmocka_unit_test(only_what_changed_is_shown),
		cmocka_unit_test(an_earlier_report_is_read_back),
		cmocka_unit_test(json_lines_are_as_the_schema_says),
		cmocka_unit_test(the_summary_has_a_fixed_grammar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
