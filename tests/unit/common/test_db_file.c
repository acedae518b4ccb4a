/* SPDX-License-Identifier: ISC */
#include "common/db.h"

#include "tests/unit/common/db_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static void migrations_run_once_each(void **state)
{
	static const struct db_migration schema[] = {
		{"CREATE TABLE item(number INTEGER PRIMARY KEY, at INTEGER)"},
		{"INSERT INTO item VALUES(1, 1); INSERT INTO item VALUES(2, 2)"},
	};
	static const struct db_migration broken[] = {
		{""},
		{""},
		{"INSERT INTO item VALUES(3, 3)"},
		{"NONSENSE"},
	};
	struct db *db = open_migrated(path);
	struct err err;

	assert_int_equal(db_migrate(db, "test", schema, 2, &err), 0);
	assert_int_equal(db_migrate(db, "test", schema, 2, &err), 0);
	db_close(db);
	db = open_db(path);
	assert_int_equal(db_migrate(db, "test", schema, 2, &err), 0);
	assert_int_equal(ask(db_reader(db), "SELECT count(*) FROM item"), 2);
	assert_true(db_migrate(db, "test", broken, 4, &err) < 0);
	assert_non_null(strstr(err.text, "test tables cannot be brought to version 4: near "));
	assert_int_equal(ask(db_reader(db), "SELECT count(*) FROM item"), 2);
	assert_int_equal(db_migrate(db, "test", schema, 1, &err), -EPROTONOSUPPORT);
	assert_non_null(strstr(err.text, "the test tables have version 2, this program knows 1"));
	db_close(db);
}

static void the_reader_does_not_write(void **state)
{
	struct db *db = open_migrated(path);
	struct stat status;

	assert_int_equal(sqlite3_exec(db_reader(db), "DELETE FROM item", NULL, NULL, NULL),
			 SQLITE_READONLY);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	db_close(db);
}

/* Opening must fail with that sentence, and leave the file as it is. */
static void assert_refused(const char *sentence)
{
	struct err err = {{0}};
	struct stat before, after;
	struct db *db;

	assert_int_equal(stat(path, &before), 0);
	assert_true(db_open(&db, path, base, &err) < 0);
	if (strstr(err.text, sentence) == NULL || strstr(err.text, path) != err.text)
		fail_msg("wanted: %s\nfound: %s", sentence, err.text);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void overwrite(off_t at, size_t length)
{
	char bytes[4096];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && length <= sizeof(bytes));
	memset(bytes, 0x5a, length);
	assert_int_equal(pwrite(fd, bytes, length, at), length);
	close(fd);
}

static void files_that_are_not_ours_are_refused(void **state)
{
	struct sqlite3 *other;
	struct err err = {{0}};
	struct db *db;

	overwrite(0, 4096);
	assert_refused("is not an SQLite database; it was left as it is");
	clean(NULL);
	db_close(open_migrated(path));
	overwrite(4096, 4096);
	assert_refused("is damaged (");
	clean(NULL);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	sqlite3_exec(other, "CREATE TABLE theirs(x)", NULL, NULL, NULL);
	sqlite3_close(other);
	assert_refused("is the database of another program");
	clean(NULL);
	db_close(open_migrated(path));
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	sqlite3_exec(other, "PRAGMA user_version = 9", NULL, NULL, NULL);
	sqlite3_close(other);
	assert_refused("was written by a newer amtnetd (layout 9");
	assert_int_equal(db_open(&db, "/nowhere/at/all.db", base, &err), -ENOENT);
	assert_string_equal(err.text,
			    "/nowhere/at/all.db: cannot be created: its directory is missing");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, clean, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(migrations_run_once_each),
		CASE(the_reader_does_not_write),
		CASE(files_that_are_not_ours_are_refused),
	};

	return cmocka_run_group_tests_name("db_file", tests, db_scene_enter, db_scene_leave);
}
