/* SPDX-License-Identifier: ISC */
#include "kea-hook/mac_prefix.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETHERNET 1 /* ARP type */
#define BYTES 6
#define BITS 48

static uint64_t mask_of(unsigned bits)
{
	return (UINT64_C(0xffffffffffff) << (BITS - bits)) & UINT64_C(0xffffffffffff);
}

/* The hex digits' value, or -EINVAL. */
static int digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -EINVAL;
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* "/36" or nothing; `most` = bits that the digits gave. */
static int parse_bits(const char *text, unsigned most)
{
	char *end;
	unsigned long bits;

	if (text[0] == '\0')
		return (int)most;
	if (text[0] != '/' || !isdigit((unsigned char)text[1]) || strlen(text) > 3)
		return -EINVAL;
	bits = strtoul(text + 1, &end, 10);
	return *end == '\0' && bits >= 1 && bits <= most ? (int)bits : -EINVAL;
}

int mac_prefix_parse(const char *text, struct mac_prefix *ret)
{
	struct mac_prefix prefix = {0};
	unsigned bytes = 0;
	int bits;

	for (; bytes < BYTES; bytes++) {
		int high = digit(text[0]), low = high < 0 ? high : digit(text[1]);

		if (low < 0)
			return -EINVAL;
		prefix.value = prefix.value << 8 | (unsigned)(high << 4 | low);
		text += 2;
		if (text[0] != ':' && text[0] != '-') {
			bytes++;
			break;
		}
		text++;
	}
	bits = parse_bits(text, bytes * 8);
	if (bits < 0)
		return -EINVAL;
	prefix.value <<= BITS - bytes * 8;
	prefix.bits = (uint8_t)bits;
	if (prefix.value & ~mask_of(prefix.bits))
		return -EINVAL; /* bits beyond the prefix: a mistake in one of the two */
	*ret = prefix;
	return 0;
}

const char *mac_prefix_print(struct mac_prefix prefix, char ret[MAC_PREFIX_TEXT])
{
	int at = 0;

	for (unsigned i = 0; i * 8 < prefix.bits; i++)
		at += snprintf(ret + at, MAC_PREFIX_TEXT - (size_t)at, "%s%02x", i > 0 ? ":" : "",
			       (unsigned)(prefix.value >> (BITS - 8 - i * 8) & 0xff));
	if (prefix.bits % 8 != 0)
		snprintf(ret + at, MAC_PREFIX_TEXT - (size_t)at, "/%u", prefix.bits);
	return ret;
}

bool mac_prefix_has(const struct mac_prefix *prefix, const struct mac *mac)
{
	uint64_t value = 0;

	if (mac->type != ETHERNET || mac->length != BYTES)
		return false;
	for (size_t i = 0; i < BYTES; i++)
		value = value << 8 | mac->bytes[i];
	return (value & mask_of(prefix->bits)) == prefix->value;
}
