/* SPDX-License-Identifier: ISC */
#include "netcheck/explain.h"
#include "netcheck/judge_pair.h"
#include "netcheck/pair_seal.h"
#include "netcheck/pair_talk.h"
#include "netcheck/pair_words.h"

#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static const uint8_t nonce_r[PAIR_NONCE_BYTES] = {1}, nonce_c[PAIR_NONCE_BYTES] = {2};

static void begin_both(struct pair_seal *check, struct pair_seal *responder)
{
	pair_seal_begin(check, "some code", false, nonce_r, nonce_c);
	pair_seal_begin(responder, "some code", true, nonce_r, nonce_c);
}

static void a_greeting_is_read_back_and_nothing_else_is(void **state)
{
	uint8_t nonce[PAIR_NONCE_BYTES];
	char line[PAIR_GREETING_MAX];
	size_t length = pair_seal_greet(nonce_r, line);

	assert_int_equal(pair_seal_read_greeting(line, length, nonce), length);
	assert_memory_equal(nonce, nonce_r, sizeof(nonce));
	for (size_t cut = 0; cut < length; cut++)
		assert_int_equal(pair_seal_read_greeting(line, cut, nonce), -EAGAIN);
	line[3] = 'x';
	assert_int_equal(pair_seal_read_greeting(line, length, nonce), -EINVAL);
	assert_int_equal(pair_seal_read_greeting("SSH-2.0-x\r\n", 11, nonce), -EINVAL);
	assert_int_equal(pair_seal_read_greeting("AMTNET-PAIR 1 00\n", 17, nonce), -EINVAL);
	assert_int_equal(pair_seal_read_greeting("AMTNET-PAIR 2 ", 14, nonce), -EINVAL);
}

static void sealed_words_pass_in_order_both_ways(void **state)
{
	struct pair_seal check, responder;
	char line[PAIR_LINE_MAX], words[PAIR_WORDS_MAX];
	size_t length;

	begin_both(&check, &responder);
	for (int i = 0; i < 3; i++) {
		length = pair_seal_print(&check, "begin", line);
		for (size_t cut = 0; cut < length; cut++)
			assert_int_equal(pair_seal_read(&responder, line, cut, words), -EAGAIN);
		assert_int_equal(pair_seal_read(&responder, line, length, words), length);
		assert_string_equal(words, "begin");
		length = pair_seal_print(&responder, "", line);
		assert_int_equal(pair_seal_read(&check, line, length, words), length);
		assert_string_equal(words, "");
	}
}

static void a_broken_seal_is_refused(void **state)
{
	struct pair_seal check, responder, other;
	char line[PAIR_LINE_MAX], words[PAIR_WORDS_MAX];
	size_t length;

	begin_both(&check, &responder);
	length = pair_seal_print(&check, "seen", line);
	for (size_t i = 0; i + 1 < length;
	     i++) { /* each single change but that of the line's end */
		line[i] ^= 1;
		assert_true(pair_seal_read(&responder, line, length, words) < 0);
		line[i] ^= 1;
	}
	assert_int_equal(pair_seal_read(&check, line, length, words), -EACCES); /* sent back */
	assert_int_equal(pair_seal_read(&responder, line, length, words), length);
	assert_int_equal(pair_seal_read(&responder, line, length, words), -EACCES); /* repeated */
	pair_seal_print(&check, "lost", line);
	length = pair_seal_print(&check, "next", line);
	assert_int_equal(pair_seal_read(&responder, line, length, words), -EACCES); /* left out */
	pair_seal_begin(&other, "another code", false, nonce_r, nonce_c);
	begin_both(&check, &responder);
	length = pair_seal_print(&other, "begin", line);
	assert_int_equal(pair_seal_read(&responder, line, length, words), -EACCES);
}

