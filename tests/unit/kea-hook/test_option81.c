/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/option81.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { S = NAMING_S, O = NAMING_O, E = NAMING_E, N = NAMING_N };

static struct lease_bytes bytes_of(const void *from, size_t length)
{
	struct lease_bytes bytes = {.length = (uint8_t)length};

	memcpy(bytes.bytes, from, length);
	return bytes;
}

static struct lease_bytes option_of(uint8_t flags, const void *name, size_t length)
{
	struct lease_bytes option = {.length = (uint8_t)(3 + length), .bytes = {flags}};

	memcpy(option.bytes + 3, name, length);
	return option;
}

/* A literal without its zero. */
#define LITERAL(text) text, sizeof(text) - 1

static const struct naming_policy policy_default = {
	.forward = true,
	.reverse = true,
	.from = {NAMING_FROM_CLIENT, NAMING_FROM_HOST_NAME, NAMING_FROM_TEMPLATE},
	.name_template = "me-{mac}"};
static const struct mac some_mac = {1, 6, {2, 0, 0, 0, 0, 0xa1}};
static const struct hostname corp = {"example.test"}, nothing = {""};

static struct naming_decision decide(const struct naming_policy *policy,
				     struct lease_bytes option81, const char *host_name,
				     const struct hostname *domain)
{
	struct lease_bytes option12 = bytes_of(host_name, strlen(host_name));
	struct naming_client client = {&option81, &option12, &some_mac, domain};
	struct naming_decision decision;

	option81_decide(policy, &client, &decision);
	return decision;
}

static void assert_answer(const struct naming_decision *decision, uint8_t flags, const void *name,
			  size_t length)
{
	assert_int_equal(decision->answer.length, 3 + length);
	assert_int_equal(decision->answer.bytes[0], flags);
	assert_int_equal(decision->answer.bytes[1], 255);
	assert_int_equal(decision->answer.bytes[2], 255);
	assert_memory_equal(decision->answer.bytes + 3, name, length);
}

/* What clients send, and what they get: the rows that Kea was measured with. */
static const struct row {
	uint8_t sent_flags;
	const char *sent;
	size_t sent_length;
	uint8_t flags;
	const char *answered;
	size_t answered_length;
	const char *name;
} rows[] = {
	{S, LITERAL("mehost1"), S, LITERAL("mehost1.example.test."), "mehost1.example.test"},
	{S, LITERAL("mehost2.corp.example"), S, LITERAL("mehost2.corp.example."),
	 "mehost2.corp.example"},
	{S, LITERAL("mehost3.corp.example."), S, LITERAL("mehost3.corp.example."),
	 "mehost3.corp.example"},
	{S, LITERAL("mehost3.example.test"), S, LITERAL("mehost3.example.test."),
	 "mehost3.example.test"},
	{S | E, LITERAL("\4Me01\4corp\7example\0"), S | E, LITERAL("\4me01\4corp\7example\0"),
	 "me01.corp.example"},
	{S | E, LITERAL("\4me01"), S | E, LITERAL("\4me01\7example\4test\0"), "me01.example.test"},
	{S | E, LITERAL("\4me01\7example\4test"), S | E, LITERAL("\4me01\7example\4test\0"),
	 "me01.example.test"},
	{S | E, LITERAL("\4me01\0"), S | E, LITERAL("\4me01\7example\4test\0"),
	 "me01.example.test"},
	{E, LITERAL("\4me01"), S | O | E, LITERAL("\4me01\7example\4test\0"), "me01.example.test"},
	{N | E, LITERAL("\4me01"), S | O | E, LITERAL("\4me01\7example\4test\0"),
	 "me01.example.test"},
	{0xf0 | S | E, LITERAL("\4me01"), S | E, LITERAL("\4me01\7example\4test\0"),
	 "me01.example.test"},
	{S | O, LITERAL("mehost1"), S, LITERAL("mehost1.example.test."), "mehost1.example.test"},
	{S, LITERAL("me host(16)"), S, LITERAL("mehost16.example.test."), "mehost16.example.test"},
	{S, LITERAL("mehost1\0"), S, LITERAL("mehost1.example.test."), "mehost1.example.test"},
	{S, LITERAL("b&#252;ro1"), S, LITERAL("bro1.example.test."), "bro1.example.test"},
	{S | N, LITERAL("mehost1"), S, LITERAL("mehost1.example.test."), "mehost1.example.test"},
	{S, LITERAL(""), S, LITERAL("me-0200000000a1.example.test."),
	 "me-0200000000a1.example.test"},
	{S | E, LITERAL("\0"), S | E, LITERAL("\17me-0200000000a1\7example\4test\0"),
	 "me-0200000000a1.example.test"},
};

