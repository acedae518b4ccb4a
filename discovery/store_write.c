/* SPDX-License-Identifier: ISC */
#include "discovery/store_write.h"

#include <openssl/evp.h>
#include <sqlite3.h>

#include <stdarg.h>

#define DIGEST_BYTES STORE_WRITE_DIGEST_BYTES

static const char *const statement_sql[STATEMENTS] = {
	[LAST_HELLO] = "SELECT coalesce(max(id), 0) FROM hello",
	[FIND_DEVICE] = "SELECT id, hello, first_ms, count FROM hello_device"
			" WHERE uuid = ?1 AND place = ?2",
	[FIND_HELLO] = "SELECT time_ms FROM hello WHERE id = ?1 AND sha256 = ?2 AND address = ?3"
		       " AND ?4 BETWEEN time_ms AND time_ms + ?5",
	[ADD_DEVICE] = "INSERT INTO hello_device (uuid, place, address, first_ms, last_ms, hello,"
		       " count, mac, name) VALUES (?1, ?2, ?3, ?4, ?4, ?5, 1, ?6, ?7)",
	[ADD_HASHES] = "INSERT INTO hello_hashes (sha256, bytes, uses) VALUES (?1, ?2, 1)"
		       " ON CONFLICT (sha256) DO UPDATE SET uses = uses + 1 RETURNING id",
	[ADD_HELLO] = "INSERT INTO hello (id, device, time_ms, last_ms, address, version, retry,"
		      " hash_count, length, sha256, head, hashes, tail)"
		      " VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, nullif(?11, 0), ?12)",
	[ADD_DELIVERY] = "INSERT INTO hello_delivery (hello, core, state, time_ms)"
			 " VALUES (?1, ?2, 'waiting', ?3)",
	[REPLACE_OLDER] = "UPDATE hello_delivery SET state = 'replaced', time_ms = ?2"
			  " WHERE state = 'waiting' AND hello = ?1",
	[FORGET_OLDER] = "DELETE FROM hello WHERE device = ?1 AND id <= (SELECT id FROM hello"
			 " WHERE device = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
	[TOUCH_HELLO] = "UPDATE hello SET count = count + 1, last_ms = ?2 WHERE id = ?1",
	[TOUCH_DEVICE] = "UPDATE hello_device SET hello = ?2, address = ?3, last_ms = ?4,"
			 " count = count + 1, mac = coalesce(?5, mac), name = coalesce(?6, name)"
			 " WHERE id = ?1",
	[NOTE_KNOWN] = "UPDATE hello_delivery SET state = ?3, time_ms = ?4, reason = ?5"
		       " WHERE hello = ?1 AND core = ?2",
	[NOTE_NEW] = "INSERT INTO hello_delivery (hello, core, state, time_ms, reason)"
		     " SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS"
		     " (SELECT 1 FROM hello WHERE id = ?1)",
};

/* Binds by letters: i int64_t, t text, b bytes and size. */

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

/* Runs the statement to its first row or its end: 1 = a row, whose numbers are in `columns`; 0; or
 * a negative errno. */
