/* SPDX-License-Identifier: ISC */
/*
 * wire: a bounded cursor over bytes, for reading and for writing, with a sticky error.
 *
 * The one rule: read or write everything, then look at `bad` once. After the first access out of
 * bounds a reader gives zeros and NULL, a writer drops, and nothing outside the buffer is touched.
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_reader {
	const uint8_t *bytes; /* borrowed */
	size_t size;
	size_t at;
	bool bad;
};

struct wire_writer {
	uint8_t *bytes; /* borrowed */
	size_t size;
	size_t at;
	bool bad;
};

void wire_reader_init(struct wire_reader *reader, const void *bytes, size_t size);
size_t wire_left(const struct wire_reader *reader);
uint8_t wire_read_u8(struct wire_reader *reader);
uint16_t wire_read_u16le(struct wire_reader *reader);
uint32_t wire_read_u32le(struct wire_reader *reader);
uint64_t wire_read_u64le(struct wire_reader *reader);
uint16_t wire_read_u16be(struct wire_reader *reader);
uint32_t wire_read_u32be(struct wire_reader *reader);
uint64_t wire_read_u48be(struct wire_reader *reader);
/* Borrowed bytes inside the buffer, NULL when fewer than `length` are left. */
const uint8_t *wire_read_bytes(struct wire_reader *reader, size_t length);
void wire_copy_bytes(struct wire_reader *reader, void *ret, size_t length);

void wire_writer_init(struct wire_writer *writer, void *bytes, size_t size);
void wire_write_u8(struct wire_writer *writer, uint8_t value);
void wire_write_u16le(struct wire_writer *writer, uint16_t value);
void wire_write_u32le(struct wire_writer *writer, uint32_t value);
void wire_write_u64le(struct wire_writer *writer, uint64_t value);
void wire_write_u16be(struct wire_writer *writer, uint16_t value);
void wire_write_u32be(struct wire_writer *writer, uint32_t value);
void wire_write_u48be(struct wire_writer *writer, uint64_t value);
void wire_write_bytes(struct wire_writer *writer, const void *bytes, size_t length);
/* Overwrites two bytes written before (a length known only later); bad when `at` is not behind. */
void wire_patch_u16le(struct wire_writer *writer, size_t at, uint16_t value);
void wire_patch_u16be(struct wire_writer *writer, size_t at, uint16_t value);
void wire_patch_u32le(struct wire_writer *writer, size_t at, uint32_t value);
