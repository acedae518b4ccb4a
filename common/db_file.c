/* SPDX-License-Identifier: ISC */
#include "common/db_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* PRAGMA application_id: "AMTN". PRAGMA user_version: the layout of our own table below. */
#define APPLICATION_ID 0x414d544e
#define LAYOUT_VERSION 1
#define BUSY_TIMEOUT_MS 10000

#define OPEN_FLAGS (SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE)

/* synchronous=FULL: a commit in the write-ahead log is on disk before `done` is called. The log does
 * not stay large after it was folded back. */
static const char settings[] = "PRAGMA journal_mode=WAL;"
			       "PRAGMA synchronous=FULL;"
			       "PRAGMA journal_size_limit=67108864;"
			       "PRAGMA foreign_keys=ON;";

static const char layout[] = "BEGIN IMMEDIATE;"
			     "CREATE TABLE IF NOT EXISTS amtnet_schema("
			     " module TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;"
			     "PRAGMA application_id=1095586894;" /* APPLICATION_ID */
			     "PRAGMA user_version=1;"            /* LAYOUT_VERSION */
			     "COMMIT;";

int db_errno(int sqlite_code)
{
	switch (sqlite_code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CANTOPEN:
		return -ENOENT;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	default:
		return -EIO;
	}
}

static int sentence(struct sqlite3 *connection, struct err *err)
{
	int code = sqlite3_extended_errcode(connection);

	switch (code & 0xff) {
	case SQLITE_NOTADB:
		return err_set(err, -EBADMSG, "is not an SQLite database; it was left as it is");
	case SQLITE_CORRUPT:
		return err_set(
			err, -EBADMSG,
			"is damaged (%s); it was left as it is, restore a copy or move it away",
			sqlite3_errmsg(connection));
	case SQLITE_BUSY:
		return err_set(err, -EBUSY, "is locked by another program; stop that one first");
	default:
		return err_set(err, db_errno(code) < 0 ? db_errno(code) : -EIO, "%s",
			       sqlite3_errmsg(connection));
	}
}

