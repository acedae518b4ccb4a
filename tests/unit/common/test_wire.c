/* SPDX-License-Identifier: ISC */
#include "common/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void what_is_written_is_read(void **state)
{
	static const uint8_t golden[] = {0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0x0f, 0x0e, 0x0d,
					 0x0c, 0x0b, 0x0a, 0x09, 0x08, 0x02, 0x03, 0x04, 0x05, 0x06,
					 0x07, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 'x',  'y'};
	uint8_t bytes[sizeof(golden)];
	struct wire_writer writer;
	struct wire_reader reader;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	wire_write_u8(&writer, 0x01);
	wire_write_u16le(&writer, 0x0203);
	wire_write_u32le(&writer, 0x04050607);
	wire_write_u64le(&writer, 0x08090a0b0c0d0e0f);
	wire_write_u16be(&writer, 0x0203);
	wire_write_u32be(&writer, 0x04050607);
	wire_write_u48be(&writer, 0x0a0b0c0d0e0f);
	wire_write_bytes(&writer, "xy", 2);
	assert_false(writer.bad);
	assert_int_equal(writer.at, sizeof(golden));
	assert_memory_equal(bytes, golden, sizeof(golden));

	wire_reader_init(&reader, bytes, sizeof(bytes));
	assert_int_equal(wire_read_u8(&reader), 0x01);
	assert_int_equal(wire_read_u16le(&reader), 0x0203);
	assert_int_equal(wire_read_u32le(&reader), 0x04050607);
	assert_true(wire_read_u64le(&reader) == 0x08090a0b0c0d0e0f);
	assert_int_equal(wire_read_u16be(&reader), 0x0203);
	assert_int_equal(wire_read_u32be(&reader), 0x04050607);
	assert_true(wire_read_u48be(&reader) == 0x0a0b0c0d0e0f);
	assert_memory_equal(wire_read_bytes(&reader, 2), "xy", 2);
	assert_false(reader.bad);
	assert_int_equal(wire_left(&reader), 0);
}

static void a_read_past_the_end_gives_zero_for_good(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3};
	uint8_t copy[2] = {9, 9};
	struct wire_reader reader;

	wire_reader_init(&reader, bytes, sizeof(bytes));
	assert_int_equal(wire_read_u32le(&reader), 0);
	assert_true(reader.bad);
	assert_int_equal(wire_left(&reader), 0);
	assert_int_equal(wire_read_u8(&reader), 0);
	assert_null(wire_read_bytes(&reader, 0));
	wire_copy_bytes(&reader, copy, sizeof(copy));
	assert_int_equal(copy[0] + copy[1], 0);
}

static void a_huge_length_does_not_wrap(void **state)
{
	static const uint8_t bytes[4] = {0};
	uint8_t room[4];
	struct wire_reader reader;
	struct wire_writer writer;

	wire_reader_init(&reader, bytes, sizeof(bytes));
	wire_read_u8(&reader);
	assert_null(wire_read_bytes(&reader, SIZE_MAX));
	assert_true(reader.bad);
	wire_writer_init(&writer, room, sizeof(room));
	wire_write_u8(&writer, 1);
	wire_write_bytes(&writer, bytes, SIZE_MAX);
	assert_true(writer.bad);
}

static void an_empty_reader_has_nothing_and_is_not_bad(void **state)
{
	struct wire_reader reader;

	wire_reader_init(&reader, NULL, 0);
	wire_copy_bytes(&reader, NULL, 0);
	assert_false(reader.bad);
	wire_read_u8(&reader);
	assert_true(reader.bad);
}

static void a_write_past_the_end_is_dropped_for_good(void **state)
{
	uint8_t bytes[4] = {0, 0, 0, 0xee};
	struct wire_writer writer;

	wire_writer_init(&writer, bytes, 3);
	wire_write_u16be(&writer, 0x0102);
	wire_write_u16be(&writer, 0x0304);
	assert_true(writer.bad);
	wire_write_u8(&writer, 5);
	assert_int_equal(writer.at, 2);
	assert_memory_equal(bytes, "\x01\x02\x00\xee", 4);
}

static void a_patch_reaches_only_what_was_written(void **state)
{
	uint8_t bytes[8] = {0};
	struct wire_writer writer;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	wire_write_u32le(&writer, 0);
	wire_patch_u16le(&writer, 0, 0x0102);
	wire_patch_u16be(&writer, 2, 0x0304);
	assert_memory_equal(bytes, "\x02\x01\x03\x04", 4);
	wire_patch_u32le(&writer, 0, 0x01020304);
	assert_memory_equal(bytes, "\x04\x03\x02\x01", 4);
	assert_false(writer.bad);
	wire_patch_u16le(&writer, 3, 0xffff);
	assert_true(writer.bad);
	assert_memory_equal(bytes, "\x04\x03\x02\x01\x00\x00\x00\x00", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_read_past_the_end_gives_zero_for_good),
		cmocka_unit_test(a_huge_length_does_not_wrap),
		cmocka_unit_test(an_empty_reader_has_nothing_and_is_not_bad),
		cmocka_unit_test(a_write_past_the_end_is_dropped_for_good),
		cmocka_unit_test(a_patch_reaches_only_what_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
