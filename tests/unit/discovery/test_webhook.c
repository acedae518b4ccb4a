/* SPDX-License-Identifier: ISC */
/* The webhook over real TLS: whom it trusts, what it shows, what it says of each way to fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "discovery/carrier.h"
#include "discovery/device.h"
#include "discovery/discovery.h"
#include "schema.h"
#include "tls_server.h"
#include "world.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREATED "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

struct scene {
	char directory[64], url[64], files[5][128];
	struct event_base *base;
	struct tls_server *server;
	struct discovery_core_config config;
	struct carrier_parcel parcel;
	void *line;
	bool over;
	struct delivery_outcome outcome;
};

static const struct carrier *webhook(void)
{
	return carriers[DISCOVERY_RELAY_WEBHOOK];
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	snprintf(scene->directory, sizeof(scene->directory), "%s", "/tmp/amtnet-webhook-XXXXXX");
	if (!mkdtemp(scene->directory))
		return -1;
	scene->base = event_base_new();
	scene->config = (struct discovery_core_config){.name = (char *)"core",
						       .kind = DISCOVERY_RELAY_WEBHOOK,
						       .url = scene->url,
						       .timeout_ms = 5000};
	scene->parcel = (struct carrier_parcel){
		.bytes = world_sample(),
		.length = WORLD_SAMPLE_BYTES,
		.address = addr_ip4(0x0a510114),
		.name = "pc1.corp.example",
		.core = "core",
		.flags = DEVICE_SAME_NAME | DEVICE_UNKNOWN_ADDRESS,
		.received_ms = 1763900000123,
		.last_ms = 1763900000123,
		.count = 2,
		.gate = {.port = GATE_FILTERED, .outcome.result = DELIVERY_PORT_SILENT},
		.gate_ms = 1763900000000,
	};
	hello_decode(world_sample(), WORLD_SAMPLE_BYTES, true, &scene->parcel.decoded, NULL);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	if (scene->line)
		webhook()->close(scene->line);
	if (scene->server)
		tls_server_stop(scene->server);
	event_base_free(scene->base);
	rmdir(scene->directory);
	free(scene);
	return 0;
}

static void serve(struct scene *scene, struct tls_server_options options)
{
	uint16_t port;

	if (!options.answer)
		options.answer = CREATED;
	scene->server = tls_server_start(&options, scene->directory, &port);
	snprintf(scene->url, sizeof(scene->url), "https://127.0.0.1:%u/hello", port);
}

/* A file that the server made. */
static char *file(struct scene *scene, size_t at, const char *name)
{
	snprintf(scene->files[at], sizeof(scene->files[at]), "%s/%s", scene->directory, name);
	return scene->files[at];
}

static void trust(struct scene *scene, const char *name)
{
	scene->config.ca_file = file(scene, 0, name);
}

