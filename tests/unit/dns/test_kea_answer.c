/* SPDX-License-Identifier: ISC */
/* Answers as Kea 2.2, 2.6 and 3.0 give them, and as they must not be. */
#include "dns/kea_answer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct kea_lease leases[8];
static size_t count;

static void on_lease(const struct kea_lease *lease, void *user)
{
	assert_true(count < 8);
	leases[count++] = *lease;
}

/* Feeds the text in one piece and reads the leases of a family. */
static int take(const char *text, enum addr_family family, struct kea_page *page, struct err *err)
{
	struct kea_answer *answer;
	int r;

	count = 0;
	assert_int_equal(kea_answer_new(&answer), 0);
	r = kea_answer_feed(answer, text, strlen(text), err);
	if (r == 1)
		r = kea_answer_leases(answer, family, on_lease, NULL, page, err);
	else if (r == 0)
		r = -EAGAIN;
	kea_answer_free(answer);
	return r;
}

#define PAGE(leases)                                                                     \
	"{ \"arguments\": { \"count\": 1, \"leases\": [ " leases " ] }, \"result\": 0, " \
	"\"text\": \"1 IPv4 lease(s) found.\" }"

static void lease_with_our_tag_is_an_me_clients(void **state)
{
	static const char text[] = PAGE(
		"{ \"client-id\": \"01:02:03\", \"cltt\": 1795490954, \"fqdn-fwd\": false, "
		"\"fqdn-rev\": false, \"hostname\": \"x.\", \"hw-address\": \"1a:1b:1c:1d:1e:1f\","
		" \"ip-address\": \"10.9.0.5\", \"state\": 0, \"subnet-id\": 1, \"user-context\": {"
		" \"ISC\": {\"relay-info\": []}, \"amtnet\": { \"by\": \"class\", \"forward\": "
		"true,"
		" \"name\": \"Me01.corp.example\", \"reverse\": true } }, \"valid-lft\": 7200 }");
	struct kea_page page;
	struct err err = {0};

	assert_int_equal(take(text, ADDR_IP4, &page, &err), 0);
	assert_int_equal(count, 1);
	assert_true(leases[0].active && leases[0].tagged && leases[0].forward && leases[0].reverse);
	assert_string_equal(leases[0].name.text, "me01.corp.example");
	assert_int_equal(leases[0].mac.length, 6);
	assert_int_equal(leases[0].mac.bytes[5], 0x1f);
	assert_int_equal(leases[0].client_id.length, 3);
	assert_int_equal(leases[0].since_s, 1795490954);
	assert_int_equal(leases[0].lifetime_s, 7200);
	assert_true(addr_equal(page.last, leases[0].address));
	assert_int_equal(page.count, 1);
}

static void flags_of_a_tag_are_true_where_they_are_missing(void **state)
{
	static const struct {
		const char *tag;
		bool tagged, forward, reverse;
	} cases[] = {
		{"{\"name\": \"me.x\", \"by\": \"class\"}", true, true, true},
		{"{\"name\": \"me.x\", \"reverse\": false}", true, true, false},
		{"{\"forward\": false, \"reverse\": false}", true, false, false},
		/* It wants a name and nobody knows which: no reason to take one away. */
		{"{\"by\": \"class\"}", false, false, false},
		{"{\"forward\": false}", false, false, false},
	};
	struct kea_page page;
	struct err err = {0};
	char text[300];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text),
			 PAGE("{ \"ip-address\": \"10.9.0.5\", \"state\": 0, \"user-context\": "
			      "{\"amtnet\": %s}, \"valid-lft\": 7200 }"),
			 cases[i].tag);
		assert_int_equal(take(text, ADDR_IP4, &page, &err), 0);
		assert_int_equal(leases[0].tagged, cases[i].tagged);
		assert_int_equal(leases[0].forward, cases[i].forward);
		assert_int_equal(leases[0].reverse, cases[i].reverse);
	}
}

static void lease_without_our_tag_is_not_ours(void **state)
{
	static const char *const contexts[] = {
		"{}",
		"{\"amtnet\": 5}",
		"[]",
		"{\"other\": {\"name\": \"x.y\"}}",
	};
	char text[300];
	struct kea_page page;

	for (size_t i = 0; i < sizeof(contexts) / sizeof(*contexts); i++) {
		snprintf(text, sizeof(text),
			 PAGE("{\"ip-address\": \"10.0.0.1\", \"state\": 0, \"valid-lft\": 9, "
			      "\"user-context\": %s}"),
			 contexts[i]);
		assert_int_equal(take(text, ADDR_IP4, &page, NULL), 0);
		assert_int_equal(count, 1);
		assert_false(leases[0].tagged);
		assert_int_equal(page.bad_tags, 0);
	}
}

static void tag_that_cannot_be_read_is_counted_and_says_nothing(void **state)
{
	struct kea_page page;

	assert_int_equal(take(PAGE("{\"ip-address\": \"10.0.0.1\", \"state\": 0, \"user-context\": "
				   "{\"amtnet\": {\"name\": \"no spaces\", \"forward\": true}}}"),
			      ADDR_IP4, &page, NULL),
			 0);
	assert_int_equal(page.bad_tags, 1);
	assert_false(leases[0].tagged || leases[0].forward);
}

