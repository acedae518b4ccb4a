/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_dns.h"

#include "netcheck/explain.h"
#include "tests/unit/netcheck/sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct hostname name_of(const char *text)
{
	struct hostname name;

	assert_int_equal(hostname_parse(text, &name, NULL), 0);
	return name;
}

static struct probe_dns_answer addrs_of(uint32_t first, size_t count)
{
	struct probe_dns_answer answer = {.kind = PROBE_DNS_ANSWER,
					  .addr_count = count,
					  .ttl_s = 300,
					  .tries = 1,
					  .rtt_us = 900};

	for (size_t i = 0; i < count; i++)
		answer.addrs[i] = addr_ip4(first + (uint32_t)i);
	return answer;
}

static const struct endpoint server = {.addr = {ADDR_IP4, {10, 81, 2, 2}}, .port = 53};

static const struct result *provision(struct probe_dns_answer answer, size_t expected_count)
{
	struct addr expected[2] = {addr_ip4(0x0a510102), addr_ip4(0x0a510103)};
	struct judge_dns_provision seen = {.name = name_of("provisionserver.corp.example"),
					   .server = server,
					   .expected = expected,
					   .expected_count = expected_count,
					   .a = &answer};

	forget(NULL);
	judge_dns_provision(&seen, take, NULL);
	return results.items[0];
}

static void the_provisioning_name(void **state)
{
	static const struct {
		enum probe_dns_kind kind;
		const char *id;
	} cases[] = {
		{PROBE_DNS_NODATA, "NC202"},      {PROBE_DNS_NXDOMAIN, "NC201"},
		{PROBE_DNS_REFUSED, "NC204"},     {PROBE_DNS_SERVFAIL, "NC204"},
		{PROBE_DNS_BAD, "NC204"},         {PROBE_DNS_SILENT, "NC205"},
		{PROBE_DNS_UNREACHABLE, "NC205"},
	};
	const struct result *result = provision(addrs_of(0x0a510102, 1), 1);

	assert_string_equal(result->kind->id, "NC200");
	assert_string_equal(result->subject, "provisionserver.corp.example at 10.81.2.2");
	assert_string_equal(result->text, "10.81.1.2, as expected, TTL 300 s");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		result = provision((struct probe_dns_answer){.kind = cases[i].kind}, 1);
		assert_string_equal(result->kind->id, cases[i].id);
		assert_int_equal(result->state, RESULT_FAILURE);
		assert_non_null(result->fix);
	}
}

static void a_foreign_address_fails_an_absent_one_warns(void **state)
{
	const struct result *result = provision(addrs_of(0x0a510102, 2), 1);

	assert_string_equal(result->kind->id, "NC203");
	assert_int_equal(result->state, RESULT_FAILURE);
	assert_string_equal(result->text, "10.81.1.2, 10.81.1.3, expected 10.81.1.2");
	result = provision(addrs_of(0x0a510102, 1), 2);
	assert_string_equal(result->kind->id, "NC203");
	assert_int_equal(result->state, RESULT_WARNING);
	assert_string_equal(provision(addrs_of(0x0a510109, 1), 0)->kind->id, "NC200");
}

static void a_long_ttl_warns(void **state)
{
	struct probe_dns_answer answer = addrs_of(0x0a510102, 1);

	answer.ttl_s = 86401;
	provision(answer, 1);
	assert_int_equal(results.count, 2);
	assert_string_equal(results.items[1]->kind->id, "NC209");
}

static void servers_that_differ_are_named(void **state)
{
	struct probe_dns_answer a = addrs_of(0x0a510102, 1), b = addrs_of(0x0a510103, 1);
	struct probe_dns_answer silent = {.kind = PROBE_DNS_SILENT};
	const struct probe_dns_answer *answers[] = {&silent, &a, &a, &b};
	struct endpoint servers[4] = {server, server, server, server};
	struct hostname name = name_of("provisionserver.corp.example");

	servers[3].addr.bytes[3] = 9;
	forget(NULL);
	judge_dns_agree(&name, servers, answers, 3, take, NULL);
	assert_int_equal(results.count, 0);
	judge_dns_agree(&name, servers, answers, 4, take, NULL);
	assert_int_equal(results.count, 1);
	assert_string_equal(results.items[0]->kind->id, "NC206");
	assert_string_equal(results.items[0]->text, "10.81.1.3, but 10.81.2.2 says 10.81.1.2");
}

