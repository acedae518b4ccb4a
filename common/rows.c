/* SPDX-License-Identifier: ISC */
#include "common/rows.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2 /* blanks between the columns of a table */

/* What a cell holds decides how JSON writes it. */
enum cell {
	CELL_NONE,
	CELL_TEXT,
	CELL_PLAIN, /* a number, true or false */
};

struct rows {
	enum rows_format format;
	const char *const *columns;
	size_t column_count;
	struct text *out;
	size_t at;                       /* the column that comes next */
	size_t count;                    /* complete rows */
	struct text line;                /* the row that is being written; not TABLE */
	struct text held;                /* TABLE: terminated cells, one after the other */
	size_t widths[ROWS_COLUMNS_MAX]; /* TABLE: in characters */
};

/* Characters of clean UTF-8. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void hold(struct rows *rows, const char *cell)
{
	size_t width = width_of(cell);

	if (width > rows->widths[rows->at])
		rows->widths[rows->at] = width;
	text_add_bytes(&rows->held, cell, strlen(cell) + 1);
}

static void add_json_text(struct text *out, const char *value)
{
	struct json_object *json = json_object_new_string(value);
	const char *written = json != NULL ? json_object_to_json_string_ext(
						     json, JSON_C_TO_STRING_NOSLASHESCAPE)
					   : NULL;

	if (written != NULL)
		text_add_bytes(out, written, strlen(written));
	else
		out->bad = true;
	json_object_put(json);
}

static void add_json(struct rows *rows, enum cell cell, const char *value)
{
	text_add(&rows->line, rows->at == 0 ? "{" : ",");
	add_json_text(&rows->line, rows->columns[rows->at]);
	text_add(&rows->line, ":");
	if (cell == CELL_TEXT)
		add_json_text(&rows->line, value);
	else
		text_add(&rows->line, "%s", cell == CELL_PLAIN ? value : "null");
	if (rows->at + 1 == rows->column_count)
		text_add(&rows->line, "}");
}

static void add_csv(struct text *out, const char *value)
{
	if (strpbrk(value, ",\"\r\n") == NULL) {
		text_add_bytes(out, value, strlen(value));
		return;
	}
	text_add(out, "\"");
	for (; *value != '\0'; value++) {
		if (*value == '"')
			text_add(out, "\"");
		text_add_bytes(out, value, 1);
	}
	text_add(out, "\"");
}

static void end_line(struct rows *rows)
{
	text_add(&rows->line, rows->format == ROWS_CSV ? "\r\n" : "\n");
	if (rows->line.bad)
		rows->out->bad = true;
	else
		text_add_bytes(rows->out, rows->line.bytes, rows->line.length);
	text_clear(&rows->line);
}

/* `value` is clean; "" for CELL_NONE. */
static void add_cell(struct rows *rows, enum cell cell, const char *value)
{
	switch (rows->format) {
	case ROWS_TABLE:
		hold(rows, cell == CELL_NONE ? "-" : value);
		break;
	case ROWS_TSV:
		text_add(&rows->line, "%s", rows->at > 0 ? "\t" : "");
		text_add_bytes(&rows->line, value, strlen(value));
		break;
	case ROWS_JSON:
		add_json(rows, cell, value);
		break;
	case ROWS_CSV:
		text_add(&rows->line, "%s", rows->at > 0 ? "," : "");
		add_csv(&rows->line, value);
		break;
	}
	if (++rows->at < rows->column_count)
		return;
	rows->at = 0;
	rows->count++;
	if (rows->format != ROWS_TABLE)
		end_line(rows);
}

static void add_header(struct rows *rows)
{
	if (rows->format == ROWS_JSON)
		return;
	for (size_t at = 0; at < rows->column_count; at++)
		add_cell(rows, CELL_TEXT, rows->columns[at]);
	rows->count = 0;
}

int rows_new(struct rows **ret, enum rows_format format, const char *const *columns,
	     struct text *out)
{
	struct rows *rows = calloc(1, sizeof(*rows));

	if (rows == NULL)
		return -ENOMEM;
	rows->format = format;
	rows->columns = columns;
	rows->out = out;
	while (columns[rows->column_count] != NULL)
		rows->column_count++;
	assert(rows->column_count > 0 && rows->column_count <= ROWS_COLUMNS_MAX);
	text_init(&rows->line, out->limit);
	text_init(&rows->held, out->limit);
	add_header(rows);
	*ret = rows;
	return 0;
}

void rows_free(struct rows *rows)
{
	if (rows == NULL)
		return;
	text_done(&rows->line);
	text_done(&rows->held);
	free(rows);
}

void rows_text(struct rows *rows, const char *value)
{
	struct text clean;

	if (value == NULL) {
		add_cell(rows, CELL_NONE, "");
		return;
	}
	text_init(&clean, rows->out->limit);
	text_add_clean(&clean, value, strlen(value));
	if (clean.bad)
		rows->out->bad = true;
	add_cell(rows, CELL_TEXT, clean.bad || clean.bytes == NULL ? "" : clean.bytes);
	text_done(&clean);
}

void rows_printf(struct rows *rows, const char *format, ...)
{
	char *value = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&value, format, args);
	va_end(args);
	if (length < 0) {
		rows->out->bad = true;
		add_cell(rows, CELL_NONE, "");
		return;
	}
	rows_text(rows, value);
	free(value);
}

void rows_number(struct rows *rows, int64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, value);
	add_cell(rows, CELL_PLAIN, digits);
}

void rows_bool(struct rows *rows, bool value)
{
	if (rows->format == ROWS_TABLE)
		add_cell(rows, CELL_PLAIN, value ? "yes" : "no");
	else
		add_cell(rows, CELL_PLAIN, value ? "true" : "false");
}

/* The header and the rows, every column but the last as wide as its widest cell. */
static void write_table(struct rows *rows)
{
	const char *cell = rows->held.bytes;

	for (size_t line = 0; line <= rows->count; line++) {
		for (size_t at = 0; at < rows->column_count; at++) {
			bool last = at + 1 == rows->column_count;
			size_t blanks = rows->widths[at] - width_of(cell) + GAP;

			text_add(rows->out, "%s%*s", cell, last ? 0 : (int)blanks, "");
			cell += strlen(cell) + 1;
		}
		text_add(rows->out, "\n");
	}
}

size_t rows_end(struct rows *rows)
{
	assert(rows->at == 0);
	if (rows->format != ROWS_TABLE)
		return rows->count;
	if (rows->held.bad)
		rows->out->bad = true;
	else
		write_table(rows);
	return rows->count;
}
