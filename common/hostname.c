/* SPDX-License-Identifier: ISC */
#include "common/hostname.h"

#include "common/text.h"
#include "common/wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MAX 63

/* A character of a label in lower case, or '\0' for one that a label may not hold. */
static char label_char(uint32_t point)
{
	if (point >= 'A' && point <= 'Z')
		return (char)(point + ('a' - 'A'));
	if ((point >= 'a' && point <= 'z') || (point >= '0' && point <= '9') || point == '-' ||
	    point == '_')
		return (char)point;
	return '\0';
}

/* What is wrong with a label, NULL for nothing. */
static const char *label_fault(const char *label, size_t length, bool classless)
{
	if (length == 0)
		return "has an empty label";
	if (length > LABEL_MAX)
		return "has a label of more than 63 characters";
	if (label[0] == '-' || label[length - 1] == '-')
		return "has a label that begins or ends with '-'";
	for (size_t i = 0; i < length; i++) {
		if (!label_char((uint8_t)label[i]) && !(classless && label[i] == '/'))
			return "may only hold letters, digits, '-', '_' and dots";
	}
	return NULL;
}

/* Below in-addr.arpa RFC 2317 puts a '/' into names: 64/26.2.0.192.in-addr.arpa. */
static bool is_reverse(const char *text, size_t length)
{
	static const char end[] = ".in-addr.arpa";
	size_t size = sizeof(end) - 1;

	return length > size && strncasecmp(text + length - size, end, size) == 0;
}

/* The same for a whole name of `length` bytes without its trailing dot. */
static const char *name_fault(const char *text, size_t length)
{
	bool classless = is_reverse(text, length);
	const char *fault = NULL;

	if (length > HOSTNAME_MAX)
		return "has more than 253 characters";
	for (size_t at = 0; at <= length && !fault;) {
		const char *dot = memchr(text + at, '.', length - at);
		size_t label = dot ? (size_t)(dot - text) - at : length - at;

		fault = label_fault(text + at, label, classless);
		at += label + 1;
	}
	return fault;
}

int hostname_parse(const char *text, struct hostname *ret, struct err *err)
{
	size_t length = strlen(text);
	struct hostname name = {0};
	const char *fault;
	char shown[80];

	if (strcmp(text, ".") == 0) {
		*ret = name;
		return 0;
	}
	if (length > 0 && text[length - 1] == '.')
		length--;
	fault = length == 0 ? "is empty" : name_fault(text, length);
	if (fault)
		return err_set(err, -EINVAL, "\"%s\" is not a host name: it %s (me01.example.com)",
			       text_clean(shown, sizeof(shown), text, strlen(text)), fault);
	for (size_t i = 0; i < length; i++)
		name.text[i] = strchr("./", text[i]) ? text[i] : label_char((uint8_t)text[i]);
	*ret = name;
	return 0;
}

/* A name that grows by cleaned labels. */
struct cleaner {
	struct hostname name;
	size_t length;
	bool changed;
	bool too_long;
};

