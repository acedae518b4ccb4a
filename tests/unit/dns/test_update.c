/* SPDX-License-Identifier: ISC */
#include "dns/update.h"

#include "common/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct hostname host(const char *text)
{
	struct hostname name;

	assert_int_equal(hostname_parse(text, &name, NULL), 0);
	return name;
}

static void assert_bytes(const uint8_t *bytes, size_t length, const char *expected_hex)
{
	uint8_t expected[2048];
	size_t expected_length;

	assert_int_equal(text_unhex(expected_hex, strlen(expected_hex), expected, sizeof expected,
				    &expected_length),
			 0);
	assert_int_equal(length, expected_length);
	assert_memory_equal(bytes, expected, length);
}

/* The head and zone section "example. SOA IN" with these counts. */
#define HEAD(prerequisites, updates) \
	"1234 2800 0001 " prerequisites " " updates " 0000 07 6578616d706c65 00 0006 0001 "
#define ME "02 6d65 c00c " /* "me", then "example" of the zone section */

/* RFC 2136 2.4 and 2.5, each step alone. */
static const struct {
	enum update_step step;
	const char *bytes;
	const char *words;
} steps[] = {
	{UPDATE_NAME_UNUSED, HEAD("0001", "0000") ME "00ff 00fe 00000000 0000",
	 "prerequisite: me.example not in use"},
	{UPDATE_NAME_IN_USE, HEAD("0001", "0000") ME "00ff 00ff 00000000 0000",
	 "prerequisite: me.example in use"},
	{UPDATE_RRSET_UNUSED, HEAD("0001", "0000") ME "0001 00fe 00000000 0000",
	 "prerequisite: me.example has no A"},
	{UPDATE_RRSET_IN_USE, HEAD("0001", "0000") ME "0001 00ff 00000000 0000",
	 "prerequisite: me.example has some A"},
	{UPDATE_RRSET_IS, HEAD("0001", "0000") ME "0001 0001 00000000 0004 0a510164",
	 "prerequisite: me.example has exactly A 10.81.1.100"},
	{UPDATE_ADD, HEAD("0000", "0001") ME "0001 0001 000004b0 0004 0a510164",
	 "add: me.example A 10.81.1.100 TTL 1200"},
	{UPDATE_DELETE_RRSET, HEAD("0000", "0001") ME "0001 00ff 00000000 0000",
	 "delete: me.example every A"},
	{UPDATE_DELETE_RECORD, HEAD("0000", "0001") ME "0001 00fe 00000000 0004 0a510164",
	 "delete: me.example A 10.81.1.100"},
	{UPDATE_DELETE_NAME, HEAD("0000", "0001") ME "00ff 00ff 00000000 0000",
	 "delete: me.example and all it has"},
};

static void each_step_stands_as_rfc_2136_says(void **state)
{
	struct hostname zone = host("example"), name = host("me.example");
	struct record a = record_address(addr_ip4(0x0a510164), 1200);

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		char text[UPDATE_ITEM_TEXT];
		struct update update;
		uint8_t bytes[512];
		size_t length;

		update_init(&update, &zone);
		update_put(&update, steps[i].step, &name, &a);
		assert_int_equal(update_encode(&update, 0x1234, bytes, sizeof bytes, &length), 0);
		assert_bytes(bytes, length, steps[i].bytes);
		assert_string_equal(update_item_print(&update.items[0], text), steps[i].words);
	}
}

static void steps_keep_their_order_within_each_section(void **state)
{
	struct hostname zone = host("example"), name = host("me.example");
	struct record txt = record_txt("x", 60);
	struct update update;
	uint8_t bytes[512];
	size_t length;

	update_init(&update, &zone);
	update_put_type(&update, UPDATE_DELETE_RRSET, &name, RECORD_TXT);
	update_put(&update, UPDATE_NAME_IN_USE, &name, NULL);
	update_put(&update, UPDATE_ADD, &name, &txt);
	update_put_type(&update, UPDATE_RRSET_UNUSED, &name, RECORD_DHCID);
	assert_int_equal(update_encode(&update, 0x1234, bytes, sizeof bytes, &length), 0);
	assert_bytes(bytes, length,
		     HEAD("0002", "0002") ME
		     "00ff 00ff 00000000 0000" ME "0031 00fe 00000000 0000" ME
		     "0010 00ff 00000000 0000" ME "0010 0001 0000003c 0002 01 78");
}

