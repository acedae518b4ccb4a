/* SPDX-License-Identifier: ISC */
/*
 * space: the addresses of a large scan as sorted ranges that do not overlap: sixteen million addresses
 * of one prefix cost as much as one. Names, files and leases add to it until it is closed; then it
 * counts, and gives the address at a place. Pure, apart from the heap and the named file.
 */
#pragma once

#include "netcheck/target.h"

#define SPACE_MAX (1U << 24)        /* addresses */
#define SPACE_UNASKED_MAX 65536     /* more must be meant: --yes-really */
#define SPACE_RANGES_MAX (1U << 20) /* that do not touch each other */
#define SPACE_LINE_MAX 512

struct space_range {
	struct addr first;
	uint64_t count;
	uint64_t before; /* addresses in the ranges in front of it */
};

struct space {
	struct space_range *items;
	size_t count;
	size_t size;
	uint64_t total;    /* addresses; known when closed */
	uint64_t repeated; /* named more than once, and counted once */
};

/* As target_add(). */
int space_add(struct space *space, const char *text, target_resolve *resolve, struct err *err);
/* One target a line; what follows a # is left out. Errors name file and line. "-" reads standard
 * input. */
int space_add_file(struct space *space, const char *path, target_resolve *resolve, struct err *err);
/* Sorts and joins. 0, or -E2BIG with the sentence. */
int space_close(struct space *space, struct err *err);
void space_done(struct space *space);

/* Of a closed space, 0 <= at < total. */
struct addr space_at(const struct space *space, uint64_t at);
/* The place of an address, `total` where it is not in the space. */
uint64_t space_find(const struct space *space, struct addr addr);