static void only_a_lease_in_use_is_active(void **state)
{
	static const struct {
		const char *state;
		bool active;
	} cases[] = {
		{"\"state\": 0, \"valid-lft\": 3600", true},
		{"\"state\": 0, \"valid-lft\": 4294967295", true},
		{"\"state\": 0, \"valid-lft\": 0", false}, /* released, Kea 2.4 to 2.6 */
		{"\"state\": 1, \"valid-lft\": 3600", false},
		{"\"state\": 2, \"valid-lft\": 3600", false},
		{"\"state\": 3, \"valid-lft\": 3600", false},
	};
	char text[200];
	struct kea_page page;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text), PAGE("{\"ip-address\": \"10.0.0.1\", %s}"),
			 cases[i].state);
		assert_int_equal(take(text, ADDR_IP4, &page, NULL), 0);
		assert_int_equal(leases[0].active, cases[i].active);
	}
}

static void ip6_lease_has_its_duid_and_prefixes_are_left_out(void **state)
{
	struct kea_page page;

	assert_int_equal(
		take(PAGE("{\"duid\": \"00:03:00:01:02\", \"ip-address\": \"2001:db8::5\", "
			  "\"type\": "
			  "\"IA_NA\", \"state\": 0, \"valid-lft\": 5},"
			  "{\"duid\": \"00:03\", \"ip-address\": \"2001:db8:1::\", \"type\": "
			  "\"IA_PD\", \"prefix-len\": 56, \"state\": 0, \"valid-lft\": 5}"),
		     ADDR_IP6, &page, NULL),
		0);
	assert_int_equal(count, 1);
	assert_int_equal(leases[0].client_id.length, 5);
	assert_int_equal(leases[0].mac.length, 0);
	assert_int_equal(page.count, 2);
	assert_true(addr_compare(page.last, leases[0].address) >
		    0); /* the next page is behind it */
}

static void what_is_not_such_a_page_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *text;
		int result;
		const char *words;
	} cases[] = {
		{"{\"result\": 2, \"text\": \"'lease4-get-page' command not supported.\"}",
		 -EOPNOTSUPP, "load libdhcp_lease_cmds.so"},
		{"{\"result\": 1, \"text\": \"no\x01luck\"}", -EREMOTEIO, "no\\x01luck"},
		{"{\"text\": \"x\"}", -EBADMSG, "no \"result\""},
		{"{\"result\": \"0\"}", -EBADMSG, "no \"result\""},
		{"{\"result\": 0}", -EBADMSG, "no \"arguments\""},
		{"{\"result\": 0, \"arguments\": {\"leases\": {}}}", -EBADMSG, "no \"arguments\""},
		{PAGE("7"), -EBADMSG, "lease 1 of the page"},
		{PAGE("{\"ip-address\": \"10.0.0.1\"}"), -EBADMSG, "no \"state\""},
		{PAGE("{\"ip-address\": \"2001:db8::1\", \"state\": 0}"), -EBADMSG, "IPv4"},
		{"garbage", -EBADMSG, "not JSON, near byte 0"},
		{"[1, 2]", -EBADMSG, "not an object"},
		{"{\"result\": 0, \"argum", -EAGAIN, ""},
	};
	struct kea_page page;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = {0};

		assert_int_equal(take(cases[i].text, ADDR_IP4, &page, &err), cases[i].result);
		if (!strstr(err.text, cases[i].words))
			fail_msg("%s: \"%s\"", cases[i].text, err.text);
	}
}

static void pieces_make_one_answer(void **state)
{
	static const char text[] = "{\"result\": 3, \"arguments\": {\"count\": 0, \"leases\": []}}";
	struct kea_answer *answer;
	struct kea_page page;

	count = 0;
	assert_int_equal(kea_answer_new(&answer), 0);
	for (size_t i = 0; i + 1 < strlen(text); i++)
		assert_int_equal(kea_answer_feed(answer, text + i, 1, NULL), 0);
	assert_int_equal(kea_answer_feed(answer, "}", 1, NULL), 1);
	assert_int_equal(kea_answer_leases(answer, ADDR_IP4, on_lease, NULL, &page, NULL), 0);
	assert_int_equal(count + page.count, 0);
	kea_answer_free(answer);
}

static void answer_without_end_is_cut_off(void **state)
{
	static char blanks[65536];
	struct kea_answer *answer;
	struct err err = {0};
	size_t fed = 0;
	int r = 0;

	memset(blanks, ' ', sizeof(blanks));
	assert_int_equal(kea_answer_new(&answer), 0);
	for (; !r; fed += sizeof(blanks))
		r = kea_answer_feed(answer, blanks, sizeof(blanks), &err);
	assert_int_equal(r, -EFBIG);
	assert_int_equal(fed, KEA_ANSWER_MAX + sizeof(blanks));
	assert_non_null(strstr(err.text, "larger than 8 MiB"));
	kea_answer_free(answer);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lease_with_our_tag_is_an_me_clients),
		cmocka_unit_test(flags_of_a_tag_are_true_where_they_are_missing),
		cmocka_unit_test(lease_without_our_tag_is_not_ours),
		cmocka_unit_test(tag_that_cannot_be_read_is_counted_and_says_nothing),
		cmocka_unit_test(only_a_lease_in_use_is_active),
		cmocka_unit_test(ip6_lease_has_its_duid_and_prefixes_are_left_out),
		cmocka_unit_test(what_is_not_such_a_page_is_refused_with_the_reason),
		cmocka_unit_test(pieces_make_one_answer),
		cmocka_unit_test(answer_without_end_is_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