/* One add and one replace of two names. */
static void put_two(struct update two[2], const struct hostname *zone)
{
	struct hostname me = host("me.example"), you = host("you.example");
	struct record txt = record_txt("x", 60);

	update_init(&two[0], zone);
	update_put(&two[0], UPDATE_NAME_UNUSED, &me, NULL);
	update_put(&two[0], UPDATE_ADD, &me, &txt);
	update_init(&two[1], zone);
	update_put(&two[1], UPDATE_NAME_IN_USE, &you, NULL);
	update_put_type(&two[1], UPDATE_DELETE_RRSET, &you, RECORD_TXT);
}

static struct update_message *message_new(const struct hostname *zone)
{
	struct update_message *message = malloc(sizeof *message);

	update_message_init(message, zone);
	return message;
}

static void message_has_all_prerequisites_before_all_changes(void **state)
{
	struct hostname zone = host("example");
	struct update_message *message = message_new(&zone);
	struct update two[2];
	uint8_t bytes[512];
	size_t length;

	put_two(two, &zone);
	assert_int_equal(update_message_encode(message, 0x1234, bytes, sizeof bytes, &length),
			 -EINVAL);
	assert_int_equal(update_message_add(message, &two[0]), 0);
	assert_int_equal(update_message_add(message, &two[1]), 0);
	assert_int_equal(message->count, 2);
	assert_int_equal(update_message_encode(message, 0x1234, bytes, sizeof bytes, &length), 0);
	assert_bytes(bytes, length,
		     HEAD("0002", "0002") ME "00ff 00fe 00000000 0000"
					     "03 796f75 c00c 00ff 00ff 00000000 0000" ME
					     "0010 0001 0000003c 0002 01 78"
					     "03 796f75 c00c 0010 00ff 00000000 0000");
	assert_int_equal(update_message_encode(message, 1, bytes, length - 1, &length), -ENOBUFS);
	free(message);
}

static void update_that_does_not_fit_leaves_the_message_as_it_was(void **state)
{
	struct hostname zone = host("example");
	struct update_message *message = message_new(&zone);
	uint8_t *bytes = malloc(UPDATE_MESSAGE_MAX);
	struct update two[2];
	size_t length, before;
	int rc = 0;

	put_two(two, &zone);
	while (rc == 0)
		rc = update_message_add(message, &two[message->count % 2]);
	assert_int_equal(rc, -ENOBUFS);
	assert_true(message->count > 700);
	assert_int_equal(message->prerequisites.records, message->count);
	assert_int_equal(message->changes.records, message->count);
	assert_int_equal(update_message_encode(message, 1, bytes, UPDATE_MESSAGE_MAX, &before), 0);
	two[0].count = 0;
	assert_int_equal(update_message_add(message, &two[0]), -EINVAL);
	put_two(two, &(struct hostname){"other"});
	assert_int_equal(update_message_add(message, &two[0]), -EINVAL);
	assert_int_equal(update_message_encode(message, 1, bytes, UPDATE_MESSAGE_MAX, &length), 0);
	assert_int_equal(length, before);
	free(bytes);
	free(message);
}

static void names_in_data_are_not_compressed(void **state)
{
	struct hostname zone = host("example"), name = host("me.example");
	struct record ptr = record_ptr(&name, 0);
	struct update update;
	uint8_t bytes[512];
	size_t length;

	update_init(&update, &zone);
	update_put(&update, UPDATE_ADD, &name, &ptr);
	assert_int_equal(update_encode(&update, 0x1234, bytes, sizeof bytes, &length), 0);
	assert_bytes(bytes, length,
		     HEAD("0000", "0001") ME
		     "000c 0001 00000000 000c 02 6d65 07 6578616d706c65 00");
}

