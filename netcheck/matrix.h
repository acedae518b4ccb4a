/* SPDX-License-Identifier: ISC */
/*
 * matrix: the results about ports as a table of subnets (or hosts, where no subnet is named) by ports,
 * for the reports: one cell holds the worst of its results. Bounded; pure, apart from the heap.
 */
#pragma once

#include "netcheck/result.h"

#define MATRIX_ROWS_MAX 1024
#define MATRIX_PORTS_MAX 64
#define MATRIX_NAME 80

struct matrix_cell {
	size_t count; /* results */
	enum result_state state;
	const struct result *worst; /* NULL = none; borrowed */
};

struct matrix_row {
	char name[MATRIX_NAME]; /* cleaned */
	struct matrix_cell cells[MATRIX_PORTS_MAX];
};

struct matrix {
	uint16_t ports[MATRIX_PORTS_MAX]; /* sorted */
	size_t port_count;
	struct matrix_row *rows; /* in the order of the results */
	size_t row_count;
	size_t refused; /* results that had no room */
};

/* The results must outlive it. 0 or -ENOMEM. */
int matrix_fill(struct matrix *ret, const struct results *results);
void matrix_done(struct matrix *matrix);

/* "open", "filtered", ..., "" for an empty cell. */
const char *matrix_word(const struct matrix_cell *cell);
