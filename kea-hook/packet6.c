/* SPDX-License-Identifier: ISC */
#include "kea-hook/packet6.h"

#include <errno.h>
#include <string.h>

#define MESSAGE_HEAD 4 /* type, transaction id */
#define RELAY_HEAD 34  /* type, hop count, link address, peer address */
#define AT_LINK 2
#define VENDOR_ENTERPRISE 4 /* before the data of option 16, RFC 8415 21.16 */

enum { MESSAGE_RELAY_FORW = 12, MESSAGE_RELAY_REPL = 13 };

enum {
	OPTION_CLIENT_ID = 1,
	OPTION_RELAY_MESSAGE = 9,
	OPTION_VENDOR_CLASS = 16,
	OPTION_CLIENT_FQDN = 39,
};

/* What goes beyond the bound is cut. */
static void take(struct lease_bytes *to, size_t max, const uint8_t *value, size_t length)
{
	if (length > max)
		length = max;
	memcpy(to->bytes, value, length);
	to->length = (uint8_t)length;
}

bool packet6_next(struct wire_reader *reader, uint16_t *ret_code, const uint8_t **ret_value,
		  size_t *ret_length)
{
	if (wire_left(reader) == 0)
		return false;
	*ret_code = wire_read_u16be(reader);
	*ret_length = wire_read_u16be(reader);
	*ret_value = wire_read_bytes(reader, *ret_length);
	return !reader->bad;
}

/* The relayed message inside; false when there is none. */
static bool unwrap(struct wire_reader *reader)
{
	const uint8_t *value;
	uint16_t code;
	size_t length;

	while (packet6_next(reader, &code, &value, &length)) {
		if (code != OPTION_RELAY_MESSAGE)
			continue;
		wire_reader_init(reader, value, length);
		return true;
	}
	return false;
}

static void read_options(struct wire_reader *reader, struct packet *packet)
{
	const uint8_t *value;
	uint16_t code;
	size_t length;

	while (packet6_next(reader, &code, &value, &length)) {
		if (code == OPTION_CLIENT_ID)
			take(&packet->client_id, LEASE_CLIENT_ID_MAX, value, length);
		else if (code == OPTION_CLIENT_FQDN)
			take(&packet->option81, LEASE_OPTION81_MAX, value, length);
		else if (code == OPTION_VENDOR_CLASS && length > VENDOR_ENTERPRISE)
			take(&packet->vendor_class, LEASE_VENDOR_CLASS_MAX,
			     value + VENDOR_ENTERPRISE, length - VENDOR_ENTERPRISE);
	}
}

int packet6_enter(struct wire_reader *reader, struct addr *ret_relay)
{
	int relays = 0;

	*ret_relay = (struct addr){0};
	while (wire_left(reader) > 0 && reader->bytes[0] == MESSAGE_RELAY_FORW) {
		const uint8_t *head = wire_read_bytes(reader, RELAY_HEAD);

		if (head == NULL || ++relays > PACKET6_RELAYS_MAX)
			return -EINVAL;
		*ret_relay = addr_ip6(head + AT_LINK);
		if (!unwrap(reader))
			return -EINVAL;
	}
	if (wire_read_bytes(reader, MESSAGE_HEAD) == NULL || reader->bytes[0] == MESSAGE_RELAY_REPL)
		return -EINVAL;
	return 0;
}

int packet6_parse(const uint8_t *bytes, size_t size, struct packet *ret)
{
	struct packet packet = {0};
	struct wire_reader reader;

	wire_reader_init(&reader, bytes, size);
	if (packet6_enter(&reader, &packet.relay) < 0)
		return -EINVAL;
	read_options(&reader, &packet);
	*ret = packet;
	return 0;
}
