/* SPDX-License-Identifier: ISC */
#include "common/uuid.h"

#include "common/text.h"

#include <errno.h>
#include <string.h>

/* The bytes' places on the wire, in the order in which they are printed (SMBIOS 7.2.1). */
static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static bool dash_before(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

const char *uuid_print(struct uuid uuid, char ret[UUID_TEXT])
{
	char *at = ret;

	for (size_t i = 0; i < sizeof(order); i++) {
		if (dash_before(i))
			*at++ = '-';
		text_hex(at, 3, &uuid.bytes[order[i]], 1);
		at += 2;
	}
	return ret;
}

int uuid_parse(const char *text, struct uuid *ret)
{
	struct uuid uuid;
	size_t got;

	if (strlen(text) != UUID_TEXT - 1)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(order); i++) {
		if (dash_before(i) && *text++ != '-')
			return -EINVAL;
		if (text_unhex(text, 2, &uuid.bytes[order[i]], 1, &got) < 0 || got != 1)
			return -EINVAL;
		text += 2;
	}
	*ret = uuid;
	return 0;
}

bool uuid_equal(struct uuid a, struct uuid b)
{
	return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

bool uuid_is_unset(struct uuid uuid)
{
	uint8_t first = uuid.bytes[0];

	if (first != 0x00 && first != 0xff)
		return false;
	for (size_t i = 1; i < sizeof(uuid.bytes); i++) {
		if (uuid.bytes[i] != first)
			return false;
	}
	return true;
}
