/* SPDX-License-Identifier: ISC */
/*
 * packet: what the hook reads from a client's DHCPv4 packet, taken from its bytes as they came.
 *
 * Kea's own option objects are not asked: they normalise names, and each look at one is a copy on
 * the heap. Options that came in pieces are joined (RFC 3396), and options that overflowed into the
 * file and sname fields are found (RFC 2132 9.3). Pure.
 */
#pragma once

#include "common/addr.h"
#include "common/lease.h"
#include "common/mac.h"

#include <stddef.h>
#include <stdint.h>

/* A length of 0 means that the option is not there. What goes beyond a field's bound is cut. */
struct packet {
	struct mac mac;                  /* chaddr; empty where its length is not valid */
	struct addr relay;               /* giaddr; ADDR_NONE = not relayed */
	struct lease_bytes host_name;    /* option 12 */
	struct lease_bytes vendor_class; /* option 60 */
	struct lease_bytes client_id;    /* option 61 */
	struct lease_bytes option81;     /* from its flags octet on */
};

/* 0, or -EINVAL for less than a DHCP header or another cookie. An option that runs over the end of
 * its field ends the reading of that field. *ret is written on success only. */
int packet_parse(const uint8_t *bytes, size_t size, struct packet *ret);
