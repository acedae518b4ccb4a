/* SPDX-License-Identifier: ISC */
/* The relay kinds one by one: what arrives, and what every way of failing is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "discovery/carrier.h"
#include "discovery/device.h"
#include "discovery/discovery.h"
#include "discovery/relay_proxy.h"
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scene {
	struct event_base *base;
	struct test_core core;
	struct discovery_core_config config;
	struct carrier_parcel parcel;
	const struct carrier *carrier;
	void *line;
	bool over;
	struct delivery_outcome outcome;
	char path[64]; /* of a file that a test makes */
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->base = event_base_new();
	scene->config = (struct discovery_core_config){.name = (char *)"core", .timeout_ms = 2000};
	scene->parcel = (struct carrier_parcel){
		.bytes = world_sample(),
		.length = WORLD_SAMPLE_BYTES,
		.address = addr_ip4(0x0a510114),
		.name = "pc1.corp.example",
		.core = "core",
		.flags = DEVICE_SAME_NAME,
		.leased = true,
		.received_ms = 1763900000123,
		.last_ms = 1763900000123,
		.count = 2,
		.gate = {.port = GATE_CLOSED, .outcome.result = DELIVERY_DONE},
		.gate_ms = 1763900000000,
	};
	mac_parse("00:11:22:33:44:55", &scene->parcel.mac);
	hello_decode(world_sample(), WORLD_SAMPLE_BYTES, true, &scene->parcel.decoded, NULL);
	snprintf(scene->path, sizeof(scene->path), "%s", "/tmp/amtnet-carrier-XXXXXX");
	close(mkstemp(scene->path));
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	if (scene->line)
		scene->carrier->close(scene->line);
	core_close(&scene->core);
	event_base_free(scene->base);
	unlink(scene->path);
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

static void open_line(struct scene *scene, enum discovery_relay_kind kind)
{
	struct err err = {0};

	scene->config.kind = kind;
	scene->carrier = carriers[kind];
	if (scene->carrier->open(&scene->line, scene->base, &scene->config, &err) < 0)
		fail_msg("%s", err.text);
}

static void send_parcel(struct scene *scene, enum delivery_result expected, int error)
{
	void *job;

	scene->over = false;
	assert_int_equal(scene->carrier->send(scene->line, &scene->parcel, on_done, scene, &job),
			 0);
	assert_true(world_wait(scene->base, is_over, scene));
	assert_int_equal(scene->outcome.result, expected);
	assert_int_equal(scene->outcome.error, error);
}

static const struct core_hello *arrived(const struct scene *scene)
{
	assert_int_equal(scene->core.count, 1);
	assert_int_equal(scene->core.resets, 0);
	return &scene->core.hellos[0];
}

/* PROXY. */

static void proxy_line_names_the_pc(void **state)
{
	struct scene *scene = *state;
	const struct core_hello *hello;
	char expected[80];
	size_t length;

	core_open(&scene->core, scene->base, 0, CORE_TAKES);
	scene->config.address = scene->core.endpoint;
	open_line(scene, DISCOVERY_RELAY_PROXY_V1);
	send_parcel(scene, DELIVERY_DONE, 0);
	hello = arrived(scene);
	length = (size_t)snprintf(expected, sizeof(expected),
				  "PROXY TCP4 10.81.1.20 127.0.0.1 0 %u\r\n",
				  scene->core.endpoint.port);
	assert_int_equal(hello->reads, 1);
	assert_int_equal(hello->length, length + WORLD_SAMPLE_BYTES);
	assert_memory_equal(hello->bytes, expected, length);
	assert_memory_equal(hello->bytes + length, world_sample(), WORLD_SAMPLE_BYTES);
}

