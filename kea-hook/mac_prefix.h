/* SPDX-License-Identifier: ISC */
/*
 * mac_prefix: the first bits of Ethernet addresses, as the IEEE assigns them to makers: 24, 28 or 36
 * bits, or any other number up to 48. Pure.
 */
#pragma once

#include "common/mac.h"

#include <stdbool.h>
#include <stdint.h>

struct mac_prefix {
	uint64_t value; /* the upper `bits` of 48; the others are zero */
	uint8_t bits;   /* 1 to 48 */
};

#define MAC_PREFIX_TEXT 21

/* "00:d8:61", with dashes too, or "70:b3:d5:7a:c0/36": 1 to 6 bytes and, where not all of their bits
 * count, how many do. 0 or -EINVAL. */
int mac_prefix_parse(const char *text, struct mac_prefix *ret);
/* Gives `ret` back. */
const char *mac_prefix_print(struct mac_prefix prefix, char ret[MAC_PREFIX_TEXT]);
/* False for what is not Ethernet. */
bool mac_prefix_has(const struct mac_prefix *prefix, const struct mac *mac);
