/* SPDX-License-Identifier: ISC */
/*
 * addr: an IPv4 or IPv6 address as a small value. IPv4-mapped IPv6 addresses (::ffff:a.b.c.d) are
 * IPv4 addresses everywhere in amtnet: parse and from_sockaddr normalise them. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum addr_family {
	ADDR_NONE = 0, /* no address; what {0} is */
	ADDR_IP4 = 4,
	ADDR_IP6 = 6,
};

/* Unused bytes are zero, so that two values may be compared and hashed as bytes. */
struct addr {
	uint8_t family; /* enum addr_family */
	uint8_t bytes[16];
};

#define ADDR_TEXT 46         /* INET6_ADDRSTRLEN */
#define ADDR_REVERSE_TEXT 74 /* 32 nibbles, their dots, "ip6.arpa" */

/* Strict: "10.1" and "010.0.0.1" are refused. 0 or -EINVAL. */
int addr_parse(const char *text, struct addr *ret);
/* "-" for ADDR_NONE. Gives `ret` back. */
const char *addr_print(struct addr addr, char ret[ADDR_TEXT]);
struct addr addr_ip4(uint32_t host_order);
struct addr addr_ip6(const uint8_t bytes[16]);
size_t addr_size(struct addr addr); /* 4, 16 or 0 bytes */
bool addr_equal(struct addr a, struct addr b);
int addr_compare(struct addr a, struct addr b); /* IPv4 before IPv6, then by value */
bool addr_is_any(struct addr addr);             /* 0.0.0.0, :: or none */
/* "2.1.81.10.in-addr.arpa" (RFC 1035 3.5) or the ip6.arpa form (RFC 3596 2.5). Gives `ret` back. */
const char *addr_print_reverse(struct addr addr, char ret[ADDR_REVERSE_TEXT]);
