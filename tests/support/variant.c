/* SPDX-License-Identifier: ISC */
#include "variant.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define FQDN_HEAD 3
#define FLAG_E 0x04

/* ---- Lines in ---- */

static int put(struct variant *variant, size_t count, uint8_t byte)
{
	if (count > sizeof(variant->options) - variant->length)
		return -EINVAL;
	memset(variant->options + variant->length, byte, count);
	variant->length += count;
	return 0;
}

/* The value's end is the line's next space. */
static int parse_value(struct variant *variant, const char *value)
{
	unsigned count = 1, byte;
	int taken, r = 0;

	while (r == 0 && *value != '\0') {
		taken = 0;
		if (sscanf(value, "%%{%3u}%n", &count, &taken) == 1 && taken > 0) {
			value += taken;
			continue;
		}
		if (*value == '%' && (sscanf(value, "%%%2x%n", &byte, &taken) != 1 || taken != 3))
			return -EINVAL;
		r = put(variant, count, taken > 0 ? (uint8_t)byte : (uint8_t)*value);
		value += taken > 0 ? taken : 1;
		count = 1;
	}
	return r;
}

static int parse_option(struct variant *variant, const char *text)
{
	size_t head = variant->length, length;
	unsigned code;
	int taken;

	if (sscanf(text, "%3u=%n", &code, &taken) != 1 || put(variant, 2, (uint8_t)code) < 0 ||
	    parse_value(variant, text + taken) < 0)
		return -EINVAL;
	length = variant->length - head - 2;
	if (length > DHCP_OPTION_MAX)
		return -EINVAL;
	variant->options[head + 1] = (uint8_t)length;
	return 0;
}

int variant_parse(struct variant *ret, const char *line)
{
	struct variant variant = {0};
	char word[DHCP_OPTIONS_MAX + 1];
	int taken;

	if (sscanf(line, "%253s%n", variant.name, &taken) != 1)
		return -EINVAL;
	for (line += taken; sscanf(line, "%1000s%n", word, &taken) == 1; line += taken) {
		if (parse_option(&variant, word) < 0)
			return -EINVAL;
	}
	*ret = variant;
	return 0;
}

/* ---- Answers out ---- */

struct print {
	char *text;
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct print *print, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print->used += (size_t)vsnprintf(print->text + print->used, VARIANT_TEXT - print->used,
					 format, arguments);
	va_end(arguments);
}

static void add_bytes(struct print *print, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		add(print, isgraph(bytes[i]) && bytes[i] != '%' ? "%c" : "%%%02x", bytes[i]);
}

static void add_labels(struct print *print, const uint8_t *bytes, size_t length)
{
	size_t at = 0;

	while (at < length && bytes[at] != 0 && bytes[at] < length - at) {
		add_bytes(print, bytes + at + 1, bytes[at]);
		at += (size_t)bytes[at] + 1;
		if (at < length)
			add(print, ".");
	}
	if (at == 0 && length == 1)
		add(print, ".");
	else if (at + 1 < length)
		add_bytes(print, bytes + at, length - at);
}

const char *variant_print_text(char ret[VARIANT_TEXT], const uint8_t *bytes, size_t length)
{
	struct print print = {.text = ret};

	add(&print, "\"");
	add_bytes(&print, bytes, length);
	add(&print, "\"");
	return ret;
}

const char *variant_print_fqdn(char ret[VARIANT_TEXT], const uint8_t *bytes, size_t length)
{
	static const char letters[] = "SOEN";
	struct print print = {.text = ret};
	bool wire = length > 0 && (bytes[0] & FLAG_E) != 0;

	if (length < FQDN_HEAD) {
		add(&print, "cut:");
		add_bytes(&print, bytes, length);
		return ret;
	}
	for (size_t i = 0; letters[i] != '\0'; i++) {
		if (bytes[0] & 1u << i)
			add(&print, "%c", letters[i]);
	}
	if ((bytes[0] & 0x0f) == 0)
		add(&print, "-");
	add(&print, wire ? ":<" : ":\"");
	(wire ? add_labels : add_bytes)(&print, bytes + FQDN_HEAD, length - FQDN_HEAD);
	add(&print, wire ? ">" : "\"");
	return ret;
}
