/* SPDX-License-Identifier: ISC */
/*
 * relay_proxy: a hello by TCP behind a PROXY protocol header, version 1 or 2, that names the PC
 * (HAProxy, doc/proxy-protocol.txt). The PC's port is not kept: it is 0. Version 2 also carries,
 * in the types that are free for own use, what is known of the PC. Header and hello go out in one
 * write. Building is pure.
 */
#pragma once

#include "common/endpoint.h"
#include "discovery/carrier.h"

#define RELAY_PROXY_HEADER_MAX 512

enum relay_proxy_tlv {
	RELAY_PROXY_TLV_ID = 0x05,   /* PP2_TYPE_UNIQUE_ID: the hello's idempotency key */
	RELAY_PROXY_TLV_UUID = 0xe0, /* as text */
	RELAY_PROXY_TLV_MAC = 0xe1,  /* as text; left out where unknown */
	RELAY_PROXY_TLV_NAME = 0xe2, /* of the lease; left out where unknown */
};

/* Return the header's length. Where the families of PC and core differ the header says UNKNOWN
 * (v1), or carries both as IPv6 (v2; IPv4 as v4-mapped). */
size_t relay_proxy_header_v1(struct addr from, struct endpoint to,
			     uint8_t ret[RELAY_PROXY_HEADER_MAX]);
size_t relay_proxy_header_v2(const struct carrier_parcel *parcel, struct endpoint to,
			     uint8_t ret[RELAY_PROXY_HEADER_MAX]);

extern const struct carrier relay_proxy_v1_carrier;
extern const struct carrier relay_proxy_v2_carrier;
