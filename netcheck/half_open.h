/* SPDX-License-Identifier: ISC */
/*
 * half_open: connections to our own listening ports whose handshake has not finished: the SYN came in,
 * our SYN-ACK went out, and nothing came back. Where they stay, packets arrive and answers are lost.
 * Asks the kernel (sock_diag), which tells everybody. Touches a netlink socket.
 */
#pragma once

#include "common/endpoint.h"

#include <stddef.h>

struct half_open {
	struct endpoint from;
	struct endpoint to; /* our own */
	unsigned repeats;   /* times that the SYN-ACK was sent again */
};

/* Those whose own port is `port`, of both families, at most `size`. Gives their number, or negative
 * errno. */
int half_open_list(uint16_t port, struct half_open *ret, size_t size);
