/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/hello.h"
#include "discovery/relay_tcp.h"
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct scene {
	struct event_base *base;
	struct test_core core;
	bool over;
	struct delivery_outcome outcome;
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->base = event_base_new();
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	core_close(&scene->core);
	event_base_free(scene->base);
	free(scene);
	return 0;
}

static void on_done(struct delivery_outcome outcome, void *user)
{
	struct scene *scene = user;

	scene->over = true;
	scene->outcome = outcome;
}

static bool is_over(void *user)
{
	return ((struct scene *)user)->over;
}

static void send_bytes(struct scene *scene, struct endpoint core, uint32_t timeout_ms,
		       bool acknowledged_suffices, const void *bytes, size_t length)
{
	const struct relay_tcp_options options = {
		.core = core,
		.timeout_ms = timeout_ms,
		.acknowledged_suffices = acknowledged_suffices,
	};
	struct relay_tcp *relay;

	assert_int_equal(
		relay_tcp_start(&relay, scene->base, &options, bytes, length, on_done, scene), 0);
	assert_true(world_wait(scene->base, is_over, scene));
}

static void send_sample(struct scene *scene, enum core_script script, bool acknowledged_suffices)
{
	core_open(&scene->core, scene->base, 0, script);
	send_bytes(scene, scene->core.endpoint, 300, acknowledged_suffices, world_sample(),
		   WORLD_SAMPLE_BYTES);
	world_pass(scene->base, 20); /* would show a late reset */
	assert_int_equal(scene->core.resets, 0);
}

static void core_gets_the_bytes_in_one_piece(void **state)
{
	struct scene *scene = *state;

	send_sample(scene, CORE_TAKES, false);
	assert_int_equal(scene->outcome.result, DELIVERY_DONE);
	assert_int_equal(scene->core.count, 1);
	assert_int_equal(scene->core.hellos[0].length, WORLD_SAMPLE_BYTES);
	assert_memory_equal(scene->core.hellos[0].bytes, world_sample(), WORLD_SAMPLE_BYTES);
	assert_int_equal(scene->core.hellos[0].reads, 1);
}

static void largest_hello_arrives_whole(void **state)
{
	struct scene *scene = *state;
	static uint8_t bytes[HELLO_MAX_BYTES];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31 >> 3);
	core_open(&scene->core, scene->base, 0, CORE_TAKES);
	send_bytes(scene, scene->core.endpoint, 1000, false, bytes, sizeof(bytes));
	assert_int_equal(scene->outcome.result, DELIVERY_DONE);
	assert_int_equal(scene->core.hellos[0].length, sizeof(bytes));
	assert_memory_equal(scene->core.hellos[0].bytes, bytes, sizeof(bytes));
}

static void refusing_core_is_away(void **state)
{
	struct scene *scene = *state;

	send_bytes(scene, world_loopback(world_free_port()), 300, false, "x", 1);
	assert_int_equal(scene->outcome.result, DELIVERY_NO_CONNECT);
	assert_int_equal(scene->outcome.error, ECONNREFUSED);
	assert_true(delivery_blames_core(scene->outcome));
}

static void resetting_core_has_not_got_it(void **state)
{
	struct scene *scene = *state;

	send_sample(scene, CORE_RESETS, true);
	assert_int_equal(scene->outcome.result, DELIVERY_BROKEN);
	assert_int_equal(scene->outcome.error, ECONNRESET);
}

static void hanging_core_has_not_got_it(void **state)
{
	struct scene *scene = *state;

	send_sample(scene, CORE_HANGS, false);
	assert_int_equal(scene->outcome.result, DELIVERY_NO_CLOSE);
}

static void core_that_keeps_connections_needs_the_option(void **state)
{
	struct scene *scene = *state;

	send_sample(scene, CORE_KEEPS, false);
	assert_int_equal(scene->outcome.result, DELIVERY_NO_CLOSE);
	core_close(&scene->core);
	scene->over = false;
	send_sample(scene, CORE_KEEPS, true);
	assert_int_equal(scene->outcome.result, DELIVERY_DONE);
}

static void what_the_core_says_is_discarded_without_a_reset(void **state)
{
	struct scene *scene = *state;

	send_sample(scene, CORE_CHATS, false);
	assert_int_equal(scene->outcome.result, DELIVERY_DONE);
	assert_int_equal(scene->core.count, 1);
}

static void endless_talk_has_an_end(void **state)
{
	struct scene *scene = *state;

	core_open(&scene->core, scene->base, 0, CORE_FLOODS);
	send_bytes(scene, scene->core.endpoint, 5000, true, world_sample(), WORLD_SAMPLE_BYTES);
	assert_int_equal(scene->outcome.result, DELIVERY_TALKS);
}

static void cancelled_delivery_calls_nothing(void **state)
{
	struct scene *scene = *state;
	const struct relay_tcp_options options = {.timeout_ms = 100};
	struct relay_tcp_options to = options;
	struct relay_tcp *relay;

	core_open(&scene->core, scene->base, 0, CORE_TAKES);
	to.core = scene->core.endpoint;
	assert_int_equal(relay_tcp_start(&relay, scene->base, &to, "x", 1, on_done, scene), 0);
	relay_tcp_cancel(relay);
	world_pass(scene->base, 150);
	assert_false(scene->over);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(core_gets_the_bytes_in_one_piece),
		CASE(largest_hello_arrives_whole),
		CASE(refusing_core_is_away),
		CASE(resetting_core_has_not_got_it),
		CASE(hanging_core_has_not_got_it),
		CASE(core_that_keeps_connections_needs_the_option),
		CASE(what_the_core_says_is_discarded_without_a_reset),
		CASE(endless_talk_has_an_end),
		CASE(cancelled_delivery_calls_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
