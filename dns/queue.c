/* SPDX-License-Identifier: ISC */
#include "dns/queue.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define HOOKS_KEPT "16" /* as many as dns/sequence.h remembers */

static const struct db_migration migrations[] = {
	{.sql = "CREATE TABLE dns_lease ("
		" address TEXT PRIMARY KEY, hardware_type INTEGER NOT NULL, hardware BLOB NOT NULL,"
		" name TEXT NOT NULL, me INTEGER NOT NULL, until_ms INTEGER NOT NULL) WITHOUT "
		"ROWID;"
		"CREATE TABLE dns_intent ("
		" kind TEXT NOT NULL, address TEXT NOT NULL, name TEXT NOT NULL,"
		" hardware_type INTEGER NOT NULL, hardware BLOB NOT NULL, client_id BLOB NOT NULL,"
		" wanted INTEGER NOT NULL, dirty INTEGER NOT NULL, generation INTEGER NOT NULL,"
		" written INTEGER NOT NULL, adopted INTEGER NOT NULL, dhcid BLOB NOT NULL,"
		" changed_ms INTEGER NOT NULL, PRIMARY KEY (kind, address, name)) WITHOUT ROWID;"
		"CREATE TABLE dns_hook ("
		" boot_id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, heard_ms INTEGER NOT NULL);"},
	{.sql = "ALTER TABLE dns_intent ADD COLUMN lifetime_s INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE dns_intent ADD COLUMN displaced TEXT NOT NULL DEFAULT '-';"},
	{.sql = "ALTER TABLE dns_lease ADD COLUMN client_id BLOB NOT NULL DEFAULT x'';"},
	{.sql = "ALTER TABLE dns_intent ADD COLUMN unleased INTEGER NOT NULL DEFAULT 0;"},
	{.sql = "CREATE TABLE dns_place (name TEXT PRIMARY KEY, zone TEXT NOT NULL,"
		" found_ms INTEGER NOT NULL) WITHOUT ROWID;"},
};

struct job {
	struct queue *queue; /* NULL: nobody waits for it any more */
	struct queue_batch batch;
};

struct queue {
	struct db *db;
	void (*on_saved)(const struct queue_batch *batch, int result, void *user);
	void *user;
	struct job *job;
	bool under_way;
};

int queue_new(struct queue **ret, struct db *db,
	      void (*on_saved)(const struct queue_batch *batch, int result, void *user), void *user,
	      struct err *err)
{
	struct queue *queue;
	int r = db_migrate(db, "dns", migrations, sizeof(migrations) / sizeof(*migrations), err);

	if (r < 0)
		return r;
	queue = calloc(1, sizeof(*queue));
	if (!queue)
		return err_set(err, -ENOMEM, "out of memory");
	queue->db = db;
	queue->on_saved = on_saved;
	queue->user = user;
	*ret = queue;
	return 0;
}

static void job_free(struct job *job)
{
	if (job)
		free(job->batch.rows);
	free(job);
}

void queue_free(struct queue *queue)
{
	if (!queue)
		return;
	if (queue->under_way)
		queue->job->queue = NULL;
	else
		job_free(queue->job);
	free(queue);
}

/* Writing, in the writer thread ----------------------------------------------------------------- */

struct writer {
	sqlite3_stmt *statement;
	int at; /* last parameter bound */
};

static int writer_open(struct writer *writer, sqlite3 *connection, const char *sql)
{
	writer->at = 0;
	return sqlite3_prepare_v2(connection, sql, -1, &writer->statement, NULL) == SQLITE_OK
		       ? 0
		       : -EIO;
}

static void bind_number(struct writer *writer, uint64_t value)
{
	sqlite3_bind_int64(writer->statement, ++writer->at, (sqlite3_int64)value);
}

static void bind_text(struct writer *writer, const char *text)
{
	sqlite3_bind_text(writer->statement, ++writer->at, text, -1, SQLITE_TRANSIENT);
}

