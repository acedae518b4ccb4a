/* SPDX-License-Identifier: ISC */
/*
 * order: the numbers 0 to count - 1 in an order that looks random, without a list of them: a Feistel
 * network over the next power of four, walked until it falls inside. The same seed gives the same
 * order, so that an interrupted run goes on where it stopped. Neighbours are visited far apart:
 * no subnet, firewall or switch gets its packets in one row. Pure.
 */
#pragma once

#include <stdint.h>

struct order {
	uint64_t count;
	uint64_t seed;
	unsigned half_bits; /* of the network's block */
};

/* `count` up to 2^62. */
struct order order_new(uint64_t count, uint64_t seed);
/* The number at place `at`, which must be below count. */
uint64_t order_at(const struct order *order, uint64_t at);
