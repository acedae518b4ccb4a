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
