/* SPDX-License-Identifier: ISC */
/* One question to a scripted server, whatever that makes of it: over UDP, and over TCP after a cut answer. */
#include "dns/ask.h"
#include "common/clock.h"
#include "tests/unit/dns/answer.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CUT = 2, RECURSION = 1, SERVFAIL = 2 };

struct scene {
	struct event_base *base;
	struct name_server *server;
	void (*over_udp)(struct scene *scene, const struct name_server_message *message);
	void (*over_tcp)(struct scene *scene, const struct name_server_message *message);
	unsigned datagrams, messages;
	uint16_t id;
	struct ask *ask;
	bool done;
	struct ask_answer answer;
	uint64_t took_ms;
};

static void on_message(struct name_server *server, const struct name_server_message *message,
		       void *user)
{
	struct scene *scene = user;

	if (message->peer) {
		scene->messages++;
		assert_int_equal(message->id, scene->id);
		if (scene->over_tcp)
			scene->over_tcp(scene, message);
	} else {
		scene->datagrams++;
		scene->id = message->id;
		if (scene->over_udp)
			scene->over_udp(scene, message);
	}
	assert_int_equal(message->bytes[2] & RECURSION, RECURSION);
}

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	*state = scene;
	scene->base = event_base_new();
	scene->server = name_server_new(scene->base, on_message, scene);
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	name_server_free(scene->server);
	event_base_free(scene->base);
	free(scene);
	return 0;
}

static void on_done(const struct ask_answer *answer, void *user)
{
	struct scene *scene = user;

	assert_false(scene->done);
	scene->done = true;
	scene->answer = *answer;
	event_base_loopbreak(scene->base);
}

static void begin(struct scene *scene)
{
	const struct ask_question question = {.server = name_server_endpoint(scene->server),
					      .name = {"pc.corp.example"},
					      .type = RECORD_SOA,
					      .recurse = true,
					      .wait_ms = 100};

	assert_int_equal(ask_new(&scene->ask, scene->base, &question, on_done, scene), 0);
}

/* Asks and waits, at most ten seconds. */
static void look(struct scene *scene)
{
	static const struct timeval limit = {.tv_sec = 10};
	uint64_t begun_ms = clock_mono_ms();

	begin(scene);
	event_base_loopexit(scene->base, &limit);
	event_base_dispatch(scene->base);
	assert_true(scene->done);
	scene->took_ms = clock_mono_ms() - begun_ms;
}

static void expect_silence(const struct scene *scene, const char *words)
{
	assert_false(scene->answer.good);
	assert_true(scene->answer.silent);
	if (!strstr(scene->answer.words.text, words))
		fail_msg("\"%s\" is not in: %s", words, scene->answer.words.text);
}

/* What the server does -------------------------------------------------------------------------- */

static void build(const struct name_server_message *message, struct answer *ret)
{
	static const struct hostname zone = {"corp.example"};

	answer_begin(ret, message);
	answer_soa(ret, ANSWER_AUTHORITY, &zone);
}

static void answer_well(struct scene *scene, const struct name_server_message *message)
{
	struct answer answer;

	build(message, &answer);
	name_server_answer(message, answer.bytes, answer.length);
}

static void answer_cut(struct scene *scene, const struct name_server_message *message)
{
	struct answer answer;

	answer_begin(&answer, message);
	answer.bytes[2] |= CUT;
	name_server_answer(message, answer.bytes, answer.length);
}

/* In the middle of its record, as some servers do. */
static void answer_torn(struct scene *scene, const struct name_server_message *message)
{
	struct answer answer;

	build(message, &answer);
	answer.bytes[2] |= CUT;
	name_server_answer(message, answer.bytes, answer.length - 9);
}

static void answer_of_another_id(struct scene *scene, const struct name_server_message *message)
{
	struct answer answer;

	build(message, &answer);
	answer.bytes[0] ^= 0x55;
	name_server_answer(message, answer.bytes, answer.length);
}

static void answer_badly_then_well(struct scene *scene, const struct name_server_message *message)
{
	answer_of_another_id(scene, message);
	answer_well(scene, message);
}

static void answer_without_end(struct scene *scene, const struct name_server_message *message)
{
	for (int i = 0; i < 100; i++)
		answer_of_another_id(scene, message);
}

static void fail_to_answer(struct scene *scene, const struct name_server_message *message)
{
	struct answer answer;

	answer_begin(&answer, message);
	answer.bytes[3] = SERVFAIL;
	name_server_answer(message, answer.bytes, answer.length);
}

static void close_the_connection(struct scene *scene, const struct name_server_message *message)
{
	name_server_close(message->peer);
}

/* Cases ----------------------------------------------------------------------------------------- */

