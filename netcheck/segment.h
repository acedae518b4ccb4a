/* SPDX-License-Identifier: ISC */
/*
 * segment: the TCP headers (RFC 9293 3.1) that the raw probe writes and reads. Everything read comes
 * from the network: bounded, and only the few fields that tell an answer. Pure.
 */
#pragma once

#include "common/addr.h"

#include <stddef.h>
#include <stdint.h>

enum segment_flags {
	SEGMENT_SYN = 0x02,
	SEGMENT_RST = 0x04,
	SEGMENT_ACK = 0x10,
};

struct segment {
	uint16_t from_port;
	uint16_t to_port;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
};

#define SEGMENT_SIZE_MAX 24

/* A SYN, which carries the MSS option (bare SYNs are what some filters drop), or an RST, with the
 * checksum that covers the addresses; its size. */
size_t segment_print(const struct segment *segment, struct addr from, struct addr to,
		     uint8_t ret[SEGMENT_SIZE_MAX]);

/* A TCP header, as it comes for IPv6. 0 or -EINVAL. */
int segment_parse(const void *bytes, size_t length, struct segment *ret);
/* An IPv4 packet with a TCP header, as raw sockets give it; fragments are refused. 0 or -EINVAL. */
int segment_parse_ip4(const void *bytes, size_t length, struct segment *ret, struct addr *ret_from);
/* The first eight bytes of a header of ours, as an ICMP message quotes them: ports and seq. 0 or
 * -EINVAL. */
int segment_parse_quote(const void *bytes, size_t length, struct segment *ret);
