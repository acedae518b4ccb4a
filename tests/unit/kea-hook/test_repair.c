/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/repair.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 240

/* What the repair saw before it did anything. */
static struct lease_bytes came;

/* A packet with these options, alone on the heap, so that a sanitizer sees a step behind it. */
static uint8_t *packet_of(const void *options, size_t size)
{
	uint8_t *bytes = test_calloc(1, HEAD + size);

	memcpy(bytes + 236, "\x63\x82\x53\x63", 4);
	memcpy(bytes + HEAD, options, size);
	return bytes;
}

/* A literal without its zero. */
#define LITERAL(text) text, sizeof(text) - 1

/* Names of 64 and of 63 letters. */
#define L16 "abcdefghijklmnop"
#define L63 L16 L16 L16 "abcdefghijklmno"
#define L64 L16 L16 L16 L16

static const struct row {
	const char *what;
	const char *sent;
	size_t sent_size;
	unsigned done;
	const char *left;
	size_t left_size;
} rows[] = {
	{"N and S: S stays", LITERAL("\x35\1\1\x51\6\x09\0\0mea\xff"), REPAIR_N_AND_S,
	 LITERAL("\x35\1\1\x51\6\1\0\0mea\xff")},
	{"N, S and E: E stays", LITERAL("\x51\7\x0d\0\0\3mea\xff"), REPAIR_N_AND_S,
	 LITERAL("\x51\7\5\0\0\3mea\xff")},
	{"E with ASCII", LITERAL("\x51\7\5\0\0me01\xff"), REPAIR_ASCII,
	 LITERAL("\x51\7\1\0\0me01\xff")},
	{"E with ASCII, N and S", LITERAL("\x51\7\x0d\0\0me01\xff"), REPAIR_ASCII | REPAIR_N_AND_S,
	 LITERAL("\x51\7\1\0\0me01\xff")},
	{"a label over the end", LITERAL("\x51\6\5\0\0\5me\x0c\1a\xff"), REPAIR_WIRE_NAME,
	 LITERAL("\x51\3\5\0\0\0\0\0\x0c\1a\xff")},
	{"a last octet that looks like the root", LITERAL("\x51\7\5\0\0\3me\0\xff"),
	 REPAIR_WIRE_NAME, LITERAL("\x51\3\5\0\0\0\0\0\0\xff")},
	{"a compression pointer", LITERAL("\x51\5\5\0\0\xc0\1\xff"), REPAIR_WIRE_NAME,
	 LITERAL("\x51\3\5\0\0\0\0\xff")},
	{"octets behind the root", LITERAL("\x51\x08\5\0\0\2me\0x\xff"), REPAIR_WIRE_NAME,
	 LITERAL("\x51\7\5\0\0\2me\0\0\xff")},
	{"empty label in ASCII", LITERAL("\x51\7\1\0\0a..b\xff"), REPAIR_TEXT_NAME,
	 LITERAL("\x51\6\1\0\0a.b\0\xff")},
	{"an escape in ASCII", LITERAL("\x51\6\1\0\0a\\b\xff"), REPAIR_TEXT_NAME,
	 LITERAL("\x51\5\1\0\0ab\0\xff")},
	{"a label of 64", LITERAL("\x51\x43\1\0\0" L64 "\xff"), REPAIR_TEXT_NAME,
	 LITERAL("\x51\x42\1\0\0" L63 "\0\xff")},
	{"a label of 64 under E", LITERAL("\x51\x43\5\0\0" L64 "\xff"),
	 REPAIR_ASCII | REPAIR_TEXT_NAME, LITERAL("\x51\x42\1\0\0" L63 "\0\xff")},
	{"dots only", LITERAL("\x51\5\1\0\0..\xff"), REPAIR_TEXT_NAME,
	 LITERAL("\x51\3\1\0\0\0\0\xff")},
	{"two pieces side by side", LITERAL("\x51\5\1\0\0me\x51\2\x30\x31\xff"), REPAIR_JOINED,
	 LITERAL("\x51\7\1\0\0me01\0\0\xff")},
	{"two pieces with an option between", LITERAL("\x51\5\1\0\0me\x0c\2pc\x51\2\x30\x31\xff"),
	 REPAIR_JOINED, LITERAL("\x51\7\1\0\0me01\x0c\2pc\0\0\xff")},
	{"three pieces, the first too short alone",
	 LITERAL("\x51\1\1\x37\1\6\x51\3\0\0m\0\x51\3\x65\x30\x31\xff"), REPAIR_JOINED,
	 LITERAL("\x51\7\1\0\0me01\x37\1\6\0\0\0\0\0\xff")},
	{"pieces that are wrong together", LITERAL("\x51\4\5\0\0m\x51\3\x65\x30\x31\xff"),
	 REPAIR_JOINED | REPAIR_ASCII, LITERAL("\x51\7\1\0\0me01\0\0\xff")},
	/* What Kea takes as it is. */
	{"none", LITERAL("\x35\1\1\x0c\2pc\xff"), 0, LITERAL("\x35\1\1\x0c\2pc\xff")},
	{"ASCII", LITERAL("\x51\x0c\1\0\0me01.corp\xff"), 0,
	 LITERAL("\x51\x0c\1\0\0me01.corp\xff")},
	{"a label of 63", LITERAL("\x51\x42\1\0\0" L63 "\xff"), 0,
	 LITERAL("\x51\x42\1\0\0" L63 "\xff")},
	{"dirt", LITERAL("\x51\x0b\1\0\0me &#38;\xff\xff"), 0,
	 LITERAL("\x51\x0b\1\0\0me &#38;\xff\xff")},
	{"the root in ASCII", LITERAL("\x51\4\1\0\0.\xff"), 0, LITERAL("\x51\4\1\0\0.\xff")},
	{"no name", LITERAL("\x51\3\5\0\0\xff"), 0, LITERAL("\x51\3\5\0\0\xff")},
	{"wire, partial", LITERAL("\x51\x08\5\0\0\4me01\xff"), 0,
	 LITERAL("\x51\x08\5\0\0\4me01\xff")},
	{"wire, full", LITERAL("\x51\x09\5\0\0\4me01\0\xff"), 0,
	 LITERAL("\x51\x09\5\0\0\4me01\0\xff")},
	{"N alone", LITERAL("\x51\3\x08\0\0\xff"), 0, LITERAL("\x51\3\x08\0\0\xff")},
	{"behind the end", LITERAL("\xff\x51\2\1\0"), 0, LITERAL("\xff\x51\2\1\0")},
	{"over the end", LITERAL("\x51\7\1\0\0me"), 0, LITERAL("\x51\7\1\0\0me")},
	{"behind an option over the end", LITERAL("\x0c\x09pc\x51\2\1\0"), 0,
	 LITERAL("\x0c\x09pc\x51\2\1\0")},
	{"no options", LITERAL(""), 0, LITERAL("")},
};