/* A length of 0 is an empty value, not NULL. */
static void bind_bytes(struct writer *writer, const void *bytes, size_t length)
{
	sqlite3_bind_blob(writer->statement, ++writer->at, length ? bytes : "", (int)length,
			  SQLITE_TRANSIENT);
}

static int run(struct writer *writer)
{
	int r = sqlite3_step(writer->statement);

	sqlite3_reset(writer->statement);
	writer->at = 0;
	/* An error is the disk's: full, read-only, failing. The whole batch is tried again. */
	return db_errno(r);
}

enum {
	PUT_PLACE,
	DELETE_PLACE,
	PUT_LEASE,
	DELETE_LEASE,
	PUT_INTENT,
	DELETE_INTENT,
	PUT_HOOK,
	FORGET_HOOKS,
	STATEMENTS,
};

static const char *const statements[STATEMENTS] = {
	[PUT_PLACE] = "INSERT OR REPLACE INTO dns_place VALUES (?,?,?)",
	[DELETE_PLACE] = "DELETE FROM dns_place WHERE name = ?",
	[PUT_LEASE] = "INSERT OR REPLACE INTO dns_lease VALUES (?,?,?,?,?,?,?)",
	[DELETE_LEASE] = "DELETE FROM dns_lease WHERE address = ?",
	[PUT_INTENT] = "INSERT OR REPLACE INTO dns_intent VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[DELETE_INTENT] = "DELETE FROM dns_intent WHERE kind = ? AND address = ? AND name = ?",
	[PUT_HOOK] = "INSERT OR REPLACE INTO dns_hook VALUES (?,?,?)",
	[FORGET_HOOKS] = ("DELETE FROM dns_hook WHERE boot_id NOT IN"
			  " (SELECT boot_id FROM dns_hook ORDER BY heard_ms DESC LIMIT " HOOKS_KEPT
			  ")"),
};

static const char *const kind_names[] = {
	[INTENT_FORWARD] = "forward",
	[INTENT_REVERSE] = "reverse",
};

static int write_lease(struct writer *writers, const struct dns_lease *lease)
{
	struct writer *writer = &writers[lease->until_ms ? PUT_LEASE : DELETE_LEASE];
	char address[ADDR_TEXT];

	bind_text(writer, addr_print(lease->address, address));
	if (!lease->until_ms)
		return run(writer);
	bind_number(writer, lease->mac.type);
	bind_bytes(writer, lease->mac.bytes, lease->mac.length);
	bind_text(writer, lease->name.text);
	bind_number(writer, lease->me);
	bind_number(writer, lease->until_ms);
	bind_bytes(writer, lease->client_id.bytes, lease->client_id.length);
	return run(writer);
}

static int write_intent(struct writer *writers, const struct ledger_row *row)
{
	struct writer *writer = &writers[row->gone ? DELETE_INTENT : PUT_INTENT];
	const struct intent *intent = &row->intent;
	char address[ADDR_TEXT];

	bind_text(writer, kind_names[intent->kind]);
	bind_text(writer, addr_print(intent->address, address));
	bind_text(writer, intent->name.text);
	if (row->gone)
		return run(writer);
	bind_number(writer, intent->mac.type);
	bind_bytes(writer, intent->mac.bytes, intent->mac.length);
	bind_bytes(writer, intent->client_id.bytes, intent->client_id.length);
	bind_number(writer, intent->wanted);
	bind_number(writer, row->dirty);
	bind_number(writer, row->generation);
	bind_number(writer, row->mark.written);
	bind_number(writer, row->mark.adopted);
	bind_bytes(writer, row->mark.dhcid, row->mark.dhcid_length);
	bind_number(writer, row->changed_ms);
	bind_number(writer, intent->lifetime_s);
	bind_text(writer, addr_print(row->mark.displaced, address));
	bind_number(writer, row->mark.unleased);
	return run(writer);
}