static void proxy_header_carries_what_is_known(void **state)
{
	static const uint8_t head[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11";
	static const uint8_t tlv[] = "\xe2\x00\x10pc1.corp.example";
	struct scene *scene = *state;
	const struct core_hello *hello;
	size_t length;

	core_open(&scene->core, scene->base, 0, CORE_TAKES);
	scene->config.address = scene->core.endpoint;
	open_line(scene, DISCOVERY_RELAY_PROXY_V2);
	send_parcel(scene, DELIVERY_DONE, 0);
	hello = arrived(scene);
	length = 16 + (size_t)hello->bytes[14] * 256 + hello->bytes[15];
	assert_memory_equal(hello->bytes, head, 14);
	assert_memory_equal(hello->bytes + 16, scene->parcel.address.bytes, 4);
	assert_int_equal(hello->length, length + WORLD_SAMPLE_BYTES);
	assert_memory_equal(hello->bytes + length - (sizeof(tlv) - 1), tlv, sizeof(tlv) - 1);
	assert_memory_equal(hello->bytes + length, world_sample(), WORLD_SAMPLE_BYTES);
}

static void proxy_header_maps_between_families(void **state)
{
	static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 81, 1, 20};
	struct scene *scene = *state;
	uint8_t header[RELAY_PROXY_HEADER_MAX];
	struct endpoint to = {.port = 9971};

	addr_parse("2001:db8::1", &to.addr);
	assert_int_equal(relay_proxy_header_v1(scene->parcel.address, to, header), 15);
	assert_memory_equal(header, "PROXY UNKNOWN\r\n", 15);
	relay_proxy_header_v2(&scene->parcel, to, header);
	assert_int_equal(header[13], 0x21);
	assert_memory_equal(header + 16, mapped, sizeof(mapped));
}

/* Webhook. */

static void answer_with(struct scene *scene, const char *answer)
{
	static char url[64];

	core_open(&scene->core, scene->base, 0, CORE_ANSWERS);
	scene->core.answer = answer;
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/hello", scene->core.endpoint.port);
	scene->config.url = url;
}

static void expect_in(const struct core_hello *request, const char *text)
{
	if (!memmem(request->bytes, request->length, text, strlen(text)))
		fail_msg("\"%s\" is not in \"%.*s\"", text, (int)request->length, request->bytes);
}

static void write_token(struct scene *scene, const char *token)
{
	FILE *file = fopen(scene->path, "w");

	assert_non_null(file);
	fputs(token, file);
	fclose(file);
	scene->config.token_file = scene->path;
}

static void webhook_posts_json_with_token_and_key(void **state)
{
	struct scene *scene = *state;
	const struct core_hello *request;

	answer_with(scene, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
	write_token(scene, "s3cret.a-b\n");
	open_line(scene, DISCOVERY_RELAY_WEBHOOK);
	send_parcel(scene, DELIVERY_DONE, 0);
	request = arrived(scene);
	expect_in(request, "POST /hello HTTP/1.1\r\n");
	expect_in(request, "Content-Type: application/json\r\n");
	expect_in(request, "Authorization: Bearer s3cret.a-b\r\n");
	expect_in(request, "Idempotency-Key: 939b524b-13d4-1d18-e487-1c697a6b7a2b-1763900000123");
	expect_in(request, "\"address\":\"10.81.1.20\",\"mac\":\"00:11:22:33:44:55\"");
	expect_in(request, "\"call-back\":\"closed\",\"gate\":\"go\","
			   "\"gate-checked\":\"2025-11-23T12:13:20Z\"");
	expect_in(request, "\"flags\":[\"same-name\"],\"bytes\":\"AQAD");
	expect_in(request, "\"root\":\"Go Daddy Class 2 CA\"");
}

static void webhook_says_what_the_server_said(void **state)
{
	struct scene *scene = *state;

	answer_with(scene, "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");
	open_line(scene, DISCOVERY_RELAY_WEBHOOK);
	send_parcel(scene, DELIVERY_HTTP, 503);
	assert_true(delivery_blames_core(scene->outcome));
	scene->core.answer = "HTTP/1.1 422 No\r\nContent-Length: 0\r\n\r\n";
	send_parcel(scene, DELIVERY_HTTP, 422);
	assert_false(delivery_blames_core(scene->outcome));
	core_close(&scene->core);
	send_parcel(scene, DELIVERY_NO_CONNECT, ECONNREFUSED);
}

static void webhook_does_not_wait_for_ever(void **state)
{
	struct scene *scene = *state;

	answer_with(scene, "");
	scene->core.script = CORE_HANGS;
	scene->config.timeout_ms = 200;
	open_line(scene, DISCOVERY_RELAY_WEBHOOK);
	send_parcel(scene, DELIVERY_NO_ANSWER, 0);
}

static void toolkit_that_knows_the_device_is_patched(void **state)
{
	struct scene *scene = *state;

	answer_with(scene, "HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n");
	scene->core.answer_after = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	scene->config.template = DISCOVERY_TEMPLATE_DMT;
	open_line(scene, DISCOVERY_RELAY_WEBHOOK);
	send_parcel(scene, DELIVERY_DONE, 0);
	assert_int_equal(scene->core.count, 2);
	expect_in(&scene->core.hellos[0], "POST /hello");
	expect_in(&scene->core.hellos[1], "PATCH /hello");
	expect_in(&scene->core.hellos[1], "\"guid\":\"939b524b-13d4-1d18-e487-1c697a6b7a2b\"");
	expect_in(&scene->core.hellos[1], "\"dnsSuffix\":\"corp.example\"");
}

static void token_that_others_may_read_is_refused(void **state)
{
	struct scene *scene = *state;
	struct err err = {0};

	write_token(scene, "s3cret");
	chmod(scene->path, 0644);
	scene->config.url = (char *)"http://127.0.0.1:1/";
	assert_int_equal(carriers[DISCOVERY_RELAY_WEBHOOK]->open(&scene->line, scene->base,
								 &scene->config, &err),
			 -EACCES);
	assert_non_null(strstr(err.text, "chmod 0640"));
}

/* Program. */

static void run(struct scene *scene, const char *script)
{
	static const char *command[] = {"/bin/sh", "-c", NULL, "{uuid}", "{address}/{nothing}"};

	command[2] = script;
	scene->config.command = (struct config_list){.items = command, .count = 5};
	open_line(scene, DISCOVERY_RELAY_EXEC);
}

static void program_gets_bytes_words_and_variables(void **state)
{
	struct scene *scene = *state;
	char script[256], line[256] = "";
	uint8_t bytes[WORLD_SAMPLE_BYTES];
	FILE *file;

	snprintf(script, sizeof(script),
		 "{ echo \"$0 $1 $AMTNET_NAME $AMTNET_CALL_BACK\"; cat; } >%s", scene->path);
	run(scene, script);
	send_parcel(scene, DELIVERY_DONE, 0);
	file = fopen(scene->path, "r");
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "939b524b-13d4-1d18-e487-1c697a6b7a2b 10.81.1.20/{nothing} "
				  "pc1.corp.example closed\n");
	assert_int_equal(fread(bytes, 1, sizeof(bytes), file), sizeof(bytes));
	assert_memory_equal(bytes, world_sample(), sizeof(bytes));
	fclose(file);
}

