/* SPDX-License-Identifier: ISC */
/* The responder against its own check, and the test hello against small servers, on loopback. */
#include "netcheck/respond.h"

#include "common/hello.h"
#include "netcheck/amt.h"
#include "netcheck/probe_hello.h"
#include "netcheck/probe_token.h"
#include "netcheck/respond_ping.h"

#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct event_base *base;
static char *said;
static size_t said_size;
static FILE *out;
static struct probe_token_outcome token;
static struct probe_hello_outcome hello;

static void on_token(const struct probe_token_outcome *outcome, void *user)
{
	token = *outcome;
	event_base_loopbreak(base);
}

static void on_hello(const struct probe_hello_outcome *outcome, void *user)
{
	hello = *outcome;
	event_base_loopbreak(base);
}

/* A listening socket on loopback, its address in *ret. */
static int open_port(struct endpoint *ret)
{
	struct sockaddr_storage sockaddr;
	socklen_t size = endpoint_to_sockaddr((struct endpoint){.addr = addr_ip4(0x7f000001)},
					      &sockaddr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sockaddr, size), 0);
	assert_int_equal(listen(fd, 8), 0);
	size = sizeof(sockaddr);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sockaddr, &size), 0);
	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&sockaddr, ret), 0);
	return fd;
}

/* A responder on a number that was free a moment ago. */
static struct respond *start_responder(struct endpoint *ret)
{
	struct respond_options options = {.bind = addr_ip4(0x7f000001), .out = out};
	struct respond *respond = NULL;
	struct err err = {0};

	for (unsigned i = 0; i < 20 && !respond; i++) {
		close(open_port(ret));
		options.ports = (struct target_ports){.items = {ret->port}, .count = 1};
		(void)respond_new(&respond, base, &options, &err);
	}
	assert_non_null(respond);
	return respond;
}

static void the_responder_proves_the_path(void **state)
{
	struct endpoint at;
	struct respond *respond = start_responder(&at);
	struct probe_token *probe;

	assert_int_equal(probe_token_start(&probe, base, at, 3000, on_token, NULL), 0);
	event_base_dispatch(base);
	assert_true(token.proven);
	assert_int_equal(token.size, PROBE_TOKEN_SIZE_PASSES);
	assert_true(addr_equal(token.answer.seen, at.addr));
	assert_true(token.answer.name[0]);
	assert_int_equal(respond_counters(respond).proven, 1);
	assert_int_equal(respond_counters(respond).ports_seen, 1);
	fflush(out);
	assert_non_null(strstr(said, "from 127.0.0.1:"));
	assert_non_null(strstr(said, "the path is proven"));
	respond_free(respond);
}

static int connect_to(struct endpoint to)
{
	struct sockaddr_storage sockaddr;
	socklen_t size = endpoint_to_sockaddr(to, &sockaddr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&sockaddr, size), 0);
	return fd;
}

static char heard[TOKEN_LINE_MAX];
static size_t heard_size;

/* Everything up to the end of the connection. */
static void on_words(evutil_socket_t fd, short what, void *user)
{
	ssize_t got = what & EV_READ ? recv(fd, heard + heard_size, sizeof(heard) - heard_size, 0)
				     : -2;

	if (got > 0) {
		heard_size += (size_t)got;
		return;
	}
	*(ssize_t *)user = got;
	event_base_loopbreak(base);
}

static void on_end_of_stream(evutil_socket_t fd, short what, void *user)
{
	*(ssize_t *)user = what & EV_READ ? recv(fd, (char[64]){0}, 64, 0) : -2;
	event_base_loopbreak(base);
}

static void another_protocol_is_told_who_is_there_and_hung_up_on(void **state)
{
	static const char request[] = "GET / HTTP/1.1\r\n\r\n";
	struct timeval limit = {.tv_sec = 10};
	struct token_answer answer;
	struct endpoint at;
	struct respond *respond = start_responder(&at);
	int fd = connect_to(at);
	ssize_t got = -2;
	struct event *event = event_new(base, fd, EV_READ | EV_PERSIST, on_words, &got);

	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	event_add(event, &limit);
	event_base_dispatch(base);
	assert_int_equal(got, 0);
	assert_int_equal(token_parse_answer(heard, heard_size, &answer), 0);
	assert_string_equal(answer.nonce, "-");
	assert_true(addr_equal(answer.seen, at.addr));
	assert_int_equal(respond_counters(respond).proven, 0);
	event_free(event);
	close(fd);
	respond_free(respond);
}

