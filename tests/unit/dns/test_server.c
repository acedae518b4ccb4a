/* SPDX-License-Identifier: ISC */
/* server with one server: requests, their order and bounds, the connection. */
#include "tests/unit/dns/server_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void signed_update_is_done(void **state)
{
	struct fixture *f = *state;
	const struct server_outcome *outcome;

	begin(f, 1, f->key);
	outcome = one_update(f);
	assert_int_equal(outcome->class, SERVER_DONE);
	assert_int_equal(outcome->rcode, 0);
	assert_false(outcome->resent);
	assert_words(f, outcome, 0, " answered: NOERROR");
	assert_true(server_counters(f->server).connected);
	assert_int_equal(server_counters(f->server).answered, 1);
}

static void query_gives_the_records(void **state)
{
	struct fixture *f = *state;

	f->scripts[0].addresses = 2;
	begin(f, 1, f->key);
	assert_int_equal(server_query(f->server, &f->name, RECORD_A, on_done, NULL), 0);
	wait_for(f, 1);
	assert_int_equal(f->outcomes[0].class, SERVER_DONE);
	assert_int_equal(f->outcomes[0].answer.count, 2);
	assert_true(f->outcomes[0].answer.authoritative);
}

static void every_code_has_its_class(void **state)
{
	static const struct {
		int rcode;
		enum server_class class;
		const char *words;
	} cases[] = {
		{1, SERVER_POISON, " answered: FORMERR: the server cannot read this message"},
		{2, SERVER_TRANSIENT,
		 " answered: SERVFAIL: the server could not do it; its log says why"},
		{3, SERVER_DECISION, " answered: NXDOMAIN: the name does not exist"},
		{4, SERVER_CAPABILITY,
		 " answered: NOTIMP: the server does not know this record type or kind of message"},
		{5, SERVER_CONFIGURATION,
		 " refused: REFUSED: the server's policy does not let key \"amtnet\" change zone "
		 "example"},
		{6, SERVER_DECISION, " answered: YXDOMAIN: the name is in use already"},
		{7, SERVER_DECISION, " answered: YXRRSET: there are records that must not be"},
		{8, SERVER_DECISION,
		 " answered: NXRRSET: records are missing or other than expected"},
		{9, SERVER_CONFIGURATION,
		 " refused: NOTAUTH: the server is not primary for zone example"},
		{10, SERVER_CONFIGURATION,
		 " refused: NOTZONE: a name is not in zone example as the server has it; is there "
		 "a zone "
		 "of its own below?"},
		{13, SERVER_TRANSIENT,
		 " answered: RCODE 13: the server could not do it; its log says why"},
	};
	struct fixture *f = *state;

	begin(f, 1, f->key);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct server_outcome *outcome;

		f->scripts[0].count = f->scripts[0].seen = 0;
		script(f, ANSWER, cases[i].rcode);
		outcome = one_update(f);
		assert_int_equal(outcome->class, cases[i].class);
		assert_int_equal(outcome->rcode, cases[i].rcode);
		assert_words(f, outcome, 0, cases[i].words);
	}
	assert_int_equal(name_server_connections(f->servers[0]), 1); /* kept open all the time */
}

static void answers_may_come_in_any_order(void **state)
{
	struct fixture *f = *state;

	script(f, HOLD, 0);
	begin(f, 1, f->key);
	for (int i = 0; i < 6; i++)
		assert_int_equal(put_update(f, i), 0);
	wait_for(f, 6);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(f->numbers[i], i);
		assert_int_equal(f->outcomes[i].class, SERVER_DONE);
	}
	assert_int_equal(server_counters(f->server).ignored, 0); /* each met its own request */
	assert_int_equal(name_server_connections(f->servers[0]), 1);
}

static void room_is_bounded_and_ids_are_different(void **state)
{
	struct fixture *f = *state;

	size_t room;

	begin(f, 1, f->key);
	room = server_zone_room(f->server);
	assert_int_equal(room, SERVER_WINDOW_FIRST + SERVER_WAITING_MAX);
	for (size_t i = 0; i < room; i++)
		assert_int_equal(put_update(f, (int)i), 0);
	assert_int_equal(server_zone_room(f->server), 0);
	assert_int_equal(put_update(f, 0), -EBUSY);
	assert_int_equal(server_query(f->server, &f->name, RECORD_A, on_done, NULL), -EBUSY);
	wait_for(f, room);
	assert_true(server_zone_room(f->server) > room); /* all were answered: the window grows */
	for (size_t i = 0; i < room; i++) {
		assert_int_equal(f->numbers[i], i);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(f->scripts[0].ids[i], f->scripts[0].ids[j]);
	}
}