static int write_hook(struct writer *writers, const struct queue_row *row)
{
	bind_number(&writers[PUT_HOOK], row->boot_id);
	bind_number(&writers[PUT_HOOK], row->seq);
	bind_number(&writers[PUT_HOOK], row->heard_ms);
	int r = run(&writers[PUT_HOOK]);

	return r < 0 ? r : run(&writers[FORGET_HOOKS]);
}

static int write_place(struct writer *writers, const struct queue_row *row)
{
	struct writer *writer = &writers[row->place_gone ? DELETE_PLACE : PUT_PLACE];

	bind_text(writer, row->place_name.text);
	if (row->place_gone)
		return run(writer);
	bind_text(writer, row->place_zone.text);
	bind_number(writer, row->found_ms);
	return run(writer);
}

static int write_row(struct writer *writers, const struct queue_row *row)
{
	switch (row->kind) {
	case QUEUE_PLACE:
		return write_place(writers, row);
	case QUEUE_LEASE:
		return write_lease(writers, &row->lease);
	case QUEUE_INTENT:
		return write_intent(writers, &row->intent);
	case QUEUE_HOOK:
		return write_hook(writers, row);
	}
	return -EINVAL;
}

static int job_run(void *user, struct sqlite3 *connection)
{
	const struct queue_batch *batch = &((struct job *)user)->batch;
	struct writer writers[STATEMENTS] = {0};
	int r = 0;

	for (int i = 0; !r && i < STATEMENTS; i++)
		r = writer_open(&writers[i], connection, statements[i]);
	for (size_t i = 0; !r && i < batch->count; i++)
		r = write_row(writers, &batch->rows[i]);
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(writers[i].statement);
	return r;
}

static void job_done(void *user, int result)
{
	struct job *job = user;
	struct queue *queue = job->queue;

	if (!queue) {
		job_free(job);
		return;
	}
	queue->under_way = false;
	queue->on_saved(&job->batch, result, queue->user);
}

struct queue_batch *queue_batch(struct queue *queue)
{
	if (queue->under_way)
		return NULL;
	if (!queue->job && !(queue->job = calloc(1, sizeof(*queue->job))))
		return NULL;
	queue->job->queue = queue;
	queue->job->batch.count = 0;
	return &queue->job->batch;
}

struct queue_row *queue_batch_add(struct queue_batch *batch)
{
	if (batch->count == batch->size) {
		size_t size = batch->size ? batch->size * 2 : 64;
		struct queue_row *rows = realloc(batch->rows, size * sizeof(*rows));

		if (!rows)
			return NULL;
		batch->rows = rows;
		batch->size = size;
	}
	memset(&batch->rows[batch->count], 0, sizeof(*batch->rows));
	return &batch->rows[batch->count++];
}

int queue_submit(struct queue *queue)
{
	int r = db_submit(queue->db, queue->job, job_run, job_done);

	if (!r)
		queue->under_way = true;
	return r;
}

/* Reading, in the loop -------------------------------------------------------------------------- */

static uint64_t column_number(sqlite3_stmt *statement, int column)
{
	return (uint64_t)sqlite3_column_int64(statement, column);
}

static const char *column_text(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text ? text : "";
}

/* False when the value has more than `size` bytes. */
static bool column_bytes(sqlite3_stmt *statement, int column, uint8_t *ret, size_t size,
			 uint8_t *ret_length)
{
	size_t length = (size_t)sqlite3_column_bytes(statement, column);

	if (length > size)
		return false;
	if (length)
		memcpy(ret, sqlite3_column_blob(statement, column), length);
	*ret_length = (uint8_t)length;
	return true;
}

static bool column_mac(sqlite3_stmt *statement, int column, struct mac *ret)
{
	uint8_t length, bytes[MAC_MAX];

	return column_bytes(statement, column + 1, bytes, sizeof(bytes), &length) &&
	       !mac_from_bytes((uint8_t)column_number(statement, column), bytes, length, ret);
}

static bool column_name(sqlite3_stmt *statement, int column, struct hostname *ret)
{
	const char *text = column_text(statement, column);

	return !*text || !hostname_parse(text, ret, NULL);
}

