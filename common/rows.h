/* SPDX-License-Identifier: ISC */
/*
 * rows: the one way to print a list of things: an aligned table for a terminal, tab-separated lines
 * for a pipe or the control socket, JSON lines, or CSV. Cells from outside are cleaned here, so
 * that callers hand over what they have. Pure: writes into a struct text.
 */
#pragma once

#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rows_format {
	ROWS_TABLE, /* header and aligned columns; the whole list is held until rows_end */
	ROWS_TSV,   /* header line, then one line per row, fields separated by tabs */
	ROWS_JSON,  /* one object per row and line; a number stays a number, a missing value is null
		     */
	ROWS_CSV,   /* RFC 4180 with a header line */
};

#define ROWS_COLUMNS_MAX 32

struct rows;

/* `columns`: NULL-terminated names in kebab-case, borrowed until rows_free. Appends to `out`.
 * 0 or -ENOMEM. What does not fit into `out` sets its `bad`; the table, too, is held within its
 * limit. */
int rows_new(struct rows **ret, enum rows_format format, const char *const *columns,
	     struct text *out);
void rows_free(struct rows *rows);

/* Cells in the order of the columns; NULL text = no value ("-" in a table, null in JSON, else
 * empty). Text is cleaned the same way in every format, so a backslash is "\x5c" in JSON as well. A
 * row is complete with its last column. */
void rows_text(struct rows *rows, const char *value);
void rows_printf(struct rows *rows, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rows_number(struct rows *rows, int64_t value);
void rows_bool(struct rows *rows, bool value);

/* Writes what is held; once, at the end, when the last row is complete. The number of rows. */
size_t rows_end(struct rows *rows);
