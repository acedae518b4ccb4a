/* SPDX-License-Identifier: ISC */
#include "netcheck/verdict.h"

#include "netcheck/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum verdict verdict_with(const enum result_state *states, size_t count)
{
	struct results results = {0};
	enum verdict verdict;

	for (size_t i = 0; i < count; i++)
		results_take(&results, result_new("NC104", states[i]));
	verdict = verdict_of(&results);
	results_done(&results);
	return verdict;
}

static void the_worst_decides(void **state)
{
	static const enum result_state states[] = {RESULT_OK, RESULT_WARNING, RESULT_UNKNOWN,
						   RESULT_FAILURE};

	assert_int_equal(verdict_with(states, 0), 3);
	assert_int_equal(verdict_with(states, 1), 0);
	assert_int_equal(verdict_with(states, 2), 1);
	assert_int_equal(verdict_with(states, 3), 3);
	assert_int_equal(verdict_with(states, 4), 2);
}

static void a_dropped_result_is_not_ready(void **state)
{
	struct results results = {0};

	results_take(&results, result_new("NC100", RESULT_OK));
	results_take(&results, NULL);
	assert_int_equal(verdict_of(&results), VERDICT_UNKNOWN);
	results_done(&results);
}

static void the_report_begins_with_the_worst(void **state)
{
	struct results results = {0};

	results_take(&results, result_new("NC100", RESULT_OK));
	results_take(&results, result_new("NC104", RESULT_FAILURE));
	results_take(&results, result_new("NC102", RESULT_WARNING));
	results_take(&results, result_new("NC107", RESULT_FAILURE));
	results_sort(&results);
	assert_string_equal(results.items[0]->kind->id, "NC104");
	assert_string_equal(results.items[1]->kind->id, "NC107");
	assert_string_equal(results.items[2]->kind->id, "NC102");
	assert_string_equal(results.items[3]->kind->id, "NC100");
	results_take(&results, result_new("NC102", RESULT_WARNING));
	assert_int_equal(results.count, 5);
	results_done(&results);
}

static void an_id_stands_once_and_in_order(void **state)
{
	const struct explain *kind;

	for (size_t i = 0; (kind = explain_at(i)); i++) {
		assert_int_equal(strlen(kind->id), 5);
		assert_true(kind->title[0] && kind->meaning[0]);
		if (i)
			assert_true(strcmp(explain_at(i - 1)->id, kind->id) < 0);
		assert_ptr_equal(explain_find(kind->id), kind);
	}
	assert_ptr_equal(explain_find("nc104"), explain_find("NC104"));
	assert_null(explain_find("NC999"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_decides),
		cmocka_unit_test(a_dropped_result_is_not_ready),
		cmocka_unit_test(the_report_begins_with_the_worst),
		cmocka_unit_test(an_id_stands_once_and_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
