/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/option39.h"

#include <errno.h>
#include <string.h>

/* RFC 4704 4.1. */
enum { S = 1, O = 2, N = 4 };

#define LITERAL(text) text, sizeof(text) - 1

static const struct naming_policy policy_default = {
	.forward = true,
	.reverse = true,
	.from = {NAMING_FROM_CLIENT, NAMING_FROM_TEMPLATE},
	.name_template = "me-{mac}"};
static const struct mac some_mac = {1, 6, {2, 0, 0, 0, 0, 0xa1}};

static struct naming_decision decide(const struct naming_policy *policy, uint8_t flags,
				     const void *name, size_t length, const char *domain)
{
	struct lease_bytes option = {.length = (uint8_t)(1 + length), .bytes = {flags}};
	struct hostname suffix = {0};
	struct lease_bytes none = {0};
	struct naming_decision decision;

	memcpy(option.bytes + 1, name, length);
	memcpy(suffix.text, domain, strlen(domain));
	option39_decide(policy, &(struct naming_client){&option, &none, &some_mac, &suffix},
			&decision);
	return decision;
}

static void the_answer_tells_the_truth_in_wire_form(void **state)
{
	static const struct {
		uint8_t sent_flags;
		const char *sent;
		size_t sent_length;
		uint8_t flags;
		const char *name;
	} cases[] = {
		{S, LITERAL("\4me01\4corp\7example\0"), S, "me01.corp.example"},
		{0, LITERAL("\4me01\4corp\7example\0"), S | O, "me01.corp.example"},
		{N, LITERAL("\4ME01"), S | O, "me01.lab.example"},
		{S, LITERAL(""), S, "me-0200000000a1.lab.example"},
		{S, LITERAL("\0"), S, "me-0200000000a1.lab.example"},
		{S | N, LITERAL("\4me01\0"), S, "me01.lab.example"},
		{0xf8 | S, LITERAL("\4me01\3lab"), S, "me01.lab.lab.example"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct naming_decision decision = decide(&policy_default, cases[i].sent_flags,
							 cases[i].sent, cases[i].sent_length,
							 "lab.example");
		uint8_t wire[HOSTNAME_WIRE_MAX];
		size_t length = hostname_to_wire(&decision.name, wire);

		assert_string_equal(decision.name.text, cases[i].name);
		assert_int_equal(decision.answer.length, 1 + length);
		assert_int_equal(decision.answer.bytes[0], cases[i].flags);
		assert_memory_equal(decision.answer.bytes + 1, wire, length);
	}
}

static void a_client_that_wants_nothing_is_told_so_where_it_is_honoured(void **state)
{
	struct naming_policy policy = policy_default;
	struct naming_decision decision;

	policy.honour_client_no_update = true;
	decision = decide(&policy, N, LITERAL("\4me01\0"), "lab.example");
	assert_false(decision.forward || decision.reverse);
	assert_int_equal(decision.answer.bytes[0], N);
}

static void a_name_without_domain_stays_partial(void **state)
{
	struct naming_decision decision = decide(&policy_default, S, LITERAL("\4me01"), "");

	assert_int_equal(decision.source, NAMING_NONE);
	assert_int_equal(decision.answer.length, 6);
	assert_memory_equal(decision.answer.bytes, "\6\4me01", 6); /* O, N */
}

static void a_malformed_option_gets_no_answer_but_a_name(void **state)
{
	struct naming_decision decision = decide(&policy_default, S, LITERAL("\x09me01"),
						 "lab.example");
	struct lease_bytes empty = {0};
	struct naming_wish wish;

	assert_true(decision.malformed);
	assert_int_equal(decision.answer.length, 0);
	assert_string_equal(decision.name.text, "me-0200000000a1.lab.example");
	assert_int_equal(option39_decode(&empty, &wish), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_tells_the_truth_in_wire_form),
		cmocka_unit_test(a_client_that_wants_nothing_is_told_so_where_it_is_honoured),
		cmocka_unit_test(a_name_without_domain_stays_partial),
		cmocka_unit_test(a_malformed_option_gets_no_answer_but_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
