/* SPDX-License-Identifier: ISC */
/* One name server for several zones: connections, the window that they share, and UDP. */
#include "tests/unit/dns/server_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Fills the zone's room; how many. */
static size_t fill(struct fixture *f)
{
	size_t count = 0;

	while (put_update(f, (int)count) == 0)
		count++;
	return count;
}

/* Until nothing more happens at once. */
static void settle(struct fixture *f)
{
	for (int i = 0; i < 50; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
}

static void more_work_opens_more_connections_but_four_at_most(void **state)
{
	struct fixture *f = *state;

	begin(f, 1, f->key);
	for (int rounds = 0; rounds < 2; rounds++)
		wait_for(f, f->done + fill(f));
	assert_true(name_server_connections(f->servers[0]) > 1);
	wait_for(f, f->done + fill(f));
	assert_true(name_server_connections(f->servers[0]) <= 4);
	assert_int_equal(server_counters(f->server).reconnects, 0);
}

static void zones_of_one_server_share_window_and_connections(void **state)
{
	struct fixture *f = *state;
	struct server_zone *first, *second;
	size_t sent;

	script(f, SILENT, 0);
	begin(f, 1, f->key);
	first = f->server;
	begin(f, 1, f->key);
	second = f->server;
	f->server = first;
	fill(f);
	settle(f);
	f->server = second;
	assert_int_equal(fill(f), SERVER_WAITING_MAX); /* the window is the other zone's */
	settle(f);
	sent = f->scripts[0].seen;
	assert_int_equal(sent, SERVER_WINDOW_FIRST);
	assert_int_equal(name_server_connections(f->servers[0]), 1); /* nobody knows it answers */
	server_zone_free(first);
	settle(f);
	assert_int_equal(f->scripts[0].seen, sent + SERVER_WAITING_MAX);
}

static void each_zone_has_its_turn(void **state)
{
	struct fixture *f = *state;
	struct server_zone *busy, *small;
	size_t position = 0;

	begin(f, 1, f->key);
	busy = f->server;
	begin(f, 1, f->key);
	small = f->server;
	f->server = busy;
	fill(f);
	f->server = small;
	assert_int_equal(put_update(f, 200), 0);
	f->server = busy;
	while (f->done < 60) {
		fill(f);
		assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE), 0);
	}
	while (position < f->done && f->numbers[position] != 200)
		position++;
	assert_true(position < 2 * SERVER_WINDOW_FIRST);
	server_zone_free(small);
}

static void begin_with_datagrams(struct fixture *f, size_t servers, const struct tsig_key *key)
{
	struct server_times times = quick;

	times.datagram_ms = 50;
	server_pool_set_times(f->pool, times);
	begin(f, servers, key);
}

static void single_update_goes_over_udp(void **state)
{
	struct fixture *f = *state;

	begin_with_datagrams(f, 1, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_false(f->outcomes[0].resent);
	assert_int_equal(f->scripts[0].datagrams, 1);
	assert_int_equal(name_server_connections(f->servers[0]), 0);
}

static void lost_datagram_is_sent_again_over_tcp(void **state)
{
	struct fixture *f = *state;

	script(f, SILENT, 0);
	script(f, ANSWER, 6);
	begin_with_datagrams(f, 1, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DECISION);
	assert_true(f->outcomes[0].resent); /* it may have been our own first one */
	assert_int_equal(f->scripts[0].seen, 2);
	assert_int_equal(f->scripts[0].datagrams, 1);
	assert_int_equal(server_counters(f->server).timeouts, 1);
	assert_int_equal(server_counters(f->server).failovers, 0);
	assert_int_equal(server_counters(f->server).window, SERVER_WINDOW_FIRST / 2 + 1);
}

static void refused_datagram_goes_over_tcp_at_once(void **state)
{
	struct fixture *f = *state;

	name_server_refuse_datagrams(f->servers[0]);
	begin_with_datagrams(f, 1, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_int_equal(server_counters(f->server).timeouts, 0);
	assert_int_equal(name_server_connections(f->servers[0]), 1);
}

static void truncated_answer_is_asked_for_over_tcp(void **state)
{
	struct fixture *f = *state;

	script(f, CUT, 0);
	script(f, ANSWER, 0);
	begin_with_datagrams(f, 1, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_int_equal(f->scripts[0].seen, 2);
	assert_int_equal(f->scripts[0].datagrams, 1);
}

static void answer_from_another_address_is_counted_and_dropped(void **state)
{
	struct fixture *f = *state;

	script(f, FROM_ELSEWHERE, 0);
	begin_with_datagrams(f, 1, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_int_equal(f->scripts[0].seen, 1);
	assert_int_equal(server_counters(f->server).ignored, 1);
}

static void unsigned_updates_and_queries_never_go_over_udp(void **state)
{
	struct fixture *f = *state;

	script(f, UNSIGNED, 0);
	begin_with_datagrams(f, 1, NULL);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	server_zone_free(f->server);
	script(f, ANSWER, 0);
	begin_with_datagrams(f, 1, f->key);
	assert_int_equal(server_query(f->server, &f->name, RECORD_A, on_done, NULL), 0);
	wait_for(f, 2);
	assert_int_equal(f->scripts[0].datagrams, 0);
}

static void large_message_goes_over_tcp(void **state)
{
	struct update_message *message = malloc(sizeof *message);
	struct record txt = record_txt("0123456789012345678901234567890123456789", 60);
	struct fixture *f = *state;
	struct update update;

	begin_with_datagrams(f, 1, f->key);
	update_init(&update, &f->zone);
	for (int i = 0; i < 10; i++)
		update_put(&update, UPDATE_ADD, &f->name, &txt);
	update_message_init(message, &f->zone);
	while (update_message_add(message, &update) == 0)
		;
	assert_int_equal(server_message(f->server, message, on_done, NULL), 0);
	free(message);
	wait_for(f, 1);
	assert_int_equal(f->outcomes[0].class, SERVER_DONE);
	assert_int_equal(f->scripts[0].datagrams, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_set_up, server_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(more_work_opens_more_connections_but_four_at_most),
		TEST(zones_of_one_server_share_window_and_connections),
		TEST(each_zone_has_its_turn),
		TEST(single_update_goes_over_udp),
		TEST(lost_datagram_is_sent_again_over_tcp),
		TEST(refused_datagram_goes_over_tcp_at_once),
		TEST(truncated_answer_is_asked_for_over_tcp),
		TEST(answer_from_another_address_is_counted_and_dropped),
		TEST(unsigned_updates_and_queries_never_go_over_udp),
		TEST(large_message_goes_over_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
