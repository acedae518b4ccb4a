/* SPDX-License-Identifier: ISC */
/*
 * dhcp: the DHCPv4 packets of the readiness check (RFC 2131, options RFC 2132): a DISCOVER as an ME sends
 * it, with option 81 (RFC 4702) as text or in wire form, an INFORM as an operating system sends it that
 * has its address already, and the answers to both. No lease is ever taken: nothing is requested. Packets
 * come from the network; reading is strict about structure and bounded. Pure.
 */
#pragma once

#include "common/addr.h"
#include "common/err.h"
#include "common/hostname.h"
#include "common/lease.h"
#include "common/mac.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_PACKET_MAX 1500
#define DHCP_SERVERS_MAX 16
#define DHCP_SERVER_PORT 67
#define DHCP_CLIENT_PORT 68

enum dhcp_ask {
	DHCP_ASCII, /* DISCOVER, the name in option 81 as RFC 4702 deprecates it, and old firmware sends */
	DHCP_WIRE, /* DISCOVER, the name in wire form */
	DHCP_ENCODINGS,
	DHCP_INFORM = DHCP_ENCODINGS, /* in wire form */
	DHCP_ASKS,
};

struct dhcp_question {
	uint32_t xid;
	struct mac mac; /* Ethernet */
	enum dhcp_ask ask;
	struct hostname name; /* of option 81 */
	struct addr client;   /* INFORM only: ciaddr, where the answer goes */
	struct addr relay;    /* giaddr; ADDR_NONE = on the link, offers come by broadcast */
	struct addr
		link; /* an address of the subnet asked about, RFC 3527; ADDR_NONE = the relay's */
};

/* Returns the length, at least 300 as RFC 1542 2.1 asks. */
size_t dhcp_print_question(const struct dhcp_question *question, uint8_t ret[DHCP_PACKET_MAX]);

/* What a server answers: an offer, or the acknowledgement of an INFORM. */
struct dhcp_offer {
	bool informs; /* it is the latter, which holds no address */
	uint32_t xid;
	struct mac mac;
	struct addr server;  /* option 54; ADDR_NONE = missing */
	struct addr address; /* yiaddr */
	uint32_t lifetime_s; /* option 51 */
	bool has_domain;
	struct lease_bytes domain; /* option 15, as it came */
	bool has_servers;
	struct addr servers[DHCP_SERVERS_MAX]; /* option 6; those beyond are left out */
	size_t server_count;
	bool odd_servers;        /* its length is no multiple of four */
	struct lease_bytes fqdn; /* option 81 from its flags on; length 0 = none */
};

/* 0; -ENOMSG for a packet that is neither; -EINVAL with the sentence for one that is broken. */
int dhcp_read_offer(const void *bytes, size_t size, struct dhcp_offer *ret, struct err *err);

/* "ASCII", "wire form" */
const char *dhcp_encoding_name(enum dhcp_ask ask);
