/* SPDX-License-Identifier: ISC */
#include "kea-hook/repair.h"

#include "common/hostname.h"
#include "kea-hook/option81.h"
#include "kea-hook/packet6.h"

#include <stdbool.h>
#include <string.h>

#define AT_COOKIE 236
#define AT_OPTIONS 240
#define OPTION_HEAD 2 /* code, length */
#define LABEL_MAX 63
#define OPTION_MAX 255

enum { OPTION_PAD = 0, OPTION_CLIENT_FQDN = 81, OPTION_END = 255 };

/* The next option 81 at or behind *at, which moves onto it; false when there is none. Walks as Kea
 * does: an option that runs over the end ends the field. */
static bool find_option(const uint8_t *bytes, size_t size, size_t *at)
{
	size_t i = *at;

	while (i < size && bytes[i] != OPTION_END) {
		if (bytes[i] == OPTION_PAD) {
			i++;
			continue;
		}
		if (size - i < OPTION_HEAD || size - i - OPTION_HEAD < bytes[i + 1])
			break;
		if (bytes[i] == OPTION_CLIENT_FQDN) {
			*at = i;
			return true;
		}
		i += OPTION_HEAD + (size_t)bytes[i + 1];
	}
	return false;
}

static void blank(uint8_t *option)
{
	memset(option, OPTION_PAD, OPTION_HEAD + (size_t)option[1]);
}

/* The piece at `second` joins the one at `first`; what lies between moves behind it. */
static void join(uint8_t *bytes, size_t first, size_t second)
{
	uint8_t piece[OPTION_MAX];
	size_t length = bytes[second + 1], end = second + OPTION_HEAD + length;
	size_t between = first + OPTION_HEAD + bytes[first + 1];

	memcpy(piece, bytes + second + OPTION_HEAD, length);
	memmove(bytes + between + length, bytes + between, second - between);
	memcpy(bytes + between, piece, length);
	memset(bytes + end - OPTION_HEAD, OPTION_PAD, OPTION_HEAD);
	bytes[first + 1] = (uint8_t)(bytes[first + 1] + length);
}

/* The octets of the option's data that are left; what is behind them becomes pad options. */
static void shorten(uint8_t *option, size_t length)
{
	memset(option + OPTION_HEAD + length, OPTION_PAD, option[1] - length);
	option[1] = (uint8_t)length;
}

/* Makes one option of all pieces, without a name when no option can hold them. */
static unsigned join_all(uint8_t *bytes, size_t size, size_t first)
{
	size_t next = first + OPTION_HEAD + bytes[first + 1];
	unsigned done = 0;

	while (find_option(bytes, size, &next)) {
		if (bytes[first + 1] + bytes[next + 1] > OPTION_MAX)
			goto too_long;
		join(bytes, first, next);
		next = first + OPTION_HEAD + bytes[first + 1];
		done |= REPAIR_JOINED;
	}
	return done;
too_long:
	while (find_option(bytes, size, &next))
		blank(bytes + next);
	if (bytes[first + 1] > OPTION81_HEAD)
		shorten(bytes + first, OPTION81_HEAD);
	return REPAIR_TOO_LONG;
}

/* The octets of a name that Kea takes as one in wire form, with or without the root at its end; 0 when
 * it does not take it. */
static size_t wire_length(const uint8_t *name, size_t length)
{
	size_t at = 0;

	while (at < length) {
		if (name[at] == 0)
			return at + 1;
		if (name[at] > LABEL_MAX || length - at - 1 < name[at])
			return 0;
		at += 1 + (size_t)name[at];
	}
	/* Kea adds the root that is missing, unless the last octet looks like one. */
	return name[length - 1] != 0 && length < HOSTNAME_WIRE_MAX ? length : 0;
}

/* What Kea takes as a name in ASCII. */
static bool is_text(const uint8_t *name, size_t length)
{
	size_t label = 0;

	if (length == 1 && name[0] == '.')
		return true;
	for (size_t i = 0; i < length; i++) {
		if (name[i] == '\\' || (name[i] == '.' && label == 0))
			return false;
		label = name[i] == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return false;
	}
	return length <= HOSTNAME_MAX;
}

static bool is_printable(const uint8_t *name, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (name[i] < 0x20 || name[i] > 0x7e)
			return false;
	}
	return true;
}

/* A name that is not longer than the present one takes its place. */
static void set_name(uint8_t *option, const void *name, size_t length)
{
	uint8_t *at = option + OPTION_HEAD + OPTION81_HEAD;

	memmove(at, name, length);
	shorten(option, OPTION81_HEAD + length);
}

static void clean_text(uint8_t *option)
{
	struct hostname clean;
	bool changed;

	if (hostname_clean(option + OPTION_HEAD + OPTION81_HEAD, option[1] - (size_t)OPTION81_HEAD,
			   &clean, &changed) < 0)
		clean = (struct hostname){0};
	set_name(option, clean.text, strlen(clean.text));
}

/* The name of an option that says E. */
static unsigned mend_wire(uint8_t *option)
{
	const uint8_t *name = option + OPTION_HEAD + OPTION81_HEAD;
	size_t length = option[1] - (size_t)OPTION81_HEAD;
	size_t whole = wire_length(name, length);

	if (whole == length)
		return 0;
	if (whole == 0 && is_printable(name, length)) {
		option[OPTION_HEAD] &= (uint8_t)~NAMING_E;
		return REPAIR_ASCII;
	}
	set_name(option, name, whole);
	return REPAIR_WIRE_NAME;
}

