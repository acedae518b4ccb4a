/* SPDX-License-Identifier: ISC */
#include "discovery/circuit.h"

void circuit_init(struct circuit *circuit)
{
	*circuit = (struct circuit){
		.backoff = {.base_ms = CIRCUIT_WAIT_MIN_MS, .max_ms = CIRCUIT_WAIT_MAX_MS},
	};
}

void circuit_fail(struct circuit *circuit, bool blames, bool probe, uint64_t now_ms,
		  uint32_t random)
{
	circuit->failures++;
	/* Of several that fail together only the first makes the wait longer. */
	if (circuit->open ? !probe : !blames && circuit->failures < CIRCUIT_AFTER)
		return;
	if (!circuit->open)
		circuit->probed_ms = now_ms;
	circuit->open = true;
	circuit->probe_at_ms = now_ms + backoff_next_ms(&circuit->backoff, random);
}

void circuit_succeed(struct circuit *circuit)
{
	circuit->failures = 0;
	circuit->open = false;
	backoff_reset(&circuit->backoff);
}

void circuit_probe(struct circuit *circuit, uint64_t now_ms)
{
	circuit->probed_ms = now_ms;
}

bool circuit_hasten(struct circuit *circuit, uint64_t now_ms)
{
	uint64_t at_ms = circuit->probed_ms + CIRCUIT_WAIT_MIN_MS;

	if (at_ms < now_ms)
		at_ms = now_ms;
	if (!circuit->open || circuit->probe_at_ms <= at_ms)
		return false;
	circuit->probe_at_ms = at_ms;
	return true;
}
