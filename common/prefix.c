/* SPDX-License-Identifier: ISC */
#include "common/prefix.h"

#include "common/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static unsigned family_bits(struct addr addr)
{
	return (unsigned)addr_size(addr) * 8;
}

/* Decimal without sign or leading zero; -EINVAL above `max`. */
static int length_parse(const char *text, unsigned max, uint8_t *ret)
{
	unsigned length = 0;

	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return -EINVAL;
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] < '0' || text[i] > '9' || i == 3)
			return -EINVAL;
		length = length * 10 + (unsigned)(text[i] - '0');
	}
	if (length > max)
		return -EINVAL;
	*ret = (uint8_t)length;
	return 0;
}

/* The address with everything below the prefix length set to zero. */
static struct addr network_of(struct addr addr, unsigned length)
{
	for (unsigned bit = length; bit < family_bits(addr); bit++)
		addr.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	return addr;
}

int prefix_parse(const char *text, struct prefix *ret, struct err *err)
{
	struct prefix prefix = {0}, network;
	char address[ADDR_TEXT] = "", shown[80], right[PREFIX_TEXT];
	const char *slash = strchrnul(text, '/');
	size_t length = (size_t)(slash - text);

	text_clean(shown, sizeof(shown), text, strlen(text));
	if (length < sizeof(address))
		memcpy(address, text, length);
	if (addr_parse(address, &prefix.addr) < 0)
		return err_set(err, -EINVAL,
			       "\"%s\" is not a network (10.81.0.0/16, 2001:db8::/32)", shown);
	prefix.length = (uint8_t)family_bits(prefix.addr);
	if (*slash == '/' && length_parse(slash + 1, prefix.length, &prefix.length) < 0)
		return err_set(err, -EINVAL, "\"%s\": the length must be a number from 0 to %u",
			       shown, family_bits(prefix.addr));
	network = (struct prefix){network_of(prefix.addr, prefix.length), prefix.length};
	if (!addr_equal(network.addr, prefix.addr))
		return err_set(err, -EINVAL, "\"%s\" has host bits set (the network is %s)", shown,
			       prefix_print(network, right));
	*ret = network;
	return 0;
}

const char *prefix_print(struct prefix prefix, char ret[PREFIX_TEXT])
{
	char address[ADDR_TEXT];

	addr_print(prefix.addr, address);
	if (prefix.addr.family == ADDR_NONE)
		memcpy(ret, "-", 2);
	else
		snprintf(ret, PREFIX_TEXT, "%s/%u", address, prefix.length);
	return ret;
}

bool prefix_contains(struct prefix prefix, struct addr addr)
{
	return prefix.addr.family != ADDR_NONE && prefix.addr.family == addr.family &&
	       addr_equal(network_of(addr, prefix.length), prefix.addr);
}

uint64_t prefix_count(struct prefix prefix)
{
	unsigned host_bits = family_bits(prefix.addr) - prefix.length;

	if (prefix.addr.family == ADDR_NONE)
		return 0;
	return host_bits < 64 ? UINT64_C(1) << host_bits : UINT64_MAX;
}

struct addr prefix_at(struct prefix prefix, uint64_t index)
{
	struct addr addr = prefix.addr;
	unsigned host_bits = family_bits(addr) - prefix.length;

	if (addr.family == ADDR_NONE || (host_bits < 64 && index >> host_bits != 0))
		return (struct addr){0};
	for (size_t i = addr_size(addr); i > 0 && index > 0; i--) {
		addr.bytes[i - 1] |= (uint8_t)index; /* host bits are zero: no carry */
		index >>= 8;
	}
	return addr;
}
