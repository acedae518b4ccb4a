/* SPDX-License-Identifier: ISC */
/* server and what it must not believe: unsigned, forged, unreadable, of another time. */
#include "tests/unit/dns/server_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void without_a_key_answers_need_no_signature(void **state)
{
	struct fixture *f = *state;

	script(f, UNSIGNED, 0);
	begin(f, 1, NULL);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
}

static void unsigned_answer_is_ignored(void **state)
{
	struct fixture *f = *state;
	const struct server_outcome *outcome;

	script(f, UNSIGNED, 5);
	begin(f, 1, f->key);
	outcome = one_update(f);
	assert_int_equal(outcome->class, SERVER_TRANSIENT);
	assert_words(
		f, outcome, 0,
		": no answer in 150 ms; what came was ignored: the answer is not signed (REFUSED)");
	assert_int_equal(server_counters(f->server).ignored, SERVER_TRIES);
	assert_int_equal(server_counters(f->server).answered, 0);
}

static void forged_answer_does_not_keep_the_good_one_out(void **state)
{
	struct fixture *f = *state;

	script(f, WRONG_SECRET_THEN_GOOD, 0);
	begin(f, 1, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_int_equal(server_counters(f->server).ignored, 1);
}

static void garbage_is_stepped_over(void **state)
{
	struct fixture *f = *state;

	script(f, GARBAGE_THEN_GOOD, 0);
	begin(f, 1, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_int_equal(server_counters(f->server).ignored, 4);
}

static void badkey_hint_is_configuration_after_the_deadline(void **state)
{
	struct fixture *f = *state;
	const struct server_outcome *outcome;

	script(f, HINT_BADKEY, 0);
	begin(f, 1, f->key);
	outcome = one_update(f);
	assert_int_equal(outcome->class, SERVER_CONFIGURATION);
	assert_int_equal(outcome->rcode, 17);
	assert_words(f, outcome, 0,
		     " refused: NOTAUTH (BADKEY): the server does not know key \"amtnet\", uses "
		     "another algorithm for it, or (Knot) does not let it update the zone");
	assert_int_equal(f->scripts[0].seen, 1);
}

static void answer_above_4096_bytes_is_not_read(void **state)
{
	struct fixture *f = *state;

	f->scripts[0].addresses = 300;
	begin(f, 1, f->key);
	assert_int_equal(server_query(f->server, &f->name, RECORD_A, on_done, NULL), 0);
	wait_for(f, 1);
	assert_int_equal(f->outcomes[0].class, SERVER_TRANSIENT);
	assert_int_equal(f->outcomes[0].answer.count, 0);
	assert_words(
		f, &f->outcomes[0], 0,
		": no answer in 150 ms; what came was ignored: an answer of 4828 bytes is more "
		"than the 4096 we read");
}

static void badtime_is_signed_again_by_the_servers_clock(void **state)
{
	struct fixture *f = *state;

	script(f, BADTIME_BY_AN_HOUR, 0);
	script(f, ANSWER, 0);
	begin(f, 1, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_int_equal(f->scripts[0].seen, 2);
	assert_int_equal(one_update(f)->class, SERVER_DONE); /* the clock is remembered */
	assert_int_equal(f->scripts[0].seen, 3);
}

static void badtime_twice_is_configuration(void **state)
{
	struct fixture *f = *state;

	script(f, BADTIME_ALWAYS, 0);
	begin(f, 1, f->key);
	assert_int_equal(one_update(f)->class, SERVER_CONFIGURATION);
	assert_int_equal(f->outcomes[0].rcode, 18);
	assert_int_equal(f->scripts[0].seen, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_set_up, server_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_key_answers_need_no_signature),
		TEST(unsigned_answer_is_ignored),
		TEST(forged_answer_does_not_keep_the_good_one_out),
		TEST(garbage_is_stepped_over),
		TEST(badkey_hint_is_configuration_after_the_deadline),
		TEST(answer_above_4096_bytes_is_not_read),
		TEST(badtime_is_signed_again_by_the_servers_clock),
		TEST(badtime_twice_is_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