static int run_statement(struct store *store, sqlite3 *connection, enum store_write_statement which,
			 int64_t *columns, const char *types, ...)
{
	sqlite3_stmt **statement = &store->statements[which];
	va_list values;
	int code;

	if (!*statement && sqlite3_prepare_v3(connection, statement_sql[which], -1,
					      SQLITE_PREPARE_PERSISTENT, statement, NULL))
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

#define RUN(which, columns, ...) run_statement(job->store, connection, which, columns, __VA_ARGS__)

/* NULL for what is not known. */
static const char *known(const char *text)
{
	return text[0] ? text : NULL;
}

/* Fills what the database knows of the device: 1, or 0 where it is new. */
static int find_device(struct store_add_job *job, sqlite3 *connection, const char *uuid,
		       const char *place)
{
	struct store_device *device = &job->device;
	int64_t columns[4];
	int code = RUN(FIND_DEVICE, columns, "tt", uuid, place);

	device->hello = 0;
	device->first_ms = device->last_ms;
	device->count = 1;
	if (code > 0) {
		device->device = columns[0];
		device->hello = columns[1];
		device->first_ms = (uint64_t)columns[2];
		device->count = (uint32_t)columns[3] + 1;
	}
	return code;
}

static int next_hello(struct store_add_job *job, sqlite3 *connection, int64_t *ret)
{
	int code = 0;

	if (job->store->last_hello == 0)
		code = RUN(LAST_HELLO, &job->store->last_hello, "");
	if (code >= 0)
		*ret = ++job->store->last_hello;
	return code;
}

/* The bytes, and where they are to go. */
static int add_hello(struct store_add_job *job, sqlite3 *connection)
{
	struct store_device *device = &job->device;
	int64_t now_ms = (int64_t)device->last_ms, hashes = 0;
	size_t tail_at = job->hashes_at + job->hashes_bytes;
	int code = 0;

	device->hello_ms = device->last_ms;
	if (job->hashes_bytes > 0)
		code = RUN(ADD_HASHES, &hashes, "bb", job->hashes_sha256, (size_t)DIGEST_BYTES,
			   job->bytes + job->hashes_at, job->hashes_bytes);
	if (code >= 0)
		code = RUN(ADD_HELLO, NULL, "iiitiiiibbib", device->hello, device->device, now_ms,
			   job->address, (int64_t)job->version, (int64_t)device->retry,
			   (int64_t)job->hash_count, (int64_t)job->length, job->sha256,
			   (size_t)DIGEST_BYTES, job->bytes, job->hashes_at, hashes,
			   job->bytes + tail_at, job->length - tail_at);
	for (size_t i = 0; code >= 0 && i < job->store->options.core_count; i++)
		if (device->cores & 1u << i)
			code = RUN(ADD_DELIVERY, NULL, "iti", device->hello,
				   job->store->options.cores[i], now_ms);
	return code;
}

static int add_to_new(struct store_add_job *job, sqlite3 *connection, const char *uuid,
		      const char *place)
{
	struct store_device *device = &job->device;
	int code = next_hello(job, connection, &device->hello);

	if (code >= 0)
		code = RUN(ADD_DEVICE, NULL, "tttiitt", uuid, place, job->address,
			   (int64_t)device->last_ms, device->hello, known(job->mac),
			   known(job->name));
	device->device = sqlite3_last_insert_rowid(connection);
	return code < 0 ? code : add_hello(job, connection);
}

static int add_to_known(struct store_add_job *job, sqlite3 *connection)
{
	struct store_device *device = &job->device;
	int64_t now_ms = (int64_t)device->last_ms, hello_ms = 0, older = device->hello;
	int code = RUN(FIND_HELLO, &hello_ms, "ibtii", older, job->sha256, (size_t)DIGEST_BYTES,
		       job->address, now_ms, (int64_t)STORE_REPEAT_MS);

	job->repeat = code > 0;
	device->hello_ms = (uint64_t)hello_ms;
	if (code > 0)
		code = RUN(TOUCH_HELLO, NULL, "ii", older, now_ms);
	else if (code == 0)
		code = next_hello(job, connection, &device->hello);
	if (code >= 0)
		code = RUN(TOUCH_DEVICE, NULL, "iititt", device->device, device->hello,
			   job->address, now_ms, known(job->mac), known(job->name));
	if (code < 0 || job->repeat)
		return code;
	code = RUN(REPLACE_OLDER, NULL, "ii", older, now_ms);
	if (code >= 0)
		code = add_hello(job, connection);
	if (code >= 0 && device->count > job->store->options.history)
		code = RUN(FORGET_OLDER, NULL, "ii", device->device,
			   (int64_t)job->store->options.history);
	return code;
}

static void digest(const void *bytes, size_t length, uint8_t ret[DIGEST_BYTES])
{
	EVP_Digest(bytes, length, ret, NULL, EVP_sha256(), NULL);
}

int store_write_add(void *data, sqlite3 *connection)
{
	struct store_add_job *job = data;
	struct store_device *device = &job->device;
	char uuid[UUID_TEXT], place[ADDR_TEXT] = "";
	int code;

	job->repeat = false;
	digest(job->bytes, job->length, job->sha256);
	digest(job->bytes + job->hashes_at, job->hashes_bytes, job->hashes_sha256);
	uuid_print(device->uuid, uuid);
	if (device->place.family != ADDR_NONE)
		addr_print(device->place, place);
	code = find_device(job, connection, uuid, place);
	if (code > 0)
		return add_to_known(job, connection);
	return code < 0 ? code : add_to_new(job, connection, uuid, place);
}

/* Mostly the row is there, and its update costs half of what an insert that may meet one does. */
static int write_note(struct store *store, sqlite3 *connection, const struct store_note *note)
{
	const char *core = store->options.cores[note->core], *reason = known(note->reason);
	const char *state = delivery_state_names[note->state];
	int64_t time_ms = (int64_t)note->time_ms;
	int code = run_statement(store, connection, NOTE_KNOWN, NULL, "ittit", note->hello, core,
				 state, time_ms, reason);

	if (code < 0 || sqlite3_changes(connection) > 0)
		return code;
	return run_statement(store, connection, NOTE_NEW, NULL, "ittit", note->hello, core, state,
			     time_ms, reason);
}

int store_write_notes(void *data, sqlite3 *connection)
{
	struct store_note_job *job = data;
	int code = 0;

	for (size_t i = 0; i < job->count && code >= 0; i++)
		code = write_note(job->store, connection, &job->notes[i]);
	return code;
}