static void each_fault_is_mended_and_nothing_else_changes(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		uint8_t *bytes = packet_of(row->sent, row->sent_size);
		uint8_t *wanted = packet_of(row->left, row->left_size);
		unsigned done = repair_packet(bytes, HEAD + row->sent_size, &came);

		assert_int_equal(row->left_size, row->sent_size);
		if (done != row->done || memcmp(bytes, wanted, HEAD + row->sent_size) != 0)
			fail_msg("%s: done 0x%x", row->what, done);
		/* A mended packet needs no mending. */
		assert_int_equal(repair_packet(bytes, HEAD + row->sent_size, &came), 0);
		test_free(bytes);
		test_free(wanted);
	}
}

/* 200 and 100 octets, with an option between. */
static void pieces_that_no_option_can_hold_lose_their_name(void **state)
{
	uint8_t options[2 + 200 + 3 + 2 + 100 + 1] = {81, 200, 1, [202] = 12, 1, 'a', 81, 100};
	uint8_t wanted[sizeof(options)] = {81, 3, 1, [202] = 12, 1, 'a'};
	uint8_t *bytes;

	options[sizeof(options) - 1] = wanted[sizeof(wanted) - 1] = 255;
	memset(options + 5, 'x', 197);
	bytes = packet_of(options, sizeof(options));
	assert_int_equal(repair_packet(bytes, HEAD + sizeof(options), &came), REPAIR_TOO_LONG);
	assert_int_equal(came.length, 255);
	assert_int_equal(came.bytes[199], 'x');
	assert_int_equal(came.bytes[200], 0);
	assert_memory_equal(bytes + HEAD, wanted, sizeof(wanted));
	test_free(bytes);
}

