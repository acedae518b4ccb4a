/* SPDX-License-Identifier: ISC */
/* server whose zone gets other servers: what was under way begins anew there, at once and with all its tries. */
#include "tests/unit/dns/server_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Longer than a test may take: whoever waits for a deadline fails. */
static const struct server_times slow = {
	.connect_ms = 60000, .answer_ms = 60000, .away_ms = 600000, .idle_ms = 60000};

/* Begins with the first server alone, and puts updates until it has seen them all. */
static void send_to_the_old_one(struct fixture *f, size_t count)
{
	begin(f, 1, f->key);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(put_update(f, (int)i), 0);
	while (f->scripts[0].seen < count)
		assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE), 0);
}

static void move(struct fixture *f, size_t server)
{
	assert_int_equal(server_zone_set_servers(f->server, f->endpoints + server, 1), 0);
}

static void zone_without_a_server_takes_nothing_until_it_is_given_one(void **state)
{
	struct fixture *f = *state;

	begin(f, 0, f->key);
	assert_int_equal(server_zone_room(f->server), 0);
	assert_int_equal(put_update(f, 0), -EBUSY);
	assert_int_equal(server_counters(f->server).server.port, 0);
	assert_int_equal(server_zone_set_servers(f->server, f->endpoints, 0), -EINVAL);
	assert_int_equal(server_zone_set_servers(f->server, f->endpoints, 1), 0);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
}

static void what_is_under_way_goes_to_the_new_servers_at_once(void **state)
{
	struct fixture *f = *state;

	server_pool_set_times(f->pool, slow);
	script(f, SILENT, 0);
	send_to_the_old_one(f, 3);
	assert_int_equal(put_update(f, 3), 0); /* not sent yet */
	move(f, 1);
	wait_for(f, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(f->outcomes[i].class, SERVER_DONE);
		assert_true(endpoint_equal(f->outcomes[i].server, f->endpoints[1]));
		/* the old one may have taken it all the same (RFC 2136 7.8) */
		assert_int_equal(f->outcomes[i].resent, f->numbers[i] < 3);
	}
	assert_int_equal(f->scripts[0].seen, 3);
	assert_int_equal(f->scripts[1].seen, 4);
}

static void server_that_no_zone_uses_is_forgotten(void **state)
{
	struct server_times times = slow;
	struct fixture *f = *state;

	times.idle_ms = 50;
	server_pool_set_times(f->pool, times);
	begin(f, 2, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_int_equal(server_pool_count(f->pool), 2);
	move(f, 0);
	move(f, 1);
	assert_int_equal(server_pool_count(f->pool), 2); /* it may be at work just now */
	while (server_pool_count(f->pool) > 1)
		assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE), 0);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	move(f, 0);
	move(f, 1); /* back before anybody looked */
	while (server_pool_count(f->pool) > 1)
		assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE), 0);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_int_equal(f->scripts[1].seen, 2);
}

static void late_answer_of_the_old_server_is_nobodys(void **state)
{
	struct fixture *f = *state;
	size_t room;

	server_pool_set_times(f->pool, slow);
	script(f, HOLD, 0);
	f->scripts[1].act[0] = HOLD;
	send_to_the_old_one(f, 1);
	move(f, 1);
	while (f->scripts[1].seen < 1)
		assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE), 0);
	answer_held(f, 0, 8);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->done, 0);
	answer_held(f, 1, 0);
	wait_for(f, 1);
	assert_int_equal(f->outcomes[0].rcode, 0);
	/* and it owes nothing any more: its window is as wide as before */
	move(f, 0);
	room = server_zone_room(f->server);
	assert_int_equal(room, SERVER_WINDOW_FIRST + SERVER_WAITING_MAX);
}

static void new_servers_get_all_the_tries(void **state)
{
	struct fixture *f = *state;

	script(f, SILENT, 0);
	for (size_t i = 0; i < SERVER_TRIES - 1; i++)
		f->scripts[1].act[i] = SILENT;
	f->scripts[1].count = SERVER_TRIES;
	begin(f, 1, f->key);
	assert_int_equal(put_update(f, 0), 0);
	while (f->scripts[0].seen < SERVER_TRIES)
		assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE), 0);
	move(f, 1);
	wait_for(f, 1);
	assert_int_equal(f->outcomes[0].class, SERVER_DONE);
	assert_int_equal(f->scripts[1].seen, SERVER_TRIES);
}

/* It is in the buffer of a connection that is about to open: it leaves all the same. */
static void what_is_about_to_leave_counts_as_sent(void **state)
{
	struct fixture *f = *state;

	server_pool_set_times(f->pool, slow);
	script(f, SILENT, 0);
	begin(f, 1, f->key);
	assert_int_equal(put_update(f, 0), 0);
	while (server_counters(f->server).sent == 0)
		assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE), 0);
	assert_int_equal(f->scripts[0].seen, 0);
	move(f, 1);
	wait_for(f, 1);
	while (f->scripts[0].seen == 0)
		assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE), 0);
	assert_int_equal(f->outcomes[0].class, SERVER_DONE);
	assert_true(f->outcomes[0].resent);
	assert_int_equal(server_counters(f->server).sent, 2);
}

static void servers_are_changed_as_often_as_one_likes(void **state)
{
	struct fixture *f = *state;

	begin(f, 1, f->key);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(put_update(f, (int)i), 0);
		move(f, i % 2);
		wait_for(f, i + 1);
		assert_int_equal(f->outcomes[i].class, SERVER_DONE);
		assert_true(endpoint_equal(f->outcomes[i].server, f->endpoints[i % 2]));
	}
	assert_int_equal(f->scripts[0].seen, 3);
	assert_int_equal(f->scripts[1].seen, 3);
}

static void failovers_are_counted_on(void **state)
{
	struct fixture *f = *state;

	script(f, SILENT, 0);
	begin(f, 2, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_int_equal(server_counters(f->server).failovers, 1);
	move(f, 1);
	assert_int_equal(server_counters(f->server).failovers, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_set_up, server_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(zone_without_a_server_takes_nothing_until_it_is_given_one),
		TEST(what_is_under_way_goes_to_the_new_servers_at_once),
		TEST(server_that_no_zone_uses_is_forgotten),
		TEST(late_answer_of_the_old_server_is_nobodys),
		TEST(new_servers_get_all_the_tries),
		TEST(what_is_about_to_leave_counts_as_sent),
		TEST(servers_are_changed_as_often_as_one_likes),
		TEST(failovers_are_counted_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
