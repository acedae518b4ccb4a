/* SPDX-License-Identifier: ISC */
/*
 * originals: options 81, or 39, as they came, of packets in which they were mended, until the event of
 * the packet's lease is told. The packet itself holds only what the repair left.
 *
 * Keyed by the head of the packet; a bounded number, and the newer takes the place of the older: what
 * is lost is an option in an event, never a client's answer. Any thread; no system call: who finds the
 * lock taken goes without. Where nothing was mended, asking costs one load.
 */
#pragma once

#include "common/lease.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORIGINALS_MAX 64

struct original {
	uint64_t key; /* 0 = the place is free */
	struct lease_bytes option;
};

struct originals {
	pthread_mutex_t lock;
	atomic_uint count;
	struct original places[ORIGINALS_MAX];
};

/* The memory is zero. 0 or a negative errno. */
int originals_init(struct originals *originals);
void originals_done(struct originals *originals);

/* `packet` is what the repair left of it; transaction and client stand in its first 64 octets. */
void originals_put(struct originals *originals, const uint8_t *packet, size_t size,
		   const struct lease_bytes *option);
/* True when there was one for this packet; it is then forgotten. */
bool originals_take(struct originals *originals, const uint8_t *packet, size_t size,
		    struct lease_bytes *ret);