static void update_that_cannot_be_encoded_is_refused_at_once(void **state)
{
	struct fixture *f = *state;
	struct update update;

	begin(f, 1, f->key);
	update_init(&update, &f->zone);
	assert_int_equal(server_update(f->server, &update, on_done, NULL), -EINVAL);
	assert_int_equal(server_zone_room(f->server), SERVER_WINDOW_FIRST + SERVER_WAITING_MAX);
}

static void answer_in_single_bytes_is_put_together(void **state)
{
	struct fixture *f = *state;

	script(f, BYTE_BY_BYTE, 0);
	begin(f, 1, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_int_equal(server_counters(f->server).timeouts, 0);
}

static void only_the_request_that_was_dropped_is_sent_again(void **state)
{
	struct fixture *f = *state;

	script(f, SILENT, 0);
	script(f, ANSWER, 0);
	begin(f, 1, f->key);
	assert_int_equal(put_update(f, 0), 0);
	/* the second one goes out later, so that its answer proves that the server lives */
	while (f->scripts[0].seen < 1)
		assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE), 0);
	assert_int_equal(put_update(f, 1), 0);
	wait_for(f, 2);
	assert_int_equal(f->numbers[0], 1);
	assert_false(f->outcomes[0].resent);
	assert_true(f->outcomes[1].resent);
	assert_int_equal(name_server_connections(f->servers[0]), 1);
}

static void reset_in_the_middle_costs_nothing(void **state)
{
	struct fixture *f = *state;
	size_t resent = 0;

	for (int i = 0; i < 3; i++)
		script(f, ANSWER, 0);
	script(f, RESET, 0);
	script(f, ANSWER, 0);
	begin(f, 1, f->key);
	for (int i = 0; i < 8; i++)
		assert_int_equal(put_update(f, i), 0);
	wait_for(f, 8);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(f->outcomes[i].class, SERVER_DONE);
		resent += f->outcomes[i].resent;
	}
	assert_true(resent >= 5);
	assert_int_equal(server_counters(f->server).reconnects, 1);
	assert_int_equal(server_counters(f->server).timeouts, 0);
}

static void server_that_closes_after_each_answer_gets_through_a_pipeline(void **state)
{
	struct fixture *f = *state;

	script(f, ANSWER_AND_CLOSE, 0);
	begin(f, 1, f->key);
	for (int i = 0; i < 5; i++)
		assert_int_equal(put_update(f, i), 0);
	wait_for(f, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(f->outcomes[i].class, SERVER_DONE);
	assert_int_equal(server_counters(f->server).failovers, 0);
}

static void idle_connection_is_closed_and_opened_again(void **state)
{
	struct fixture *f = *state;
	struct server_times times = quick;

	times.idle_ms = 20;
	server_pool_set_times(f->pool, times);
	begin(f, 1, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	while (server_counters(f->server).connected)
		assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE), 0);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_int_equal(server_counters(f->server).reconnects, 1);
	assert_int_equal(server_counters(f->server).last_error.text[0], '\0');
}

static void zone_may_be_freed_inside_done(void **state)
{
	struct fixture *f = *state;

	begin(f, 1, f->key);
	for (int i = 0; i < 4; i++)
		assert_int_equal(put_update(f, i), 0);
	f->free_inside = true;
	wait_for(f, 1);
	for (int i = 0; i < 5; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->done, 1); /* the others are forgotten */
}

static void freed_zone_calls_nobody(void **state)
{
	struct fixture *f = *state;

	begin(f, 1, f->key);
	assert_int_equal(put_update(f, 0), 0);
	server_zone_free(f->server);
	f->server = NULL;
	for (int i = 0; i < 5; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->done, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_set_up, server_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signed_update_is_done),
		TEST(query_gives_the_records),
		TEST(every_code_has_its_class),
		TEST(answers_may_come_in_any_order),
		TEST(room_is_bounded_and_ids_are_different),
		TEST(update_that_cannot_be_encoded_is_refused_at_once),
		TEST(answer_in_single_bytes_is_put_together),
		TEST(only_the_request_that_was_dropped_is_sent_again),
		TEST(reset_in_the_middle_costs_nothing),
		TEST(server_that_closes_after_each_answer_gets_through_a_pipeline),
		TEST(idle_connection_is_closed_and_opened_again),
		TEST(zone_may_be_freed_inside_done),
		TEST(freed_zone_calls_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
