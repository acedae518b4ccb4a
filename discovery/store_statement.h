/* SPDX-License-Identifier: ISC */
/*
 * store_statement: a prepared statement, run with its values in one call. Private to store; in the
 * writer thread.
 */
#pragma once

#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;

/* Runs it to its first row or its end: 1 = a row, whose numbers are in `columns` (NULL = nobody
 * asks); 0; or a negative errno. Prepared at its first run; db_close finalises it. The values follow
 * by letters: i int64_t, t text or NULL, b bytes and size_t. */
int store_statement_run(struct sqlite3_stmt **statement, const char *sql,
			struct sqlite3 *connection, int64_t *columns, const char *types, ...);