static unsigned mend(uint8_t *option)
{
	const uint8_t *name = option + OPTION_HEAD + OPTION81_HEAD;
	uint8_t *flags = option + OPTION_HEAD;
	size_t length = option[1];
	unsigned done = 0;

	if (length < OPTION81_HEAD)
		return REPAIR_TRUNCATED;
	length -= OPTION81_HEAD;
	if ((*flags & NAMING_N) && (*flags & NAMING_S)) {
		*flags &= (uint8_t)~NAMING_N;
		done |= REPAIR_N_AND_S;
	}
	if (length == 0)
		return done;
	if (*flags & NAMING_E)
		done |= mend_wire(option);
	if (!(*flags & NAMING_E) && !is_text(name, length)) {
		clean_text(option);
		done |= REPAIR_TEXT_NAME;
	}
	return done;
}

/* The first option 81 of a DHCPv4 packet. */
static bool find_first(const uint8_t *bytes, size_t size, size_t *ret)
{
	static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};

	*ret = AT_OPTIONS;
	return size >= AT_OPTIONS && memcmp(bytes + AT_COOKIE, cookie, sizeof(cookie)) == 0 &&
	       find_option(bytes, size, ret);
}

/* Adds an option's data, as far as there is room. */
static void note(struct lease_bytes *sent, const uint8_t *value, size_t length)
{
	size_t room = sizeof(sent->bytes) - sent->length;

	if (length > room)
		length = room;
	memcpy(sent->bytes + sent->length, value, length);
	sent->length = (uint8_t)(sent->length + length);
}

static void note_all(const uint8_t *bytes, size_t size, size_t at, struct lease_bytes *ret)
{
	ret->length = 0;
	do {
		note(ret, bytes + at + OPTION_HEAD, bytes[at + 1]);
		at += OPTION_HEAD + (size_t)bytes[at + 1];
	} while (find_option(bytes, size, &at));
}

unsigned repair_packet(uint8_t *bytes, size_t size, struct lease_bytes *ret_sent)
{
	unsigned done;
	size_t at;

	if (!find_first(bytes, size, &at))
		return 0;
	note_all(bytes, size, at, ret_sent);
	done = join_all(bytes, size, at);
	return done | mend(bytes + at);
}

size_t repair_lacks(const uint8_t *bytes, size_t size)
{
	size_t at;

	if (!find_first(bytes, size, &at) || bytes[at + 1] >= OPTION81_HEAD)
		return 0;
	return OPTION81_HEAD - (size_t)bytes[at + 1];
}

unsigned repair_truncated(uint8_t *bytes, size_t size, size_t room)
{
	const size_t lacks = repair_lacks(bytes, size);
	size_t at, behind;

	if (lacks == 0 || !find_first(bytes, size, &at))
		return 0;
	if (room < lacks) {
		blank(bytes + at);
		return 0;
	}
	behind = at + OPTION_HEAD + bytes[at + 1];
	memmove(bytes + behind + lacks, bytes + behind, size - behind);
	memset(bytes + behind, 0, lacks);
	bytes[at + 1] = OPTION81_HEAD;
	return mend(bytes + at);
}

/* ---- DHCPv6 ---- */

#define OPTION6_CLIENT_FQDN 39
#define OPTION6_RESERVED 0xff /* both octets of a code, RFC 8415 24 */
#define OPTION6_HEAD 4        /* code, length */
#define FLAG6_S 0x01
#define FLAG6_N 0x04

/* The option keeps its flags and loses its name: behind them follows an option that nobody reads, or,
 * where there is no room for its head, the whole becomes one. */
static void unname6(uint8_t *value, size_t length)
{
	uint8_t *at = value - OPTION6_HEAD;

	if (length > OPTION6_HEAD) {
		at[2] = 0;
		at[3] = 1;
		at = value + 1;
		at[2] = (uint8_t)((length - 1 - OPTION6_HEAD) >> 8);
		at[3] = (uint8_t)(length - 1 - OPTION6_HEAD);
	}
	memset(at, OPTION6_RESERVED, 2);
}

static unsigned mend6(uint8_t *value, size_t length)
{
	unsigned done = 0;

	if (length > 0 && (value[0] & FLAG6_N) && (value[0] & FLAG6_S)) {
		value[0] &= (uint8_t)~FLAG6_N;
		done |= REPAIR_N_AND_S;
	}
	if (length == 0)
		done |= REPAIR_TRUNCATED;
	else if (length > 1 && wire_length(value + 1, length - 1) == 0)
		done |= REPAIR_WIRE_NAME;
	if (done & (REPAIR_TRUNCATED | REPAIR_WIRE_NAME))
		unname6(value, length);
	return done;
}

unsigned repair_packet6(uint8_t *bytes, size_t size, struct lease_bytes *ret_sent)
{
	struct wire_reader reader;
	const uint8_t *value;
	struct addr relay;
	unsigned done = 0;
	uint16_t code;
	size_t length;

	wire_reader_init(&reader, bytes, size);
	if (packet6_enter(&reader, &relay) < 0)
		return 0;
	ret_sent->length = 0;
	while (packet6_next(&reader, &code, &value, &length)) {
		if (code == OPTION6_CLIENT_FQDN) {
			note(ret_sent, value, length);
			done |= mend6(bytes + (value - bytes), length);
		}
	}
	return done;
}
