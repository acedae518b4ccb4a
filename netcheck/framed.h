/* SPDX-License-Identifier: ISC */
/*
 * framed: a DNS message over TCP, which has its length in front (RFC 1035 4.2.2), from a non-blocking
 * socket in as many pieces as it comes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Reads on into bytes[], of which *have are there. 0 when the message of *ret_length bytes behind the two
 * is whole; -EAGAIN when more must come; -EMSGSIZE when it has no room; -ECONNRESET when the peer closed
 * before its end, or another errno. */
int framed_read(int fd, uint8_t *bytes, size_t size, size_t *have, size_t *ret_length);

/* Sends the message of `length` octets that stands behind bytes[0] and bytes[1], which get its length, on a
 * connection that was just made and so has room for all of it. 0 or a negative errno; -EAGAIN: only a part
 * went. */
int framed_send(int fd, uint8_t *bytes, size_t length);
