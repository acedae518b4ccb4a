/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_permit.h"
#include "netcheck/permit.h"

#include "netcheck/explain.h"
#include "tests/support/name_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1700000000u
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct tsig_key *key;
static struct results results;

static int make_key(void **state)
{
	return tsig_key_new(&key, "amtnet", TSIG_HMAC_SHA256, (const uint8_t *)"secret", 6, NULL);
}

static int drop_key(void **state)
{
	tsig_key_free(key);
	return 0;
}

static int forget(void **state)
{
	results_done(&results);
	return 0;
}

static struct permit_question question(enum permit_form form, enum permit_type type)
{
	return (struct permit_question){.zone = {"corp.example"},
					.label = {"amtnet-check-1"},
					.type = type,
					.form = form,
					.key = key};
}

/* What stands behind the zone section: the prerequisite's class, then the change's. */
static void find_classes(const uint8_t *bytes, uint16_t *ret_condition, uint16_t *ret_change)
{
	const size_t zone = 12 + 14 + 4, name = 15 + 14;
	const uint8_t *condition = bytes + zone + name, *change = condition + 10 + name;

	*ret_condition = (uint16_t)(condition[2] << 8 | condition[3]);
	*ret_change = (uint16_t)(change[2] << 8 | change[3]);
}

static void nothing_can_be_changed_by_either_form(void **state)
{
	static const enum permit_type types[] = {PERMIT_A, PERMIT_AAAA, PERMIT_PTR, PERMIT_TXT,
						 PERMIT_DHCID};

	for (size_t i = 0; i < COUNT(types); i++) {
		struct permit_question delete = question(PERMIT_DELETE, types[i]);
		struct permit_question add = question(PERMIT_ADD, types[i]);
		uint8_t bytes[PERMIT_BYTES_MAX];
		struct tsig_request request;
		uint16_t condition, change;
		size_t length;

		assert_int_equal(permit_encode(&delete, 7, NOW, bytes, &length, &request), 0);
		find_classes(bytes, &condition, &change);
		assert_int_equal(condition, 254); /* the name is not in use ... */
		assert_int_equal(change, 255);    /* ... and what is not there is deleted */
		assert_int_equal(permit_encode(&add, 7, NOW, bytes, &length, &request), 0);
		find_classes(bytes, &condition, &change);
		assert_int_equal(condition, 255); /* the name is in use, which it is not ... */
		assert_int_equal(change, 1);      /* ... and only then a record is added */
	}
}

static void the_longest_names_fit(void **state)
{
	struct permit_question asked = question(PERMIT_ADD, PERMIT_PTR);
	uint8_t bytes[PERMIT_BYTES_MAX];
	struct tsig_request request;
	size_t length;

	memset(asked.zone.text, 'a', 238);
	for (size_t i = 60; i < 238; i += 60)
		asked.zone.text[i] = '.';
	assert_int_equal(permit_encode(&asked, 7, NOW, bytes, &length, &request), 0);
	memset(asked.zone.text + 238, 'a', 5);
	assert_true(permit_encode(&asked, 7, NOW, bytes, &length, &request) < 0);
}

/* An answer with the rcode, signed as `tsig` says. */
static struct permit_answer answer(enum permit_form form, int rcode,
				   const struct name_server_tsig *tsig, int64_t later_s)
{
	struct permit_question asked = question(form, PERMIT_A);
	uint8_t sent[PERMIT_BYTES_MAX], bytes[PERMIT_ANSWER_MAX];
	struct permit_answer ret;
	struct tsig_request request;
	size_t length, size;

	assert_int_equal(permit_encode(&asked, 7, NOW, sent, &length, &request), 0);
	size = name_server_build(sent, length, rcode, 0, bytes, sizeof(bytes));
	if (tsig)
		size = name_server_sign(tsig, sent, length, 32, bytes, size, sizeof(bytes));
	permit_read(&asked, &request, (uint64_t)(NOW + later_s), bytes, size, &ret);
	return ret;
}

static struct name_server_tsig good_tsig(void)
{
	return (struct name_server_tsig){.name = "amtnet",
					 .algorithm = "hmac-sha256",
					 .digest = "SHA256",
					 .secret = "secret",
					 .secret_length = 6,
					 .mac_length = 32,
					 .time_s = NOW,
					 .fudge = 300};
}

static void signed_answers_say_what_is_permitted(void **state)
{
	static const struct {
		enum permit_form form;
		int rcode;
		enum permit_kind kind, kind_unsigned;
	} cases[] = {
		{PERMIT_DELETE, 0, PERMIT_ALLOWED, PERMIT_UNTRUSTED},
		{PERMIT_DELETE, 5, PERMIT_REFUSED, PERMIT_REFUSED},
		{PERMIT_DELETE, 9, PERMIT_NO_ZONE, PERMIT_NO_ZONE},
		{PERMIT_DELETE, 10, PERMIT_NO_ZONE, PERMIT_NO_ZONE},
		{PERMIT_DELETE, 4, PERMIT_NO_UPDATES, PERMIT_NO_UPDATES},
		{PERMIT_DELETE, 2, PERMIT_OTHER, PERMIT_UNTRUSTED},
		{PERMIT_DELETE, 3, PERMIT_OTHER, PERMIT_UNTRUSTED},
		{PERMIT_ADD, 3, PERMIT_ALLOWED, PERMIT_UNTRUSTED},
		{PERMIT_ADD, 8, PERMIT_ALLOWED, PERMIT_UNTRUSTED},
		{PERMIT_ADD, 0, PERMIT_OTHER, PERMIT_UNTRUSTED},
		{PERMIT_ADD, 5, PERMIT_REFUSED, PERMIT_REFUSED},
	};
	struct name_server_tsig tsig = good_tsig();

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(answer(cases[i].form, cases[i].rcode, &tsig, 0).kind,
				 cases[i].kind);
		assert_int_equal(answer(cases[i].form, cases[i].rcode, NULL, 0).kind,
				 cases[i].kind_unsigned);
	}
}

