/* SPDX-License-Identifier: ISC */
/*
 * db_scene: what the tests of db share: a directory of their own, a file in it that is removed
 * before and after each case, a loop, and a question to a connection.
 */
#pragma once

#include "common/db.h"

#include <event2/event.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/amtnet-test-XXXXXX";
static char path[64];
static struct event_base *base;

static const struct db_migration first_schema[] = {
	{"CREATE TABLE item(number INTEGER PRIMARY KEY, at INTEGER)"},
};

static inline struct db *open_db(const char *name)
{
	struct err err = {{0}};
	struct db *db;

	if (db_open(&db, name, base, &err) < 0)
		fail_msg("%s", err.text);
	return db;
}

static inline struct db *open_migrated(const char *name)
{
	struct db *db = open_db(name);
	struct err err = {{0}};

	if (db_migrate(db, "test", first_schema, 1, &err) < 0)
		fail_msg("%s", err.text);
	return db;
}

static inline int64_t ask(struct sqlite3 *connection, const char *sql)
{
	sqlite3_stmt *statement;
	int64_t value = -1;

	assert_int_equal(sqlite3_prepare_v2(connection, sql, -1, &statement, NULL), SQLITE_OK);
	if (sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static inline int clean(void **state)
{
	char name[80];
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

	for (size_t at = 0; at < sizeof(suffixes) / sizeof(suffixes[0]); at++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[at]);
		unlink(name);
	}
	return 0;
}

static inline int db_scene_enter(void **state)
{
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/test.db", directory);
	base = event_base_new();
	return base != NULL ? 0 : -1;
}

static inline int db_scene_leave(void **state)
{
	event_base_free(base);
	return rmdir(directory);
}
