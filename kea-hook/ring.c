/* SPDX-License-Identifier: ISC */
#include "kea-hook/ring.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Every record stands behind its length in two bytes; both may wrap around the end. */
#define LENGTH_BYTES 2

static size_t step(const struct ring *ring, size_t at, size_t bytes)
{
	at += bytes;
	return at < ring->size ? at : at - ring->size;
}

static void copy_in(struct ring *ring, size_t at, const uint8_t *from, size_t length)
{
	size_t first = ring->size - at < length ? ring->size - at : length;

	memcpy(ring->bytes + at, from, first);
	memcpy(ring->bytes, from + first, length - first);
}

static void copy_out(const struct ring *ring, size_t at, uint8_t *to, size_t length)
{
	size_t first = ring->size - at < length ? ring->size - at : length;

	memcpy(to, ring->bytes + at, first);
	memcpy(to + first, ring->bytes, length - first);
}

static size_t length_at(const struct ring *ring, size_t at)
{
	uint16_t length;

	copy_out(ring, at, (uint8_t *)&length, sizeof(length));
	return length;
}

void ring_init(struct ring *ring, uint8_t *bytes, size_t size)
{
	*ring = (struct ring){.bytes = bytes, .size = size, .oldest_seq = 1, .next_seq = 1};
}

uint64_t ring_last_seq(const struct ring *ring)
{
	return ring->oldest_seq + ring->count - 1;
}

/* Takes the oldest record away; the sending position moves with it where it stood on it. */
static void remove_oldest(struct ring *ring)
{
	size_t bytes = LENGTH_BYTES + length_at(ring, ring->oldest_at);

	ring->oldest_at = step(ring, ring->oldest_at, bytes);
	ring->used -= bytes;
	ring->count--;
	if (ring->next_seq == ring->oldest_seq) {
		ring->next_seq++;
		ring->next_at = ring->oldest_at;
	}
	ring->oldest_seq++;
}

static void drop_oldest(struct ring *ring)
{
	/* What was sent on this connection is not news as a gap; after a rewind it is. */
	if (ring->next_seq == ring->oldest_seq)
		ring->gap_unsent = true;
	ring->gap_lost++;
	ring->dropped++;
	remove_oldest(ring);
}

void ring_push(struct ring *ring, const uint8_t *record, size_t length)
{
	uint16_t stored = (uint16_t)length;
	size_t at;

	assert(length <= UINT16_MAX && length + LENGTH_BYTES <= ring->size);
	while (ring->size - ring->used < length + LENGTH_BYTES)
		drop_oldest(ring);
	at = step(ring, ring->oldest_at, ring->used);
	copy_in(ring, at, (const uint8_t *)&stored, sizeof(stored));
	copy_in(ring, step(ring, at, LENGTH_BYTES), record, length);
	ring->used += LENGTH_BYTES + length;
	ring->count++;
}

enum ring_next ring_next(struct ring *ring, uint8_t *ret, size_t size, size_t *ret_length,
			 uint64_t *ret_seq, uint64_t *ret_lost)
{
	if (ring->gap_unsent) {
		ring->gap_unsent = false;
		*ret_seq = ring->oldest_seq - 1;
		*ret_lost = ring->gap_lost;
		return RING_GAP;
	}
	if (ring->next_seq > ring_last_seq(ring))
		return RING_EMPTY;

	size_t length = length_at(ring, ring->next_at);
	size_t begin = step(ring, ring->next_at, LENGTH_BYTES);

	assert(length <= size);
	copy_out(ring, begin, ret, length);
	*ret_length = length;
	ring->next_at = step(ring, begin, length);
	ring->next_seq++;
	return RING_RECORD;
}

void ring_rewind(struct ring *ring)
{
	ring->next_at = ring->oldest_at;
	ring->next_seq = ring->oldest_seq;
	ring->gap_unsent = ring->gap_lost > 0;
}

int ring_ack(struct ring *ring, uint64_t seq)
{
	if (seq > ring_last_seq(ring))
		return -EINVAL;
	if (seq + 1 >= ring->oldest_seq) {
		ring->gap_lost = 0;
		ring->gap_unsent = false;
	}
	while (ring->count > 0 && ring->oldest_seq <= seq)
		remove_oldest(ring);
	return 0;
}