static void keys_secrets_and_clocks_are_told_apart(void **state)
{
	static const uint8_t server_time[6] = {0, 0, 0x65, 0x53, 0xff, 0x20}; /* NOW + 3616 */
	struct name_server_tsig tsig = good_tsig();

	tsig.mac_length = 0;
	tsig.error = 17;
	assert_int_equal(answer(PERMIT_ADD, 9, &tsig, 0).kind, PERMIT_BAD_KEY);
	tsig.error = 16;
	assert_int_equal(answer(PERMIT_ADD, 9, &tsig, 0).kind, PERMIT_BAD_SECRET);

	tsig = good_tsig();
	tsig.error = 18;
	tsig.other = server_time;
	tsig.other_length = sizeof(server_time);
	assert_int_equal(answer(PERMIT_ADD, 9, &tsig, 0).kind, PERMIT_CLOCK);
	assert_int_equal(answer(PERMIT_ADD, 9, &tsig, 0).ahead_s, 3616);

	tsig = good_tsig();
	assert_int_equal(answer(PERMIT_ADD, 3, &tsig, 301).kind, PERMIT_CLOCK);
	tsig.secret = "sacred";
	assert_int_equal(answer(PERMIT_ADD, 3, &tsig, 0).kind, PERMIT_UNTRUSTED);
}

static void take(struct result *result, void *user)
{
	results_take(&results, result);
}

/* "NC230 text" of the only result. */
static const char *judged(const struct judge_permit *seen)
{
	static char text[512];

	results_done(&results);
	judge_permit(seen, take, NULL);
	assert_int_equal(results.count, 1);
	snprintf(text, sizeof(text), "%s %s", results.items[0]->kind->id, results.items[0]->text);
	return text;
}

static void one_result_says_it_all(void **state)
{
	struct judge_permit seen = {.name = {"floor.corp.example"},
				    .zone = {"corp.example"},
				    .primary = {.addr = addr_ip4(0xc0000201), .port = 53},
				    .key = "amtnet"};
	struct permit_answer *last;

	judge_permit_types(&seen);
	last = &seen.types[3].answers[PERMIT_ADD];
	assert_string_equal(judged(&seen), "NC230 key amtnet may change A, AAAA, DHCID, TXT");
	last->kind = PERMIT_REFUSED;
	assert_string_equal(judged(&seen),
			    "NC237 key amtnet may change A, AAAA, DHCID, but not TXT: REFUSED");
	seen.types[0].answers[PERMIT_DELETE].kind = PERMIT_BAD_KEY;
	assert_string_equal(judged(&seen), "NC231 key amtnet may change AAAA, DHCID, but not A, "
					   "TXT: NOTAUTH (BADKEY)");
	*last = (struct permit_answer){.kind = PERMIT_CLOCK, .ahead_s = -7200};
	assert_string_equal(judged(&seen),
			    "NC234 the server's clock is 7200 s behind this machine's");
	last->kind = PERMIT_UNTRUSTED;
	judged(&seen);
	assert_int_equal(results.items[0]->state, RESULT_UNKNOWN);
	seen.stated = true;
	assert_string_equal(judged(&seen), "NC235 is no zone of its own, it lies in corp.example");
	seen.stated = false;
	seen.primary = (struct endpoint){0};
	seen.server = (struct hostname){"ns1.example"};
	assert_string_equal(judged(&seen), "NC236 its primary server ns1.example has no address");
	seen.zone = (struct hostname){0};
	assert_string_equal(judged(&seen), "NC215 nobody said which zone it lies in");
}

static void reverse_zones_hold_pointers(void **state)
{
	struct judge_permit seen = {.zone = {"2.0.192.in-addr.arpa"}};

	judge_permit_types(&seen);
	assert_int_equal(seen.type_count, 2);
	assert_int_equal(seen.types[0].type, PERMIT_PTR);
	seen.zone = (struct hostname){"8.b.d.0.1.0.0.2.ip6.arpa"};
	judge_permit_types(&seen);
	assert_int_equal(seen.types[0].type, PERMIT_PTR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_can_be_changed_by_either_form),
		cmocka_unit_test(the_longest_names_fit),
		cmocka_unit_test(signed_answers_say_what_is_permitted),
		cmocka_unit_test(keys_secrets_and_clocks_are_told_apart),
		cmocka_unit_test_teardown(one_result_says_it_all, forget),
		cmocka_unit_test_teardown(reverse_zones_hold_pointers, forget),
	};

	return cmocka_run_group_tests_name("permit", tests, make_key, drop_key);
}
