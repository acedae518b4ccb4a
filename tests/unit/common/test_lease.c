/* SPDX-License-Identifier: ISC */
#include "common/lease.h"

#include "common/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BOOT_ID UINT64_C(0x1122334455667788)
#define TIME_MS UINT64_C(1795442706123)

/* The head of a record with boot id and time as above, up to the fields. */
#define HEAD(type, length, seq)                                                        \
	"414d544c 01 " type " 0000 " length " 8877665544332211 " seq "00000000000000 " \
	"cb86b908a2010000 "
#define CHANGE "0100 0100 01 "
#define ADDRESS "0300 0400 0a510164 "

static struct lease_record event(void)
{
	struct lease_record record = {
		.type = LEASE_EVENT,
		.boot_id = BOOT_ID,
		.seq = 1,
		.time_ms = TIME_MS,
		.event = {.change = LEASE_COMMITTED,
			  .flags = LEASE_FLAG_ME | LEASE_FLAG_FORWARD | LEASE_FLAG_REVERSE,
			  .address = {ADDR_IP4, {10, 81, 1, 100}},
			  .mac = {1, 6, {2, 0, 0, 0, 0, 1}},
			  .name = {"me01.corp.example"}},
	};

	return record;
}

/* An event with every field, each as long as it may be. */
static struct lease_record largest_event(void)
{
	struct lease_record record = event();
	struct lease_event *e = &record.event;

	e->address = e->relay = (struct addr){ADDR_IP6, {0x20, 1, 0xd, 0xb8, [15] = 1}};
	e->mac = (struct mac){32, MAC_MAX, {9, [MAC_MAX - 1] = 9}};
	memset(e->name.text, 'a', HOSTNAME_MAX);
	for (size_t i = 63; i < HOSTNAME_MAX; i += 64)
		e->name.text[i] = '.';
	e->suffix = e->name;
	e->client_id = (struct lease_bytes){255, {1, [254] = 2}};
	e->option81_received = (struct lease_bytes){255, {3, [254] = 4}};
	e->option81_answered = (struct lease_bytes){255, {5, [254] = 6}};
	e->vendor_class = (struct lease_bytes){LEASE_VENDOR_CLASS_MAX, {7, [126] = 8}};
	memset(e->class_name, 'c', LEASE_CLASS_MAX);
	e->subnet_id = UINT32_MAX;
	e->lifetime_s = UINT32_MAX;
	return record;
}

static int decode_hex(const char *hex, struct lease_record *ret, struct err *err)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	size_t length;

	assert_int_equal(text_unhex(hex, strlen(hex), bytes, sizeof(bytes), &length), 0);
	return lease_decode(bytes, length, ret, err);
}

static void assert_bytes_equal(const struct lease_bytes *a, const struct lease_bytes *b)
{
	assert_int_equal(a->length, b->length);
	assert_memory_equal(a->bytes, b->bytes, sizeof(a->bytes));
}

static void assert_events_equal(const struct lease_event *a, const struct lease_event *b)
{
	assert_int_equal(a->change, b->change);
	assert_int_equal(a->flags, b->flags);
	assert_true(addr_equal(a->address, b->address));
	assert_true(mac_equal(a->mac, b->mac));
	assert_bytes_equal(&a->client_id, &b->client_id);
	assert_string_equal(a->name.text, b->name.text);
	assert_string_equal(a->suffix.text, b->suffix.text);
	assert_bytes_equal(&a->option81_received, &b->option81_received);
	assert_bytes_equal(&a->option81_answered, &b->option81_answered);
	assert_bytes_equal(&a->vendor_class, &b->vendor_class);
	assert_string_equal(a->class_name, b->class_name);
	assert_true(addr_equal(a->relay, b->relay));
	assert_int_equal(a->subnet_id, b->subnet_id);
	assert_int_equal(a->lifetime_s, b->lifetime_s);
}

static void assert_records_equal(const struct lease_record *a, const struct lease_record *b)
{
	assert_int_equal(a->type, b->type);
	assert_true(a->boot_id == b->boot_id);
	assert_true(a->seq == b->seq);
	assert_true(a->time_ms == b->time_ms);
	if (a->type == LEASE_EVENT)
		assert_events_equal(&a->event, &b->event);
	if (a->type == LEASE_HELLO) {
		assert_string_equal(a->hello.hook_version, b->hello.hook_version);
		assert_string_equal(a->hello.kea_version, b->hello.kea_version);
		assert_string_equal(a->hello.parameters, b->hello.parameters);
	}
	if (a->type == LEASE_GAP)
		assert_true(a->lost == b->lost);
	if (a->type == LEASE_REFUSED)
		assert_string_equal(a->refused, b->refused);
	if (a->type == LEASE_LEARNED)
		assert_memory_equal(&a->learned, &b->learned, sizeof(a->learned));
}

