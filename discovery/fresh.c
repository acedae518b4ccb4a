/* SPDX-License-Identifier: ISC */
#include "discovery/fresh.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	int64_t hello; /* 0 = empty */
	size_t length;
	uint8_t *bytes;
};

struct fresh {
	struct slot slots[FRESH_MAX]; /* by row number: those of the last FRESH_MAX rows */
};

int fresh_new(struct fresh **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void fresh_free(struct fresh *fresh)
{
	for (size_t i = 0; fresh && i < FRESH_MAX; i++)
		free(fresh->slots[i].bytes);
	free(fresh);
}

void fresh_put(struct fresh *fresh, int64_t hello, const uint8_t *bytes, size_t length)
{
	struct slot *slot = &fresh->slots[(uint64_t)hello % FRESH_MAX];
	uint8_t *grown;

	if (length > FRESH_BYTES_MAX || length == 0)
		return;
	grown = slot->bytes && slot->length >= length ? slot->bytes : realloc(slot->bytes, length);
	if (!grown)
		return;
	memcpy(grown, bytes, length);
	*slot = (struct slot){.hello = hello, .length = length, .bytes = grown};
}

const uint8_t *fresh_get(const struct fresh *fresh, int64_t hello, size_t *ret_length)
{
	const struct slot *slot = &fresh->slots[(uint64_t)hello % FRESH_MAX];

	if (slot->hello != hello || hello == 0)
		return NULL;
	*ret_length = slot->length;
	return slot->bytes;
}