static bool read_lease(sqlite3_stmt *statement, struct queue_row *ret)
{
	ret->kind = QUEUE_LEASE;
	ret->lease.me = column_number(statement, 4);
	ret->lease.until_ms = column_number(statement, 5);
	return !addr_parse(column_text(statement, 0), &ret->lease.address) &&
	       column_mac(statement, 1, &ret->lease.mac) &&
	       column_name(statement, 3, &ret->lease.name) &&
	       column_bytes(statement, 6, ret->lease.client_id.bytes, LEASE_CLIENT_ID_MAX,
			    &ret->lease.client_id.length) &&
	       ret->lease.until_ms;
}

static bool read_intent(sqlite3_stmt *statement, struct queue_row *ret)
{
	struct ledger_row *row = &ret->intent;
	struct intent *intent = &row->intent;
	struct intent_mark *mark = &row->mark;

	ret->kind = QUEUE_INTENT;
	intent->kind = strcmp(column_text(statement, 0), "reverse") ? INTENT_FORWARD
								    : INTENT_REVERSE;
	intent->wanted = column_number(statement, 6);
	row->dirty = column_number(statement, 7);
	row->generation = column_number(statement, 8);
	mark->written = column_number(statement, 9);
	mark->adopted = column_number(statement, 10);
	row->changed_ms = column_number(statement, 12);
	intent->lifetime_s = (uint32_t)column_number(statement, 13);
	mark->unleased = column_number(statement, 15);
	if (addr_parse(column_text(statement, 14), &mark->displaced) < 0)
		intent_mark_displaced(mark, (struct addr){.family = ADDR_NONE}, false);
	return !addr_parse(column_text(statement, 1), &intent->address) &&
	       !hostname_parse(column_text(statement, 2), &intent->name, NULL) &&
	       column_mac(statement, 3, &intent->mac) &&
	       column_bytes(statement, 5, intent->client_id.bytes, LEASE_CLIENT_ID_MAX,
			    &intent->client_id.length) &&
	       column_bytes(statement, 11, mark->dhcid, sizeof(mark->dhcid), &mark->dhcid_length);
}

static bool read_place(sqlite3_stmt *statement, struct queue_row *ret)
{
	ret->kind = QUEUE_PLACE;
	ret->found_ms = column_number(statement, 2);
	return !hostname_parse(column_text(statement, 0), &ret->place_name, NULL) &&
	       !hostname_parse(column_text(statement, 1), &ret->place_zone, NULL);
}

static bool read_hook(sqlite3_stmt *statement, struct queue_row *ret)
{
	ret->kind = QUEUE_HOOK;
	ret->boot_id = column_number(statement, 0);
	ret->seq = column_number(statement, 1);
	ret->heard_ms = column_number(statement, 2);
	return true;
}

int queue_load(struct queue *queue, void (*on_row)(const struct queue_row *row, void *user),
	       void *user, size_t *ret_bad, struct err *err)
{
	static const struct {
		const char *sql;
		bool (*read)(sqlite3_stmt *statement, struct queue_row *ret);
	} tables[] = {
		{"SELECT * FROM dns_place", read_place},
		{"SELECT * FROM dns_lease", read_lease},
		{"SELECT * FROM dns_intent ORDER BY changed_ms, generation", read_intent},
		{"SELECT * FROM dns_hook ORDER BY heard_ms", read_hook},
	};
	sqlite3 *reader = db_reader(queue->db);

	*ret_bad = 0;
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		sqlite3_stmt *statement = NULL;
		int r = sqlite3_prepare_v2(reader, tables[i].sql, -1, &statement, NULL);

		while (r == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
			struct queue_row row = {0};

			if (tables[i].read(statement, &row))
				on_row(&row, user);
			else
				++*ret_bad;
		}
		if (sqlite3_finalize(statement) != SQLITE_OK || r != SQLITE_OK)
			return err_set(err, -EIO, "database: %s", sqlite3_errmsg(reader));
	}
	return 0;
}
