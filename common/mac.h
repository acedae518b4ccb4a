/* SPDX-License-Identifier: ISC */
/*
 * mac: a hardware address with its ARP type, as DHCP carries it (RFC 2131 htype, hlen, chaddr).
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_MAX 20 /* Kea's own bound */

/* Unused bytes are zero, so that two values may be compared as bytes. */
struct mac {
	uint8_t type; /* 1 = Ethernet */
	uint8_t length;
	uint8_t bytes[MAC_MAX];
};

#define MAC_TEXT (MAC_MAX * 3 + 1)

/* -EINVAL when `length` is above MAC_MAX. */
int mac_from_bytes(uint8_t type, const uint8_t *bytes, size_t length, struct mac *ret);
/* "00:11:22:aa:bb:cc" or with dashes, an Ethernet address. 0 or -EINVAL. */
int mac_parse(const char *text, struct mac *ret);
/* "-" when empty. Gives `ret` back. */
const char *mac_print(struct mac mac, char ret[MAC_TEXT]);
bool mac_equal(struct mac a, struct mac b);