static void words_have_a_limit(void **state)
{
	struct pair_seal check, responder;
	char line[PAIR_LINE_MAX], words[PAIR_WORDS_MAX + 1], most[PAIR_WORDS_MAX];
	size_t length;

	begin_both(&check, &responder);
	memset(words, 'w', sizeof(words));
	words[PAIR_WORDS_MAX] = '\0';
	assert_int_equal(pair_seal_print(&check, words, line), 0);
	words[PAIR_WORDS_MAX - 1] = '\0';
	length = pair_seal_print(&check, words, line);
	assert_true(length < PAIR_LINE_MAX);
	assert_int_equal(pair_seal_read(&responder, line, length, most), length);
	assert_string_equal(words, most);
	memset(line, 'x', sizeof(line));
	assert_int_equal(pair_seal_read(&responder, line, sizeof(line), most), -EINVAL);
	assert_int_equal(pair_seal_print(&check, "two\nlines", line), 0);
}

static void words_are_read_back_as_they_were_said(void **state)
{
	struct pair_ready ready = {.name = "pc one", .peer = addr_ip4(0xc0000201)}, other_ready;
	struct pair_port port = {16993, 1, 2, 3}, other_port;
	struct endpoint server = {.addr = addr_ip4(0xc0000202), .port = 9971}, other_server;
	struct pair_hello hello = {PAIR_HELLO_SILENT, 7, addr_ip4(0xc0000203)}, other_hello;
	char words[PAIR_WORDS_MAX];

	pair_print_ready(&ready, words);
	assert_string_equal(words, "ready pc-one 192.0.2.1 -");
	assert_int_equal(pair_read_ready(words, &other_ready), 0);
	assert_true(addr_equal(other_ready.peer, ready.peer));
	pair_print_port(&port, words);
	assert_int_equal(pair_read_port(words, &other_port), 0);
	assert_int_equal(other_port.port, 16993);
	assert_int_equal(other_port.half_open, 1);
	assert_int_equal(other_port.accepted, 2);
	assert_int_equal(other_port.proven, 3);
	pair_print_ask_hello(server, words);
	assert_int_equal(pair_read_ask_hello(words, &other_server), 0);
	assert_int_equal(other_server.port, 9971);
	pair_print_hello(&hello, words);
	assert_string_equal(words, "hello silent 7 192.0.2.3");
	assert_int_equal(pair_read_hello(words, &other_hello), 0);
	assert_int_equal(other_hello.state, PAIR_HELLO_SILENT);
}

static void odd_words_are_refused(void **state)
{
	static const char *const odd[] = {
		"",
		"ready",
		"ready a b c",
		"ready a 192.0.2.1 192.0.2.1 more",
		"ready a\x1b[m 192.0.2.1 192.0.2.1",
		"port 1 2 3",
		"port 70000 0 0 0",
		"port -1 0 0 0",
		"port 1 2 3 99999999999",
		"hello accepted x -",
		"hello maybe 1 -",
		"hello 192.0.2.1 0",
		"hello name 9971",
		"bye",
	};
	struct pair_ready ready;
	struct pair_port port;
	struct endpoint server;
	struct pair_hello hello;

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_int_equal(pair_read_ready(odd[i], &ready), -EINVAL);
		assert_int_equal(pair_read_port(odd[i], &port), -EINVAL);
		assert_int_equal(pair_read_ask_hello(odd[i], &server), -EINVAL);
		assert_int_equal(pair_read_hello(odd[i], &hello), -EINVAL);
	}
}

