/* SPDX-License-Identifier: ISC */
#include "netcheck/segment.h"

#include "common/wire.h"

#include <errno.h>
#include <stdbool.h>

#define HEADER_SIZE 20
#define WINDOW 64240
#define MSS 1460
#define OPTION_MSS 2
#define MSS_SIZE 4
#define IP_TCP 6
#define FRAGMENT 0x3fff /* more fragments follow, or offset */

static uint32_t sum(const uint8_t *bytes, size_t length, uint32_t start)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		start += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	return start;
}

/* RFC 9293 3.1: over the addresses, the protocol, the length and the segment. */
static uint16_t checksum(const uint8_t *bytes, size_t length, struct addr from, struct addr to)
{
	uint32_t total = IP_TCP + (uint32_t)length;

	total = sum(from.bytes, addr_size(from), total);
	total = sum(to.bytes, addr_size(to), total);
	total = sum(bytes, length, total);
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

size_t segment_print(const struct segment *segment, struct addr from, struct addr to,
		     uint8_t ret[SEGMENT_SIZE_MAX])
{
	bool syn = segment->flags & SEGMENT_SYN;
	size_t size = syn ? HEADER_SIZE + MSS_SIZE : HEADER_SIZE;
	struct wire_writer out;
	uint16_t check;

	wire_writer_init(&out, ret, SEGMENT_SIZE_MAX);
	wire_write_u16be(&out, segment->from_port);
	wire_write_u16be(&out, segment->to_port);
	wire_write_u32be(&out, segment->seq);
	wire_write_u32be(&out, segment->ack);
	wire_write_u8(&out, (uint8_t)(size / 4 << 4));
	wire_write_u8(&out, segment->flags);
	wire_write_u16be(&out, syn ? WINDOW : 0);
	wire_write_u32be(&out, 0); /* checksum, urgent pointer */
	if (syn) {
		wire_write_u8(&out, OPTION_MSS);
		wire_write_u8(&out, MSS_SIZE);
		wire_write_u16be(&out, MSS);
	}
	check = checksum(ret, size, from, to);
	wire_patch_u16be(&out, 16, check);
	return size;
}

static void read_quote(struct wire_reader *in, struct segment *ret)
{
	*ret = (struct segment){.from_port = wire_read_u16be(in)};
	ret->to_port = wire_read_u16be(in);
	ret->seq = wire_read_u32be(in);
}

int segment_parse_quote(const void *bytes, size_t length, struct segment *ret)
{
	struct wire_reader in;

	wire_reader_init(&in, bytes, length);
	read_quote(&in, ret);
	return in.bad ? -EINVAL : 0;
}

int segment_parse(const void *bytes, size_t length, struct segment *ret)
{
	struct wire_reader in;
	uint8_t words;

	wire_reader_init(&in, bytes, length);
	read_quote(&in, ret);
	ret->ack = wire_read_u32be(&in);
	words = wire_read_u8(&in) >> 4;
	ret->flags = wire_read_u8(&in);
	(void)wire_read_bytes(&in, HEADER_SIZE - 14);
	return in.bad || words < HEADER_SIZE / 4 ? -EINVAL : 0;
}

int segment_parse_ip4(const void *bytes, size_t length, struct segment *ret, struct addr *ret_from)
{
	struct wire_reader in;
	uint8_t version, protocol;
	uint16_t fragment;
	uint32_t from;
	size_t size;

	wire_reader_init(&in, bytes, length);
	version = wire_read_u8(&in);
	size = (size_t)(version & 0xf) * 4;
	(void)wire_read_bytes(&in, 5);
	fragment = wire_read_u16be(&in);
	(void)wire_read_u8(&in);
	protocol = wire_read_u8(&in);
	(void)wire_read_u16be(&in);
	from = wire_read_u32be(&in);
	if (in.bad || version >> 4 != 4 || protocol != IP_TCP || fragment & FRAGMENT ||
	    size < HEADER_SIZE || size > length ||
	    segment_parse((const uint8_t *)bytes + size, length - size, ret))
		return -EINVAL;
	*ret_from = addr_ip4(from);
	return 0;
}
