/* SPDX-License-Identifier: ISC */
#include "netcheck/dhcp.h"

#include "common/wire.h"

#include <errno.h>
#include <string.h>

#define COOKIE 0x63825363u
#define HEAD_BYTES 240 /* up to and with the cookie */
#define LEAST_BYTES 300
#define BROADCAST 0x8000
#define HOPS 1 /* when a relay is played */

#define FQDN_SERVER 0x01  /* S: the server is to register A */
#define FQDN_ENCODED 0x04 /* E: wire form */
#define FQDN_RCODE 0

enum option {
	OPTION_PAD = 0,
	OPTION_SERVERS = 6,
	OPTION_DOMAIN = 15,
	OPTION_LIFETIME = 51,
	OPTION_OVERLOAD = 52,
	OPTION_TYPE = 53,
	OPTION_SERVER_ID = 54,
	OPTION_WANTED = 55,
	OPTION_MAX_SIZE = 57,
	OPTION_FQDN = 81,
	OPTION_RELAY = 82,
	OPTION_END = 255,
};

#define TYPE_DISCOVER 1
#define TYPE_OFFER 2
#define TYPE_ACK 5
#define TYPE_INFORM 8
#define RELAY_LINK 5 /* sub-option of option 82, RFC 3527 */

static const char *const encoding_names[] = {
	[DHCP_ASCII] = "ASCII", [DHCP_WIRE] = "wire form", [DHCP_INFORM] = "wire form"};

const char *dhcp_encoding_name(enum dhcp_ask ask)
{
	return encoding_names[ask];
}

static void write_addr(struct wire_writer *writer, struct addr addr)
{
	static const uint8_t none[4];

	wire_write_bytes(writer, addr.family == ADDR_IP4 ? addr.bytes : none, 4);
}

static void write_head(struct wire_writer *writer, const struct dhcp_question *question)
{
	static const uint8_t nothing[192 + 10];
	bool relayed = question->relay.family == ADDR_IP4, inform = question->ask == DHCP_INFORM;

	wire_write_u8(writer, 1); /* BOOTREQUEST */
	wire_write_u8(writer, 1); /* Ethernet */
	wire_write_u8(writer, 6);
	wire_write_u8(writer, relayed ? HOPS : 0);
	wire_write_u32be(writer, question->xid);
	wire_write_u16be(writer, 0);
	wire_write_u16be(writer, relayed || inform ? 0 : BROADCAST);
	write_addr(writer, inform ? question->client : (struct addr){0});
	wire_write_bytes(writer, nothing, 8); /* yiaddr, siaddr */
	write_addr(writer, question->relay);
	wire_write_bytes(writer, question->mac.bytes, 6);
	wire_write_bytes(writer, nothing, 10 + 192); /* the rest of chaddr, sname, file */
	wire_write_u32be(writer, COOKIE);
}

static void write_fqdn(struct wire_writer *writer, const struct dhcp_question *question)
{
	uint8_t wire[HOSTNAME_WIRE_MAX];
	bool encoded = question->ask != DHCP_ASCII;
	const void *name = encoded ? (const void *)wire : question->name.text;
	size_t length = encoded ? hostname_to_wire(&question->name, wire)
				: strlen(question->name.text);

	wire_write_u8(writer, OPTION_FQDN);
	wire_write_u8(writer, (uint8_t)(3 + length));
	wire_write_u8(writer, FQDN_SERVER | (encoded ? FQDN_ENCODED : 0));
	wire_write_u8(writer, FQDN_RCODE);
	wire_write_u8(writer, FQDN_RCODE);
	wire_write_bytes(writer, name, length);
}

size_t dhcp_print_question(const struct dhcp_question *question, uint8_t ret[DHCP_PACKET_MAX])
{
	uint8_t type = question->ask == DHCP_INFORM ? TYPE_INFORM : TYPE_DISCOVER;
	const uint8_t first[] = {OPTION_TYPE, 1, type, OPTION_MAX_SIZE, 2, 0x05, 0xdc};
	static const uint8_t wanted[] = {
		OPTION_WANTED,   7,          1, 3, OPTION_SERVERS, 12, OPTION_DOMAIN,
		OPTION_LIFETIME, OPTION_FQDN};
	struct wire_writer writer;

	wire_writer_init(&writer, ret, DHCP_PACKET_MAX);
	write_head(&writer, question);
	wire_write_bytes(&writer, first, sizeof(first));
	wire_write_bytes(&writer, wanted, sizeof(wanted));
	write_fqdn(&writer, question);
	if (question->link.family == ADDR_IP4) {
		wire_write_u8(&writer, OPTION_RELAY);
		wire_write_u8(&writer, 6);
		wire_write_u8(&writer, RELAY_LINK);
		wire_write_u8(&writer, 4);
		write_addr(&writer, question->link);
	}
	wire_write_u8(&writer, OPTION_END);
	while (writer.at < LEAST_BYTES)
		wire_write_u8(&writer, OPTION_PAD);
	return writer.at;
}

