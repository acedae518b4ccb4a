/* SPDX-License-Identifier: ISC */
/*
 * source: how many connections each address, or each prefix, has open. Pure.
 */
#pragma once

#include "common/addr.h"

#include <stdint.h>

struct source {
	struct addr addr; /* first: the key */
	uint32_t connections;
};

struct source_table {
	void *root; /* of tsearch(3) */
};

/* One more for this address. 0, -EUSERS where it has `limit` already, -ENOMEM. */
int source_enter(struct source_table *table, struct addr addr, uint32_t limit, struct source **ret);
/* One less; the source is gone with its last. */
void source_leave(struct source_table *table, struct source *source);

/* The first address of its /24 or /64, which stands for all of them. */
struct addr source_prefix(struct addr addr);
