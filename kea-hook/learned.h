/* SPDX-License-Identifier: ISC */
/*
 * learned: the hardware addresses of machines that the daemon knows to have AMT, for take-over by
 * `learned`. A bounded set: where it is full the address that was told first goes, and is counted.
 *
 * One thread writes (the sender's), any thread asks: learned_has() takes no lock, makes no system call
 * and looks at no more than LEARNED_PROBES words. An address never moves while it is known, so that
 * nobody misses it during a change.
 */
#pragma once

#include "common/lease.h"
#include "common/mac.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEARNED_PROBES 128

struct learned_link {
	uint32_t older, newer; /* slots; `end` at the ends */
	uint32_t generation;   /* of the whole table that told it */
};

struct learned {
	atomic_uint_fast64_t *slots; /* NULL = nothing is ever known */
	struct learned_link *links;  /* by slot, the writer's own, as all below */
	unsigned shift;              /* of the hash: 64 less the slots' power of two */
	uint64_t seed;
	uint32_t end; /* number of slots */
	uint32_t oldest, newest;
	uint32_t generation;
	size_t max;
	atomic_size_t count;            /* known now */
	atomic_uint_fast64_t forgotten; /* pushed out by newer ones, or no room found, ever */
};

/* For at most `max` addresses; 0 = none are wanted. 0 or -ENOMEM. */
int learned_init(struct learned *learned, size_t max);
void learned_done(struct learned *learned);

bool learned_has(const struct learned *learned, const struct mac *mac);

/* From the one writing thread. */
void learned_take(struct learned *learned, const struct lease_learned *told);
