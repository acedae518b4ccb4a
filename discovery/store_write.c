/* SPDX-License-Identifier: ISC */
#include "discovery/store_write.h"

#include "discovery/digest.h"
#include "discovery/store_hashes.h"
#include "discovery/store_statement.h"

#include <sqlite3.h>

static const char *const statement_sql[STATEMENTS] = {
	[LAST_HELLO] = "SELECT coalesce(max(id), 0) FROM hello",
	[FIND_DEVICE] = "SELECT id, hello, first_ms, count FROM hello_device"
			" WHERE uuid = ?1 AND place = ?2",
	[FIND_HELLO] = "SELECT time_ms FROM hello WHERE id = ?1 AND sha256 = ?2 AND address = ?3"
		       " AND ?4 BETWEEN time_ms AND time_ms + ?5",
	[ADD_DEVICE] = "INSERT INTO hello_device (uuid, place, address, first_ms, last_ms, hello,"
		       " count, mac, name) VALUES (?1, ?2, ?3, ?4, ?4, ?5, 1, ?6, ?7)"
		       " ON CONFLICT (uuid, place) DO NOTHING",
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

#define RUN(which, columns, ...)                                                              \
	store_statement_run(&job->store->statements[which], statement_sql[which], connection, \
			    columns, __VA_ARGS__)

/* NULL for what is not known. */
static const char *known(const char *text)
{
	return text[0] ? text : NULL;
}

/* Fills in what the database knows of the device: 1, or 0 where it is new. */
static int find_device(struct store_add_job *job, sqlite3 *connection, const char *uuid,
		       const char *place)
{
	struct store_device *device = &job->device;
	int64_t columns[4];
	int code = RUN(FIND_DEVICE, columns, "tt", uuid, place);

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
static int add_hello(struct store_add_job *job, sqlite3 *connection, int64_t *ret_hashes)
{
	struct store_device *device = &job->device;
	int64_t now_ms = (int64_t)device->last_ms, hashes = 0;
	size_t tail_at = job->hashes_at + job->hashes_bytes;
	int code = 0;

	device->hello_ms = device->last_ms;
	if (job->hashes_bytes > 0)
		code = store_hashes_use(job->store->hashes, connection, job->bytes + job->hashes_at,
					job->hashes_bytes, &hashes);
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
	*ret_hashes = hashes;
	return code;
}

/* 0, 1 when the device is there already, or a negative errno. */
static int add_to_new(struct store_add_job *job, sqlite3 *connection, const char *uuid,
		      const char *place)
{
	struct store_device *device = &job->device;
	int64_t hashes;
	int code = next_hello(job, connection, &device->hello);

	device->first_ms = device->last_ms;
	device->count = 1;
	if (code >= 0)
		code = RUN(ADD_DEVICE, NULL, "tttiitt", uuid, place, job->address,
			   (int64_t)device->last_ms, device->hello, known(job->mac),
			   known(job->name));
	if (code < 0)
		return code;
	if (sqlite3_changes(connection) == 0)
		return 1;
	device->device = sqlite3_last_insert_rowid(connection);
	return add_hello(job, connection, &hashes);
}

static int add_to_known(struct store_add_job *job, sqlite3 *connection)
{
	struct store_device *device = &job->device;
	int64_t now_ms = (int64_t)device->last_ms, hello_ms = 0, older = device->hello, hashes;
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
		code = add_hello(job, connection, &hashes);
	if (code < 0 || device->count <= job->store->options.history)
		return code;
	code = store_hashes_settle(job->store->hashes, connection, hashes);
	if (code >= 0)
		code = RUN(FORGET_OLDER, NULL, "ii", device->device,
			   (int64_t)job->store->options.history);
	return code;
}

int store_write_add(void *data, sqlite3 *connection)
{
	struct store_add_job *job = data;
	struct store_device *device = &job->device;
	char uuid[UUID_TEXT], place[ADDR_TEXT] = "";
	int code;

	job->repeat = false;
	code = digest_sha256(job->bytes, job->length, job->sha256);
	if (code < 0)
		return code;
	uuid_print(device->uuid, uuid);
	addr_print(device->address, job->address);
	if (device->mac.length > 0)
		mac_print(device->mac, job->mac);
	if (device->place.family != ADDR_NONE)
		addr_print(device->place, place);
	code = job->is_new ? add_to_new(job, connection, uuid, place) : 1;
	if (code <= 0)
		return code;
	code = find_device(job, connection, uuid, place);
	if (code > 0)
		return add_to_known(job, connection);
	return code < 0 ? code : add_to_new(job, connection, uuid, place);
}

/* Mostly the row is there, and its update costs half of what an insert that may meet one does. */
static int write_note(struct store_note_job *job, sqlite3 *connection,
		      const struct store_note *note)
{
	const char *core = job->store->options.cores[note->core], *reason = known(note->reason);
	const char *state = delivery_state_names[note->state];
	int64_t time_ms = (int64_t)note->time_ms;
	int code = RUN(NOTE_KNOWN, NULL, "ittit", note->hello, core, state, time_ms, reason);

	if (code < 0 || sqlite3_changes(connection) > 0)
		return code;
	return RUN(NOTE_NEW, NULL, "ittit", note->hello, core, state, time_ms, reason);
}

int store_write_notes(void *data, sqlite3 *connection)
{
	struct store_note_job *job = data;
	int code = 0;

	for (size_t i = 0; i < job->count && code >= 0; i++)
		code = write_note(job, connection, &job->notes[i]);
	return code;
}