static int run_sql(struct sqlite3 *connection, const char *sql, struct err *err)
{
	if (sqlite3_exec(connection, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sentence(connection, err);
	return 0;
}

/* The first column of the first row; 0 in *ret where there is no row. */
static int ask_number(struct sqlite3 *connection, const char *sql, const char *argument,
		      int64_t *ret, struct err *err)
{
	sqlite3_stmt *statement;
	int code;

	if (sqlite3_prepare_v2(connection, sql, -1, &statement, NULL) != SQLITE_OK)
		return sentence(connection, err);
	if (argument != NULL)
		sqlite3_bind_text(statement, 1, argument, -1, SQLITE_STATIC);
	code = sqlite3_step(statement);
	*ret = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	code = code == SQLITE_ROW || code == SQLITE_DONE ? 0 : sentence(connection, err);
	sqlite3_finalize(statement);
	return code;
}

/* Creates the file so that nobody else can read it; SQLite's own mode would follow the umask. */
static int create(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	if (errno == ENOENT)
		return err_set(err, -ENOENT, "cannot be created: its directory is missing");
	return err_set(err, -errno, "cannot be created: %s", strerror(errno));
}

static int open_connection(struct sqlite3 **ret, const char *path, struct err *err)
{
	struct sqlite3 *connection = NULL;
	int code = 0;

	/* Nobody asks SQLite how much memory it has; counting it takes a lock at each allocation.
	 * Refused, and no harm, once SQLite is in use. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);

	if (sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE | OPEN_FLAGS, NULL) !=
	    SQLITE_OK)
		code = connection != NULL ? sentence(connection, err)
					  : err_set(err, -ENOMEM, "out of memory");
	if (code < 0) {
		sqlite3_close(connection);
		return code;
	}
	sqlite3_busy_timeout(connection, BUSY_TIMEOUT_MS);
	*ret = connection;
	return 0;
}

static int check_sound(struct sqlite3 *connection, struct err *err)
{
	sqlite3_stmt *statement;
	int code;

	if (sqlite3_prepare_v2(connection, "PRAGMA quick_check(1)", -1, &statement, NULL) !=
	    SQLITE_OK)
		return sentence(connection, err);
	code = sqlite3_step(statement);
	if (code != SQLITE_ROW)
		code = sentence(connection, err);
	else if (strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0)
		code = 0;
	else
		code = err_set(
			err, -EBADMSG,
			"is damaged (%s); it was left as it is, restore a copy or move it away",
			sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return code;
}

/* A new file has no tables and no application id; anything else must be ours and not newer. */
static int check_ours(struct sqlite3 *connection, struct err *err)
{
	int64_t id = 0, version = 0, tables = 0;
	int code;

	code = ask_number(connection, "PRAGMA application_id", NULL, &id, err);
	if (code == 0)
		code = ask_number(connection, "PRAGMA user_version", NULL, &version, err);
	if (code == 0)
		code = ask_number(connection, "SELECT count(*) FROM sqlite_schema", NULL, &tables,
				  err);
	if (code < 0)
		return code;
	if (id != APPLICATION_ID && (id != 0 || tables != 0))
		return err_set(err, -EBADMSG,
			       "is the database of another program; it was left as it is");
	if (version > LAYOUT_VERSION)
		return err_set(
			err, -EPROTONOSUPPORT,
			"was written by a newer amtnetd (layout %d, this one knows %d); it was "
			"left as it is",
			(int)version, LAYOUT_VERSION);
	return 0;
}

int db_file_open(struct sqlite3 **ret, const char *path, struct err *err)
{
	struct sqlite3 *connection = NULL;
	int code = 0;

	if (strncmp(path, "file:", 5) != 0)
		code = create(path, err);
	if (code == 0)
		code = open_connection(&connection, path, err);
	if (code == 0)
		code = check_sound(connection, err);
	if (code == 0)
		code = check_ours(connection, err);
	if (code == 0)
		code = run_sql(connection, settings, err);
	if (code == 0)
		code = run_sql(connection, layout, err);
	if (code < 0) {
		db_file_close(connection);
		return code;
	}
	*ret = connection;
	return 0;
}

int db_file_open_reader(struct sqlite3 **ret, const char *path, struct err *err)
{
	struct sqlite3 *connection = NULL;
	int code;

	code = open_connection(&connection, path, err);
	if (code == 0)
		code = run_sql(connection, "PRAGMA synchronous=FULL; PRAGMA query_only=ON;", err);
	if (code < 0) {
		db_file_close(connection);
		return code;
	}
	*ret = connection;
	return 0;
}

static int set_version(struct sqlite3 *connection, const char *module, size_t version,
		       struct err *err)
{
	char *sql = sqlite3_mprintf("INSERT INTO amtnet_schema VALUES(%Q, %d)"
				    " ON CONFLICT(module) DO UPDATE SET version = excluded.version",
				    module, (int)version);
	int code = sql != NULL ? run_sql(connection, sql, err)
			       : err_set(err, -ENOMEM, "out of memory");

	sqlite3_free(sql);
	return code;
}

static int run_step(struct sqlite3 *connection, const struct db_migration *step, struct err *err)
{
	int64_t done = 0;
	int code = step->unless ? ask_number(connection, step->unless, NULL, &done, err) : 0;

	return code < 0 || done ? code : run_sql(connection, step->sql, err);
}

/* Inside a transaction. */
static int migrate(struct sqlite3 *connection, const char *module,
		   const struct db_migration *migrations, size_t count, struct err *err)
{
	int64_t version = 0;
	int code;

	code = ask_number(connection, "SELECT version FROM amtnet_schema WHERE module = ?", module,
			  &version, err);
	if (code < 0 || (uint64_t)version == count)
		return code;
	if (version < 0 || (uint64_t)version > count)
		return err_set(err, -EPROTONOSUPPORT,
			       "the %s tables have version %d, this program knows %zu; a newer "
			       "amtnetd wrote them, they were left as they are",
			       module, (int)version, count);
	for (size_t at = (size_t)version; code == 0 && at < count; at++) {
		code = run_step(connection, &migrations[at], err);
		if (code < 0)
			err_prefix(err, "the %s tables cannot be brought to version %zu", module,
				   at + 1);
	}
	return code == 0 ? set_version(connection, module, count, err) : code;
}

int db_file_migrate(struct sqlite3 *reader, const char *module,
		    const struct db_migration *migrations, size_t count, struct err *err)
{
	int code;

	code = run_sql(reader, "PRAGMA query_only=OFF; BEGIN IMMEDIATE", err);
	if (code == 0)
		code = migrate(reader, module, migrations, count, err);
	if (code == 0)
		code = run_sql(reader, "COMMIT", err);
	if (code < 0 && sqlite3_get_autocommit(reader) == 0)
		sqlite3_exec(reader, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_exec(reader, "PRAGMA query_only=ON", NULL, NULL, NULL);
	return code;
}

void db_file_close(struct sqlite3 *connection)
{
	sqlite3_stmt *statement;

	if (connection == NULL)
		return;
	while ((statement = sqlite3_next_stmt(connection, NULL)) != NULL)
		sqlite3_finalize(statement);
	sqlite3_close(connection);
}