static void codes_are_long_and_never_the_same(void **state)
{
	char one[PAIR_CODE_TEXT], two[PAIR_CODE_TEXT];

	pair_seal_code(one);
	pair_seal_code(two);
	assert_int_equal(strlen(one), PAIR_CODE_TEXT - 1);
	assert_int_equal(strspn(one, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789-"), PAIR_CODE_TEXT - 1);
	assert_string_not_equal(one, two);
}

/* Both ends of a talk in one loop. */
struct side {
	struct event_base *base;
	struct pair_talk *talk;
	char heard[PAIR_WORDS_MAX];
	int end; /* -1 = none */
};

static void on_greeted(void *user)
{
	struct side *side = user;

	pair_talk_say(side->talk, "begin");
}

static void on_words(const char *words, void *user)
{
	struct side *side = user;

	snprintf(side->heard, sizeof(side->heard), "%s", words);
	event_base_loopbreak(side->base);
}

static void on_end(enum pair_talk_end end, void *user)
{
	struct side *side = user;

	side->talk = NULL;
	side->end = (int)end;
	event_base_loopbreak(side->base);
}

static const struct pair_talk_calls calls = {
	.on_greeted = on_greeted, .on_words = on_words, .on_end = on_end};

static void begin_talk(struct side sides[2], const char *code_0, const char *code_1)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	sides[0] = sides[1] = (struct side){.base = event_base_new(), .end = -1};
	assert_int_equal(pair_talk_new(&sides[0].talk, sides[0].base, fds[0], code_0, false, &calls,
				       &sides[0]),
			 0);
	if (code_1)
		assert_int_equal(pair_talk_new(&sides[1].talk, sides[0].base, fds[1], code_1, true,
					       &calls, &sides[1]),
				 0);
	else
		assert_int_equal(send(fds[1], "HTTP/1.1 400 Bad Request\r\n", 26, 0), 26);
	event_base_dispatch(sides[0].base);
}

static void end_talk(struct side sides[2])
{
	pair_talk_free(sides[0].talk);
	pair_talk_free(sides[1].talk);
	event_base_free(sides[0].base);
}

static void two_who_know_the_code_talk(void **state)
{
	struct side sides[2];

	begin_talk(sides, "code 12345", "code 12345");
	assert_true(!strcmp(sides[0].heard, "begin") || !strcmp(sides[1].heard, "begin"));
	assert_int_equal(sides[0].end, -1);
	end_talk(sides);
}

static void another_code_ends_the_talk(void **state)
{
	struct side sides[2];

	begin_talk(sides, "code 12345", "code 54321");
	assert_true(sides[0].end == PAIR_TALK_SEAL || sides[1].end == PAIR_TALK_SEAL);
	assert_string_equal(sides[0].heard, "");
	assert_string_equal(sides[1].heard, "");
	end_talk(sides);
}

static void another_protocol_ends_the_talk(void **state)
{
	struct side sides[2];

	begin_talk(sides, "code 12345", NULL);
	assert_int_equal(sides[0].end, PAIR_TALK_FOREIGN);
	end_talk(sides);
}

static struct result *taken;

static void take(struct result *result, void *user)
{
	result_free(taken);
	taken = result;
}

static void both_halves_of_a_handshake_are_told_apart(void **state)
{
	static const struct {
		enum probe_tcp_state state;
		struct pair_port seen;
		const char *id;
	} cases[] = {
		{PROBE_TCP_OPEN, {16993, 0, 1, 1}, "NC810"},
		{PROBE_TCP_FILTERED, {16993, 0, 0, 0}, "NC811"},
		{PROBE_TCP_REJECTED, {16993, 0, 0, 0}, "NC811"},
		{PROBE_TCP_FILTERED, {16993, 2, 0, 0}, "NC812"},
		{PROBE_TCP_OPEN, {16993, 0, 0, 0}, "NC813"},
		{PROBE_TCP_OPEN, {16993, 0, 1, 0}, "NC814"},
	};
	struct endpoint with = {.addr = addr_ip4(0xc0000201), .port = 16999};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		judge_pair_port(with, cases[i].state, &cases[i].seen, take, NULL);
		assert_string_equal(taken->kind->id, cases[i].id);
		assert_string_equal(taken->subject, "192.0.2.1 tcp/16993");
	}
	result_free(taken);
	taken = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_greeting_is_read_back_and_nothing_else_is),
		cmocka_unit_test(sealed_words_pass_in_order_both_ways),
		cmocka_unit_test(a_broken_seal_is_refused),
		cmocka_unit_test(words_have_a_limit),
		cmocka_unit_test(words_are_read_back_as_they_were_said),
		cmocka_unit_test(odd_words_are_refused),
		cmocka_unit_test(codes_are_long_and_never_the_same),
		cmocka_unit_test(two_who_know_the_code_talk),
		cmocka_unit_test(another_code_ends_the_talk),
		cmocka_unit_test(another_protocol_ends_the_talk),
		cmocka_unit_test(both_halves_of_a_handshake_are_told_apart),
	};

	return cmocka_run_group_tests_name("pair", tests, NULL, NULL);
}
