/* SPDX-License-Identifier: ISC */
/*
 * dhcp_link: DHCP packets to and from a link by a packet socket, as a client without an address sends
 * them: from 0.0.0.0:68 to 255.255.255.255:67. Needs CAP_NET_RAW.
 */
#pragma once

#include "common/addr.h"
#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

/* The socket, non-blocking, or negative errno with the sentence. *ret_index is the interface's. */
int dhcp_link_open(const char *interface, int *ret_index, struct err *err);
/* 0 or negative errno. */
int dhcp_link_send(int fd, int index, const uint8_t *bytes, size_t length);
/* One packet: its length above zero with what UDP carried in `ret`; 0 for a packet that is not for a DHCP
 * client; -EAGAIN when there is none, or another negative errno. */
int dhcp_link_receive(int fd, uint8_t *ret, size_t size, struct addr *ret_source);
