/* SPDX-License-Identifier: ISC */
/*
 * packet6: what the hook reads from a client's DHCPv6 message, taken from its bytes as they came,
 * through any relays (RFC 8415 8, 9). Gives the same struct as packet.h; the client id is the DUID,
 * option 81 is option 39, and the relay is the link address of the relay next to the client. The
 * hardware address is not in the message; it is left empty. Pure.
 */
#pragma once

#include "common/wire.h"
#include "kea-hook/packet.h"

#define PACKET6_RELAYS_MAX 32 /* HOP_COUNT_LIMIT of older RFCs, and Kea's */

/* Moves the reader, which stands at the beginning of the packet, to the options of the client's own
 * message. 0 or -EINVAL; *ret_relay is the link address as above, ADDR_NONE = not relayed. */
int packet6_enter(struct wire_reader *reader, struct addr *ret_relay);
/* The next option: its code, value and length; false at the end, or when it runs over it. */
bool packet6_next(struct wire_reader *reader, uint16_t *ret_code, const uint8_t **ret_value,
		  size_t *ret_length);

/* 0, or -EINVAL for what is no client's message or has too many relays. An option that runs over the
 * end ends the reading. *ret is written on success only. */
int packet6_parse(const uint8_t *bytes, size_t size, struct packet *ret);
