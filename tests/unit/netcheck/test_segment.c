/* SPDX-License-Identifier: ISC */
#include "netcheck/segment.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

/* A SYN-ACK of 10.0.0.2:16992 to port 40000, as a raw IPv4 socket gives it. */
static const uint8_t answer[44] = {0x45, 0,    0,    44,   0,  0, 0x40, 0, 64,   6,    0,    0,
				   10,   0,    0,    2,    10, 0, 0,    1, /* IPv4 */
				   0x42, 0x60, 0x9c, 0x40, 0,  0, 0,    9, 0x12, 0x34, 0x56, 0x79,
				   0x60, 0x12, 0xfa, 0xf0, 0,  0, 0,    0, 2,    4,    5,    0xb4};

static void an_answer_is_read(void **state)
{
	struct segment segment;
	struct addr from;

	assert_int_equal(segment_parse_ip4(answer, sizeof(answer), &segment, &from), 0);
	assert_true(addr_equal(from, addr_ip4(0x0a000002)));
	assert_int_equal(segment.from_port, 16992);
	assert_int_equal(segment.to_port, 40000);
	assert_int_equal(segment.ack, 0x12345679);
	assert_int_equal(segment.flags, SEGMENT_SYN | SEGMENT_ACK);
	assert_int_equal(segment_parse(answer + 20, 24, &segment), 0);
	assert_int_equal(segment.ack, 0x12345679);
	assert_int_equal(segment_parse_quote(answer + 20, 8, &segment), 0);
	assert_int_equal(segment.seq, 9);
}

static void what_is_no_answer_is_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} changes[] = {
		{0, 0x65},  /* IPv6 */
		{0, 0x44},  /* header shorter than a header */
		{0, 0x4f},  /* header beyond the end */
		{9, 17},    /* UDP */
		{6, 0x20},  /* more fragments */
		{7, 1},     /* not the first fragment */
		{32, 0x40}, /* TCP header shorter than a header */
	};
	struct segment segment;
	struct addr from;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint8_t bytes[sizeof(answer)];

		memcpy(bytes, answer, sizeof(bytes));
		bytes[changes[i].at] = changes[i].value;
		if (segment_parse_ip4(bytes, sizeof(bytes), &segment, &from) != -EINVAL)
			fail_msg("change %zu is taken", i);
	}
	for (size_t length = 0; length < 40; length++)
		assert_int_equal(segment_parse_ip4(answer, length, &segment, &from), -EINVAL);
	assert_int_equal(segment_parse_quote(answer, 7, &segment), -EINVAL);
}

/* RFC 9293 3.1: the sum over pseudo header and segment, checksum included, is all ones. */
static void a_segment_carries_its_checksum(void **state)
{
	static const struct {
		uint8_t flags;
		size_t size;
	} cases[] = {{SEGMENT_SYN, 24}, {SEGMENT_RST, 20}};
	const struct addr from = addr_ip4(0x0a000001), to = addr_ip4(0xc0a8ff02);

	for (size_t at = 0; at < sizeof(cases) / sizeof(cases[0]); at++) {
		const struct segment segment = {.from_port = 40000,
						.to_port = 16993,
						.seq = 0xfedcba98,
						.flags = cases[at].flags};
		uint8_t bytes[SEGMENT_SIZE_MAX];
		size_t size = segment_print(&segment, from, to, bytes);
		uint32_t sum = 6 + (uint32_t)size;
		struct segment read;

		assert_int_equal(size, cases[at].size);
		for (size_t i = 0; i < 4; i += 2)
			sum += (uint32_t)(from.bytes[i] << 8 | from.bytes[i + 1]) +
			       (uint32_t)(to.bytes[i] << 8 | to.bytes[i + 1]);
		for (size_t i = 0; i < size; i += 2)
			sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
		while (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
		assert_int_equal(sum, 0xffff);
		assert_int_equal(segment_parse(bytes, size, &read), 0);
		assert_int_equal(read.seq, 0xfedcba98);
		assert_int_equal(read.flags, cases[at].flags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_read),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(a_segment_carries_its_checksum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