static void empty_overfull_and_foreign_updates_are_refused(void **state)
{
	struct hostname zone = host("example"), name = host("me.example"),
			foreign = host("me.test");
	struct update update;
	uint8_t bytes[UPDATE_BYTES_MAX];
	size_t length;

	update_init(&update, &zone);
	assert_int_equal(update_encode(&update, 1, bytes, sizeof bytes, &length), -EINVAL);
	update_put(&update, UPDATE_NAME_IN_USE, &foreign, NULL);
	assert_int_equal(update_encode(&update, 1, bytes, sizeof bytes, &length), -EINVAL);

	update_init(&update, &zone);
	for (size_t i = 0; i < UPDATE_ITEMS_MAX; i++)
		update_put(&update, UPDATE_NAME_IN_USE, &name, NULL);
	assert_int_equal(update_encode(&update, 1, bytes, sizeof bytes, &length), 0);
	assert_int_equal(update_encode(&update, 1, bytes, 40, &length), -ENOBUFS);
	update_put(&update, UPDATE_NAME_IN_USE, &name, NULL);
	assert_true(update.full);
	assert_int_equal(update_encode(&update, 1, bytes, sizeof bytes, &length), -EINVAL);
}

static void longest_update_fits_its_bound(void **state)
{
	char label[64], text[HOSTNAME_MAX + 1];
	struct record txt;
	struct update update;
	uint8_t bytes[UPDATE_BYTES_MAX];
	char longest[256];
	size_t length;

	memset(longest, 'x', 255);
	longest[255] = '\0';
	txt = record_txt(longest, 60);
	update_init(&update, &(struct hostname){""});
	for (int i = 0; i < UPDATE_ITEMS_MAX; i++) {
		memset(label, 'a' + i % 26, 63);
		label[63] = '\0';
		snprintf(text, sizeof text, "%s.%s.%s.%.61s", label, label, label, label);
		update_put(&update, UPDATE_ADD, &(struct hostname){0}, &txt);
		update.items[i].name = host(text);
	}
	assert_int_equal(update_encode(&update, 1, bytes, sizeof bytes, &length), 0);
	assert_true(length > UPDATE_BYTES_MAX * 9 / 10);
}

static void query_has_no_recursion_bit(void **state)
{
	struct hostname name = host("me.example");
	uint8_t bytes[64];
	size_t length;

	assert_int_equal(
		update_encode_query(&name, RECORD_DHCID, 0xabcd, bytes, sizeof bytes, &length), 0);
	assert_bytes(bytes, length,
		     "abcd 0000 0001 0000 0000 0000 02 6d65 07 6578616d706c65 00 0031 0001");
}

#define QUESTION "02 4d65 07 6578616d706c65 00 0001 0001 " /* "Me.example A IN" */
#define A_RECORD "c00c 0001 0001 0000003c 0004 0a000001 "

static const struct {
	const char *what, *bytes;
	bool query;
	int rc, rcode;
	size_t count, more;
} answers[] = {
	{"update done", "1234 a800 0000 0000 0000 0000", false, 0, 0, 0, 0},
	{"update refused", "1234 a805 0001 0000 0000 0000 07 6578616d706c65 00 0006 0001", false, 0,
	 5, 0, 0},
	{"one record", "1234 8400 0001 0001 0000 0000 " QUESTION A_RECORD, true, 0, 0, 1, 0},
	{"other types and names are left out",
	 "1234 8400 0001 0003 0000 0000 " QUESTION "c00c 0010 0001 00000000 0002 0178" A_RECORD
	 "c00f 0001 0001 00000000 0004 0a000002",
	 true, 0, 0, 1, 0},
	{"name does not exist", "1234 8403 0001 0000 0000 0000 " QUESTION, true, 0, 3, 0, 0},
	{"error without a question", "1234 8405 0000 0000 0000 0000", true, 0, 5, 0, 0},
	{"answer without a question", "1234 8400 0000 0000 0000 0000", true, -EBADMSG, 0, 0, 0},
	{"other question name",
	 "1234 8400 0001 0000 0000 0000 02 6d66 07 6578616d706c65 00 0001 0001", true, -EBADMSG, 0,
	 0, 0},
	{"other question type",
	 "1234 8400 0001 0000 0000 0000 02 6d65 07 6578616d706c65 00 0010 0001", true, -EBADMSG, 0,
	 0, 0},
	{"a request", "1234 2800 0000 0000 0000 0000", false, -EBADMSG, 0, 0, 0},
	{"other opcode", "1234 8000 0000 0000 0000 0000", false, -EBADMSG, 0, 0, 0},
	{"cut in the head", "1234 a800 0000 0000 0000 00", false, -EBADMSG, 0, 0, 0},
	{"cut in a record", "1234 8400 0001 0001 0000 0000 " QUESTION "c00c 0001 0001 0000", true,
	 -EBADMSG, 0, 0, 0},
	{"name that points to itself", "1234 8400 0001 0000 0000 0000 c00c 0001 0001", true,
	 -EBADMSG, 0, 0, 0},
};

