/* SPDX-License-Identifier: ISC */
#include "dns/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ADD, REPLACE, LOOK };
#define ITEMS 1000

struct fixture {
	struct batch_line line;
	struct batch_item items[ITEMS];
	size_t joined;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	batch_line_init(&f->line);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	batch_line_done(&f->line);
	free(f);
	return 0;
}

static void join(struct fixture *f, unsigned kind, size_t count)
{
	while (count--)
		batch_join(&f->line, kind, &f->items[f->joined++]);
}

static const struct server_outcome done = {.class = SERVER_DONE};
static const struct server_outcome taken = {.class = SERVER_DECISION, .rcode = 6};
static const struct server_outcome servfail = {.class = SERVER_TRANSIENT, .rcode = 2};
static const struct server_outcome silence = {.class = SERVER_TRANSIENT, .rcode = -1};
static const struct server_outcome refused = {.class = SERVER_CONFIGURATION, .rcode = 5};
static const struct server_outcome notauth = {.class = SERVER_CONFIGURATION, .rcode = 9};
static const struct server_outcome notimp = {.class = SERVER_CAPABILITY, .rcode = 4};
static const struct server_outcome formerr = {.class = SERVER_POISON, .rcode = 1};

static enum batch_verdict judge(struct fixture *f, struct batch *batch,
				const struct server_outcome *outcome)
{
	return batch_judge(&f->line, batch, outcome, true, true);
}

/* Judges, and takes the batch apart as the verdict says. */
static enum batch_verdict land(struct fixture *f, struct batch *batch,
			       const struct server_outcome *outcome)
{
	enum batch_verdict verdict = judge(f, batch, outcome);
	struct batch_list rest;

	if (verdict == BATCH_SPLIT) {
		batch_split(&f->line, batch, &rest);
		assert_true(TAILQ_EMPTY(&rest));
		return verdict;
	}
	while (batch_unload(&f->line, batch))
		;
	return verdict;
}

static bool has(const struct batch *batch, const struct batch_item *item)
{
	const struct batch_item *at;

	TAILQ_FOREACH(at, &batch->items, link)
	{
		if (at == item)
			return true;
	}
	return false;
}

static void same_steps_go_together_and_others_apart(void **state)
{
	struct fixture *f = *state;
	struct batch *first, *second;

	join(f, ADD, 3);
	join(f, REPLACE, 2);
	join(f, ADD, 1);
	first = batch_take(&f->line, false);
	second = batch_take(&f->line, false);
	assert_int_equal(first->kind, ADD);
	assert_int_equal(first->count, 4);
	assert_int_equal(second->kind, REPLACE);
	assert_int_equal(second->count, 2);
	assert_null(batch_take(&f->line, false));
	assert_int_equal(f->line.waiting, 0);
	assert_int_equal(f->line.travelling, 2);
	assert_int_equal(land(f, first, &done), BATCH_STEP);
	assert_int_equal(land(f, second, &done), BATCH_STEP);
	assert_int_equal(f->line.travelling, 0);
}

static void message_has_at_most_as_many_as_are_allowed(void **state)
{
	struct fixture *f = *state;
	struct batch *batch;

	join(f, ADD, BATCH_MAX + 1);
	assert_int_equal(batch_take(&f->line, false)->count, BATCH_MAX);
	batch = batch_take(&f->line, false);
	assert_int_equal(batch->count, 1);
	batch_line_alone(&f->line, LOOK);
	join(f, LOOK, 2);
	batch = batch_take(&f->line, false);
	assert_int_equal(batch->count, 1);
	assert_int_equal(land(f, batch, &done), BATCH_STEP);
	assert_int_equal(batch_take(&f->line, false)->count, 1); /* success does not raise it */
}

static void half_full_ones_wait_while_some_travel(void **state)
{
	struct fixture *f = *state;
	struct batch *first = NULL;

	for (int i = 0; i < BATCH_EAGER; i++) {
		join(f, ADD, 1);
		first = batch_take(&f->line, false);
		assert_non_null(first);
	}
	join(f, ADD, BATCH_MAX - 1);
	assert_null(batch_take(&f->line, false));
	join(f, ADD, 1);
	assert_int_equal(batch_take(&f->line, false)->count, BATCH_MAX);
	join(f, ADD, 1);
	assert_null(batch_take(&f->line, false));
	land(f, first, &done);
	assert_null(batch_take(&f->line, false)); /* the full one still travels */
	land(f, TAILQ_FIRST(&f->line.under_way), &done);
	assert_int_equal(batch_take(&f->line, false)->count, 1);
}

