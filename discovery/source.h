/* SPDX-License-Identifier: ISC */
/*
 * source: how many connections each address, or each prefix, has open. Touches
 * nothing but the kernel's randomness, once per table.
 */
#pragma once

#include "common/addr.h"
#include "common/table.h"

#include <stdint.h>

struct source {
	struct table_link link; /* first */
	struct addr addr;
	uint32_t connections;
};

struct source_table {
	struct table table;
	struct source *spare; /* the last one that went, for the next one that comes */
};

void source_init(struct source_table *sources);
void source_done(struct source_table *sources);

/* One more for this address. 0, -EUSERS where it has `limit` already, -ENOMEM. */
int source_enter(struct source_table *sources, struct addr addr, uint32_t limit,
		 struct source **ret);
/* One less; the source is gone with its last. */
void source_leave(struct source_table *sources, struct source *source);

/* The first address of its /24 or /64, which stands for all of them. */
struct addr source_prefix(struct addr addr);
