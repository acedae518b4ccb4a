/* SPDX-License-Identifier: ISC */
/*
 * backoff: how long to wait before the next try. Doubles from base to max, and takes a random point
 * in the upper half of the step, so that many waiting parties do not come back at once. Pure: the
 * random number is an argument.
 */
#pragma once

#include <stdint.h>

struct backoff {
	uint32_t base_ms; /* first step, at least 1 */
	uint32_t max_ms;  /* largest step, at least base_ms */
	uint32_t tries;   /* steps taken since the last reset */
};

/* The wait before the next try in milliseconds: between half of the step and the whole step. */
uint32_t backoff_next_ms(struct backoff *backoff, uint32_t random);

/* After a success: the next failure waits base_ms again. */
void backoff_reset(struct backoff *backoff);