static const char *bare(enum probe_dns_kind kind, unsigned tries, uint32_t rtt_us)
{
	struct probe_dns_answer answer = {.kind = kind, .tries = tries, .rtt_us = rtt_us};
	struct hostname name = name_of("provisionserver");

	forget(NULL);
	judge_dns_bare(&name, &server, &answer, take, NULL);
	return results.items[0]->kind->id;
}

static void the_bare_name_needs_a_prompt_answer_of_any_kind(void **state)
{
	assert_string_equal(bare(PROBE_DNS_NXDOMAIN, 1, 1000), "NC207");
	assert_string_equal(bare(PROBE_DNS_ANSWER, 1, 1000), "NC207");
	assert_string_equal(bare(PROBE_DNS_REFUSED, 1, 1000), "NC207");
	assert_string_equal(bare(PROBE_DNS_NXDOMAIN, 1, 600000), "NC208");
	assert_string_equal(bare(PROBE_DNS_NXDOMAIN, 2, 1000), "NC208");
	assert_string_equal(bare(PROBE_DNS_SERVFAIL, 1, 1000), "NC208");
	assert_string_equal(bare(PROBE_DNS_SILENT, 3, 0), "NC208");
}

static const char *host(struct probe_dns_answer forward, enum probe_dns_kind reverse,
			const char *ptr)
{
	struct probe_dns_answer back = {.kind = reverse};
	struct hostname name = name_of("pc-1.corp.example");

	if (ptr) {
		back.names[0] = name_of(ptr);
		back.name_count = 1;
	}
	forget(NULL);
	judge_dns_host(&name, addr_ip4(0x0a511464), &server, &forward, &back, take, NULL);
	return results.items[0]->kind->id;
}

static void a_host_points_there_and_back(void **state)
{
	struct probe_dns_answer good = addrs_of(0x0a511464, 1);

	assert_string_equal(host(good, PROBE_DNS_ANSWER, "pc-1.corp.example"), "NC220");
	assert_string_equal(host(good, PROBE_DNS_NXDOMAIN, NULL), "NC221");
	assert_string_equal(host(good, PROBE_DNS_ANSWER, "old.corp.example"), "NC222");
	assert_string_equal(host(good, PROBE_DNS_SILENT, NULL), "NC223");
	assert_string_equal(host(addrs_of(0x0a511465, 1), PROBE_DNS_ANSWER, "pc-1.corp.example"),
			    "NC224");
	assert_string_equal(host(addrs_of(0x0a511464, 2), PROBE_DNS_ANSWER, "pc-1.corp.example"),
			    "NC224");
	assert_string_equal(
		host((struct probe_dns_answer){.kind = PROBE_DNS_SILENT}, PROBE_DNS_SILENT, NULL),
		"NC205");
}

static void names_of_a_subnet_are_counted_by_state(void **state)
{
	struct judge_dns_target targets[4] = {
		{.addr = addr_ip4(0x0a511464), .state = JUDGE_DNS_NAME_GOOD},
		{.addr = addr_ip4(0x0a511465), .state = JUDGE_DNS_NAME_MISSING},
		{.addr = addr_ip4(0x0a511466), .state = JUDGE_DNS_NAME_MISSING},
		{.addr = addr_ip4(0x0a511467), .state = JUDGE_DNS_NAME_ELSEWHERE},
	};

	targets[0].name = name_of("pc-1.corp.example");
	targets[3].name = name_of("old.corp.example");
	forget(NULL);
	judge_dns_names("branch", targets, 4, take, NULL);
	assert_int_equal(results.count, 3);
	assert_string_equal(results.items[0]->text, "name pc-1.corp.example, and it points back");
	assert_string_equal(results.items[1]->subject, "10.81.20.101, 10.81.20.102");
	assert_string_equal(results.items[1]->text, "no PTR record (2 of 4 addresses)");
	assert_string_equal(results.items[2]->text,
			    "PTR says old.corp.example, which has no address (1 of 4 addresses)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_provisioning_name),
		cmocka_unit_test(a_foreign_address_fails_an_absent_one_warns),
		cmocka_unit_test(a_long_ttl_warns),
		cmocka_unit_test(servers_that_differ_are_named),
		cmocka_unit_test(the_bare_name_needs_a_prompt_answer_of_any_kind),
		cmocka_unit_test(a_host_points_there_and_back),
		cmocka_unit_test(names_of_a_subnet_are_counted_by_state),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
