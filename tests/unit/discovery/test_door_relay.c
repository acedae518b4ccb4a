/* SPDX-License-Identifier: ISC */
/* Where hellos go, and what is told about it. */
#include "door_scene.h"

#include "discovery/gate.h"

#include <errno.h>

static void expect_print(struct text *text, const char *expected)
{
	if (!text->bytes || !strstr(text->bytes, expected))
		fail_msg("\"%s\" is not in \"%s\"", expected, text->bytes ? text->bytes : "");
	text_clear(text);
}

static void device_is_found_by_any_key_with_its_story(void **state)
{
	static const char *const keys[] = {"939b524b-13d4-1d18-e487-1c697a6b7a2b",
					   "00:11:22:33:44:55", "127.0.0.5", "PC5.corp.example"};
	struct scene *scene = *state;
	struct text text;

	open_core(scene, CORE_TAKES);
	say_hello(scene, "127.0.0.5", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "\tcore:delivered\t");
	expect_text(scene, "\tcore:delivered\n");
	text_init(&text, 1 << 16);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_int_equal(discovery_print_device(scene->discovery, keys[i], ROWS_TSV, &text),
				 0);
		assert_non_null(strstr(text.bytes, "\thello\tid 1, from 127.0.0.5, version 3, "));
		assert_non_null(strstr(text.bytes, "\tdelivered\tid 1, core core\n"));
		expect_print(&text, "mac 00:11:22:33:44:55, address 127.0.0.5, "
				    "name pc5.corp.example, leased, hellos 1, retry 0");
	}
	assert_int_equal(discovery_print_device(scene->discovery, "127.0.0.6", ROWS_TSV, &text),
			 -ENOENT);
	text_done(&text);
}

static void relay_says_since_when_and_why_and_tries_when_told(void **state)
{
	struct scene *scene = *state;
	struct text text;

	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "core.core.state\taway\n");
	text_init(&text, 1 << 16);
	assert_int_equal(discovery_print_relay(scene->discovery, ROWS_TSV, &text), 0);
	assert_non_null(strstr(text.bytes, "\taway\t1\t"));
	expect_print(&text, "Z connection refused\n");
	open_core(scene, CORE_TAKES);
	assert_int_equal(discovery_relay_retry(scene->discovery, "other"), -ENOENT);
	assert_int_equal(discovery_relay_retry(scene->discovery, "core"), 0);
	expect_at_core(scene, 1);
	text_done(&text);
}

/* A second core before the usual one. */
static void add_core(struct scene *scene, struct discovery_core_config cores[2])
{
	stop(scene);
	cores[1] = scene->core_config;
	cores[0] = scene->core_config;
	cores[0].name = (char *)"first";
	cores[0].address.port = world_free_port();
	scene->config.cores = (struct config_list){.items = cores, .count = 2};
}

static void one_healthy_core_is_enough(void **state)
{
	struct scene *scene = *state;
	struct discovery_core_config cores[2];

	add_core(scene, cores);
	scene->config.deliver = DISCOVERY_DELIVER_FIRST;
	open_core(scene, CORE_TAKES);
	start(scene);
	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_at_core(scene, 1); /* the first is away: it moved on */
	expect_text(scene, "first:elsewhere core:delivered\t");
	expect_text(scene, "core.first.waiting\t0\n");
	stop(scene);
	start(scene);
	expect_text(scene, "first:elsewhere core:delivered\t");
	assert_int_equal(scene->core.accepted, 1);
}

static void core_gets_only_what_is_meant_for_it(void **state)
{
	static const char *wanted[] = {"C3846BF24B9E93CA64274C0EC67C1ECC5E024FFCACD2D74019350E81"
				       "FE546AE4"};
	static const char *unwanted[] = {"00000000000000000000000000000000000000000000000000000000"
					 "00000000"};
	struct prefix here = {.addr = addr_ip4(0x7f000000), .length = 8};
	struct scene *scene = *state;
	struct discovery_core_config cores[2];

	add_core(scene, cores);
	cores[0].root_hashes = (struct config_list){.items = unwanted, .count = 1};
	cores[1].root_hashes = (struct config_list){.items = wanted, .count = 1};
	cores[1].subnets = (struct config_list){.items = &here, .count = 1};
	open_core(scene, CORE_TAKES);
	start(scene);
	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_at_core(scene, 1);
	expect_text(scene, "\tcore:delivered\t");
}

/* As many as are allowed go out at a time, those that hang among them, and none is lost. */
static void many_are_on_their_way_at_a_time(void **state)
{
	const unsigned allowed = 260, all = 280;
	struct scene *scene = *state;
	uint8_t hello[WORLD_SAMPLE_BYTES];
	char source[32];

	stop(scene);
	scene->config.max_devices = all;
	scene->core_config.in_flight = allowed;
	scene->core_config.timeout_ms = WORLD_DEADLINE_MS;
	open_core(scene, CORE_HANGS);
	start(scene);
	memcpy(hello, world_sample(), sizeof(hello));
	for (unsigned i = 0; i < all; i++) {
		hello[8] = (uint8_t)i; /* of the UUID */
		hello[9] = (uint8_t)(i >> 8);
		snprintf(source, sizeof(source), "127.0.%u.%u", 1 + i / 200, i % 200 + 1);
		say_hello(scene, source, hello, sizeof(hello));
		event_base_loop(scene->base, EVLOOP_NONBLOCK);
	}
	expect_text(scene, "core.core.waiting\t280\n");
	expect_text(scene, "core.core.in-flight\t260\n");
	core_close(&scene->core);
	open_core(scene, CORE_TAKES);
	expect_at_core(scene, all);
	expect_text(scene, "core.core.in-flight\t0\n");
}

