/* SPDX-License-Identifier: ISC */
#include "discovery/store_hashes.h"

#include "discovery/digest.h"
#include "discovery/store_statement.h"

#include <sqlite3.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LISTS_MAX 16
#define LIST_BYTES_MAX 4096 /* every known firmware's stays below 2,300 */

enum statement {
	FIND,
	ADD,
	COUNT,
	OTHERS,
	STATEMENTS,
};

static const char *const statement_sql[STATEMENTS] = {
	[FIND] = "SELECT id FROM hello_hashes WHERE sha256 = ?1",
	[ADD] = "INSERT INTO hello_hashes (sha256, bytes, uses) VALUES (?1, ?2, 1)",
	[COUNT] = "UPDATE hello_hashes SET uses = uses + ?2 WHERE id = ?1",
	[OTHERS] = "PRAGMA data_version", /* counts what other connections write */
};

struct list {
	int64_t id;   /* 0 = empty */
	int64_t uses; /* that the database does not know of yet */
	size_t length;
	uint8_t bytes[LIST_BYTES_MAX];
};

struct store_hashes {
	struct list lists[LISTS_MAX];
	size_t next;    /* whose place the next one takes */
	bool current;   /* no other program has written since */
	int64_t others; /* SQLite's count of what others have written */
	struct sqlite3_stmt *statements[STATEMENTS];
};

#define RUN(which, columns, ...)                                                                   \
	store_statement_run(&hashes->statements[which], statement_sql[which], connection, columns, \
			    __VA_ARGS__)

static void forget(void *user)
{
	struct store_hashes *hashes = user;

	for (size_t i = 0; i < LISTS_MAX; i++)
		hashes->lists[i].id = hashes->lists[i].uses = 0;
	hashes->current = false;
}

/* A list that is gone was deleted behind our back, and the batch is to be done again without what we
 * believed. */
static int write_uses(struct store_hashes *hashes, sqlite3 *connection, struct list *list)
{
	int code = list->uses > 0 ? RUN(COUNT, NULL, "ii", list->id, list->uses) : 0;

	if (code == 0 && list->uses > 0 && sqlite3_changes(connection) == 0)
		code = -EAGAIN;
	if (code == 0)
		list->uses = 0;
	return code;
}

static int write_all(void *user, sqlite3 *connection)
{
	struct store_hashes *hashes = user;
	int code = 0;

	for (size_t i = 0; i < LISTS_MAX && code == 0; i++)
		code = write_uses(hashes, connection, &hashes->lists[i]);
	hashes->current = false;
	return code;
}

static void release(void *user)
{
	free(user); /* db_close has finalised the statements */
}

int store_hashes_new(struct store_hashes **ret, struct db *db)
{
	struct store_hashes *hashes = calloc(1, sizeof(*hashes));
	int result;

	if (!hashes)
		return -ENOMEM;
	result = db_keep(
		db, (struct db_keeper){
			    .write = write_all, .forget = forget, .free = release, .user = hashes});
	if (result < 0)
		free(hashes);
	else
		*ret = hashes;
	return result;
}

/* An administrator's sqlite3 may have written between two batches. */
static int make_current(struct store_hashes *hashes, sqlite3 *connection)
{
	int64_t others = hashes->others;
	int code = hashes->current ? 0 : RUN(OTHERS, &others, "");

	if (code < 0)
		return code;
	if (others != hashes->others)
		forget(hashes);
	hashes->others = others;
	hashes->current = true;
	return 0;
}

static struct list *find(struct store_hashes *hashes, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < LISTS_MAX; i++) {
		struct list *list = &hashes->lists[i];

		if (list->id && list->length == length && memcmp(list->bytes, bytes, length) == 0)
			return list;
	}
	return NULL;
}

/* From now on the list is known by its bytes. */
static int learn(struct store_hashes *hashes, sqlite3 *connection, const uint8_t *bytes,
		 size_t length, int64_t id)
{
	struct list *list = &hashes->lists[hashes->next];
	int code;

	if (length > LIST_BYTES_MAX)
		return 0;
	code = write_uses(hashes, connection, list);
	if (code < 0)
		return code;
	hashes->next = (hashes->next + 1) % LISTS_MAX;
	list->id = id;
	list->length = length;
	memcpy(list->bytes, bytes, length);
	return 0;
}

/* One that comes for the first time is not learned: invented ones do not push out what is real. */
int store_hashes_use(struct store_hashes *hashes, sqlite3 *connection, const uint8_t *bytes,
		     size_t length, int64_t *ret_id)
{
	uint8_t digest[DIGEST_BYTES];
	struct list *list;
	int code = make_current(hashes, connection);

	if (code < 0)
		return code;
	list = find(hashes, bytes, length);
	if (list) {
		list->uses++;
		*ret_id = list->id;
		return 0;
	}
	code = digest_sha256(bytes, length, digest);
	if (code == 0)
		code = RUN(FIND, ret_id, "b", digest, (size_t)DIGEST_BYTES);
	if (code == 0) {
		code = RUN(ADD, NULL, "bb", digest, (size_t)DIGEST_BYTES, bytes, length);
		*ret_id = sqlite3_last_insert_rowid(connection);
		return code;
	}
	if (code > 0)
		code = RUN(COUNT, NULL, "ii", *ret_id, (int64_t)1);
	return code < 0 ? code : learn(hashes, connection, bytes, length, *ret_id);
}

int store_hashes_settle(struct store_hashes *hashes, sqlite3 *connection, int64_t sure)
{
	int code = write_all(hashes, connection);

	hashes->current = true;
	for (size_t i = 0; i < LISTS_MAX && code == 0; i++)
		if (hashes->lists[i].id != sure)
			hashes->lists[i].id = 0;
	return code;
}