/* What the walk over the options gathers. */
struct walk {
	struct dhcp_offer *offer;
	uint8_t type;
	uint8_t overload;
};

static struct addr addr_at(const uint8_t *bytes)
{
	return (struct addr){ADDR_IP4, {bytes[0], bytes[1], bytes[2], bytes[3]}};
}

/* Parts of one option belong together (RFC 3396); what goes beyond 255 bytes is left out. */
static void append(struct lease_bytes *to, const uint8_t *bytes, size_t length)
{
	size_t room = sizeof(to->bytes) - to->length;

	if (length > room)
		length = room;
	memcpy(to->bytes + to->length, bytes, length);
	to->length = (uint8_t)(to->length + length);
}

static void take_servers(struct dhcp_offer *offer, const uint8_t *bytes, size_t length)
{
	offer->has_servers = true;
	offer->odd_servers |= length % 4 != 0;
	for (size_t i = 0; i + 4 <= length && offer->server_count < DHCP_SERVERS_MAX; i += 4)
		offer->servers[offer->server_count++] = addr_at(bytes + i);
}

static void take_option(struct walk *walk, uint8_t code, const uint8_t *bytes, size_t length)
{
	struct dhcp_offer *offer = walk->offer;

	switch (code) {
	case OPTION_SERVERS:
		take_servers(offer, bytes, length);
		break;
	case OPTION_DOMAIN:
		offer->has_domain = true;
		append(&offer->domain, bytes, length);
		break;
	case OPTION_LIFETIME:
		if (length == 4)
			offer->lifetime_s = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
					    (uint32_t)bytes[2] << 8 | bytes[3];
		break;
	case OPTION_OVERLOAD:
		if (length == 1)
			walk->overload = bytes[0];
		break;
	case OPTION_TYPE:
		if (length == 1)
			walk->type = bytes[0];
		break;
	case OPTION_SERVER_ID:
		if (length == 4)
			offer->server = addr_at(bytes);
		break;
	case OPTION_FQDN:
		append(&offer->fqdn, bytes, length);
		break;
	default:
		break;
	}
}

static int walk_options(struct walk *walk, const uint8_t *bytes, size_t size, struct err *err)
{
	size_t at = 0;

	while (at < size && bytes[at] != OPTION_END) {
		if (bytes[at] == OPTION_PAD) {
			at++;
			continue;
		}
		if (size - at < 2 || size - at - 2 < bytes[at + 1])
			return err_set(err, -EINVAL, "option %u runs over the end of the packet",
				       bytes[at]);
		take_option(walk, bytes[at], bytes + at + 2, bytes[at + 1]);
		at += 2u + bytes[at + 1];
	}
	return 0;
}

int dhcp_read_offer(const void *bytes, size_t size, struct dhcp_offer *ret, struct err *err)
{
	struct walk walk = {.offer = ret};
	struct wire_reader reader;
	const uint8_t *at = bytes;
	int r;

	*ret = (struct dhcp_offer){0};
	wire_reader_init(&reader, bytes, size);
	if (size < HEAD_BYTES || at[0] != 2 || at[1] != 1 || at[2] != 6)
		return -ENOMSG;
	reader.at = 4;
	ret->xid = wire_read_u32be(&reader);
	reader.at = HEAD_BYTES - 4;
	if (wire_read_u32be(&reader) != COOKIE)
		return -ENOMSG;
	mac_from_bytes(1, at + 28, 6, &ret->mac);
	if (memcmp(at + 16, "\0\0\0\0", 4))
		ret->address = addr_at(at + 16);
	r = walk_options(&walk, at + HEAD_BYTES, size - HEAD_BYTES, err);
	if (!r && walk.overload & 1)
		r = walk_options(&walk, at + 108, 128, err); /* file */
	if (!r && walk.overload & 2)
		r = walk_options(&walk, at + 44, 64, err); /* sname */
	ret->informs = walk.type == TYPE_ACK;
	if (!r && walk.type != TYPE_OFFER && walk.type != TYPE_ACK)
		return -ENOMSG;
	return r;
}
