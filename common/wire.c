/* SPDX-License-Identifier: ISC */
#include "common/wire.h"

#include <endian.h>
#include <string.h>

void wire_reader_init(struct wire_reader *reader, const void *bytes, size_t size)
{
	*reader = (struct wire_reader){.bytes = bytes, .size = size};
}

size_t wire_left(const struct wire_reader *reader)
{
	return reader->bad ? 0 : reader->size - reader->at;
}

static uint64_t read_le(struct wire_reader *reader, size_t length)
{
	const uint8_t *bytes = wire_read_bytes(reader, length);
	uint64_t value = 0;

	for (size_t i = length; bytes && i > 0; i--)
		value = value << 8 | bytes[i - 1];
	return value;
}

static uint64_t read_be(struct wire_reader *reader, size_t length)
{
	const uint8_t *bytes = wire_read_bytes(reader, length);
	uint64_t value = 0;

	for (size_t i = 0; bytes && i < length; i++)
		value = value << 8 | bytes[i];
	return value;
}

uint8_t wire_read_u8(struct wire_reader *reader)
{
	return (uint8_t)read_le(reader, 1);
}

uint16_t wire_read_u16le(struct wire_reader *reader)
{
	return (uint16_t)read_le(reader, 2);
}

uint32_t wire_read_u32le(struct wire_reader *reader)
{
	return (uint32_t)read_le(reader, 4);
}

uint64_t wire_read_u64le(struct wire_reader *reader)
{
	return read_le(reader, 8);
}

uint16_t wire_read_u16be(struct wire_reader *reader)
{
	return (uint16_t)read_be(reader, 2);
}

uint32_t wire_read_u32be(struct wire_reader *reader)
{
	return (uint32_t)read_be(reader, 4);
}

uint64_t wire_read_u48be(struct wire_reader *reader)
{
	return read_be(reader, 6);
}

const uint8_t *wire_read_bytes(struct wire_reader *reader, size_t length)
{
	size_t at = reader->at;

	if (length > wire_left(reader))
		reader->bad = true;
	if (reader->bad || !reader->bytes)
		return NULL;
	reader->at += length;
	return reader->bytes + at;
}

void wire_copy_bytes(struct wire_reader *reader, void *ret, size_t length)
{
	const uint8_t *bytes = wire_read_bytes(reader, length);

	if (length == 0)
		return;
	if (bytes)
		memcpy(ret, bytes, length);
	else
		memset(ret, 0, length);
}

void wire_writer_init(struct wire_writer *writer, void *bytes, size_t size)
{
	*writer = (struct wire_writer){.bytes = bytes, .size = size};
}

/* `length` bytes of value, the lowest first, at `at`, which is inside the buffer. */
static inline void put_le(struct wire_writer *writer, size_t at, uint64_t value, size_t length)
{
	uint64_t bytes = htole64(value);

	memcpy(writer->bytes + at, &bytes, length);
}

static inline void put_be(struct wire_writer *writer, size_t at, uint64_t value, size_t length)
{
	uint64_t bytes = htobe64(value);

	memcpy(writer->bytes + at, (const uint8_t *)&bytes + sizeof(bytes) - length, length);
}

/* True when `length` more bytes fit; sets bad otherwise. */
static inline bool has_room(struct wire_writer *writer, size_t length)
{
	if (!writer->bad && length > writer->size - writer->at)
		writer->bad = true;
	return !writer->bad;
}

static inline void write_le(struct wire_writer *writer, uint64_t value, size_t length)
{
	if (!has_room(writer, length))
		return;
	put_le(writer, writer->at, value, length);
	writer->at += length;
}

static inline void write_be(struct wire_writer *writer, uint64_t value, size_t length)
{
	if (!has_room(writer, length))
		return;
	put_be(writer, writer->at, value, length);
	writer->at += length;
}

void wire_write_u8(struct wire_writer *writer, uint8_t value)
{
	write_le(writer, value, 1);
}

void wire_write_u16le(struct wire_writer *writer, uint16_t value)
{
	write_le(writer, value, 2);
}

void wire_write_u32le(struct wire_writer *writer, uint32_t value)
{
	write_le(writer, value, 4);
}

void wire_write_u64le(struct wire_writer *writer, uint64_t value)
{
	write_le(writer, value, 8);
}

void wire_write_u16be(struct wire_writer *writer, uint16_t value)
{
	write_be(writer, value, 2);
}

void wire_write_u32be(struct wire_writer *writer, uint32_t value)
{
	write_be(writer, value, 4);
}

void wire_write_u48be(struct wire_writer *writer, uint64_t value)
{
	write_be(writer, value, 6);
}

void wire_write_bytes(struct wire_writer *writer, const void *bytes, size_t length)
{
	if (length == 0 || !has_room(writer, length))
		return;
	memcpy(writer->bytes + writer->at, bytes, length);
	writer->at += length;
}

/* True when `length` bytes at `at` were written before; sets bad otherwise. */
static bool is_behind(struct wire_writer *writer, size_t at, size_t length)
{
	if (!writer->bad && (at > writer->at || length > writer->at - at))
		writer->bad = true;
	return !writer->bad;
}

void wire_patch_u16le(struct wire_writer *writer, size_t at, uint16_t value)
{
	if (is_behind(writer, at, 2))
		put_le(writer, at, value, 2);
}

void wire_patch_u16be(struct wire_writer *writer, size_t at, uint16_t value)
{
	if (is_behind(writer, at, 2))
		put_be(writer, at, value, 2);
}

void wire_patch_u32le(struct wire_writer *writer, size_t at, uint32_t value)
{
	if (is_behind(writer, at, 4))
		put_le(writer, at, value, 4);
}
