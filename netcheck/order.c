/* SPDX-License-Identifier: ISC */
#include "netcheck/order.h"

#define ROUNDS 4

struct order order_new(uint64_t count, uint64_t seed)
{
	struct order order = {.count = count, .seed = seed, .half_bits = 1};

	while (order.half_bits < 31 && (UINT64_C(1) << (2 * order.half_bits)) < count)
		order.half_bits++;
	return order;
}

/* The mixing step of splitmix64: good enough to scatter, and quick. */
static uint64_t mix(uint64_t value)
{
	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

static uint64_t permute(const struct order *order, uint64_t value)
{
	uint64_t mask = (UINT64_C(1) << order->half_bits) - 1;
	uint64_t left = value >> order->half_bits, right = value & mask;

	for (uint64_t round = 1; round <= ROUNDS; round++) {
		uint64_t next = left ^
				(mix(right + round * UINT64_C(0x9e3779b97f4a7c15) + order->seed) &
				 mask);

		left = right;
		right = next;
	}
	return left << order->half_bits | right;
}

uint64_t order_at(const struct order *order, uint64_t at)
{
	do
		at = permute(order, at);
	while (at >= order->count);
	return at;
}
