/* SPDX-License-Identifier: ISC */
/*
 * record: resource record data as bytes, and the DHCID (RFC 4701) that says whose name it is. Names in
 * RDATA are uncompressed and in lower case, so that data compare as bytes. Pure.
 */
#pragma once

#include "common/addr.h"
#include "common/hostname.h"
#include "common/lease.h"
#include "common/mac.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* IANA RR type numbers. */
enum record_type {
	RECORD_A = 1,
	RECORD_NS = 2,
	RECORD_CNAME = 5,
	RECORD_SOA = 6,
	RECORD_PTR = 12,
	RECORD_TXT = 16,
	RECORD_AAAA = 28,
	RECORD_DHCID = 49,
	RECORD_ANY = 255,
};

#define RECORD_RDATA_MAX 260

struct record {
	uint16_t type;
	uint32_t ttl;
	uint16_t length;
	uint8_t rdata[RECORD_RDATA_MAX];
};

struct record record_address(struct addr addr, uint32_t ttl); /* A or AAAA by family */
struct record record_ptr(const struct hostname *target, uint32_t ttl);
struct record record_txt(const char *text, uint32_t ttl); /* one character-string, cut at 255 */
/* Type and RDATA, not TTL. */
bool record_equal_data(const struct record *a, const struct record *b);
/* "A 10.81.1.100", "PTR me01.corp.example.", "DHCID AAABxLm..." for people. Gives `ret` back. */
#define RECORD_TEXT 600
const char *record_print(const struct record *record, char ret[RECORD_TEXT]);
const char *record_type_name(uint16_t type); /* "A", "PTR", ...; "?" for types that we never use */

/* DHCID RDATA is identifier type (2), digest type 1 (1), SHA-256 of identifier and name (32). */
#define RECORD_DHCID_BYTES 35

enum record_dhcid_type {
	RECORD_DHCID_HTYPE = 0,     /* ARP type octet, then the hardware address */
	RECORD_DHCID_CLIENT_ID = 1, /* the client identifier option's data */
	RECORD_DHCID_DUID = 2, /* a DUID: DHCPv6 client id, or what follows 255||IAID (RFC 4361) */
};

/* RFC 4701 3.3 to 3.5. 0, or -EINVAL for an empty identifier. */
int record_dhcid(enum record_dhcid_type type, const void *identifier, size_t length,
		 const struct hostname *name, uint32_t ttl, struct record *ret);
/* The one that RFC 4701 3.5 chooses for a DHCPv4 client: 2 for an RFC 4361 client id, 1 for another
 * client id, 0 without one. -EINVAL when there is neither client id nor hardware address. */
int record_dhcid_for_client(struct mac mac, const struct lease_bytes *client_id,
			    const struct hostname *name, uint32_t ttl, struct record *ret);
/* For name servers that do not know DHCID: the same data as one TXT, "v=amtdhcid1;AAABxLm...". */
struct record record_marker(const struct record *dhcid);
/* The DHCID that such a TXT holds; false when it holds none. */
bool record_from_marker(const struct record *txt, struct record *ret);
/* True when `dhcid` is any identity of this machine for this name: type 0 of the MAC, type 1 of
 * 01||MAC, or type 1 or 2 of the client id (conflict mode same-machine). */
bool record_dhcid_is_machine(const struct record *dhcid, struct mac mac,
			     const struct lease_bytes *client_id, const struct hostname *name);