static void key_of(const struct core_hello *request, char ret[128])
{
	static const char name[] = "Idempotency-Key: ";
	const char *at = memmem(request->bytes, request->length, name, sizeof(name) - 1);

	assert_non_null(at);
	snprintf(ret, 128, "%.*s", (int)strcspn(at, "\r"), at);
}

/* What the server cannot take now waits, and every try of a hello has one key, over a restart too. */
static void webhook_is_tried_again_with_the_same_key(void **state)
{
	struct scene *scene = *state;
	char url[64], keys[2][128];

	stop(scene);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", scene->core_config.address.port);
	scene->core_config.kind = DISCOVERY_RELAY_WEBHOOK;
	scene->core_config.url = url;
	scene->core_config.timeout_ms = 5000;
	start(scene);
	open_core(scene, CORE_ANSWERS);
	scene->core.answer = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "core:waiting (answered with HTTP status 503)");
	expect_at_core(scene, 2);
	stop(scene);
	scene->core.answer = "HTTP/1.1 422 What\r\nContent-Length: 0\r\n\r\n";
	start(scene);
	expect_text(scene, "core:waiting (answered with HTTP status 422)");
	scene->core.answer = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
	expect_text(scene, "\tcore:delivered\t");
	assert_int_equal(scene->core.count, 4);
	key_of(&scene->core.hellos[0], keys[0]);
	for (size_t i = 1; i < 4; i++) {
		key_of(&scene->core.hellos[i], keys[1]);
		assert_string_equal(keys[1], keys[0]);
	}
	say_hello(scene, "127.0.0.2", world_sample(), WORLD_SAMPLE_BYTES);
	expect_at_core(scene, 5);
	key_of(&scene->core.hellos[4], keys[1]);
	assert_string_not_equal(keys[1], keys[0]);
}

/* The gate's answers, given at the next turn of the loop. */

static struct gate_answers gate_answers;

struct asked {
	void (*done)(const struct gate_answers *answers, void *task);
	void *task;
};

static void on_asked(evutil_socket_t fd, short what, void *user)
{
	struct asked *asked = user;

	(void)fd, (void)what;
	asked->done(&gate_answers, asked->task);
	free(asked);
}

static int check(struct addr address, void (*done)(const struct gate_answers *, void *), void *task,
		 void *user)
{
	const struct timeval soon = {.tv_usec = 1000};
	struct asked *asked = malloc(sizeof(*asked));

	(void)address;
	*asked = (struct asked){.done = done, .task = task};
	return event_base_once(user, -1, EV_TIMEOUT, on_asked, asked, &soon);
}

static void gate_keeps_a_hello_back_until_the_pc_answers(void **state)
{
	struct scene *scene = *state;

	stop(scene);
	scene->core_config.gate = DISCOVERY_GATE_ON;
	gate_answers = (struct gate_answers){.port = GATE_FILTERED};
	scene->check = check;
	start(scene);
	open_core(scene, CORE_TAKES);
	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "core:waiting (gate: the PC's port 16993 is filtered");
	expect_text(scene, "\tfiltered\n");
	assert_int_equal(scene->core.accepted, 0);
	gate_answers.port = GATE_CLOSED;
	expect_at_core(scene, 1);
	expect_text(scene, "\tclosed\n");
}

static int check_for_ever(struct addr address, void (*done)(const struct gate_answers *, void *),
			  void *task, void *user)
{
	(void)address, (void)done, (void)task, (void)user;
	return 0;
}

static bool story_has_it(void *user)
{
	struct scene *scene = user;
	struct text text;
	bool found;

	text_init(&text, 1 << 16);
	assert_int_equal(discovery_print_device(scene->discovery, "127.0.0.1", ROWS_TSV, &text), 0);
	found = strstr(text.bytes, scene->expected) != NULL;
	text_done(&text);
	return found;
}

/* What kept it back before the restart is said until there is something newer. */
static void gate_is_known_after_a_restart(void **state)
{
	struct scene *scene = *state;

	stop(scene);
	scene->core_config.gate = DISCOVERY_GATE_ON;
	gate_answers = (struct gate_answers){.port = GATE_FILTERED};
	scene->check = check;
	start(scene);
	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "\tfiltered\n");
	stop(scene);
	scene->check = check_for_ever;
	start(scene);
	expect_text(scene, "core:waiting (gate: the PC's port 16993 is filtered");
	expect_text(scene, "\tfiltered\n");
	scene->expected = "\tcall-back\tport 16993 filtered; gate: the PC's port 16993 is filtered";
	assert_true(story_has_it(scene));
	scene->expected = "\twaiting\tid 1, core core: gate: the PC's port 16993 is filtered";
	assert_true(story_has_it(scene));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(device_is_found_by_any_key_with_its_story),
		CASE(relay_says_since_when_and_why_and_tries_when_told),
		CASE(one_healthy_core_is_enough),
		CASE(core_gets_only_what_is_meant_for_it),
		CASE(many_are_on_their_way_at_a_time),
		CASE(webhook_is_tried_again_with_the_same_key),
		CASE(gate_keeps_a_hello_back_until_the_pc_answers),
		CASE(gate_is_known_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