static void answers_are_read_strictly(void **state)
{
	struct hostname name = host("me.example");

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct update_answer answer;
		struct err err = {0};
		uint8_t bytes[512];
		size_t length;
		int rc;

		print_message("# %s\n", answers[i].what);
		assert_int_equal(text_unhex(answers[i].bytes, strlen(answers[i].bytes), bytes,
					    sizeof bytes, &length),
				 0);
		rc = update_decode_answer(bytes, length, answers[i].query ? &name : NULL, RECORD_A,
					  &answer, &err);
		assert_int_equal(rc, answers[i].rc);
		assert_int_equal(rc < 0, err.text[0] != '\0');
		if (rc < 0)
			continue;
		assert_int_equal(answer.id, 0x1234);
		assert_int_equal(answer.rcode, answers[i].rcode);
		assert_int_equal(answer.count, answers[i].count);
		assert_int_equal(answer.more, answers[i].more);
	}
}

static void answer_above_the_bound_never_reaches_ldns(void **state)
{
	static const uint8_t bytes[UPDATE_ANSWER_MAX + 1] = {0x12, 0x34, 0x84};
	struct hostname name = host("me.example");
	struct update_answer answer;
	struct err err = {0};

	assert_int_equal(update_decode_answer(bytes, sizeof bytes, &name, 1, &answer, &err),
			 -EBADMSG);
	assert_string_equal(err.text, "an answer of 4097 bytes is more than the 4096 we read");
}

static void answer_to_an_update_may_carry_the_sections_back(void **state)
{
	static const uint8_t bytes[UPDATE_MESSAGE_MAX] = {0x12, 0x34, 0xa8, 6, 0, 1, 0, 200};
	struct update_answer answer;

	assert_int_equal(update_decode_answer(bytes, sizeof bytes, NULL, 0, &answer, NULL), 0);
	assert_int_equal(answer.rcode, 6);
}

static void record_read_back_equals_the_one_that_was_added(void **state)
{
	struct hostname name = host("1.0.0.10.in-addr.arpa"), target = host("me.example");
	struct record ptr = record_ptr(&target, 0x3c);
	struct update_answer answer;
	uint8_t bytes[512] = {0};
	size_t length = 0;

	/* owner and target in upper case, the target compressed */
	assert_int_equal(update_encode_query(&name, RECORD_PTR, 1, bytes, sizeof bytes, &length),
			 0);
	bytes[2] = 0x84;
	bytes[7] = 1;
	memcpy(bytes + length,
	       "\1"
	       "1\1"
	       "0\1"
	       "0\2"
	       "10\7IN-ADDR\4ARPA\0\0\14\0\1\0\0\0\74\0\14\2ME\7EXAMPLE\0",
	       46);
	assert_int_equal(update_decode_answer(bytes, length + 45, &name, RECORD_PTR, &answer, NULL),
			 0);
	assert_int_equal(answer.count, 1);
	assert_true(answer.authoritative);
	assert_int_equal(answer.records[0].ttl, 0x3c);
	assert_true(record_equal_data(&answer.records[0], &ptr));
}

static void records_beyond_the_bound_are_counted(void **state)
{
	static const uint8_t a[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1};
	struct hostname name = host("me.example");
	struct update_answer answer;
	uint8_t bytes[2048];
	size_t length;

	assert_int_equal(update_encode_query(&name, RECORD_A, 1, bytes, sizeof bytes, &length), 0);
	bytes[2] = 0x84;
	bytes[7] = UPDATE_ANSWER_RECORDS + 3;
	for (int i = 0; i < UPDATE_ANSWER_RECORDS + 3; i++, length += sizeof a)
		memcpy(bytes + length, a, sizeof a);
	assert_int_equal(update_decode_answer(bytes, length, &name, RECORD_A, &answer, NULL), 0);
	assert_int_equal(answer.count, UPDATE_ANSWER_RECORDS);
	assert_int_equal(answer.more, 3);
}