static void program_that_fails_has_not_got_it(void **state)
{
	struct scene *scene = *state;

	run(scene, "exit 7");
	send_parcel(scene, DELIVERY_EXIT, 7);
	scene->carrier->close(scene->line);
	run(scene, "kill -USR1 $$");
	send_parcel(scene, DELIVERY_SIGNAL, 10);
}

static void program_has_a_time_limit_with_all_its_children(void **state)
{
	struct scene *scene = *state;
	char script[256];
	struct stat status;

	scene->config.timeout_ms = 100;
	snprintf(script, sizeof(script), "(sleep 1; echo late >%s) & wait", scene->path);
	run(scene, script);
	send_parcel(scene, DELIVERY_NO_ANSWER, 0);
	world_pass(scene->base, 1200); /* a child that lived on would have written */
	assert_int_equal(stat(scene->path, &status), 0);
	assert_int_equal(status.st_size, 0);
}

static void program_that_is_not_there_is_refused(void **state)
{
	static const char *command[] = {"/no/such/program"};
	struct scene *scene = *state;
	struct err err = {0};

	scene->config.command = (struct config_list){.items = command, .count = 1};
	assert_int_equal(carriers[DISCOVERY_RELAY_EXEC]->open(&scene->line, scene->base,
							      &scene->config, &err),
			 -ENOENT);
	assert_non_null(strstr(err.text, "/no/such/program"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(proxy_line_names_the_pc),
		CASE(proxy_header_carries_what_is_known),
		CASE(proxy_header_maps_between_families),
		CASE(webhook_posts_json_with_token_and_key),
		CASE(webhook_says_what_the_server_said),
		CASE(webhook_does_not_wait_for_ever),
		CASE(toolkit_that_knows_the_device_is_patched),
		CASE(token_that_others_may_read_is_refused),
		CASE(program_gets_bytes_words_and_variables),
		CASE(program_that_fails_has_not_got_it),
		CASE(program_has_a_time_limit_with_all_its_children),
		CASE(program_that_is_not_there_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