static void the_answer_tells_the_truth_in_the_clients_encoding(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct naming_decision decision = decide(
			&policy_default, option_of(row->sent_flags, row->sent, row->sent_length),
			"", &corp);

		print_message("# row %zu\n", i);
		assert_string_equal(decision.name.text, row->name);
		assert_answer(&decision, row->flags, row->answered, row->answered_length);
		assert_true(decision.forward);
		assert_true(decision.reverse);
		assert_false(decision.malformed);
	}
}

static void flags_follow_policy(void **state)
{
	static const struct {
		bool forward, reverse, honour;
		uint8_t sent, answered;
	} cases[] = {
		{true, true, false, N, S | O}, {true, true, true, N, N},
		{true, true, true, S, S},      {true, true, true, 0, S | O},
		{true, false, false, S, S},    {false, true, false, S, O},
		{false, true, false, 0, 0},    {false, false, false, S, N | O},
		{false, false, false, 0, N},   {true, true, true, S | N, S},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct naming_policy policy = policy_default;

		policy.forward = cases[i].forward;
		policy.reverse = cases[i].reverse;
		policy.honour_client_no_update = cases[i].honour;
		struct naming_decision decision = decide(
			&policy, option_of(cases[i].sent, LITERAL("a.b")), "", &corp);
		assert_int_equal(decision.answer.bytes[0], cases[i].answered);
		assert_int_equal(decision.forward, (cases[i].answered & S) != 0);
		assert_int_equal(decision.reverse, cases[i].reverse && !(cases[i].answered & N));
	}
}

static void a_malformed_option_gets_no_answer_but_a_name(void **state)
{
	const struct lease_bytes cases[] = {
		bytes_of(LITERAL("\1")),
		bytes_of(LITERAL("\1\0")),
		option_of(S | E, LITERAL("mehost1")),
		option_of(S | E, LITERAL("\4me01\0junk")),
	};
	struct naming_wish decoded;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct naming_decision decision = decide(&policy_default, cases[i], "", &corp);

		assert_int_equal(option81_decode(&cases[i], &decoded), -EINVAL);
		assert_true(decision.malformed);
		assert_int_equal(decision.answer.length, 0);
		assert_string_equal(decision.name.text, "me-0200000000a1.example.test");
	}
}

static void option12_names_a_client_without_option81(void **state)
{
	struct naming_decision decision = decide(&policy_default, (struct lease_bytes){0}, "PC 7",
						 &corp);

	assert_string_equal(decision.name.text, "pc7.example.test");
	assert_int_equal(decision.source, NAMING_FROM_HOST_NAME);
	assert_int_equal(decision.answer.length, 0);
	assert_true(decision.forward);
}

static void option81_goes_before_option12_unless_it_is_empty(void **state)
{
	struct naming_decision decision = decide(&policy_default, option_of(S, LITERAL("a")), "b",
						 &corp);

	assert_string_equal(decision.name.text, "a.example.test");
	decision = decide(&policy_default, option_of(S, LITERAL("")), "b", &corp);
	assert_string_equal(decision.name.text, "b.example.test");
	decision = decide(&policy_default, option_of(S, LITERAL("  ")), "b", &corp);
	assert_string_equal(decision.name.text, "b.example.test");
	assert_true(decision.changed);
}

static void the_configured_suffix_goes_before_option15(void **state)
{
	struct naming_policy policy = policy_default;

	policy.suffix = (struct hostname){"amt.example"};
	struct naming_decision decision = decide(&policy, option_of(S, LITERAL("a")), "", &corp);
	assert_string_equal(decision.name.text, "a.amt.example");
}

static void without_a_suffix_a_partial_name_is_not_registered(void **state)
{
	struct naming_decision decision = decide(&policy_default, option_of(S, LITERAL("me01")), "",
						 &nothing);

	assert_int_equal(decision.source, NAMING_NONE);
	assert_string_equal(decision.name.text, "");
	assert_false(decision.forward);
	assert_false(decision.reverse);
	assert_answer(&decision, N | O, LITERAL("me01"));

	decision = decide(&policy_default, option_of(S | E, LITERAL("\4me01")), "", &nothing);
	assert_answer(&decision, N | O | E, LITERAL("\4me01"));
}

static void without_a_suffix_a_full_name_is(void **state)
{
	struct naming_decision decision = decide(
		&policy_default, option_of(S, LITERAL("me01.corp.example.")), "", &nothing);

	assert_string_equal(decision.name.text, "me01.corp.example");
	assert_true(decision.forward);
}

static void without_template_and_name_there_is_none(void **state)
{
	struct naming_policy policy = policy_default;

	policy.name_template[0] = '\0';
	struct naming_decision decision = decide(&policy, option_of(S, LITERAL("")), "", &corp);
	assert_int_equal(decision.source, NAMING_NONE);
	assert_answer(&decision, N | O, LITERAL(""));
}