static void visitors_beyond_the_limit_are_refused(void **state)
{
	struct timeval limit = {.tv_sec = 10};
	struct endpoint at;
	struct respond *respond = start_responder(&at);
	int fds[RESPOND_CONNECTIONS_MAX + 1];
	struct event *event;
	ssize_t got = -2;

	for (size_t i = 0; i <= RESPOND_CONNECTIONS_MAX; i++) {
		fds[i] = connect_to(at);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	event = event_new(base, fds[RESPOND_CONNECTIONS_MAX], EV_READ, on_end_of_stream, &got);
	event_add(event, &limit);
	event_base_dispatch(base);
	assert_int_equal(got, 0);
	assert_int_equal(respond_counters(respond).refused, 1);
	event_free(event);
	for (size_t i = 0; i <= RESPOND_CONNECTIONS_MAX; i++)
		close(fds[i]);
	respond_free(respond);
}

static void a_port_that_is_taken_is_said(void **state)
{
	struct endpoint at;
	struct respond_options options = {.bind = addr_ip4(0x7f000001), .out = out};
	struct respond *respond;
	struct err err = {0};
	int fd = open_port(&at);

	options.ports = (struct target_ports){.items = {at.port}, .count = 1};
	assert_int_equal(respond_new(&respond, base, &options, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "cannot listen on 127.0.0.1:"));
	close(fd);
}

static void something_silent_is_no_responder(void **state)
{
	struct probe_token *probe;
	struct endpoint at;
	int fd = open_port(&at);

	assert_int_equal(probe_token_start(&probe, base, at, 50, on_token, NULL), 0);
	event_base_dispatch(base);
	assert_false(token.proven);
	assert_int_equal(token.error, 0);
	close(fd);
}

#define FLOOD (3 * RESPOND_PING_RATE)

static void pings_beyond_the_rate_are_not_answered(void **state)
{
	struct respond_ping_options options = {.bind = addr_ip4(0x7f000001), .out = out};
	struct respond_ping_counters counters;
	struct respond_ping *responder = NULL;
	struct sockaddr_storage to;
	uint8_t ping[AMT_PING_BYTES];
	struct endpoint at;
	struct err err = {0};
	socklen_t size;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	for (unsigned i = 0; i < 20 && !responder; i++) {
		close(open_port(&at));
		options.port = at.port;
		(void)respond_ping_new(&responder, base, &options, &err);
	}
	assert_non_null(responder);
	amt_print_ping(1, ping);
	size = endpoint_to_sockaddr(at, &to);
	for (unsigned i = 0; i < FLOOD; i++) {
		assert_int_equal(sendto(fd, ping, sizeof(ping), 0, (struct sockaddr *)&to, size),
				 sizeof(ping));
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	counters = respond_ping_counters(responder);
	assert_int_equal(counters.answered + counters.refused, FLOOD);
	/* A second may end in between. */
	assert_in_range(counters.answered, RESPOND_PING_RATE, 2 * RESPOND_PING_RATE);
	close(fd);
	respond_ping_free(responder);
}

static uint8_t taken[HELLO_MAX_BYTES];
static size_t taken_size;

/* Reads to the end of the hello, then does what the test wants: closes, resets, or nothing. */
enum manners { MANNERS_CLOSE, MANNERS_RESET, MANNERS_HOLD };
static enum manners manners;
static int held = -1;

static void on_hello_bytes(evutil_socket_t fd, short what, void *user)
{
	struct linger reset = {.l_onoff = 1};
	ssize_t got = recv(fd, taken + taken_size, sizeof(taken) - taken_size, 0);

	if (got > 0) {
		taken_size += (size_t)got;
		assert_int_equal(event_base_once(base, fd, EV_READ, on_hello_bytes, NULL, NULL), 0);
		return;
	}
	if (manners == MANNERS_RESET)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

static void on_hello_server(evutil_socket_t listener, short what, void *user)
{
	int fd = accept(listener, NULL, NULL);

	assert_true(fd >= 0);
	taken_size = 0;
	if (manners == MANNERS_HOLD)
		held = fd;
	else
		assert_int_equal(event_base_once(base, fd, EV_READ, on_hello_bytes, NULL, NULL), 0);
}

static void say_hello(enum manners wanted)
{
	struct probe_hello *probe;
	struct endpoint at;
	int fd = open_port(&at);
	struct event *event = event_new(base, fd, EV_READ | EV_PERSIST, on_hello_server, NULL);

	manners = wanted;
	event_add(event, NULL);
	assert_int_equal(probe_hello_start(&probe, base, at, 3000,
					   wanted == MANNERS_HOLD ? 60 : 3000, on_hello, NULL),
			 0);
	event_base_dispatch(base);
	event_free(event);
	close(fd);
}

static void a_hello_is_accepted_by_closing(void **state)
{
	struct hello decoded;
	struct err err = {0};

	say_hello(MANNERS_CLOSE);
	assert_int_equal(hello.state, PROBE_HELLO_ACCEPTED);
	assert_int_equal(hello_decode(taken, taken_size, true, &decoded, &err), HELLO_COMPLETE);
	assert_true(uuid_equal(decoded.uuid, hello_test_uuid));
	assert_int_equal(decoded.hash_count, 0);
}

static void a_hello_that_is_not_taken_is_told_apart(void **state)
{
	struct probe_hello *probe;
	struct endpoint at;

	say_hello(MANNERS_RESET);
	assert_int_equal(hello.state, PROBE_HELLO_RESET);
	say_hello(MANNERS_HOLD);
	assert_int_equal(hello.state, PROBE_HELLO_HELD);
	close(held);
	close(open_port(&at));
	assert_int_equal(probe_hello_start(&probe, base, at, 3000, 3000, on_hello, NULL), 0);
	event_base_dispatch(base);
	assert_int_equal(hello.state, PROBE_HELLO_FAILED);
	assert_int_equal(hello.error.error, ECONNREFUSED);
}

static int open_base(void **state)
{
	base = event_base_new();
	out = open_memstream(&said, &said_size);
	return base && out ? 0 : -1;
}

static int close_base(void **state)
{
	event_base_free(base);
	fclose(out);
	free(said);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_responder_proves_the_path),
		cmocka_unit_test(another_protocol_is_told_who_is_there_and_hung_up_on),
		cmocka_unit_test(visitors_beyond_the_limit_are_refused),
		cmocka_unit_test(a_port_that_is_taken_is_said),
		cmocka_unit_test(something_silent_is_no_responder),
		cmocka_unit_test(pings_beyond_the_rate_are_not_answered),
		cmocka_unit_test(a_hello_is_accepted_by_closing),
		cmocka_unit_test(a_hello_that_is_not_taken_is_told_apart),
	};

	return cmocka_run_group_tests(tests, open_base, close_base);
}
