/* SPDX-License-Identifier: ISC */
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIT_MAX 16 /* a UTF-8 sequence of four bytes, all escaped */
#define NEAREST_WORD_MAX 64

static const char hex_digits[] = "0123456789abcdef";

/* Length of the UTF-8 sequence at `from` and its code point; 0 when it is not valid (RFC 3629). */
static size_t utf8_decode(const uint8_t *from, size_t length, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t point = from[0];
	size_t size = point < 0x80 ? 1 : point >> 5 == 6 ? 2 : point >> 4 == 14 ? 3 : 4;

	if (size == 4 && point >> 3 != 30)
		return 0;
	if (size > length)
		return 0;
	if (size > 1)
		point &= 0x7fu >> size;
	for (size_t i = 1; i < size; i++) {
		if ((from[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (from[i] & 0x3f);
	}
	if (point < least[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret = point;
	return size;
}

/* Controls, what changes the direction or the line, and what cannot be seen at all. */
static bool is_unfit(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} unfit[] = {
		{0x0000, 0x001f}, {'\\', '\\'},     {0x007f, 0x009f}, {0x00ad, 0x00ad},
		{0x061c, 0x061c}, {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},
		{0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
	};

	for (size_t i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++) {
		if (point >= unfit[i].first && point <= unfit[i].last)
			return true;
	}
	return false;
}

/* Takes one character (or one invalid byte) and writes it as it may be shown. Returns bytes taken.
 */
static size_t clean_unit(const uint8_t *from, size_t length, char ret[UNIT_MAX], size_t *ret_length)
{
	uint32_t point = 0;
	size_t size = utf8_decode(from, length, &point);

	if (size > 0 && !is_unfit(point)) {
		memcpy(ret, from, size);
		*ret_length = size;
		return size;
	}
	if (size == 0)
		size = 1;
	for (size_t i = 0; i < size; i++) {
		ret[i * 4] = '\\';
		ret[i * 4 + 1] = 'x';
		ret[i * 4 + 2] = hex_digits[from[i] >> 4];
		ret[i * 4 + 3] = hex_digits[from[i] & 15];
	}
	*ret_length = size * 4;
	return size;
}

const char *text_clean(char *ret, size_t size, const void *from, size_t length)
{
	const uint8_t *bytes = from;
	size_t at = 0, fits = 0; /* up to `fits` there is room for "..." behind */

	for (size_t i = 0; i < length;) {
		char unit[UNIT_MAX];
		size_t unit_length;

		i += clean_unit(bytes + i, length - i, unit, &unit_length);
		if (at + unit_length + 1 > size) {
			memcpy(ret + fits, "...", 4);
			return ret;
		}
		memcpy(ret + at, unit, unit_length);
		at += unit_length;
		if (at + 4 <= size)
			fits = at;
	}
	ret[at] = '\0';
	return ret;
}

const char *text_hex(char *ret, size_t size, const void *from, size_t length)
{
	const uint8_t *bytes = from;
	size_t at = 0;

	for (size_t i = 0; i < length && at + 3 <= size; i++) {
		ret[at++] = hex_digits[bytes[i] >> 4];
		ret[at++] = hex_digits[bytes[i] & 15];
	}
	ret[at] = '\0';
	return ret;
}

/* 0..15, or -1. */
static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

int text_unhex(const char *from, size_t length, uint8_t *ret, size_t size, size_t *ret_length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++) {
		int high, low;

		if (isspace((unsigned char)from[i]))
			continue;
		high = hex_value(from[i++]);
		low = i < length ? hex_value(from[i]) : -1;
		if (high < 0 || low < 0)
			return -EINVAL;
		if (count == size)
			return -ENOBUFS;
		ret[count++] = (uint8_t)(high << 4 | low);
	}
	*ret_length = count;
	return 0;
}

static size_t least_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance; `b` has at most NEAREST_WORD_MAX characters. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[NEAREST_WORD_MAX + 1];
	size_t length = strlen(b);

	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 1; j <= length; j++) {
			size_t above = row[j];
			size_t changed = diagonal + (a[i] != b[j - 1]);

			row[j] = least_of(changed, 1 + least_of(above, row[j - 1]));
			diagonal = above;
		}
	}
	return row[length];
}

const char *text_nearest(const char *word, const char *const *names)
{
	size_t length = strlen(word);
	size_t best = length / 3 + 2; /* a distance of this or more is not near */
	const char *nearest = NULL;

	if (length == 0 || length > NEAREST_WORD_MAX)
		return NULL;
	for (; *names; names++) {
		size_t distance;

		if (strlen(*names) > NEAREST_WORD_MAX)
			continue;
		distance = edit_distance(word, *names);
		if (distance < best && distance < strlen(*names)) {
			best = distance;
			nearest = *names;
		}
	}
	return nearest;
}

void text_init(struct text *text, size_t limit)
{
	*text = (struct text){.limit = limit};
}

void text_done(struct text *text)
{
	free(text->bytes);
	*text = (struct text){.limit = text->limit};
}

void text_clear(struct text *text)
{
	text->length = 0;
	text->bad = false;
	if (text->bytes)
		text->bytes[0] = '\0';
}

/* Makes room for `more` bytes and the terminator; false, and bad, where that must not or cannot be.
 */
static bool text_grow(struct text *text, size_t more)
{
	size_t size = text->size > 0 ? text->size : 256;
	char *bytes;

	if (text->bad || text->length > text->limit || more > text->limit - text->length) {
		text->bad = true;
		return false;
	}
	while (size < text->length + more + 1)
		size *= 2;
	if (size == text->size)
		return true;
	bytes = realloc(text->bytes, size);
	if (!bytes) {
		text->bad = true;
		return false;
	}
	text->bytes = bytes;
	text->size = size;
	return true;
}

void text_add(struct text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		text->bad = true;
	if (length < 0 || !text_grow(text, (size_t)length))
		return;
	va_start(arguments, format);
	(void)vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	text->length += (size_t)length;
}

void text_add_bytes(struct text *text, const void *from, size_t length)
{
	if (!text_grow(text, length))
		return;
	if (length > 0)
		memcpy(text->bytes + text->length, from, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_add_clean(struct text *text, const void *from, size_t length)
{
	const uint8_t *bytes = from;

	for (size_t i = 0; i < length && !text->bad;) {
		char unit[UNIT_MAX];
		size_t unit_length;

		i += clean_unit(bytes + i, length - i, unit, &unit_length);
		text_add_bytes(text, unit, unit_length);
	}
}

void text_add_markup(struct text *text, const char *from, size_t length)
{
	static const char *const entities[128] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
	};

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)from[i];
		const char *entity = byte < 128 ? entities[byte] : NULL;

		if (entity)
			text_add_bytes(text, entity, strlen(entity));
		else
			text_add_bytes(text, &from[i], 1);
	}
}
