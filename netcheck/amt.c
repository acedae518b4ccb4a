/* SPDX-License-Identifier: ISC */
#include "netcheck/amt.h"

#include <string.h>
#include <strings.h>

#define SERVER "Intel(R) Active Management Technology "
#define REALM_NEW "Digest:"
#define REALM_OLD "Intel(R) AMT (ID:"

#define PING 0x80
#define PONG 0x40
#define PONG_DATA 12 /* offset of the first data byte */

const uint8_t amt_redirection_question[8] = {0x10, 0, 0, 0, 'S', 'O', 'L', ' '};
const uint8_t amt_redirection_end[4] = {0x12, 0, 0, 0};

static const char *const state_names[] = {
	[AMT_NOT_CONFIGURED] = "not configured",
	[AMT_IN_SETUP] = "in setup",
	[AMT_CONFIGURED] = "configured",
	[AMT_STATE_UNKNOWN] = "unknown",
};

const char *amt_state_name(enum amt_state state)
{
	return state_names[state];
}

/* Digits and dots only. */
static void take_version(const char *from, size_t size, char ret[AMT_VERSION_MAX])
{
	size_t length = 0;

	while (length < size && length < AMT_VERSION_MAX - 1 &&
	       ((from[length] >= '0' && from[length] <= '9') || from[length] == '.'))
		length++;
	memcpy(ret, from, length);
	ret[length] = '\0';
}

/* The value of a header line that has this name; NULL where it is another one. */
static const char *value_of(const char *line, size_t size, const char *name)
{
	size_t length = strlen(name);

	if (size <= length || line[length] != ':' || strncasecmp(line, name, length))
		return NULL;
	for (length++; length < size && line[length] == ' '; length++)
		;
	return line + length;
}

static void read_line(const char *line, size_t size, struct amt_banner *ret)
{
	const char *end = line + size, *value = value_of(line, size, "Server"), *realm;
	size_t left;

	if (value && (size_t)(end - value) >= strlen(SERVER) &&
	    !memcmp(value, SERVER, strlen(SERVER))) {
		ret->amt = true;
		value += strlen(SERVER);
		take_version(value, (size_t)(end - value), ret->version);
	}
	value = value_of(line, size, "WWW-Authenticate");
	realm = value ? memmem(value, (size_t)(end - value), "realm=\"", 7) : NULL;
	if (!realm)
		return;
	realm += 7;
	left = (size_t)(end - realm);
	if ((left >= strlen(REALM_OLD) && !memcmp(realm, REALM_OLD, strlen(REALM_OLD))) ||
	    (left >= strlen(REALM_NEW) + 33 && !memcmp(realm, REALM_NEW, strlen(REALM_NEW)) &&
	     realm[strlen(REALM_NEW) + 32] == '"'))
		ret->amt = true;
}

void amt_read_banner(const void *bytes, size_t size, struct amt_banner *ret)
{
	const char *at = bytes, *end = at + size, *line_end;

	*ret = (struct amt_banner){0};
	if (size < 12 || memcmp(at, "HTTP/1.", 7))
		return;
	ret->http = true;
	for (size_t i = 9; i < 12 && at[i] >= '0' && at[i] <= '9'; i++)
		ret->status = ret->status * 10 + (unsigned)(at[i] - '0');
	for (; at < end; at = line_end + 1) {
		line_end = memchr(at, '\n', (size_t)(end - at));
		if (!line_end || line_end == at || (line_end == at + 1 && *at == '\r'))
			return;
		read_line(at, (size_t)(line_end - at), ret);
	}
}

void amt_read_redirection(const void *bytes, size_t size, struct amt_redirection *ret)
{
	const uint8_t *at = bytes;

	*ret = (struct amt_redirection){0};
	if (size < 4 || at[0] != 0x11)
		return;
	ret->status = at[1];
	ret->agreed = at[1] == 0;
	/* A success carries 13 bytes and a maker's text; a refusal ends after the status. */
	ret->amt = ret->agreed ? size >= 13 && size >= 13u + at[12] : size <= 13;
}

void amt_print_ping(uint8_t tag, uint8_t ret[AMT_PING_BYTES])
{
	static const uint8_t ping[AMT_PING_BYTES] = {0x06, 0, 0, 0x06, 0, 0, 0x11, 0xbe, PING};

	memcpy(ret, ping, sizeof(ping));
	ret[9] = tag;
}

/* Bytes 1 and 10 are reserved, byte 2 is a sequence number that senders set as they like. */
bool amt_read_ping(const void *bytes, size_t size, uint8_t *ret_tag)
{
	static const uint8_t head[] = {0, 0, 0x11, 0xbe, PING};
	const uint8_t *at = bytes;

	if (size != AMT_PING_BYTES || at[0] != 0x06 || at[3] != 0x06 ||
	    memcmp(at + 4, head, sizeof(head)) || at[11] != 0)
		return false;
	*ret_tag = at[9];
	return true;
}

/* Sequence number 255: wants no acknowledgement. Without features of a maker, ASF's number stands in the
 * maker's place and all behind it is zero. */
void amt_print_pong(uint8_t tag, uint8_t ret[AMT_PONG_BYTES])
{
	static const uint8_t pong[AMT_PONG_BYTES] = {0x06, 0, 0xff, 0x06, 0, 0, 0x11, 0xbe,
						     PONG, 0, 0,    0x10, 0, 0, 0x11, 0xbe};

	memcpy(ret, pong, sizeof(pong));
	ret[9] = tag;
}

static void read_version(const uint8_t *data, size_t size, struct amt_pong *ret)
{
	if (size > 6 && data[6]) {
		ret->major = data[6] >> 4;
		ret->minor = data[6] & 0x0f;
	} else if (size > 11) {
		ret->major = data[10];
		ret->minor = data[11];
	}
}

void amt_read_pong(const void *bytes, size_t size, uint8_t tag, struct amt_pong *ret)
{
	static const uint8_t head[] = {0, 0, 0x11, 0xbe, PONG};
	static const uint8_t intel[] = {0, 0, 0x01, 0x57};
	const uint8_t *at = bytes, *data = at + PONG_DATA;

	*ret = (struct amt_pong){.state = AMT_STATE_UNKNOWN};
	if (size < PONG_DATA + 4 || at[0] != 0x06 || at[3] != 0x06 ||
	    memcmp(at + 4, head, sizeof(head)) || at[9] != tag)
		return;
	ret->rmcp = true;
	size -= PONG_DATA;
	if (memcmp(data, intel, sizeof(intel)) || size < 6)
		return;
	ret->amt = true;
	ret->port = (uint16_t)(data[4] << 8 | data[5]);
	if (size > 7 && (data[7] & 3) != 3)
		ret->state = (enum amt_state)(data[7] & 3);
	read_version(data, size, ret);
}
