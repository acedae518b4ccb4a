/* SPDX-License-Identifier: ISC */
#include "kea-hook/stage.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_BYTES 2
#define LOCK_TRIES 1000 /* some 20 microseconds */

int stage_init(struct stage *stage, size_t bytes)
{
	uint8_t *block = malloc(bytes);

	*stage = (struct stage){.half_bytes = bytes / 2, .tries = LOCK_TRIES};
	if (block == NULL)
		return -ENOMEM;
	memset(block, 0, bytes); /* no page fault in a packet thread later */
	stage->halves[0] = block;
	stage->halves[1] = block + stage->half_bytes;
	pthread_mutex_init(&stage->lock, NULL);
	return 0;
}

void stage_done(struct stage *stage)
{
	if (stage->halves[0] == NULL)
		return;
	pthread_mutex_destroy(&stage->lock);
	free(stage->halves[0]);
}

static bool lock_soon(struct stage *stage)
{
	for (unsigned i = 0; i < stage->tries; i++) {
		if (pthread_mutex_trylock(&stage->lock) == 0)
			return true;
	}
	return false;
}

void stage_put(struct stage *stage, const uint8_t *record, size_t length)
{
	uint16_t stored = (uint16_t)length;

	if (!lock_soon(stage)) {
		atomic_fetch_add(&stage->busy, 1);
		return;
	}
	if (stage->half_bytes - stage->used < LENGTH_BYTES + length) {
		atomic_fetch_add(&stage->full, 1);
	} else {
		uint8_t *to = stage->halves[stage->filling] + stage->used;

		memcpy(to, &stored, sizeof(stored));
		memcpy(to + LENGTH_BYTES, record, length);
		stage->used += LENGTH_BYTES + length;
	}
	pthread_mutex_unlock(&stage->lock);
}

void stage_take(struct stage *stage, struct stage_load *ret)
{
	uint64_t lost;

	pthread_mutex_lock(&stage->lock);
	*ret = (struct stage_load){.bytes = stage->halves[stage->filling], .size = stage->used};
	stage->filling = !stage->filling;
	stage->used = 0;
	pthread_mutex_unlock(&stage->lock);
	lost = atomic_load(&stage->busy) + atomic_load(&stage->full);
	ret->lost = lost - stage->told;
	stage->told = lost;
}

uint8_t *stage_next(struct stage_load *load, size_t *ret_length)
{
	uint8_t *record = load->bytes + load->at + LENGTH_BYTES;
	uint16_t length;

	if (load->at == load->size)
		return NULL;
	memcpy(&length, load->bytes + load->at, sizeof(length));
	load->at += LENGTH_BYTES + length;
	*ret_length = length;
	return record;
}
