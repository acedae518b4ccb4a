/* SPDX-License-Identifier: ISC */
/*
 * db_file: opening the database file, judging whether it is sound and ours, and bringing its tables
 * up to date. Private to db. Touches the file.
 */
#pragma once

#include "common/db.h"

/* Opens or creates the file as ours: mode 0600, sound, write-ahead log, synchronous. The sentence
 * does not name the path. 0 or a negative errno. */
int db_file_open(struct sqlite3 **ret, const char *path, struct err *err);

/* A second connection to a file that db_file_open opened; it refuses to write. */
int db_file_open_reader(struct sqlite3 **ret, const char *path, struct err *err);

/* db_migrate on the reader's connection, which may write only meanwhile. */
int db_file_migrate(struct sqlite3 *reader, const char *module,
		    const struct db_migration *migrations, size_t count, struct err *err);

/* Finalises what is still prepared, and closes. NULL is allowed. */
void db_file_close(struct sqlite3 *connection);