static void a_name_too_long_for_one_option_is_passed_over(void **state)
{
	struct hostname domain = {""};
	char label[64];

	/* 3 * 62 + 3 dots + 56 = 245; "host." makes 250, "hosts." 251 */
	memset(label, 'a', 62);
	label[62] = '\0';
	snprintf(domain.text, sizeof(domain.text), "%s.%s.%s.%.56s", label, label, label, label);
	struct naming_decision decision = decide(&policy_default,
						 option_of(S | E, LITERAL("\4host")), "", &domain);
	assert_int_equal(strlen(decision.name.text), NAMING_NAME_MAX);
	assert_int_equal(decision.answer.length, LEASE_OPTION81_MAX);
	assert_int_equal(decision.answer.bytes[LEASE_OPTION81_MAX - 1], 0);

	decision = decide(&policy_default, option_of(S | E, LITERAL("\5hosts")), "x", &domain);
	assert_int_equal(decision.source, NAMING_FROM_HOST_NAME);
	decision = decide(&policy_default, option_of(S | E, LITERAL("\5hosts")), "", &domain);
	assert_int_equal(decision.source, NAMING_NONE);
	assert_answer(&decision, N | O | E, LITERAL("\5hosts"));
}

static void the_policy_orders_where_the_name_comes_from(void **state)
{
	struct naming_policy policy = policy_default;
	struct naming_decision decision;

	memcpy(policy.from, (uint8_t[]){NAMING_FROM_TEMPLATE, NAMING_FROM_CLIENT, 0, 0}, 4);
	decision = decide(&policy, option_of(S, LITERAL("me01")), "pc", &corp);
	assert_string_equal(decision.name.text, "me-0200000000a1.example.test");
	assert_int_equal(decision.source, NAMING_FROM_TEMPLATE);
	policy.name_template[0] = '\0';
	decision = decide(&policy, option_of(S, LITERAL("")), "pc", &corp);
	assert_int_equal(decision.source, NAMING_NONE); /* option 12 is not in the order */
}

static void a_decision_says_whether_the_domain_mattered(void **state)
{
	struct naming_policy policy = policy_default;

	assert_true(decide(&policy, option_of(S, LITERAL("me01")), "", &corp).needs_domain);
	assert_false(decide(&policy, option_of(S, LITERAL("me01.b.c")), "", &corp).needs_domain);
	policy.suffix = corp;
	assert_false(decide(&policy, option_of(S, LITERAL("me01")), "", &nothing).needs_domain);
}

static void entities_and_dirt_are_cleaned_out_of_names(void **state)
{
	static const struct {
		const char *sent, *name;
	} cases[] = {
		{"me&#48;1", "me01.example.test"},
		{"me&#x30;1", "me01.example.test"},
		{"b&#252;ro", "bro.example.test"},
		{"me 01_a", "me01_a.example.test"},
		{"-me01-", "me01.example.test"},
		{"me01..corp.example", "me01.corp.example"},
		{"&#38;", "me-0200000000a1.example.test"},
		{"\xff\xfe", "me-0200000000a1.example.test"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct naming_decision decision = decide(
			&policy_default, option_of(S, cases[i].sent, strlen(cases[i].sent)), "",
			&corp);

		assert_string_equal(decision.name.text, cases[i].name);
		assert_true(decision.changed);
	}
}

static void a_template_may_hold_the_address_anywhere(void **state)
{
	struct hostname name;
	struct mac none = {0};

	assert_int_equal(naming_expand("{mac}-me.amt", &some_mac, &name), 0);
	assert_string_equal(name.text, "0200000000a1-me.amt");
	assert_int_equal(naming_expand("me-{mac}", &none, &name), -ENOENT);
	assert_int_equal(naming_expand("", &some_mac, &name), -ENOENT);
	assert_int_equal(naming_expand("-{mac}", &some_mac, &name), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_tells_the_truth_in_the_clients_encoding),
		cmocka_unit_test(flags_follow_policy),
		cmocka_unit_test(a_malformed_option_gets_no_answer_but_a_name),
		cmocka_unit_test(option12_names_a_client_without_option81),
		cmocka_unit_test(option81_goes_before_option12_unless_it_is_empty),
		cmocka_unit_test(the_configured_suffix_goes_before_option15),
		cmocka_unit_test(without_a_suffix_a_partial_name_is_not_registered),
		cmocka_unit_test(without_a_suffix_a_full_name_is),
		cmocka_unit_test(without_template_and_name_there_is_none),
		cmocka_unit_test(a_name_too_long_for_one_option_is_passed_over),
		cmocka_unit_test(the_policy_orders_where_the_name_comes_from),
		cmocka_unit_test(a_decision_says_whether_the_domain_mattered),
		cmocka_unit_test(entities_and_dirt_are_cleaned_out_of_names),
		cmocka_unit_test(a_template_may_hold_the_address_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