/* What is left of a truncated option with room for all that it lacks, and with none. */
static const struct cut {
	const char *what;
	const char *sent;
	size_t sent_size;
	unsigned done;
	const char *kept;
	size_t kept_size;
	const char *out;
} cuts[] = {
	{"no octet", LITERAL("\x51\0\x0c\1a\xff"), 0, LITERAL("\x51\3\0\0\0\x0c\1a\xff"),
	 "\0\0\x0c\1a\xff"},
	{"one octet, at the end", LITERAL("\x35\1\1\x51\1\1"), 0, LITERAL("\x35\1\1\x51\3\1\0\0"),
	 "\x35\1\1\0\0\0"},
	{"two octets", LITERAL("\x35\1\1\x51\2\5\0\x0c\1a\xff"), 0,
	 LITERAL("\x35\1\1\x51\3\5\0\0\x0c\1a\xff"), "\x35\1\1\0\0\0\0\x0c\1a\xff"},
	{"a lone code at the end", LITERAL("\x51\2\5\0\x51"), 0, LITERAL("\x51\3\5\0\0\x51"),
	 "\0\0\0\0\x51"},
	{"N and S", LITERAL("\x51\1\x09\xff"), REPAIR_N_AND_S, LITERAL("\x51\3\1\0\0\xff"),
	 "\0\0\0\xff"},
};

static void a_truncated_option_gets_what_it_lacks(void **state)
{
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		const struct cut *cut = &cuts[i];
		size_t size = HEAD + cut->sent_size, kept_size = HEAD + cut->kept_size;
		uint8_t *bytes = test_realloc(packet_of(cut->sent, cut->sent_size), kept_size);

		assert_int_equal(repair_packet(bytes, size, &came), REPAIR_TRUNCATED);
		assert_int_equal(repair_lacks(bytes, size), kept_size - size);
		assert_int_equal(repair_truncated(bytes, size, kept_size - size), cut->done);
		if (memcmp(bytes + HEAD, cut->kept, cut->kept_size) != 0)
			fail_msg("%s", cut->what);
		assert_int_equal(repair_packet(bytes, kept_size, &came), 0);
		assert_int_equal(repair_lacks(bytes, kept_size), 0);
		test_free(bytes);
	}
}

static void a_truncated_option_is_taken_out_where_no_room_is(void **state)
{
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		size_t size = HEAD + cuts[i].sent_size;
		uint8_t *bytes = packet_of(cuts[i].sent, cuts[i].sent_size);

		assert_int_equal(repair_truncated(bytes, size, 0), 0);
		if (memcmp(bytes + HEAD, cuts[i].out, cuts[i].sent_size) != 0)
			fail_msg("%s", cuts[i].what);
		assert_int_equal(repair_packet(bytes, size, &came), 0);
		test_free(bytes);
	}
}

/* Two pieces that are too long together, of which the first has no flags. */
static void too_long_and_truncated_is_mended_as_both(void **state)
{
	uint8_t options[2 + 2 + 2 + 255 + 1] = {81, 2, 1, 0, 81, 255};
	size_t size = HEAD + sizeof(options);
	uint8_t *bytes = test_realloc(packet_of(options, sizeof(options)), size + 1);

	assert_int_equal(repair_packet(bytes, size, &came), REPAIR_TOO_LONG | REPAIR_TRUNCATED);
	assert_int_equal(repair_truncated(bytes, size, 1), 0);
	assert_memory_equal(bytes + HEAD, "\x51\3\1\0\0\0\0", 7);
	assert_int_equal(repair_packet(bytes, size, &came), 0);
	test_free(bytes);
}