/* 0..15, or -1. */
static int digit_value(uint8_t digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* "&#228;" or "&#xe4;" at `raw`: its length and code point; 0 when there is none. */
static size_t entity_decode(const uint8_t *raw, size_t length, uint32_t *ret)
{
	size_t at = 2;
	uint32_t base = 10, point = 0;

	if (length < 4 || raw[0] != '&' || raw[1] != '#')
		return 0;
	if (raw[at] == 'x' || raw[at] == 'X') {
		base = 16;
		at++;
	}
	for (size_t first = at; at < length && at < first + 8; at++) {
		int digit = digit_value(raw[at]);

		if (raw[at] == ';' && at > first) {
			*ret = point;
			return at + 1;
		}
		if (digit < 0 || (uint32_t)digit >= base)
			return 0;
		point = point * base + (uint32_t)digit;
	}
	return 0;
}

/* Cleans one label into ret; returns its length, 0 when nothing of it is left. */
static size_t label_clean(const uint8_t *raw, size_t length, char ret[LABEL_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < length && count < LABEL_MAX;) {
		uint32_t point = raw[i];
		size_t taken = entity_decode(raw + i, length - i, &point);
		char character = label_char(point);

		i += taken > 0 ? taken : 1;
		if (character && (character != '-' || count > 0))
			ret[count++] = character;
	}
	while (count > 0 && ret[count - 1] == '-')
		count--;
	return count;
}

/* The usual label, which needs no more than lower case; 0 when it does, otherwise its length. */
static size_t label_copy(const uint8_t *raw, size_t length, char ret[LABEL_MAX])
{
	if (length == 0 || length > LABEL_MAX || raw[0] == '-' || raw[length - 1] == '-')
		return 0;
	for (size_t i = 0; i < length; i++) {
		ret[i] = label_char(raw[i]);
		if (!ret[i])
			return 0;
	}
	return length;
}

static void cleaner_add(struct cleaner *cleaner, const uint8_t *raw, size_t raw_length)
{
	char label[LABEL_MAX];
	size_t length = label_copy(raw, raw_length, label);
	size_t dot = cleaner->length > 0;

	if (length == 0) {
		length = label_clean(raw, raw_length, label);
		cleaner->changed = true;
	}
	if (length == 0)
		return;
	if (cleaner->length + dot + length > HOSTNAME_MAX) {
		cleaner->too_long = true;
		return;
	}
	if (dot)
		cleaner->name.text[cleaner->length++] = '.';
	memcpy(cleaner->name.text + cleaner->length, label, length);
	cleaner->length += length;
}

static int cleaner_result(const struct cleaner *cleaner, struct hostname *ret, bool *ret_changed)
{
	if (cleaner->too_long)
		return -ENAMETOOLONG;
	if (cleaner->length == 0)
		return -ENOENT;
	*ret = cleaner->name;
	*ret_changed = cleaner->changed;
	return 0;
}

int hostname_clean(const void *raw, size_t length, struct hostname *ret, bool *ret_changed)
{
	const uint8_t *bytes = raw;
	struct cleaner cleaner = {0};

	if (length > 0 && bytes[length - 1] == '.')
		length--;
	for (size_t at = 0; at < length || (at == length && at > 0);) {
		const uint8_t *dot = memchr(bytes + at, '.', length - at);
		size_t label = dot ? (size_t)(dot - bytes) - at : length - at;

		cleaner_add(&cleaner, bytes + at, label);
		at += label + 1;
	}
	return cleaner_result(&cleaner, ret, ret_changed);
}

int hostname_from_wire(const uint8_t *bytes, size_t size, struct hostname *ret, bool *ret_full,
		       bool *ret_changed)
{
	struct cleaner cleaner = {0};
	struct wire_reader reader;
	bool full = false;
	int result;

	wire_reader_init(&reader, bytes, size);
	while (wire_left(&reader) > 0 && !full) {
		size_t length = wire_read_u8(&reader);
		const uint8_t *label = wire_read_bytes(&reader, length);

		if (!label || length > LABEL_MAX) /* above 63: a pointer, of no use in an option */
			return -EINVAL;
		if (length == 0)
			full = true;
		else
			cleaner_add(&cleaner, label, length);
	}
	if (wire_left(&reader) > 0)
		return -EINVAL;
	result = cleaner_result(&cleaner, ret, ret_changed);
	if (result == 0)
		*ret_full = full;
	return result;
}

size_t hostname_to_wire(const struct hostname *name, uint8_t ret[HOSTNAME_WIRE_MAX])
{
	const char *text = name->text;
	size_t at = 0;

	while (*text != '\0') {
		size_t length = strcspn(text, ".");

		ret[at] = (uint8_t)length;
		memcpy(ret + at + 1, text, length);
		at += length + 1;
		text += length + (text[length] == '.');
	}
	ret[at] = 0;
	return at + 1;
}

bool hostname_equal(const struct hostname *a, const struct hostname *b)
{
	return strcmp(a->text, b->text) == 0;
}

bool hostname_is_empty(const struct hostname *name)
{
	return name->text[0] == '\0';
}

unsigned hostname_labels(const struct hostname *name)
{
	unsigned labels = !hostname_is_empty(name);

	for (const char *text = name->text; *text != '\0'; text++)
		labels += *text == '.';
	return labels;
}

bool hostname_is_below(const struct hostname *name, const struct hostname *zone)
{
	size_t length = strlen(name->text), end = strlen(zone->text);

	if (end == 0)
		return true;
	if (length < end || strcmp(name->text + length - end, zone->text) != 0)
		return false;
	return length == end || name->text[length - end - 1] == '.';
}

int hostname_join(const struct hostname *name, const struct hostname *suffix, struct hostname *ret)
{
	struct hostname joined = {0};
	size_t length = strlen(name->text), more = strlen(suffix->text);

	if (hostname_is_below(name, suffix)) {
		*ret = *name;
		return 0;
	}
	if (length == 0) {
		*ret = *suffix;
		return 0;
	}
	if (length + 1 + more > HOSTNAME_MAX)
		return -ENAMETOOLONG;
	snprintf(joined.text, sizeof(joined.text), "%s.%s", name->text, suffix->text);
	*ret = joined;
	return 0;
}