static void show(struct scene *scene, const char *name)
{
	char whole[32];

	snprintf(whole, sizeof(whole), "%s.pem", name);
	scene->config.certificate_file = file(scene, 1, whole);
	snprintf(whole, sizeof(whole), "%s.key", name);
	scene->config.key_file = file(scene, 2, whole);
	chmod(scene->config.key_file, 0600);
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

static void post(struct scene *scene)
{
	struct err err = {0};
	void *job;

	if (!scene->line && webhook()->open(&scene->line, scene->base, &scene->config, &err) < 0)
		fail_msg("%s", err.text);
	scene->over = false;
	assert_int_equal(webhook()->send(scene->line, &scene->parcel, on_done, scene, &job), 0);
	assert_true(world_wait(scene->base, is_over, scene));
}

static void expect_sentence(struct scene *scene, const char *sentence)
{
	char text[DELIVERY_TEXT];

	post(scene);
	assert_string_equal(delivery_print(scene->outcome, text), sentence);
	assert_true(delivery_blames_core(scene->outcome)); /* the others wait too */
	assert_int_equal(tls_server_count(scene->server), 0);
}

static void trusted_server_gets_it(void **state)
{
	struct scene *scene = *state;

	serve(scene, (struct tls_server_options){0});
	trust(scene, "ca.pem");
	post(scene);
	assert_int_equal(scene->outcome.result, DELIVERY_DONE);
	assert_int_equal(tls_server_count(scene->server), 1);
	assert_non_null(strstr(tls_server_request(scene->server, 0), "POST /hello HTTP/1.1\r\n"));
}

static void unknown_authority_is_not_trusted(void **state)
{
	struct scene *scene = *state;

	serve(scene, (struct tls_server_options){.certificate = TLS_SERVER_UNTRUSTED});
	trust(scene, "ca.pem");
	expect_sentence(scene, "TLS: no authority that is trusted here (ca-file) signed the "
			       "server's certificate");
}

static void authorities_of_the_system_are_not_ours(void **state)
{
	struct scene *scene = *state;

	serve(scene, (struct tls_server_options){0});
	expect_sentence(scene, "TLS: no authority that is trusted here (ca-file) signed the "
			       "server's certificate");
}

static void certificate_of_another_host_is_not_taken(void **state)
{
	struct scene *scene = *state;

	serve(scene, (struct tls_server_options){.certificate = TLS_SERVER_OTHER_NAME});
	trust(scene, "ca.pem");
	expect_sentence(scene, "TLS: the server's certificate is for another host than the url's");
}

static void expired_certificate_is_not_taken(void **state)
{
	struct scene *scene = *state;

	serve(scene, (struct tls_server_options){.certificate = TLS_SERVER_EXPIRED});
	trust(scene, "ca.pem");
	expect_sentence(scene, "TLS: the server's certificate has expired, or is not valid yet");
}

static void client_certificate_is_shown_where_it_is_wanted(void **state)
{
	struct scene *scene = *state;

	serve(scene, (struct tls_server_options){.wants_client = true});
	trust(scene, "ca.pem");
	show(scene, "client");
	post(scene);
	assert_int_equal(scene->outcome.result, DELIVERY_DONE);
}

static void missing_client_certificate_is_named(void **state)
{
	struct scene *scene = *state;

	serve(scene, (struct tls_server_options){.wants_client = true});
	trust(scene, "ca.pem");
	expect_sentence(scene, "TLS: the server wants a client certificate that it trusts "
			       "(certificate-file, key-file)");
}

static void missing_client_certificate_is_named_even_by_a_reset(void **state)
{
	struct scene *scene = *state;

	serve(scene, (struct tls_server_options){.wants_client = true, .slams = true});
	trust(scene, "ca.pem");
	expect_sentence(scene, "TLS: the server wants a client certificate that it trusts "
			       "(certificate-file, key-file)");
}

static void client_certificate_of_a_stranger_is_named(void **state)
{
	struct scene *scene = *state;

	serve(scene, (struct tls_server_options){.wants_client = true});
	trust(scene, "ca.pem");
	show(scene, "stranger");
	expect_sentence(scene, "TLS: the server wants a client certificate that it trusts "
			       "(certificate-file, key-file)");
}

static void key_that_others_may_read_is_refused(void **state)
{
	struct scene *scene = *state;
	struct err err = {0};

	serve(scene, (struct tls_server_options){.wants_client = true});
	show(scene, "client");
	chmod(scene->config.key_file, 0644);
	assert_int_equal(webhook()->open(&scene->line, scene->base, &scene->config, &err), -EACCES);
	assert_non_null(strstr(err.text, "client.key: others may read or write it; chmod 0640"));
	unlink(scene->config.key_file);
	assert_int_equal(webhook()->open(&scene->line, scene->base, &scene->config, &err), -ENOENT);
	assert_non_null(strstr(err.text, "client.key: No such file or directory"));
}

static void file_that_is_no_certificate_is_named(void **state)
{
	struct scene *scene = *state;

	serve(scene, (struct tls_server_options){0});
	trust(scene, "client.key");
	expect_sentence(scene, "TLS: ca-file, certificate-file or key-file cannot be used");
}

static void plain_server_at_the_port_is_told_from_distrust(void **state)
{
	struct scene *scene = *state;
	struct test_core core = {0};
	char text[DELIVERY_TEXT];

	core_open(&core, scene->base, 0, CORE_CHATS);
	snprintf(scene->url, sizeof(scene->url), "https://127.0.0.1:%u/", core.endpoint.port);
	post(scene);
	assert_string_equal(delivery_print(scene->outcome, text),
			    "TLS failed: no TLS at that port, or no common version");
	core_close(&core);
}

/* Answers. */

static void expect_answer(struct scene *scene, const char *answer, enum delivery_result result,
			  int error, bool blames)
{
	serve(scene, (struct tls_server_options){.answer = answer});
	trust(scene, "ca.pem");
	post(scene);
	assert_int_equal(scene->outcome.result, result);
	assert_int_equal(scene->outcome.error, error);
	assert_int_equal(delivery_blames_core(scene->outcome), blames);
	webhook()->close(scene->line);
	tls_server_stop(scene->server);
	scene->line = NULL;
	scene->server = NULL;
}

static void each_answer_has_its_name(void **state)
{
	static const struct {
		const char *answer;
		enum delivery_result result;
		int error;
		bool blames;
	} cases[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", DELIVERY_DONE, 0, false},
		{"HTTP/1.1 204 No\r\n\r\n", DELIVERY_DONE, 0, false},
		{"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: "
		 "0\r\n\r\n",
		 DELIVERY_HTTP, 302, true},
		{"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n", DELIVERY_HTTP, 400, false},
		{"HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n", DELIVERY_HTTP, 401, true},
		{"HTTP/1.1 404 Where\r\nContent-Length: 0\r\n\r\n", DELIVERY_HTTP, 404, true},
		{"HTTP/1.1 422 What\r\nContent-Length: 0\r\n\r\n", DELIVERY_HTTP, 422, false},
		{"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", DELIVERY_HTTP, 429, true},
		{"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", DELIVERY_HTTP, 500, true},
		{"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", DELIVERY_BROKEN, ECONNRESET,
		 false},
		{"\x16\x03garbage\r\n\r\n", DELIVERY_NO_HTTP, 0, true},
		{"HTTP/7.7 \xff\xff\r\n\r\n", DELIVERY_NO_HTTP, 0, true},
		{"", DELIVERY_BROKEN, ECONNRESET, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_answer(*state, cases[i].answer, cases[i].result, cases[i].error,
			      cases[i].blames);
}

/* Documents. */

static void documents_follow_their_schemas(void **state)
{
	static const struct {
		enum discovery_template template;
		const char *schema;
	} cases[] = {
		{DISCOVERY_TEMPLATE_GENERIC, DOCS_PATH "/webhook.schema.json"},
		{DISCOVERY_TEMPLATE_DMT, DOCS_PATH "/webhook-dmt.schema.json"},
	};
	struct scene *scene = *state;
	const char *body;
	char trouble[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		serve(scene, (struct tls_server_options){0});
		trust(scene, "ca.pem");
		scene->config.template = cases[i].template;
		/* Once with all that can be known, once with nothing. */
		for (int known = 1; known >= 0; known--) {
			scene->parcel.name = known ? "pc1.corp.example" : NULL;
			scene->parcel.gate.port = known ? GATE_FILTERED : GATE_UNCHECKED;
			post(scene);
			body = strstr(tls_server_request(scene->server, (size_t)!known),
				      "\r\n\r\n");
			assert_non_null(body);
			if (schema_check(cases[i].schema, body + 4, trouble, sizeof(trouble)) < 0)
				fail_msg("%s", trouble);
		}
		webhook()->close(scene->line);
		tls_server_stop(scene->server);
		scene->line = NULL;
		scene->server = NULL;
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(trusted_server_gets_it),
		CASE(unknown_authority_is_not_trusted),
		CASE(authorities_of_the_system_are_not_ours),
		CASE(certificate_of_another_host_is_not_taken),
		CASE(expired_certificate_is_not_taken),
		CASE(client_certificate_is_shown_where_it_is_wanted),
		CASE(missing_client_certificate_is_named),
		CASE(missing_client_certificate_is_named_even_by_a_reset),
		CASE(client_certificate_of_a_stranger_is_named),
		CASE(key_that_others_may_read_is_refused),
		CASE(file_that_is_no_certificate_is_named),
		CASE(plain_server_at_the_port_is_told_from_distrust),
		CASE(each_answer_has_its_name),
		CASE(documents_follow_their_schemas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
