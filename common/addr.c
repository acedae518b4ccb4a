/* SPDX-License-Identifier: ISC */
#include "common/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */

int addr_parse(const char *text, struct addr *ret)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1) {
		*ret = (struct addr){.family = ADDR_IP4};
		memcpy(ret->bytes, bytes, 4);
		return 0;
	}
	if (inet_pton(AF_INET6, text, bytes) == 1) {
		*ret = addr_ip6(bytes);
		return 0;
	}
	return -EINVAL;
}

const char *addr_print(struct addr addr, char ret[ADDR_TEXT])
{
	switch (addr.family) {
	case ADDR_IP4:
		inet_ntop(AF_INET, addr.bytes, ret, ADDR_TEXT);
		break;
	case ADDR_IP6:
		inet_ntop(AF_INET6, addr.bytes, ret, ADDR_TEXT);
		break;
	default:
		memcpy(ret, "-", 2);
	}
	return ret;
}

struct addr addr_ip4(uint32_t host_order)
{
	return (struct addr){
		.family = ADDR_IP4,
		.bytes = {host_order >> 24, host_order >> 16 & 0xff, host_order >> 8 & 0xff,
			  host_order & 0xff},
	};
}

struct addr addr_ip6(const uint8_t bytes[16])
{
	struct addr addr = {0};

	if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
		addr.family = ADDR_IP4;
		memcpy(addr.bytes, bytes + sizeof(mapped), 4);
	} else {
		addr.family = ADDR_IP6;
		memcpy(addr.bytes, bytes, 16);
	}
	return addr;
}

size_t addr_size(struct addr addr)
{
	if (addr.family == ADDR_IP4)
		return 4;
	return addr.family == ADDR_IP6 ? 16 : 0;
}

bool addr_equal(struct addr a, struct addr b)
{
	return addr_compare(a, b) == 0;
}

int addr_compare(struct addr a, struct addr b)
{
	if (a.family != b.family)
		return a.family < b.family ? -1 : 1;
	return memcmp(a.bytes, b.bytes, addr_size(a));
}

bool addr_is_any(struct addr addr)
{
	static const uint8_t zero[16];

	return memcmp(addr.bytes, zero, addr_size(addr)) == 0;
}

const char *addr_print_reverse(struct addr addr, char ret[ADDR_REVERSE_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *at = ret;

	switch (addr.family) {
	case ADDR_IP4:
		snprintf(ret, ADDR_REVERSE_TEXT, "%u.%u.%u.%u.in-addr.arpa", addr.bytes[3],
			 addr.bytes[2], addr.bytes[1], addr.bytes[0]);
		break;
	case ADDR_IP6:
		for (int i = 15; i >= 0; i--) {
			*at++ = digits[addr.bytes[i] & 15];
			*at++ = '.';
			*at++ = digits[addr.bytes[i] >> 4];
			*at++ = '.';
		}
		memcpy(at, "ip6.arpa", sizeof("ip6.arpa"));
		break;
	default:
		memcpy(ret, "-", 2);
	}
	return ret;
}
