/* SPDX-License-Identifier: ISC */
/*
 * repair: mends an option 81, or 39, for which Kea would drop the whole packet, so that the client gets its
 * address. Kea does so for N and S both set, an option of less than three octets, a name that is not
 * in the encoding that E names or that is no name, and an option in several pieces (RFC 3396).
 *
 * Works on the packet's bytes where they lie: what is taken away becomes pad options, and nothing but
 * the option 81 of the options field changes (Kea reads no options in file and sname). The option
 * stays, if need be without a name, so that a class that asks for it finds the client, and the
 * client gets its answer. A packet that Kea would take is not touched, but for octets behind a
 * name's root, which would cost the client its answer. Pure; bounded by the packet's length.
 */
#pragma once

#include "common/lease.h"

#include <stddef.h>
#include <stdint.h>

/* What was done; bits, for one packet may need several. */
enum {
	REPAIR_JOINED = 1 << 0,    /* the pieces are one option now */
	REPAIR_N_AND_S = 1 << 1,   /* N is cleared: what was asked for wins */
	REPAIR_TRUNCATED = 1 << 2, /* less than its three fixed octets, see repair_truncated() */
	REPAIR_ASCII = 1 << 3,     /* E is cleared: the name is ASCII */
	REPAIR_WIRE_NAME =
		1 << 4, /* the name is taken out: not in wire form, and not ASCII either */
	REPAIR_TEXT_NAME =
		1 << 5, /* the name is cleaned: labels too long, empty, or escapes in it */
	REPAIR_TOO_LONG = 1 << 6, /* the name is taken out: no one option can hold the pieces */
	REPAIR_KINDS = 7,
};

/* Gives the bits of what was done; 0 = nothing was wrong, or this is no DHCPv4 packet. With
 * REPAIR_TRUNCATED the caller has to make room and to call repair_truncated(). *ret_sent is the option
 * as it came, its pieces joined as far as there is room; of use only when something was wrong. */
unsigned repair_packet(uint8_t *bytes, size_t size, struct lease_bytes *ret_sent);

/* How many of its three fixed octets a truncated option 81 lacks; 0 = none, or there is no option. */
size_t repair_lacks(const uint8_t *bytes, size_t size);

/* Gives a truncated option 81 the octets that it lacks, as zeros, where the packet was made longer by
 * just so many: `room`, behind its `size`. Takes the option out where it was not. Gives the bits of
 * what else was done. */
unsigned repair_truncated(uint8_t *bytes, size_t size, size_t room);

/* The same of option 39 (RFC 4704) in a DHCPv6 packet, through any relays: N and S, an option without
 * flags, a name that is not in wire form. DHCPv6 has no pad options, so what is taken out gets a code
 * that nobody reads; that is also what becomes of an option without flags. */
unsigned repair_packet6(uint8_t *bytes, size_t size, struct lease_bytes *ret_sent);
