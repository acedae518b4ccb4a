/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "discovery/due.h"

#define ITEMS 200

/* The same order in every run, without pattern enough to be sorted already. */
static uint64_t scatter(size_t i)
{
	return (i * 7919 + 13) % 101;
}

static void fill(struct due *due, struct due_item *items)
{
	assert_int_equal(due_reserve(due, ITEMS), 0);
	for (size_t i = 0; i < ITEMS; i++)
		due_add(due, &items[i], scatter(i));
}

static void earliest_comes_first(void **state)
{
	struct due_item items[ITEMS] = {0};
	struct due due = {0};
	uint64_t last = 0;

	(void)state;
	fill(&due, items);
	for (size_t i = 0; i < ITEMS; i++) {
		struct due_item *first = due_first(&due);

		assert_true(first->at_ms >= last);
		last = first->at_ms;
		due_remove(&due, first);
	}
	assert_null(due_first(&due));
	due_done(&due);
}

static void removing_from_the_middle_keeps_the_order(void **state)
{
	struct due_item items[ITEMS] = {0};
	struct due due = {0};
	uint64_t last = 0;
	size_t left = 0;

	(void)state;
	fill(&due, items);
	for (size_t i = 0; i < ITEMS; i += 3)
		due_remove(&due, &items[i]);
	due_remove(&due, &items[0]); /* not in it any more: nothing happens */
	for (struct due_item *first; (first = due_first(&due)); left++) {
		assert_true(first->at_ms >= last);
		last = first->at_ms;
		due_remove(&due, first);
		assert_int_equal(first->place, 0);
	}
	assert_int_equal(left, ITEMS - (ITEMS + 2) / 3);
	due_done(&due);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(earliest_comes_first),
		cmocka_unit_test(removing_from_the_middle_keeps_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