static void assert_round_trip(const struct lease_record *record)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	size_t length = lease_encode(record, bytes, sizeof(bytes));
	struct lease_record back;
	struct err err = {0};

	assert_in_range(length, LEASE_HEAD_BYTES, LEASE_RECORD_MAX);
	assert_int_equal(lease_decode(bytes, length, &back, &err), 0);
	assert_string_equal(err.text, "");
	assert_records_equal(&back, record);
}

static void an_event_has_the_documented_bytes(void **state)
{
	static const char golden[] = "414d544c01020000"       /* magic, version, type, zero */
				     "59000000"               /* 89 bytes */
				     "8877665544332211"       /* boot id */
				     "0100000000000000"       /* sequence number */
				     "cb86b908a2010000"       /* time */
				     "0100010001"             /* change = committed */
				     "0200040007000000"       /* flags = ME, forward, reverse */
				     "030004000a510164"       /* address 10.81.1.100 */
				     "0400070001020000000001" /* hardware address */
				     "060011006d6530312e636f72702e6578616d706c65"; /* name */
	struct lease_record record = event(), back;
	uint8_t bytes[LEASE_RECORD_MAX];
	char hex[sizeof(golden) + 2];
	size_t length = lease_encode(&record, bytes, sizeof(bytes));

	assert_string_equal(text_hex(hex, sizeof(hex), bytes, length), golden);
	assert_int_equal(decode_hex(golden, &back, NULL), 0);
	assert_records_equal(&back, &record);
}

static void learned_addresses_have_the_documented_bytes(void **state)
{
	static const char golden[] = "414d544c01080000"
				     "36000000"         /* 54 bytes */
				     "8877665544332211" /* boot id */
				     "0000000000000000"
				     "cb86b908a2010000"
				     "5000040003000000" /* part = first and last */
				     "510006000200000000ff";
	struct lease_record record = {
		.type = LEASE_LEARNED,
		.boot_id = BOOT_ID,
		.time_ms = TIME_MS,
		.learned = {LEASE_LEARNED_FIRST | LEASE_LEARNED_LAST, 1, {{2, 0, 0, 0, 0, 0xff}}}};
	uint8_t bytes[LEASE_RECORD_MAX];
	char hex[sizeof(golden) + 2];
	size_t length = lease_encode(&record, bytes, sizeof(bytes));

	assert_string_equal(text_hex(hex, sizeof(hex), bytes, length), golden);
}

static void every_type_survives_the_round_trip(void **state)
{
	struct lease_record largest = largest_event();
	struct lease_record hello = {
		.type = LEASE_HELLO,
		.boot_id = BOOT_ID,
		.seq = 5,
		.hello = {"0.1.0", "2.2.0", "class=intel-me suffix=b\xc3\xbcro"}};
	struct lease_record gap = {.type = LEASE_GAP, .seq = 7, .lost = UINT64_MAX};
	struct lease_record alive = {.type = LEASE_ALIVE, .seq = UINT64_MAX};
	struct lease_record ack = {.type = LEASE_ACK, .boot_id = UINT64_MAX, .seq = 7};
	struct lease_record refused = {.type = LEASE_REFUSED, .refused = "not today"};
	struct lease_record resync = {.type = LEASE_RESYNC, .boot_id = 1, .seq = 9};
	struct lease_record learned = {
		.type = LEASE_LEARNED,
		.boot_id = 1,
		.learned = {LEASE_LEARNED_FIRST, LEASE_LEARNED_MAX, {{1}, [299] = {[5] = 2}}}};
	struct lease_record none = {.type = LEASE_LEARNED,
				    .learned = {LEASE_LEARNED_LAST, 0, {{0}}}};

	assert_round_trip(&largest);
	assert_round_trip(&hello);
	assert_round_trip(&gap);
	assert_round_trip(&alive);
	assert_round_trip(&ack);
	assert_round_trip(&refused);
	assert_round_trip(&resync);
	assert_round_trip(&learned);
	assert_round_trip(&none);
}

