/* SPDX-License-Identifier: ISC */
#include "netcheck/matrix.h"

#include "common/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void add_port(struct matrix *matrix, uint16_t port)
{
	size_t at = 0;

	while (at < matrix->port_count && matrix->ports[at] < port)
		at++;
	if ((at < matrix->port_count && matrix->ports[at] == port) ||
	    matrix->port_count == MATRIX_PORTS_MAX)
		return;
	memmove(matrix->ports + at + 1, matrix->ports + at,
		(matrix->port_count - at) * sizeof(matrix->ports[0]));
	matrix->ports[at] = port;
	matrix->port_count++;
}

static void name_of(const struct result *result, char ret[MATRIX_NAME])
{
	char addr[ADDR_TEXT];
	const char *name = result->group;

	if (!name)
		name = result->target.family ? addr_print(result->target, addr) : "";
	text_clean(ret, MATRIX_NAME, name, strlen(name));
}

/* The row of that name, made where there is none; NULL when there is no room. The last one is the
 * likeliest. */
static struct matrix_row *row_of(struct matrix *matrix, const char *name)
{
	struct matrix_row *rows;

	for (size_t i = matrix->row_count; i-- > 0;)
		if (!strcmp(matrix->rows[i].name, name))
			return &matrix->rows[i];
	if (matrix->row_count == MATRIX_ROWS_MAX)
		return NULL;
	rows = reallocarray(matrix->rows, matrix->row_count + 1, sizeof(struct matrix_row));
	if (!rows)
		return NULL;
	matrix->rows = rows;
	rows[matrix->row_count] = (struct matrix_row){0};
	memcpy(rows[matrix->row_count].name, name, MATRIX_NAME);
	return &rows[matrix->row_count++];
}

static void take(struct matrix *matrix, const struct result *result)
{
	char name[MATRIX_NAME] = "";
	struct matrix_row *row;
	size_t port = 0;

	name_of(result, name);
	row = row_of(matrix, name);
	while (port < matrix->port_count && matrix->ports[port] != result->port)
		port++;
	if (!row || port == matrix->port_count) {
		matrix->refused++;
		return;
	}
	if (!row->cells[port].worst || result->state > row->cells[port].state) {
		row->cells[port].worst = result;
		row->cells[port].state = result->state;
	}
	row->cells[port].count++;
}

int matrix_fill(struct matrix *ret, const struct results *results)
{
	*ret = (struct matrix){0};
	for (size_t i = 0; i < results->count; i++)
		if (results->items[i]->port && results->items[i]->port_state)
			add_port(ret, results->items[i]->port);
	for (size_t i = 0; i < results->count; i++)
		if (results->items[i]->port && results->items[i]->port_state)
			take(ret, results->items[i]);
	return ret->port_count && !ret->rows ? -ENOMEM : 0;
}

void matrix_done(struct matrix *matrix)
{
	free(matrix->rows);
	*matrix = (struct matrix){0};
}

const char *matrix_word(const struct matrix_cell *cell)
{
	return cell->worst ? cell->worst->port_state : "";
}
