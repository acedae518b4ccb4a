/* SPDX-License-Identifier: ISC */
#include "discovery/relay_proxy.h"

#include "common/wire.h"
#include "discovery/parcel.h"
#include "discovery/relay_tcp.h"

#include <stdio.h>
#include <string.h>

#define COMMAND_PROXY 0x21 /* version 2, PROXY */
#define TCP_OVER_IP4 0x11
#define TCP_OVER_IP6 0x21
#define LENGTH_AT 14

size_t relay_proxy_header_v1(struct addr from, struct endpoint to,
			     uint8_t ret[RELAY_PROXY_HEADER_MAX])
{
	char source[ADDR_TEXT], target[ADDR_TEXT];
	int length;

	if (from.family != to.addr.family)
		length = snprintf((char *)ret, RELAY_PROXY_HEADER_MAX, "PROXY UNKNOWN\r\n");
	else
		length = snprintf((char *)ret, RELAY_PROXY_HEADER_MAX, "PROXY TCP%d %s %s 0 %u\r\n",
				  from.family == ADDR_IP6 ? 6 : 4, addr_print(from, source),
				  addr_print(to.addr, target), to.port);
	return (size_t)length;
}

static void write_addr(struct wire_writer *writer, struct addr addr, bool as_ip6)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (as_ip6 && addr.family == ADDR_IP4)
		wire_write_bytes(writer, mapped, sizeof(mapped));
	wire_write_bytes(writer, addr.bytes, addr_size(addr));
}

static void write_tlv(struct wire_writer *writer, enum relay_proxy_tlv type, const char *text)
{
	if (!text || !text[0])
		return;
	wire_write_u8(writer, (uint8_t)type);
	wire_write_u16be(writer, (uint16_t)strlen(text));
	wire_write_bytes(writer, text, strlen(text));
}

size_t relay_proxy_header_v2(const struct carrier_parcel *parcel, struct endpoint to,
			     uint8_t ret[RELAY_PROXY_HEADER_MAX])
{
	static const uint8_t signature[12] = "\r\n\r\n\0\r\nQUIT\n";
	bool ip6 = parcel->address.family == ADDR_IP6 || to.addr.family == ADDR_IP6;
	char id[PARCEL_ID_TEXT], uuid[UUID_TEXT], mac[MAC_TEXT];
	struct wire_writer writer;

	wire_writer_init(&writer, ret, RELAY_PROXY_HEADER_MAX);
	wire_write_bytes(&writer, signature, sizeof(signature));
	wire_write_u8(&writer, COMMAND_PROXY);
	wire_write_u8(&writer, ip6 ? TCP_OVER_IP6 : TCP_OVER_IP4);
	wire_write_u16be(&writer, 0);
	write_addr(&writer, parcel->address, ip6);
	write_addr(&writer, to.addr, ip6);
	wire_write_u16be(&writer, 0);
	wire_write_u16be(&writer, to.port);
	write_tlv(&writer, RELAY_PROXY_TLV_ID, parcel_id(parcel, id));
	write_tlv(&writer, RELAY_PROXY_TLV_UUID, uuid_print(parcel->decoded.uuid, uuid));
	write_tlv(&writer, RELAY_PROXY_TLV_MAC,
		  parcel->mac.length > 0 ? mac_print(parcel->mac, mac) : NULL);
	write_tlv(&writer, RELAY_PROXY_TLV_NAME, parcel->name);
	wire_patch_u16be(&writer, LENGTH_AT, (uint16_t)(writer.at - LENGTH_AT - 2));
	return writer.at;
}

static int send_behind(struct relay_tcp_line *line, const struct carrier_parcel *parcel,
		       uint8_t *bytes, size_t header, carrier_done *done, void *user,
		       void **ret_job)
{
	memcpy(bytes + header, parcel->bytes, parcel->length);
	return relay_tcp_start((struct relay_tcp **)ret_job, line->base, &line->options, bytes,
			       header + parcel->length, done, user);
}

static int send_v1(void *user, const struct carrier_parcel *parcel, carrier_done *done,
		   void *done_user, void **ret_job)
{
	uint8_t bytes[RELAY_PROXY_HEADER_MAX + HELLO_MAX_BYTES];
	struct relay_tcp_line *line = user;
	size_t header = relay_proxy_header_v1(parcel->address, line->options.core, bytes);

	return send_behind(line, parcel, bytes, header, done, done_user, ret_job);
}

static int send_v2(void *user, const struct carrier_parcel *parcel, carrier_done *done,
		   void *done_user, void **ret_job)
{
	uint8_t bytes[RELAY_PROXY_HEADER_MAX + HELLO_MAX_BYTES];
	struct relay_tcp_line *line = user;
	size_t header = relay_proxy_header_v2(parcel, line->options.core, bytes);

	return send_behind(line, parcel, bytes, header, done, done_user, ret_job);
}

const struct carrier relay_proxy_v1_carrier = {
	.open = relay_tcp_open,
	.close = relay_tcp_close,
	.send = send_v1,
	.cancel = relay_tcp_break,
};

const struct carrier relay_proxy_v2_carrier = {
	.open = relay_tcp_open,
	.close = relay_tcp_close,
	.send = send_v2,
	.cancel = relay_tcp_break,
};
