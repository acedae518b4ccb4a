/* SPDX-License-Identifier: ISC */
/*
 * kernel: stands in for sockets, event loop and clock below the listener, so that a run makes no
 * system call. The linker leads accept4, recv, close, event_add, event_del, event_pending and
 * clock_mono_ms here (meson.build); kernel_run calls what became ready.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL_PEERS 24 /* of one run */

/* Forgets the peers of the run before; none may be open. */
void kernel_reset(void);

/* A peer connects from port `number`: its number, counting up from 0, or -1 when there are enough. */
int kernel_connect(uint8_t network, uint8_t host, bool ip6);
/* Bytes that the peer sends: borrowed until kernel_reset, and at the end of what it sent before.
 */
void kernel_send(int peer, const uint8_t *bytes, size_t length);
/* The peer ends its side, with FIN or RST. */
void kernel_end(int peer, bool reset);
/* The next accept4 fails for want of descriptors. */
void kernel_exhaust(void);
void kernel_sleep(uint64_t ms);
/* Calls what became ready, until nothing is. */
void kernel_run(void);

/* How many of the peer's bytes the program has taken. */
size_t kernel_taken(int peer);
/* Descriptors that the program holds, and peers that it has not accepted. */
size_t kernel_held(void), kernel_waiting(void);