static void codes_have_their_names(void **state)
{
	assert_string_equal(update_rcode_name(0), "NOERROR");
	assert_string_equal(update_rcode_name(10), "NOTZONE");
	assert_string_equal(update_rcode_name(17), "BADKEY");
	assert_string_equal(update_rcode_name(22), "BADTRUNC");
	assert_string_equal(update_rcode_name(12), "RCODE");
	assert_string_equal(update_rcode_name(-1), "RCODE");
	assert_string_equal(update_rcode_name(99), "RCODE");
}

/* The answer to "pc.x.example SOA" with records of these types, the first of them in the answer. */
static size_t soa_answer(const uint16_t *types, size_t count, size_t in_answer, uint8_t *ret)
{
	static const uint8_t question[] = "\2pc\1x\7example\0\0\6\0\1";
	size_t at = 12;

	memset(ret, 0, at);
	ret[2] = 0x84;
	ret[5] = 1;
	ret[7] = (uint8_t)in_answer;
	ret[9] = (uint8_t)(count - in_answer);
	memcpy(ret + at, question, sizeof question - 1);
	at += sizeof question - 1;
	for (size_t i = 0; i < count; i++) {
		/* owner x.example; a name, and for an SOA another one and five numbers */
		size_t length = types[i] == RECORD_SOA ? 24 : 2;

		memcpy(ret + at, (const uint8_t[]){0xc0, 15, 0, (uint8_t)types[i], 0, 1}, 6);
		memset(ret + at + 6, 0, 6 + length);
		ret[at + 11] = (uint8_t)length;
		memcpy(ret + at + 12, (const uint8_t[]){0xc0, 12, 0xc0, 12}, length == 24 ? 4 : 2);
		at += 12 + length;
	}
	return at;
}

static void zone_of_a_name_is_the_one_soa_unless_there_is_an_alias(void **state)
{
	static const struct {
		uint16_t types[2];
		size_t count, in_answer;
		bool found, alias;
	} cases[] = {
		{{RECORD_SOA}, 1, 1, true, false},
		{{RECORD_SOA}, 1, 0, true, false},
		{{RECORD_NS}, 1, 0, false, false},
		{{RECORD_SOA, RECORD_SOA}, 2, 2, false, false},
		{{RECORD_CNAME, RECORD_SOA}, 2, 1, false, true},
		{{39 /* DNAME */, RECORD_SOA}, 2, 1, false, true},
		{{RECORD_CNAME, RECORD_SOA}, 2, 2, false, true},
	};
	const struct hostname name = {"pc.x.example"};
	struct update_answer answer;
	uint8_t bytes[200];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t length = soa_answer(cases[i].types, cases[i].count, cases[i].in_answer,
					   bytes);

		assert_int_equal(
			update_decode_answer(bytes, length, &name, RECORD_SOA, &answer, NULL), 0);
		assert_int_equal(answer.soa.found, cases[i].found);
		assert_int_equal(answer.soa.alias, cases[i].alias);
		assert_false(answer.soa.in_answer); /* the zone is x.example */
		if (cases[i].found) {
			assert_string_equal(answer.soa.zone.text, "x.example");
			assert_string_equal(answer.soa.mname.text, "pc.x.example");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zone_of_a_name_is_the_one_soa_unless_there_is_an_alias),
		cmocka_unit_test(each_step_stands_as_rfc_2136_says),
		cmocka_unit_test(steps_keep_their_order_within_each_section),
		cmocka_unit_test(message_has_all_prerequisites_before_all_changes),
		cmocka_unit_test(update_that_does_not_fit_leaves_the_message_as_it_was),
		cmocka_unit_test(names_in_data_are_not_compressed),
		cmocka_unit_test(empty_overfull_and_foreign_updates_are_refused),
		cmocka_unit_test(longest_update_fits_its_bound),
		cmocka_unit_test(query_has_no_recursion_bit),
		cmocka_unit_test(answers_are_read_strictly),
		cmocka_unit_test(answer_above_the_bound_never_reaches_ldns),
		cmocka_unit_test(answer_to_an_update_may_carry_the_sections_back),
		cmocka_unit_test(record_read_back_equals_the_one_that_was_added),
		cmocka_unit_test(records_beyond_the_bound_are_counted),
		cmocka_unit_test(codes_have_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
