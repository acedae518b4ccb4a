/* SPDX-License-Identifier: ISC */
/* server with servers that fail: who is tried next, how often, and the way back. */
#include "tests/unit/dns/server_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A port where nobody listens. */
static struct endpoint closed_port(void)
{
	struct sockaddr_storage at;
	struct endpoint endpoint = {.addr = addr_ip4(0x7f000001)};
	socklen_t size = endpoint_to_sockaddr(endpoint, &at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
	size = sizeof at;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&at, &endpoint), 0);
	close(fd);
	return endpoint;
}

static void silent_server_is_left_for_the_next_one(void **state)
{
	struct fixture *f = *state;
	const struct server_outcome *outcome;

	script(f, SILENT, 0);
	begin(f, 2, f->key);
	outcome = one_update(f);
	assert_int_equal(outcome->class, SERVER_DONE);
	assert_true(outcome->resent);
	assert_words(f, outcome, 1, " answered: NOERROR");
	assert_int_equal(server_counters(f->server).timeouts, 1);
	assert_int_equal(server_counters(f->server).failovers, 1);
	assert_int_equal(one_update(f)->resent, false); /* the first server is left alone */
	assert_int_equal(f->scripts[0].seen, 1);
	assert_int_not_equal(f->scripts[0].ids[0], f->scripts[1].ids[0]);
}

static void silence_of_all_is_transient_after_bounded_tries(void **state)
{
	struct fixture *f = *state;
	const struct server_outcome *outcome;

	script(f, SILENT, 0);
	f->scripts[1].act[0] = SILENT;
	begin(f, 2, f->key);
	outcome = one_update(f);
	assert_int_equal(outcome->class, SERVER_TRANSIENT);
	assert_int_equal(outcome->rcode, -1);
	assert_words(f, outcome, 1, ": no answer in 150 ms");
	assert_int_equal(f->scripts[0].seen + f->scripts[1].seen, 2 * SERVER_TRIES);
	assert_string_equal(server_counters(f->server).last_error.text, outcome->words.text);
}

static void reset_without_any_answer_goes_to_the_next_server(void **state)
{
	struct fixture *f = *state;

	script(f, RESET, 0);
	begin(f, 2, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_int_equal(f->scripts[0].seen, 1);
	assert_int_equal(f->scripts[1].seen, 1);
}

static void refused_connection_goes_to_the_next_server(void **state)
{
	struct fixture *f = *state;

	f->endpoints[0] = closed_port();
	begin(f, 2, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_false(f->outcomes[0].resent);
	assert_words(f, &f->outcomes[0], 1, " answered: NOERROR");
}

static void refused_connections_of_all_are_transient(void **state)
{
	struct fixture *f = *state;

	f->endpoints[0] = f->endpoints[1] = closed_port();
	begin(f, 2, f->key);
	assert_int_equal(put_update(f, 0), 0);
	assert_int_equal(put_update(f, 1), 0);
	wait_for(f, 2);
	assert_int_equal(f->outcomes[0].class, SERVER_TRANSIENT);
	assert_words(f, &f->outcomes[1], 1, ": Connection refused");
	assert_int_equal(server_counters(f->server).sent, 0);
	assert_false(server_counters(f->server).connected);
}

static void unreachable_family_fails_as_a_server_does(void **state)
{
	struct fixture *f = *state;

	/* multicast: connect() itself fails */
	f->endpoints[0].addr = addr_ip4(0xe0000001);
	begin(f, 2, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_words(f, &f->outcomes[0], 1, " answered: NOERROR");
}

static void servfail_is_tried_on_the_next_server(void **state)
{
	struct fixture *f = *state;
	const struct server_outcome *outcome;

	script(f, ANSWER, 2);
	begin(f, 2, f->key);
	outcome = one_update(f);
	assert_int_equal(outcome->class, SERVER_DONE);
	assert_words(f, outcome, 1, " answered: NOERROR");
	assert_int_equal(f->scripts[0].seen, 1);
}

static void servfail_of_the_only_server_is_tried_again(void **state)
{
	struct fixture *f = *state;

	script(f, ANSWER, 2);
	script(f, ANSWER, 0);
	begin(f, 1, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
}

static void notimp_is_asked_of_each_server_once(void **state)
{
	struct fixture *f = *state;

	script(f, ANSWER, 4);
	f->scripts[1].act[0] = ANSWER;
	f->scripts[1].rcode[0] = 4;
	begin(f, 2, f->key);
	assert_int_equal(one_update(f)->class, SERVER_CAPABILITY);
	assert_int_equal(f->scripts[0].seen, 1);
	assert_int_equal(f->scripts[1].seen, 1);
}

static void zone_returns_to_the_preferred_server(void **state)
{
	struct fixture *f = *state;
	struct server_times times = quick;
	size_t tries = 0;

	script(f, SILENT, 0);
	script(f, ANSWER, 0);
	times.away_ms = 50;
	server_pool_set_times(f->pool, times);
	begin(f, 2, f->key);
	assert_words(f, one_update(f), 1, " answered: NOERROR");
	while (f->scripts[0].seen < 2 && tries++ < REQUESTS - 2) {
		const struct timeval pause = {.tv_usec = 5000};
		assert_int_equal(one_update(f)->class, SERVER_DONE);
		event_base_loopexit(f->base, &pause);
		event_base_dispatch(f->base);
	}
	assert_words(f, one_update(f), 0, " answered: NOERROR");
}

static void length_without_its_bytes_is_silence(void **state)
{
	struct fixture *f = *state;

	script(f, HUGE_LENGTH, 0);
	begin(f, 2, f->key);
	assert_int_equal(one_update(f)->class, SERVER_DONE);
	assert_words(f, &f->outcomes[0], 1, " answered: NOERROR");
	assert_int_equal(server_counters(f->server).timeouts, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_set_up, server_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(silent_server_is_left_for_the_next_one),
		TEST(silence_of_all_is_transient_after_bounded_tries),
		TEST(reset_without_any_answer_goes_to_the_next_server),
		TEST(refused_connection_goes_to_the_next_server),
		TEST(refused_connections_of_all_are_transient),
		TEST(unreachable_family_fails_as_a_server_does),
		TEST(servfail_is_tried_on_the_next_server),
		TEST(servfail_of_the_only_server_is_tried_again),
		TEST(notimp_is_asked_of_each_server_once),
		TEST(zone_returns_to_the_preferred_server),
		TEST(length_without_its_bytes_is_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