/* A REQUEST of DHCPv6 with these octets as option 39, in a relay's message or not. */
static void assert_mended6(const char *sent, size_t size, unsigned done, uint16_t code,
			   const char *left, bool relayed)
{
	size_t at = relayed ? 38 : 0, total = at + 4 + 4 + size + 5;
	uint8_t *bytes = test_calloc(1, total), *option = bytes + at + 4;

	if (relayed) {
		bytes[0] = 12;
		bytes[35] = 9;
		bytes[37] = (uint8_t)(total - 38);
	}
	bytes[at] = 3;
	option[1] = 39;
	option[3] = (uint8_t)size;
	memcpy(option + 4, sent, size);
	memcpy(option + 4 + size, "\0\x0e\0\1x", 5); /* another option behind it */
	assert_int_equal(repair_packet6(bytes, total, &came), done);
	assert_int_equal(option[0] << 8 | option[1], code);
	assert_memory_equal(option + 4, left, size);
	assert_memory_equal(option + 4 + size, "\0\x0e\0\1x", 5);
	assert_int_equal(repair_packet6(bytes, total, &came), 0);
	test_free(bytes);
}

static void option_39_is_mended_where_it_lies(void **state)
{
	for (int relayed = 0; relayed < 2; relayed++) {
		assert_mended6(LITERAL("\5\2me\0"), REPAIR_N_AND_S, 39, "\1\2me\0", relayed);
		assert_mended6(LITERAL("\1\x09me"), REPAIR_WIRE_NAME, 0xffff, "\1\x09me", relayed);
		assert_mended6(LITERAL("\1\x09mei"), REPAIR_WIRE_NAME, 39, "\1\xff\xff\0\0",
			       relayed);
		assert_mended6(LITERAL("\5\x09meinpc"), REPAIR_WIRE_NAME | REPAIR_N_AND_S, 39,
			       "\1\xff\xff\0\3npc", relayed);
		assert_mended6(LITERAL(""), REPAIR_TRUNCATED, 0xffff, "", relayed);
		assert_mended6(LITERAL("\1\2me"), 0, 39, "\1\2me", relayed);
		assert_mended6(LITERAL("\4\2me\0"), 0, 39, "\4\2me\0", relayed);
		assert_mended6(LITERAL("\1"), 0, 39, "\1", relayed);
	}
}

static void what_came_is_kept_with_all_its_pieces(void **state)
{
	uint8_t *bytes = packet_of(LITERAL("\x51\4\x0d\0\0m\x0c\1a\x51\3\x65\x30\x31\xff"));

	assert_int_equal(repair_packet(bytes, HEAD + 15, &came),
			 REPAIR_JOINED | REPAIR_N_AND_S | REPAIR_ASCII);
	assert_int_equal(came.length, 7);
	assert_memory_equal(came.bytes, "\x0d\0\0me01", 7);
	test_free(bytes);
}

/* Kea reads no options there, and a boot file's name may look like one. */
static void file_and_sname_are_not_touched(void **state)
{
	static const char options[] = "\x34\1\3\x51\4\5\0\0x\xff";
	uint8_t *bytes = packet_of(LITERAL(options));
	uint8_t before[HEAD];

	memcpy(bytes + 108, "\x51\2\1\0\xff", 5);
	memcpy(bytes + 44, "\x51\4\5\0\0x\xff", 7);
	memcpy(before, bytes, HEAD);
	assert_int_equal(repair_packet(bytes, HEAD + sizeof(options) - 1, &came), REPAIR_ASCII);
	assert_memory_equal(bytes, before, HEAD);
	test_free(bytes);
}

static void what_is_no_dhcp_packet_is_left_alone(void **state)
{
	uint8_t *bytes = packet_of(LITERAL("\x51\2\1\0\xff"));

	for (size_t size = 0; size <= HEAD; size++)
		assert_int_equal(repair_packet(bytes, size, &came), 0);
	bytes[236] = 0;
	assert_int_equal(repair_packet(bytes, HEAD + 5, &came), 0);
	test_free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_mended_and_nothing_else_changes),
		cmocka_unit_test(pieces_that_no_option_can_hold_lose_their_name),
		cmocka_unit_test(a_truncated_option_gets_what_it_lacks),
		cmocka_unit_test(a_truncated_option_is_taken_out_where_no_room_is),
		cmocka_unit_test(too_long_and_truncated_is_mended_as_both),
		cmocka_unit_test(option_39_is_mended_where_it_lies),
		cmocka_unit_test(what_came_is_kept_with_all_its_pieces),
		cmocka_unit_test(file_and_sname_are_not_touched),
		cmocka_unit_test(what_is_no_dhcp_packet_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
