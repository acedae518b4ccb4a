/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/ring.h"

#include <errno.h>
#include <string.h>

#define SIZE 64
#define RECORD 14 /* four of them, with their lengths, fill SIZE */

static uint8_t memory[SIZE];

/* A record that says its own number. */
static void push(struct ring *ring, size_t length)
{
	uint8_t record[SIZE];

	memset(record, (int)(ring_last_seq(ring) + 1), sizeof(record));
	ring_push(ring, record, length);
}

static struct ring filled(int records)
{
	struct ring ring;

	ring_init(&ring, memory, sizeof(memory));
	for (int i = 0; i < records; i++)
		push(&ring, RECORD);
	return ring;
}

static void assert_record(struct ring *ring, uint8_t number, size_t length)
{
	uint8_t out[SIZE], expected[SIZE];
	size_t out_length = 0;
	uint64_t seq, lost;

	memset(expected, number, sizeof(expected));
	assert_int_equal(ring_next(ring, out, sizeof(out), &out_length, &seq, &lost), RING_RECORD);
	assert_int_equal(out_length, length);
	assert_memory_equal(out, expected, length);
}

static void assert_gap(struct ring *ring, uint64_t seq, uint64_t lost)
{
	uint64_t out_seq = 0, out_lost = 0;
	uint8_t out[SIZE];
	size_t length;

	assert_int_equal(ring_next(ring, out, sizeof(out), &length, &out_seq, &out_lost), RING_GAP);
	assert_int_equal(out_seq, seq);
	assert_int_equal(out_lost, lost);
}

static void assert_empty(struct ring *ring)
{
	uint64_t seq, lost;
	uint8_t out[SIZE];
	size_t length;

	assert_int_equal(ring_next(ring, out, sizeof(out), &length, &seq, &lost), RING_EMPTY);
}

static void records_come_in_order_once(void **state)
{
	struct ring ring = filled(3);

	assert_int_equal(ring_last_seq(&ring), 3);
	for (uint8_t i = 1; i <= 3; i++)
		assert_record(&ring, i, RECORD);
	assert_empty(&ring);
	push(&ring, RECORD);
	assert_record(&ring, 4, RECORD);
}

static void what_was_not_acknowledged_comes_again_after_a_rewind(void **state)
{
	struct ring ring = filled(3);

	assert_record(&ring, 1, RECORD);
	assert_record(&ring, 2, RECORD);
	assert_int_equal(ring_ack(&ring, 1), 0);
	ring_rewind(&ring);
	assert_record(&ring, 2, RECORD);
	assert_record(&ring, 3, RECORD);
	assert_empty(&ring);
}

static void records_of_any_length_wrap_around_the_end(void **state)
{
	struct ring ring = filled(0);

	for (unsigned i = 1; i <= 250; i++) {
		size_t length = 1 + i % (SIZE - 2);

		push(&ring, length);
		assert_record(&ring, (uint8_t)i, length);
		assert_int_equal(ring_ack(&ring, i), 0);
		assert_int_equal(ring.used, 0);
	}
	assert_int_equal(ring.dropped, 0);
}

static void a_full_ring_drops_the_oldest_and_tells_a_gap(void **state)
{
	struct ring ring = filled(6);

	assert_gap(&ring, 2, 2);
	for (uint8_t i = 3; i <= 6; i++)
		assert_record(&ring, i, RECORD);
	assert_empty(&ring);
	assert_int_equal(ring.dropped, 2);
}

static void a_gap_is_told_again_until_acknowledged(void **state)
{
	struct ring ring = filled(6);

	assert_gap(&ring, 2, 2);
	ring_rewind(&ring);
	assert_gap(&ring, 2, 2);
	assert_int_equal(ring_ack(&ring, 2), 0);
	ring_rewind(&ring);
	assert_record(&ring, 3, RECORD);
}

static void a_dropped_record_that_was_sent_is_a_gap_only_after_a_rewind(void **state)
{
	struct ring ring = filled(4);

	for (uint8_t i = 1; i <= 4; i++)
		assert_record(&ring, i, RECORD);
	push(&ring, RECORD);
	assert_record(&ring, 5, RECORD);
	assert_empty(&ring);
	ring_rewind(&ring);
	assert_gap(&ring, 1, 1);
	assert_record(&ring, 2, RECORD);
}

static void an_acknowledgement_may_run_ahead_of_the_resending(void **state)
{
	struct ring ring = filled(3);

	ring_rewind(&ring);
	assert_int_equal(ring_ack(&ring, 2), 0);
	assert_record(&ring, 3, RECORD);
	assert_int_equal(ring_ack(&ring, 1), 0); /* an old one again */
	assert_int_equal(ring.count, 1);
}

static void a_record_never_made_cannot_be_acknowledged(void **state)
{
	struct ring ring = filled(3);

	assert_int_equal(ring_ack(&ring, 4), -EINVAL);
	assert_int_equal(ring.count, 3);
	assert_int_equal(ring_ack(&ring, 3), 0);
	assert_int_equal(ring.count, 0);
	assert_int_equal(ring_last_seq(&ring), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_in_order_once),
		cmocka_unit_test(what_was_not_acknowledged_comes_again_after_a_rewind),
		cmocka_unit_test(records_of_any_length_wrap_around_the_end),
		cmocka_unit_test(a_full_ring_drops_the_oldest_and_tells_a_gap),
		cmocka_unit_test(a_gap_is_told_again_until_acknowledged),
		cmocka_unit_test(a_dropped_record_that_was_sent_is_a_gap_only_after_a_rewind),
		cmocka_unit_test(an_acknowledgement_may_run_ahead_of_the_resending),
		cmocka_unit_test(a_record_never_made_cannot_be_acknowledged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
