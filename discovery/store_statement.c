/* SPDX-License-Identifier: ISC */
#include "discovery/store_statement.h"

#include "common/db.h"

#include <sqlite3.h>

#include <stdarg.h>
#include <stddef.h>

static void bind_values(sqlite3_stmt *statement, const char *types, va_list values)
{
	for (int at = 1; *types; types++, at++) {
		const void *bytes;

		switch (*types) {
		case 'i':
			sqlite3_bind_int64(statement, at, va_arg(values, int64_t));
			break;
		case 't':
			sqlite3_bind_text(statement, at, va_arg(values, const char *), -1,
					  SQLITE_STATIC);
			break;
		case 'b':
			bytes = va_arg(values, const void *);
			sqlite3_bind_blob64(statement, at, bytes, va_arg(values, size_t),
					    SQLITE_STATIC);
			break;
		}
	}
}

int store_statement_run(sqlite3_stmt **statement, const char *sql, sqlite3 *connection,
			int64_t *columns, const char *types, ...)
{
	va_list values;
	int code;

	if (!*statement && sqlite3_prepare_v3(connection, sql, -1, SQLITE_PREPARE_PERSISTENT,
					      statement, NULL) != SQLITE_OK)
		return db_errno(sqlite3_errcode(connection));
	va_start(values, types);
	bind_values(*statement, types, values);
	va_end(values);
	code = sqlite3_step(*statement);
	for (int i = 0; columns && code == SQLITE_ROW && i < sqlite3_column_count(*statement); i++)
		columns[i] = sqlite3_column_int64(*statement, i);
	sqlite3_reset(*statement);
	sqlite3_clear_bindings(*statement);
	return code == SQLITE_ROW ? 1 : db_errno(code);
}
