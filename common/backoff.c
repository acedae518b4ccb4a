/* SPDX-License-Identifier: ISC */
#include "common/backoff.h"

/* base * 2^tries, at most max. */
static uint32_t step_ms(const struct backoff *backoff)
{
	uint64_t step = backoff->base_ms > 0 ? backoff->base_ms : 1;

	for (uint32_t i = 0; i < backoff->tries && step < backoff->max_ms; i++)
		step *= 2;
	if (step > backoff->max_ms && backoff->max_ms >= backoff->base_ms)
		step = backoff->max_ms;
	return step > 0 ? (uint32_t)step : 1;
}

uint32_t backoff_next_ms(struct backoff *backoff, uint32_t random)
{
	uint32_t step = step_ms(backoff);
	uint32_t half = step / 2;

	if (backoff->tries < UINT32_MAX)
		backoff->tries++;
	return step - half + (uint32_t)((uint64_t)random % ((uint64_t)half + 1));
}

void backoff_reset(struct backoff *backoff)
{
	backoff->tries = 0;
}
