/* SPDX-License-Identifier: ISC */
/*
 * uuid: the device's SMBIOS type 1 UUID. On the wire (hello) the first three groups are
 * little-endian (SMBIOS 7.2.1); here the bytes are kept as on the wire, and print and parse do the
 * swap. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct uuid {
	uint8_t bytes[16]; /* wire order */
};

#define UUID_TEXT 37

/* "939b524b-13d4-1d18-e487-1c697a6b7a2b". Gives `ret` back. */
const char *uuid_print(struct uuid uuid, char ret[UUID_TEXT]);
int uuid_parse(const char *text, struct uuid *ret); /* 0 or -EINVAL */
bool uuid_equal(struct uuid a, struct uuid b);
/* All zero = not present, all ones = not set: no identity, SMBIOS 7.2.1. */
bool uuid_is_unset(struct uuid uuid);
