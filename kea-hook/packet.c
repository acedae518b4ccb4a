/* SPDX-License-Identifier: ISC */
#include "kea-hook/packet.h"

#include "common/wire.h"

#include <errno.h>
#include <string.h>

/* The fixed part, RFC 2131 2. */
#define AT_CHADDR 28
#define CHADDR_BYTES 16
#define AT_GIADDR 24
#define AT_SNAME 44
#define SNAME_BYTES 64
#define AT_FILE 108
#define FILE_BYTES 128
#define AT_COOKIE 236
#define AT_OPTIONS 240
#define COOKIE 0x63825363u
#define OPTION_HEAD 2 /* code, length */

enum {
	OPTION_PAD = 0,
	OPTION_HOST_NAME = 12,
	OPTION_OVERLOAD = 52,
	OPTION_VENDOR_CLASS = 60,
	OPTION_CLIENT_ID = 61,
	OPTION_CLIENT_FQDN = 81,
	OPTION_END = 255,
};

/* Bits of option 52: which other fields hold options. */
enum { OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2 };

static void join(struct lease_bytes *to, size_t max, const uint8_t *bytes, size_t length)
{
	size_t room = max - to->length;

	if (length > room)
		length = room;
	memcpy(to->bytes + to->length, bytes, length);
	to->length = (uint8_t)(to->length + length);
}

static void take_option(struct packet *packet, uint8_t code, const uint8_t *bytes, size_t length,
			uint8_t *overload)
{
	switch (code) {
	case OPTION_HOST_NAME:
		join(&packet->host_name, sizeof(packet->host_name.bytes), bytes, length);
		break;
	case OPTION_OVERLOAD:
		*overload = length == 1 ? bytes[0] : 0;
		break;
	case OPTION_VENDOR_CLASS:
		join(&packet->vendor_class, LEASE_VENDOR_CLASS_MAX, bytes, length);
		break;
	case OPTION_CLIENT_ID:
		join(&packet->client_id, LEASE_CLIENT_ID_MAX, bytes, length);
		break;
	case OPTION_CLIENT_FQDN:
		join(&packet->option81, LEASE_OPTION81_MAX, bytes, length);
		break;
	default:
		break;
	}
}

static void read_options(struct packet *packet, const uint8_t *bytes, size_t size,
			 uint8_t *overload)
{
	size_t at = 0;

	while (at < size && bytes[at] != OPTION_END) {
		if (bytes[at] == OPTION_PAD) {
			at++;
			continue;
		}
		if (size - at < OPTION_HEAD || size - at - OPTION_HEAD < bytes[at + 1])
			return;

		size_t length = bytes[at + 1];

		if (length > 0)
			take_option(packet, bytes[at], bytes + at + OPTION_HEAD, length, overload);
		at += OPTION_HEAD + length;
	}
}

int packet_parse(const uint8_t *bytes, size_t size, struct packet *ret)
{
	struct packet packet = {0};
	struct wire_reader reader;
	uint8_t overload = 0, ignored = 0;

	if (size < AT_OPTIONS)
		return -EINVAL;
	wire_reader_init(&reader, bytes + AT_COOKIE, AT_OPTIONS - AT_COOKIE);
	if (wire_read_u32be(&reader) != COOKIE)
		return -EINVAL;

	if (bytes[2] <= CHADDR_BYTES)
		(void)mac_from_bytes(bytes[1], bytes + AT_CHADDR, bytes[2], &packet.mac);
	wire_reader_init(&reader, bytes + AT_GIADDR, 4);
	uint32_t relay = wire_read_u32be(&reader);
	if (relay != 0)
		packet.relay = addr_ip4(relay);

	/* RFC 3396 5: the options field first, then file, then sname. */
	read_options(&packet, bytes + AT_OPTIONS, size - AT_OPTIONS, &overload);
	if (overload & OVERLOAD_FILE)
		read_options(&packet, bytes + AT_FILE, FILE_BYTES, &ignored);
	if (overload & OVERLOAD_SNAME)
		read_options(&packet, bytes + AT_SNAME, SNAME_BYTES, &ignored);
	*ret = packet;
	return 0;
}
