/* SPDX-License-Identifier: ISC */
#include "common/endpoint.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Decimal, 1 to 65535, no sign, no leading zero. */
static int port_parse(const char *text, uint16_t *ret)
{
	uint32_t port = 0;

	if (text[0] == '0')
		return -EINVAL;
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] < '0' || text[i] > '9' || i == 5)
			return -EINVAL;
		port = port * 10 + (uint32_t)(text[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return -EINVAL;
	*ret = (uint16_t)port;
	return 0;
}

/* Splits "ADDRESS", "IPv4:PORT" and "[IPv6]:PORT"; *ret_port is NULL where none is given. */
static int endpoint_split(const char *text, char address[ADDR_TEXT], const char **ret_port)
{
	const char *colon = strchr(text, ':');
	size_t length;

	*ret_port = NULL;
	if (text[0] == '[') {
		const char *end = strchr(++text, ']');

		if (!end || (end[1] != '\0' && end[1] != ':'))
			return -EINVAL;
		length = (size_t)(end - text);
		if (!memchr(text, ':', length))
			return -EINVAL;
		if (end[1] == ':')
			*ret_port = end + 2;
	} else if (colon && !strchr(colon + 1, ':')) {
		length = (size_t)(colon - text);
		*ret_port = colon + 1;
	} else {
		length = strlen(text);
	}
	if (length >= ADDR_TEXT)
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	return 0;
}

int endpoint_parse(const char *text, uint16_t default_port, struct endpoint *ret)
{
	struct endpoint endpoint = {.port = default_port};
	char address[ADDR_TEXT];
	const char *port;

	if (endpoint_split(text, address, &port) < 0 || addr_parse(address, &endpoint.addr) < 0)
		return -EINVAL;
	if (port && port_parse(port, &endpoint.port) < 0)
		return -EINVAL;
	if (endpoint.port == 0)
		return -EINVAL;
	*ret = endpoint;
	return 0;
}

const char *endpoint_print(struct endpoint endpoint, char ret[ENDPOINT_TEXT])
{
	char address[ADDR_TEXT];

	addr_print(endpoint.addr, address);
	if (endpoint.addr.family == ADDR_NONE)
		memcpy(ret, "-", 2);
	else if (endpoint.addr.family == ADDR_IP6)
		snprintf(ret, ENDPOINT_TEXT, "[%s]:%u", address, endpoint.port);
	else
		snprintf(ret, ENDPOINT_TEXT, "%s:%u", address, endpoint.port);
	return ret;
}

bool endpoint_equal(struct endpoint a, struct endpoint b)
{
	return a.port == b.port && addr_equal(a.addr, b.addr);
}

socklen_t endpoint_to_sockaddr(struct endpoint endpoint, struct sockaddr_storage *ret)
{
	struct sockaddr_in ip4 = {.sin_family = AF_INET, .sin_port = htons(endpoint.port)};
	struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_port = htons(endpoint.port)};

	memset(ret, 0, sizeof(*ret));
	if (endpoint.addr.family == ADDR_IP6) {
		memcpy(&ip6.sin6_addr, endpoint.addr.bytes, 16);
		memcpy(ret, &ip6, sizeof(ip6));
		return sizeof(ip6);
	}
	memcpy(&ip4.sin_addr, endpoint.addr.bytes, 4);
	memcpy(ret, &ip4, sizeof(ip4));
	return sizeof(ip4);
}

int endpoint_from_sockaddr(const struct sockaddr *from, struct endpoint *ret)
{
	struct sockaddr_in ip4;
	struct sockaddr_in6 ip6;

	switch (from->sa_family) {
	case AF_INET:
		memcpy(&ip4, from, sizeof(ip4));
		*ret = (struct endpoint){addr_ip4(ntohl(ip4.sin_addr.s_addr)), ntohs(ip4.sin_port)};
		return 0;
	case AF_INET6:
		memcpy(&ip6, from, sizeof(ip6));
		*ret = (struct endpoint){addr_ip6(ip6.sin6_addr.s6_addr), ntohs(ip6.sin6_port)};
		return 0;
	default:
		return -EAFNOSUPPORT;
	}
}
