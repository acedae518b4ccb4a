/* SPDX-License-Identifier: ISC */
/*
 * ring: encoded records that wait to be sent and acknowledged, in one block of memory.
 *
 * Records are numbered one by one from 1. A record stays until it is acknowledged; when there is no
 * room for a new one the oldest is dropped and counted, and one gap with the number of the last
 * dropped record takes the place of all that were dropped (docs/lease-socket.md, "Delivery").
 * Pure: no lock, no clock, no heap.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	uint8_t *bytes; /* borrowed */
	size_t size;
	size_t oldest_at; /* where the oldest record begins */
	size_t used;
	size_t count;
	uint64_t oldest_seq; /* of the oldest record, or of the next one when empty */
	size_t next_at;      /* where the next record to be sent begins */
	uint64_t next_seq;
	uint64_t gap_lost; /* records dropped and not yet acknowledged as lost */
	bool gap_unsent;   /* on the present connection */
	uint64_t dropped;  /* since ring_init */
};

enum ring_next {
	RING_EMPTY,  /* everything was sent */
	RING_RECORD, /* *ret_length bytes were written */
	RING_GAP,    /* *ret_seq and *ret_lost were written: send a gap */
};

/* `size` must hold the largest record and two bytes more. */
void ring_init(struct ring *ring, uint8_t *bytes, size_t size);

/* The number of the last record that was pushed, 0 before the first. */
uint64_t ring_last_seq(const struct ring *ring);

/* Appends the record that carries the number ring_last_seq() + 1, dropping old ones for it. */
void ring_push(struct ring *ring, const uint8_t *record, size_t length);

/* The next thing to send; `size` must hold the largest record. */
enum ring_next ring_next(struct ring *ring, uint8_t *ret, size_t size, size_t *ret_length,
			 uint64_t *ret_seq, uint64_t *ret_lost);

/* A new connection: everything that was not acknowledged is to be sent again. */
void ring_rewind(struct ring *ring);

/* Forgets everything up to `seq`. 0, or -EINVAL when there was never such a record. */
int ring_ack(struct ring *ring, uint64_t seq);