static void every_change_survives_the_round_trip(void **state)
{
	struct lease_record record = event();

	for (int change = LEASE_COMMITTED; change <= LEASE_DECLINED; change++) {
		record.event.change = (enum lease_change)change;
		assert_round_trip(&record);
	}
	assert_string_equal(lease_change_names[LEASE_DECLINED], "declined");
}

static void a_record_that_does_not_fit_is_not_written(void **state)
{
	struct lease_record record = largest_event();
	uint8_t bytes[LEASE_RECORD_MAX];
	size_t length = lease_encode(&record, bytes, sizeof(bytes));

	for (size_t size = 0; size < length; size++)
		assert_int_equal(lease_encode(&record, bytes, size), 0);
	assert_int_equal(lease_encode(&record, bytes, length), length);
}

/* Each cut alone on the heap, so that a sanitizer sees a read behind it. */
static void a_cut_record_is_refused_at_every_length(void **state)
{
	struct lease_record record = largest_event(), back;
	uint8_t bytes[LEASE_RECORD_MAX];
	size_t length = lease_encode(&record, bytes, sizeof(bytes));

	for (size_t size = 1; size < length; size++) {
		uint8_t *copy = test_malloc(size);

		memcpy(copy, bytes, size);
		assert_int_equal(lease_decode(copy, size, &back, NULL), -EINVAL);
		if (size >= LEASE_HEAD_BYTES) { /* the same with an honest length */
			copy[8] = (uint8_t)size;
			copy[9] = (uint8_t)(size >> 8);
			lease_decode(copy, size, &back, NULL);
		}
		test_free(copy);
	}
}

static void a_too_long_packet_is_refused(void **state)
{
	uint8_t bytes[LEASE_RECORD_MAX + 1] = {0};
	struct lease_record record;
	struct err err = {0};

	assert_int_equal(lease_decode(bytes, sizeof(bytes), &record, &err), -EINVAL);
	assert_string_equal(err.text, "lease record of 2049 bytes; at most 2048 are allowed");
}

static void another_version_is_told_apart(void **state)
{
	struct lease_record record;
	struct err err = {0};

	assert_int_equal(decode_hex("414d544c 02", &record, &err), -EPROTONOSUPPORT);
	assert_string_equal(err.text, "lease record of version 2; this program speaks version 1");
}

