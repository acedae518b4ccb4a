/* SPDX-License-Identifier: ISC */
/*
 * endpoint: an address with a port, as "10.0.0.1:53" or "[2001:db8::1]:53". Pure.
 */
#pragma once

#include "common/addr.h"

#include <sys/socket.h>

struct endpoint {
	struct addr addr;
	uint16_t port; /* host order */
};

#define ENDPOINT_TEXT (ADDR_TEXT + 8)

/* Without a port `default_port` is taken; 0 there means that a port must be given. 0 or -EINVAL. */
int endpoint_parse(const char *text, uint16_t default_port, struct endpoint *ret);
const char *endpoint_print(struct endpoint endpoint, char ret[ENDPOINT_TEXT]);
bool endpoint_equal(struct endpoint a, struct endpoint b);
socklen_t endpoint_to_sockaddr(struct endpoint endpoint, struct sockaddr_storage *ret);
/* -EAFNOSUPPORT for anything but IPv4 and IPv6; v4-mapped addresses become IPv4. */
int endpoint_from_sockaddr(const struct sockaddr *from, struct endpoint *ret);
