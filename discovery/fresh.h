/* SPDX-License-Identifier: ISC */
/*
 * fresh: the bytes of the hellos that came last, so that those which go on at once need not be read
 * back from the disk. A hello that is not here is in the store. Bounded: FRESH_MAX of at most
 * FRESH_BYTES_MAX; each new one takes the place of an old one. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FRESH_MAX 2048
#define FRESH_BYTES_MAX 4096 /* every known device stays below 2,300 */

struct fresh;

int fresh_new(struct fresh **ret); /* 0 or -ENOMEM */
void fresh_free(struct fresh *fresh);

/* Keeps a copy, or does not. */
void fresh_put(struct fresh *fresh, int64_t hello, const uint8_t *bytes, size_t length);
/* NULL when it is not here; good until the next fresh_put. */
const uint8_t *fresh_get(const struct fresh *fresh, int64_t hello, size_t *ret_length);
