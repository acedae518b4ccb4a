/* SPDX-License-Identifier: ISC */
#include "common/mac.h"

#include "common/text.h"

#include <errno.h>
#include <string.h>

#define ETHERNET_TYPE 1 /* RFC 1700, "Hardware Type" */
#define ETHERNET_BYTES 6

int mac_from_bytes(uint8_t type, const uint8_t *bytes, size_t length, struct mac *ret)
{
	if (length > MAC_MAX)
		return -EINVAL;
	*ret = (struct mac){.type = type, .length = (uint8_t)length};
	if (length > 0)
		memcpy(ret->bytes, bytes, length);
	return 0;
}

int mac_parse(const char *text, struct mac *ret)
{
	struct mac mac = {.type = ETHERNET_TYPE, .length = ETHERNET_BYTES};
	size_t got;

	if (strlen(text) != ETHERNET_BYTES * 3 - 1 || (text[2] != ':' && text[2] != '-'))
		return -EINVAL;
	for (size_t i = 0; i < ETHERNET_BYTES; i++) {
		const char *pair = text + i * 3;

		if (i > 0 && pair[-1] != text[2])
			return -EINVAL;
		if (text_unhex(pair, 2, mac.bytes + i, 1, &got) < 0 || got != 1)
			return -EINVAL;
	}
	*ret = mac;
	return 0;
}

const char *mac_print(struct mac mac, char ret[MAC_TEXT])
{
	char *at = ret;

	if (mac.length == 0)
		*at++ = '-';
	for (size_t i = 0; i < mac.length && i < MAC_MAX; i++) {
		if (i > 0)
			*at++ = ':';
		text_hex(at, 3, mac.bytes + i, 1);
		at += 2;
	}
	*at = '\0';
	return ret;
}

bool mac_equal(struct mac a, struct mac b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}