static void a_whole_answer_needs_no_tcp(void **state)
{
	struct scene *scene = *state;

	scene->over_udp = answer_well;
	look(scene);
	assert_true(scene->answer.good);
	assert_string_equal(scene->answer.answer.soa.zone.text, "corp.example");
	assert_int_equal(name_server_connections(scene->server), 0);
}

static void a_cut_answer_is_asked_for_over_tcp(void **state)
{
	struct scene *scene = *state;

	scene->over_udp = answer_cut;
	scene->over_tcp = answer_well;
	look(scene);
	assert_true(scene->answer.good);
	assert_string_equal(scene->answer.answer.soa.zone.text, "corp.example");
	assert_int_equal(scene->datagrams, 1);
	assert_int_equal(scene->messages, 1);
	assert_int_equal(scene->answer.ignored, 0);
}

static void so_is_one_that_is_torn(void **state)
{
	struct scene *scene = *state;

	scene->over_udp = answer_torn;
	scene->over_tcp = answer_well;
	look(scene);
	assert_true(scene->answer.good);
	assert_int_equal(scene->answer.ignored, 0);
}

static void a_cut_answer_over_tcp_is_none(void **state)
{
	struct scene *scene = *state;

	scene->over_udp = scene->over_tcp = answer_cut;
	look(scene);
	assert_false(scene->answer.good);
	assert_false(scene->answer.silent);
	assert_non_null(strstr(scene->answer.words.text, "cut short over TCP as well"));
}

static void a_torn_answer_over_tcp_is_none(void **state)
{
	struct scene *scene = *state;

	scene->over_udp = scene->over_tcp = answer_torn;
	look(scene);
	expect_silence(scene, "over TCP none came in time");
	assert_int_equal(scene->answer.ignored, 1);
}

static void a_refusal_over_tcp_is_told(void **state)
{
	struct scene *scene = *state;

	scene->over_udp = answer_cut;
	scene->over_tcp = fail_to_answer;
	look(scene);
	assert_false(scene->answer.good);
	assert_non_null(strstr(scene->answer.words.text, "SERVFAIL"));
}

static void another_message_over_tcp_is_waited_past(void **state)
{
	struct scene *scene = *state;

	scene->over_udp = answer_cut;
	scene->over_tcp = answer_badly_then_well;
	look(scene);
	assert_true(scene->answer.good);
	assert_int_equal(scene->answer.ignored, 1);
}

static void messages_without_end_are_not_read(void **state)
{
	struct scene *scene = *state;

	scene->over_udp = answer_cut;
	scene->over_tcp = answer_without_end;
	look(scene);
	expect_silence(scene, "only messages that are no answer");
	assert_int_equal(scene->answer.ignored, 64);
	assert_true(scene->took_ms < ASK_TCP_MS);
}

static void silence_over_tcp_has_its_deadline(void **state)
{
	struct scene *scene = *state;

	scene->over_udp = answer_cut;
	look(scene);
	expect_silence(scene, "over TCP none came in time");
	assert_true(scene->took_ms >= ASK_TCP_MS);
}

static void a_connection_that_ends_is_told_at_once(void **state)
{
	struct scene *scene = *state;

	scene->over_udp = answer_cut;
	scene->over_tcp = close_the_connection;
	look(scene);
	expect_silence(scene, "does not give it over TCP");
	assert_true(scene->took_ms < ASK_TCP_MS);
}

static void silence_over_udp_is_asked_three_times(void **state)
{
	struct scene *scene = *state;

	look(scene);
	expect_silence(scene, "no answer over UDP");
	assert_int_equal(scene->datagrams, ASK_TRIES);
}

static void a_question_may_be_taken_back_over_tcp(void **state)
{
	struct scene *scene = *state;

	scene->over_udp = answer_cut;
	begin(scene);
	while (!scene->messages)
		event_base_loop(scene->base, EVLOOP_ONCE);
	ask_free(scene->ask);
	event_base_loop(scene->base, EVLOOP_NONBLOCK);
	assert_false(scene->done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_whole_answer_needs_no_tcp),
		TEST(a_cut_answer_is_asked_for_over_tcp),
		TEST(so_is_one_that_is_torn),
		TEST(a_cut_answer_over_tcp_is_none),
		TEST(a_torn_answer_over_tcp_is_none),
		TEST(a_refusal_over_tcp_is_told),
		TEST(another_message_over_tcp_is_waited_past),
		TEST(messages_without_end_are_not_read),
		TEST(silence_over_tcp_has_its_deadline),
		TEST(a_connection_that_ends_is_told_at_once),
		TEST(silence_over_udp_is_asked_three_times),
		TEST(a_question_may_be_taken_back_over_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
