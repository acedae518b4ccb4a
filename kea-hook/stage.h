/* SPDX-License-Identifier: ISC */
/*
 * stage: where packet threads put encoded records down, and the sender's thread picks them up.
 *
 * Two halves of one block: records go into one while the thread empties the other, so that the lock
 * is held for one copy or for one swap, some tens of nanoseconds. Whoever finds the lock taken tries
 * again for some microseconds and then gives up; what was given up, and what found its half full, is
 * counted, and the count is handed over with the next swap. No system call on the putting side.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct stage {
	pthread_mutex_t lock;
	uint8_t *halves[2];
	size_t half_bytes;
	unsigned tries; /* at the lock, before a record is given up */
	size_t used;    /* of the half that is being filled */
	int filling;
	atomic_uint_fast64_t busy; /* given up, ever */
	atomic_uint_fast64_t full; /* found no room, ever */
	uint64_t told;             /* of both, handed over */
};

/* What the thread picked up: valid until the next stage_take(). */
struct stage_load {
	uint8_t *bytes; /* each record behind its length in two bytes */
	size_t size;
	size_t at;
	uint64_t lost; /* records that did not make it since the last time */
};

/* 0 or -ENOMEM. */
int stage_init(struct stage *stage, size_t bytes);
void stage_done(struct stage *stage);

/* From any thread. `length` is at most 65535. */
void stage_put(struct stage *stage, const uint8_t *record, size_t length);

/* From the one thread that empties. */
void stage_take(struct stage *stage, struct stage_load *ret);
/* The next record of a load, which the caller may write to; NULL after the last. */
uint8_t *stage_next(struct stage_load *load, size_t *ret_length);
