/* SPDX-License-Identifier: ISC */
/*
 * rate: a token bucket per network: how often something may happen there in a second, and how often
 * at once after a quiet time. A fixed table: where it is full, the bucket that is nearest to full
 * makes place, so that whoever comes from very many networks empties nobody else's bucket. Pure.
 */
#pragma once

#include "common/addr.h"

#include <stdbool.h>
#include <stdint.h>

#define RATE_BUCKETS 8192 /* networks that are told apart */

struct rate_table;

/* `per_second` 0: without a limit. `seed`: unknown to those who choose their networks. 0 or -ENOMEM.
 */
int rate_new(struct rate_table **ret, uint32_t per_second, uint32_t burst, uint64_t seed);
void rate_free(struct rate_table *table); /* takes NULL */

/* Once more in this network: false when it happened there too often. */
bool rate_take(struct rate_table *table, struct addr network, uint64_t now_ms);
