/* SPDX-License-Identifier: ISC */
/*
 * dhcp_packet: the DHCPv4 packets of relayed clients with option 81, as the tests send and read them.
 * A test's own few lines on purpose: what checks the hook must not share its code. Pure.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DHCP_PACKET_MAX 1500
#define DHCP_NAME_MAX 253
#define DHCP_OPTIONS_MAX 1000
#define DHCP_OPTION_MAX 255

enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
	DHCP_RELEASE = 7,
};

struct dhcp_packet {
	enum dhcp_type type;
	uint32_t xid;
	struct in_addr relay;
	struct in_addr address; /* offered, asked for, or held */
	struct in_addr server;
	uint8_t mac[6];
	char name[DHCP_NAME_MAX + 1]; /* full, no trailing dot */
	/* A client's own options, sent as they are; NULL: option 81 with S, E and the name. */
	const uint8_t *options;
	size_t options_length;
};

/* A name in a packet, put together (RFC 3396); no pieces: it is not there. */
struct dhcp_text {
	unsigned pieces;
	size_t length;
	uint8_t bytes[2 * DHCP_OPTION_MAX];
};

struct dhcp_names {
	struct dhcp_text fqdn;      /* option 81 */
	struct dhcp_text host_name; /* option 12 */
};

/* Client number `index` behind a relay: xid = index, MAC 02:00:INDEX, name pcNNN.SUFFIX. */
void dhcp_packet_init(struct dhcp_packet *ret, const char *relay, unsigned index,
		      const char *suffix);

/* Gives the length. */
size_t dhcp_packet_encode(const struct dhcp_packet *packet, uint8_t ret[DHCP_PACKET_MAX]);

/* Reads type, xid, address and server of an answer. 0, or -EBADMSG. */
int dhcp_packet_decode(struct dhcp_packet *ret, const uint8_t *bytes, size_t length);
/* Its options 81 and 12; for bytes that dhcp_packet_decode() took. */
void dhcp_packet_names(struct dhcp_names *ret, const uint8_t *bytes, size_t length);
/* The same of options alone. */
void dhcp_options_names(struct dhcp_names *ret, const uint8_t *options, size_t length);

/* One line "NAME ADDRESS MAC", and back. -EINVAL when it is not one. */
void dhcp_packet_print(const struct dhcp_packet *packet, FILE *file);
int dhcp_packet_scan(struct dhcp_packet *packet, const char *line);