static void probe_is_a_single_one(void **state)
{
	struct fixture *f = *state;

	join(f, ADD, 10);
	assert_int_equal(batch_take(&f->line, true)->count, 1);
	assert_int_equal(f->line.waiting, 9);
}

static void what_does_not_fit_keeps_its_place(void **state)
{
	struct fixture *f = *state;
	struct batch *batch;

	join(f, ADD, 5);
	batch = batch_take(&f->line, false);
	join(f, ADD, 1);
	batch_cut(&f->line, batch, 2);
	assert_int_equal(batch->count, 2);
	batch = batch_take(&f->line, false);
	for (int i = 2; i < 6; i++)
		assert_ptr_equal(batch_unload(&f->line, batch), &f->items[i]);
}

/* One of `count` is taken: until the line is empty, each message that has it fails. */
static size_t find_the_bad_one(struct fixture *f, size_t count, size_t bad,
			       const struct server_outcome *why)
{
	struct batch *batch;
	size_t messages = 0, alone = 0;

	join(f, ADD, count);
	while ((batch = batch_take(&f->line, false))) {
		bool fails = has(batch, &f->items[bad]);

		messages++;
		alone += fails && batch->count == 1;
		land(f, batch, fails ? why : &done);
	}
	assert_int_equal(f->line.waiting, 0);
	assert_int_equal(alone, 1);
	return messages;
}

static void taken_name_is_found_by_halves(void **state)
{
	assert_true(find_the_bad_one(*state, 200, 77, &taken) <= 1 + 2 * 8);
}

static void poison_is_found_by_halves(void **state)
{
	assert_true(find_the_bad_one(*state, 200, 199, &formerr) <= 1 + 2 * 8);
}

static void servfail_of_one_is_found_by_halves(void **state)
{
	assert_true(find_the_bad_one(*state, 200, 0, &servfail) <= 1 + 2 * 8);
}

static void name_that_the_policy_forbids_is_found_by_halves(void **state)
{
	assert_true(find_the_bad_one(*state, 200, 123, &refused) <= 1 + 2 * 8);
}

static void decision_on_a_single_one_is_its_next_step(void **state)
{
	struct fixture *f = *state;

	join(f, ADD, 1);
	assert_int_equal(judge(f, batch_take(&f->line, false), &taken), BATCH_STEP);
}

static void size_is_learned_for_each_step(void **state)
{
	struct fixture *f = *state;
	size_t size[5];

	join(f, ADD, ITEMS - 200);
	assert_int_equal(land(f, batch_take(&f->line, false), &taken), BATCH_SPLIT);
	assert_int_equal(f->line.kinds[ADD].size, BATCH_MAX / 2);
	assert_int_equal(land(f, batch_take(&f->line, false), &taken), BATCH_SPLIT);
	assert_int_equal(f->line.kinds[ADD].size, BATCH_MAX / 4);
	for (int i = 0; i < 5; i++) { /* 100, 50, 50 are the pieces; then new ones */
		struct batch *batch = batch_take(&f->line, false);

		size[i] = batch->count;
		land(f, batch, &done);
	}
	assert_int_equal(size[0], BATCH_MAX / 2);
	assert_int_equal(size[1], BATCH_MAX / 4);
	assert_int_equal(size[3], BATCH_MAX / 2);
	assert_int_equal(size[4], BATCH_MAX); /* grown back */
	join(f, REPLACE, 200);
	assert_int_equal(f->line.kinds[REPLACE].size, BATCH_MAX);
}

static void where_most_fail_they_go_in_small_pieces(void **state)
{
	struct fixture *f = *state;
	struct batch *batch;
	size_t messages = 0;

	join(f, ADD, ITEMS);
	while ((batch = batch_take(&f->line, false))) {
		messages++;
		land(f, batch, &taken);
	}
	assert_true(messages < ITEMS + 2 * BATCH_MAX);
}

static void silence_of_the_server_makes_all_wait(void **state)
{
	struct fixture *f = *state;

	join(f, ADD, 2);
	assert_int_equal(batch_judge(&f->line, batch_take(&f->line, false), &silence, false, true),
			 BATCH_WAIT);
}

static void silence_about_one_message_makes_it_smaller(void **state)
{
	struct fixture *f = *state;

	join(f, ADD, 2);
	assert_int_equal(land(f, batch_take(&f->line, false), &silence), BATCH_SPLIT);
	assert_int_equal(land(f, batch_take(&f->line, false), &silence), BATCH_WAIT);
}

