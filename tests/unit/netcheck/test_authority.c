/* SPDX-License-Identifier: ISC */
#include "netcheck/explain.h"
#include "netcheck/judge_authority.h"
#include "tests/unit/netcheck/sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct judge_authority_server server(const char *name, uint32_t says)
{
	struct judge_authority_server server = {
		.addr = addr_ip4(0xc0000201),
		.answer = {.kind = PROBE_DNS_ANSWER, .authoritative = true, .addr_count = 1}};

	snprintf(server.name.text, sizeof(server.name.text), "%s", name);
	server.answer.addrs[0] = addr_ip4(says);
	return server;
}

/* The ids of the results, in order. */
static const char *judge(const struct judge_authority *seen)
{
	static char ids[128];

	forget(NULL);
	ids[0] = '\0';
	judge_authority(seen, take, NULL);
	for (size_t i = 0; i < results.count; i++)
		snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%s%s", i ? " " : "",
			 results.items[i]->kind->id);
	return ids;
}

static void authoritative_servers_are_compared(void **state)
{
	struct judge_authority seen = {
		.name = {"provisionserver.corp.example"},
		.zone = {"corp.example"},
		.negative_s = 300,
		.servers = {server("ns1.example", 0xc0000205), server("ns2.example", 0xc0000205)},
		.server_count = 2};

	assert_string_equal(judge(&seen), "NC211");
	assert_string_equal(results.items[0]->text,
			    "2 authoritative servers of corp.example: 192.0.2.5");
	seen.servers[1] = server("ns2.example", 0xc0000206);
	assert_string_equal(judge(&seen), "NC212");
	assert_string_equal(results.items[0]->text,
			    "ns1.example says 192.0.2.5, but ns2.example says 192.0.2.6");
	seen.servers[1].answer = (struct probe_dns_answer){.kind = PROBE_DNS_NXDOMAIN,
							   .authoritative = true};
	assert_string_equal(judge(&seen), "NC212");
	assert_string_equal(results.items[0]->text,
			    "ns1.example says 192.0.2.5, but ns2.example says NXDOMAIN");
}

static void a_server_that_does_not_have_the_zone_is_named(void **state)
{
	struct judge_authority seen = {
		.name = {"provisionserver.corp.example"},
		.zone = {"corp.example"},
		.negative_s = 7200,
		.servers = {server("ns1.example", 0xc0000205), server("ns2.example", 0xc0000205)},
		.server_count = 2};

	seen.servers[1].answer.authoritative = false;
	assert_string_equal(judge(&seen), "NC213 NC211 NC214");
	assert_string_equal(results.items[0]->text, "its name server ns2.example (192.0.2.1): "
						    "answers, but not as one that has the zone");
	assert_string_equal(results.items[2]->text,
			    "\"does not exist\" stays in caches for 7200 s");
	seen.servers[1].answer = (struct probe_dns_answer){.kind = PROBE_DNS_SILENT};
	assert_string_equal(judge(&seen), "NC213 NC211 NC214");
	assert_string_equal(results.items[0]->text,
			    "its name server ns2.example (192.0.2.1): no answer");
	seen.servers[1].addr = (struct addr){0};
	assert_string_equal(judge(&seen), "NC213 NC211 NC214");
	assert_string_equal(results.items[0]->text, "its name server ns2.example has no address");
}

static void a_cache_that_is_behind_is_told_with_its_time(void **state)
{
	struct judge_authority seen = {
		.name = {"provisionserver.corp.example"},
		.zone = {"corp.example"},
		.servers = {server("ns1.example", 0xc0000205)},
		.server_count = 1,
		.resolvers = {{.server = {addr_ip4(0xc0000209), 53},
			       .answer = {.kind = PROBE_DNS_NXDOMAIN, .negative_s = 240}}},
		.resolver_count = 1};
	struct probe_dns_answer *cached = &seen.resolvers[0].answer;

	assert_string_equal(judge(&seen), "NC239 NC211");
	assert_string_equal(results.items[0]->text,
			    "NXDOMAIN from its cache, but ns1.example says 192.0.2.5");
	assert_string_equal(results.items[0]->evidence, "the answer may be kept for 240 s more");
	cached->authoritative = true; /* its own data: another finding */
	assert_string_equal(judge(&seen), "NC211");
	*cached = seen.servers[0].answer;
	cached->authoritative = false;
	assert_string_equal(judge(&seen), "NC211");
	cached->addrs[0] = addr_ip4(0xc0000206);
	cached->ttl_s = 17;
	assert_string_equal(judge(&seen), "NC239 NC211");
	assert_string_equal(results.items[0]->evidence, "the answer may be kept for 17 s more");
	cached->kind = PROBE_DNS_SILENT;
	assert_string_equal(judge(&seen), "NC211");
}

static void no_zone_is_no_verdict(void **state)
{
	struct judge_authority seen = {.name = {"provisionserver.corp.example"}};

	assert_string_equal(judge(&seen), "NC215");
	assert_int_equal(results.items[0]->state, RESULT_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(authoritative_servers_are_compared, forget),
		cmocka_unit_test_teardown(a_server_that_does_not_have_the_zone_is_named, forget),
		cmocka_unit_test_teardown(a_cache_that_is_behind_is_told_with_its_time, forget),
		cmocka_unit_test_teardown(no_zone_is_no_verdict, forget),
	};

	return cmocka_run_group_tests_name("authority", tests, NULL, NULL);
}