static void every_refusal_has_its_reason(void **state)
{
	static const struct {
		const char *hex, *sentence;
	} cases[] = {
		{"", "lease record of 0 bytes; its head alone has 36"},
		{"414d544c 01", "lease record of 5 bytes; its head alone has 36"},
		{"424d544c 0102 0000 24000000 0000000000000000 0000000000000000 0000000000000000",
		 "not a lease record: it does not begin with \"AMTL\""},
		{HEAD("00", "24000000", "01"), "lease record of type 0; known are 1 to 8"},
		{HEAD("09", "24000000", "01"), "lease record of type 9; known are 1 to 8"},
		{HEAD("04", "25000000", "01"), "lease record says 37 bytes, the packet has 36"},
		{HEAD("04", "28000000", "01") "0100 0100",
		 "ALIVE: a field runs over the end of the record"},
		{HEAD("04", "26000000", "01") "0100",
		 "ALIVE: a field runs over the end of the record"},
		{HEAD("04", "29000000", "01") CHANGE, "ALIVE: \"change\" belongs into EVENT only"},
		{HEAD("02", "24000000", "01"), "EVENT: \"change\" is missing"},
		{HEAD("02", "29000000", "01") CHANGE, "EVENT: \"address\" is missing"},
		{HEAD("02", "2e000000", "01") CHANGE CHANGE, "EVENT: \"change\" is there twice"},
		{HEAD("02", "29000000", "01") "0100 0100 00",
		 "EVENT: \"change\" is not one of 1 to 5"},
		{HEAD("02", "29000000", "01") "0100 0100 06",
		 "EVENT: \"change\" is not one of 1 to 5"},
		{HEAD("02", "2a000000", "01") "0100 0200 0101",
		 "EVENT: \"change\" has 2 bytes, right are 1 to 1"},
		{HEAD("02", "31000000", "00") CHANGE ADDRESS,
		 "EVENT: the sequence number must be at least 1"},
		{HEAD("02", "2d000000", "01") "0300 0500 0a51016400",
		 "EVENT: \"address\" must have 4 or 16 bytes"},
		{HEAD("02", "29000000", "01") "0400 0100 01",
		 "EVENT: \"hardware address\" has 1 bytes, right are 2 to 21"},
		{HEAD("02", "28000000", "01") "0500 0000",
		 "EVENT: \"client id\" has 0 bytes, right are 1 to 255"},
		{HEAD("02", "29000000", "01") "0600 0100 41",
		 "EVENT: \"name\" is not a host name in lower case without a trailing dot"},
		{HEAD("02", "2a000000", "01") "0600 0200 612e",
		 "EVENT: \"name\" is not a host name in lower case without a trailing dot"},
		{HEAD("02", "2a000000", "01") "0700 0200 6100",
		 "EVENT: \"suffix\" is not a host name in lower case without a trailing dot"},
		{HEAD("02", "2a000000", "01") "0b00 0200 611b",
		 "EVENT: \"class\" holds something else than printable ASCII"},
		{HEAD("01", "2a000000", "00") "2000 0200 6100",
		 "HELLO: \"hook version\" holds a zero byte"},
		{HEAD("03", "24000000", "01"), "GAP: \"lost\" is missing"},
		{HEAD("03", "30000000", "01") "3000 0800 0000000000000000",
		 "GAP: \"lost\" must be at least 1"},
		{HEAD("03", "30000000", "00") "3000 0800 0100000000000000",
		 "GAP: the sequence number must be at least 1"},
		{HEAD("06", "24000000", "01"), "REFUSED: \"reason\" is missing"},
		{HEAD("08", "2f000000", "01") "5100 0700 01020304050607",
		 "LEARNED: \"hardware addresses\" holds no whole number of addresses of 6 bytes"},
		{HEAD("08", "28000000", "01") "5100 0000",
		 "LEARNED: \"hardware addresses\" has 0 bytes, right are 6 to 1800"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lease_record record = {.seq = 99};
		struct err err = {0};

		assert_int_equal(decode_hex(cases[i].hex, &record, &err), -EINVAL);
		assert_string_equal(err.text, cases[i].sentence);
		assert_int_equal(record.seq, 99);
	}
}

static void unknown_tags_are_skipped(void **state)
{
	struct lease_record record;

	assert_int_equal(decode_hex(HEAD("02", "3a000000", "01") CHANGE "ffff 0100 00 "
									"0000 0000" ADDRESS,
				    &record, NULL),
			 0);
	assert_int_equal(record.event.address.bytes[0], 10);
	assert_int_equal(record.event.flags, 0);
}

static void option_81_is_printed_for_people(void **state)
{
	static const struct {
		struct lease_bytes option;
		const char *text;
	} cases[] = {
		{{0}, "-"},
		{{14, "\5\0\0\4me01\4corp\0"}, "S E me01.corp."},
		{{8, "\5\0\0\4me01"}, "S E me01"},
		{{4, "\4\0\0\0"}, "E ."},
		{{3, "\5\0\0"}, "S E (no name)"},
		{{7, "\0\0\0me01"}, "me01"},
		{{7, "\17\377\377\3a\33c"}, "S O E N a\\x1bc"},
		{{7, "\10\0\0a\33[m"}, "N a\\x1b[m"},
		{{8, "\5\0\0\5me01"}, "S E malformed: 050000056d653031"},
		{{7, "\4\0\0\1a\0x"},
		 "E malformed: 0400000161"
		 "0078"},
		{{2, "\1\0"}, "S malformed: 0100"},
	};
	char text[LEASE_OPTION81_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(lease_option81_print(&cases[i].option, text), cases[i].text);
}

static void the_longest_option_81_is_cut(void **state)
{
	struct lease_bytes option = {.length = 255};
	char text[LEASE_OPTION81_TEXT];

	memset(option.bytes + 3, 0x1b, 252);
	lease_option81_print(&option, text);
	assert_string_equal(text + strlen(text) - 3, "...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_has_the_documented_bytes),
		cmocka_unit_test(learned_addresses_have_the_documented_bytes),
		cmocka_unit_test(every_type_survives_the_round_trip),
		cmocka_unit_test(every_change_survives_the_round_trip),
		cmocka_unit_test(a_record_that_does_not_fit_is_not_written),
		cmocka_unit_test(a_cut_record_is_refused_at_every_length),
		cmocka_unit_test(a_too_long_packet_is_refused),
		cmocka_unit_test(another_version_is_told_apart),
		cmocka_unit_test(every_refusal_has_its_reason),
		cmocka_unit_test(unknown_tags_are_skipped),
		cmocka_unit_test(option_81_is_printed_for_people),
		cmocka_unit_test(the_longest_option_81_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