static void server_that_fails_for_all_is_not_asked_for_each(void **state)
{
	static const struct {
		const struct server_outcome *outcome;
		enum batch_verdict end;
	} cases[] = {{&servfail, BATCH_WAIT}, {&refused, BATCH_REFUSED}, {&formerr, BATCH_REFUSED}};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int messages = 1;

		batch_line_done(&f->line);
		f->joined = 0;
		join(f, ADD, ITEMS);
		while (land(f, batch_take(&f->line, false), cases[i].outcome) == BATCH_SPLIT)
			messages++;
		assert_int_equal(messages, BATCH_DOUBTS + 1);
		while (batch_leave(&f->line))
			;
		assert_int_equal(f->line.waiting, 0);
	}
}

static void refusal_of_the_zone_is_not_asked_again_in_pieces(void **state)
{
	struct fixture *f = *state;

	join(f, ADD, 10);
	assert_int_equal(land(f, batch_take(&f->line, false), &notauth), BATCH_REFUSED);
}

static void single_refusal_is_about_the_name_where_others_were_taken(void **state)
{
	struct fixture *f = *state;
	struct batch *batch;

	join(f, ADD, 1);
	batch = batch_take(&f->line, false);
	assert_int_equal(batch_judge(&f->line, batch, &refused, false, false), BATCH_REFUSED);
	for (int i = 1; i < BATCH_DOUBTS; i++)
		assert_int_equal(batch_judge(&f->line, batch, &refused, false, true), BATCH_ALONE);
	assert_int_equal(batch_judge(&f->line, batch, &refused, false, true), BATCH_REFUSED);
	judge(f, batch, &done);
	assert_int_equal(judge(f, batch, &refused), BATCH_ALONE);
}

static void poison_needs_a_server_that_has_taken_others(void **state)
{
	struct fixture *f = *state;
	struct batch *batch;

	join(f, ADD, 1);
	batch = batch_take(&f->line, false);
	assert_int_equal(batch_judge(&f->line, batch, &formerr, false, false), BATCH_REFUSED);
	assert_int_equal(batch_judge(&f->line, batch, &formerr, false, true), BATCH_POISON);
	for (int i = 0; i < BATCH_DOUBTS; i++)
		batch_judge(&f->line, batch, &formerr, false, true);
	assert_int_equal(batch_judge(&f->line, batch, &formerr, false, true), BATCH_REFUSED);
	judge(f, batch, &done);
	assert_int_equal(judge(f, batch, &formerr), BATCH_POISON);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void notimp_to_several_makes_each_go_alone_until_it_is_ended(void **state)
{
	struct fixture *f = *state;
	struct batch_list rest;
	struct batch *batch;

	join(f, ADD, 8);
	batch = batch_take(&f->line, false);
	assert_int_equal(batch->count, 8);
	assert_int_equal(judge(f, batch, &notimp), BATCH_SPLIT);
	batch_split(&f->line, batch, &rest);
	join(f, REPLACE, 2);
	for (int i = 0; i < 10; i++) {
		batch = batch_take(&f->line, false);
		assert_int_equal(batch->count, 1);
		assert_int_equal(judge(f, batch, &done), BATCH_STEP);
		while (batch_unload(&f->line, batch))
			;
	}
	batch_line_single(&f->line, false);
	join(f, ADD, 3);
	batch = batch_take(&f->line, false);
	assert_int_equal(judge(f, batch, &done), BATCH_STEP);
	while (batch_unload(&f->line, batch))
		;
	assert_int_equal(batch_take(&f->line, false)->count, 2);
}

static void notimp_to_one_is_a_refusal(void **state)
{
	struct fixture *f = *state;

	join(f, ADD, 1);
	assert_int_equal(judge(f, batch_take(&f->line, false), &notimp), BATCH_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			notimp_to_several_makes_each_go_alone_until_it_is_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(notimp_to_one_is_a_refusal, set_up, tear_down),
		TEST(same_steps_go_together_and_others_apart),
		TEST(message_has_at_most_as_many_as_are_allowed),
		TEST(half_full_ones_wait_while_some_travel),
		TEST(probe_is_a_single_one),
		TEST(what_does_not_fit_keeps_its_place),
		TEST(taken_name_is_found_by_halves),
		TEST(poison_is_found_by_halves),
		TEST(servfail_of_one_is_found_by_halves),
		TEST(name_that_the_policy_forbids_is_found_by_halves),
		TEST(decision_on_a_single_one_is_its_next_step),
		TEST(size_is_learned_for_each_step),
		TEST(where_most_fail_they_go_in_small_pieces),
		TEST(silence_of_the_server_makes_all_wait),
		TEST(silence_about_one_message_makes_it_smaller),
		TEST(server_that_fails_for_all_is_not_asked_for_each),
		TEST(refusal_of_the_zone_is_not_asked_again_in_pieces),
		TEST(single_refusal_is_about_the_name_where_others_were_taken),
		TEST(poison_needs_a_server_that_has_taken_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
