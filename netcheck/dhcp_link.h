/* SPDX-License-Identifier: ISC */
/*
 * dhcp_link: DHCP packets to and from a link by a packet socket, as a client sends them, with an address or
 * without: from port 68 to 255.255.255.255:67. Needs CAP_NET_RAW.
 */
#pragma once

#include "common/addr.h"
#include "common/err.h"
#include "common/mac.h"

#include <stddef.h>
#include <stdint.h>

/* The socket, non-blocking, or negative errno with the sentence. *ret_index is the interface's. */
int dhcp_link_open(const char *interface, int *ret_index, struct err *err);
/* The interface's own first IPv4 address, ADDR_NONE where it has none, and its Ethernet address, length 0
 * where it is another kind. */
void dhcp_link_own(int fd, const char *interface, struct addr *ret_addr, struct mac *ret_mac);
/* 0 or negative errno. `source` ADDR_NONE: 0.0.0.0. */
int dhcp_link_send(int fd, int index, struct addr source, const uint8_t *bytes, size_t length);
/* One packet: its length above zero with what UDP carried in `ret`; 0 for a packet that is not for a DHCP
 * client; -EAGAIN when there is none, or another negative errno. */
int dhcp_link_receive(int fd, uint8_t *ret, size_t size, struct addr *ret_source);
