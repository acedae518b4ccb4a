/* SPDX-License-Identifier: ISC */
#include "discovery/store_read.h"

#include "common/hostname.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* A device or hello with several cores comes as several rows, one after the other. */
static const char devices_sql[] =
	"SELECT v.core, v.state, d.id, d.uuid, d.place, d.address, d.hello, h.time_ms, d.first_ms,"
	" d.last_ms, d.count, h.retry, d.mac, d.name, g.port, g.verdict, g.error, g.time_ms"
	" FROM hello_device d JOIN hello h ON h.id = d.hello"
	" LEFT JOIN hello_gate g ON g.device = d.id"
	" LEFT JOIN hello_delivery v ON v.hello = h.id ORDER BY d.id";

static const char hello_sql[] =
	"SELECT h.head, l.bytes, h.tail FROM hello h LEFT JOIN hello_hashes l ON l.id = h.hashes"
	" WHERE h.id = ?1";

static const char newest_sql[] =
	"SELECT v.core, v.state, h.id, h.time_ms, h.count, d.uuid, d.place, h.address, h.version,"
	" h.retry, h.hash_count, h.length"
	" FROM (SELECT * FROM hello WHERE id > ?2 ORDER BY id DESC LIMIT ?1) h"
	" JOIN hello_device d ON d.id = h.device LEFT JOIN hello_delivery v ON v.hello = h.id"
	" ORDER BY h.id DESC";

/* The bare columns are those of the row that has the maximum (SQLite says so). */
static const char roots_sql[] =
	"SELECT l.bytes, h.hash_count, count(*), d.uuid, d.address, max(d.last_ms)"
	" FROM hello_device d JOIN hello h ON h.id = d.hello JOIN hello_hashes l ON l.id = h.hashes"
	" WHERE d.uuid <> ?1 GROUP BY l.id ORDER BY count(*) DESC, l.id";

/* Hellos that came again stand a second time, when they came last. */
static const char story_sql[] =
	"SELECT first_ms, 'first-hello', 'as row ' || id FROM hello_device"
	" WHERE uuid = ?1 AND place = ?2"
	" UNION ALL SELECT h.time_ms, 'hello', 'id ' || h.id || ', from ' || h.address ||"
	" ', version ' || h.version || ', retry ' || h.retry || ', ' || h.hash_count ||"
	" ' hashes, ' || h.length || ' bytes'"
	" FROM hello h JOIN hello_device d ON d.id = h.device WHERE d.uuid = ?1 AND d.place = ?2"
	" UNION ALL SELECT h.last_ms, 'hello-again', 'id ' || h.id || ', ' || h.count || ' times'"
	" FROM hello h JOIN hello_device d ON d.id = h.device"
	" WHERE d.uuid = ?1 AND d.place = ?2 AND h.count > 1"
	" UNION ALL SELECT v.time_ms, v.state, 'id ' || v.hello || ', core ' || v.core ||"
	" coalesce(': ' || v.reason, '')"
	" FROM hello_delivery v JOIN hello h ON h.id = v.hello JOIN hello_device d"
	" ON d.id = h.device WHERE d.uuid = ?1 AND d.place = ?2 AND v.state <> 'waiting'"
	" ORDER BY 1";

#define ID_COLUMN 2 /* what rows that belong together share */

static struct uuid uuid_at(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	struct uuid uuid = {0};

	if (text)
		uuid_parse(text, &uuid);
	return uuid;
}

static struct addr addr_at(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	struct addr addr = {0};

	if (text)
		addr_parse(text, &addr);
	return addr;
}

static struct mac mac_at(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	struct mac mac = {0};

	if (text)
		mac_parse(text, &mac);
	return mac;
}

static void name_at(sqlite3_stmt *statement, int column, char *ret, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	snprintf(ret, size, "%s", text ? text : "");
}

/* From this column on; nothing where there was no check, or one that an unknown version noted. */
static struct gate_verdict gate_at(sqlite3_stmt *statement, int column)
{
	const char *port = (const char *)sqlite3_column_text(statement, column);
	const char *verdict = (const char *)sqlite3_column_text(statement, column + 1);

	return gate_verdict_parse(port ? port : "", verdict ? verdict : "",
				  sqlite3_column_int(statement, column + 2));
}

/* The core and state of this row; cores that are not configured any more are passed over. */
static void state_at(sqlite3_stmt *statement, const struct store_options *options,
		     enum delivery_state states[DELIVERY_CORES_MAX])
{
	const char *core = (const char *)sqlite3_column_text(statement, 0);
	const char *state = (const char *)sqlite3_column_text(statement, 1);

	for (size_t i = 0; core && i < options->core_count; i++)
		if (strcmp(core, options->cores[i]) == 0)
			states[i] = delivery_state_parse(state);
}

/* Gathers the states of one thing from the row at hand on. The code of the last step: SQLITE_ROW
 * when the next thing's first row is at hand. */
static int gather_states(sqlite3_stmt *statement, const struct store_options *options,
			 enum delivery_state states[DELIVERY_CORES_MAX])
{
	int64_t id = sqlite3_column_int64(statement, ID_COLUMN);
	int code;

	memset(states, 0, DELIVERY_CORES_MAX * sizeof(*states));
	do {
		state_at(statement, options, states);
		code = sqlite3_step(statement);
	} while (code == SQLITE_ROW && sqlite3_column_int64(statement, ID_COLUMN) == id);
	return code;
}

int store_read_devices(struct db *db, const struct store_options *options,
		       store_on_device *on_device, void *user)
{
	enum delivery_state states[DELIVERY_CORES_MAX];
	char name[HOSTNAME_MAX + 1];
	sqlite3_stmt *statement;
	int result = 0, code;

	code = sqlite3_prepare_v2(db_reader(db), devices_sql, -1, &statement, NULL);
	if (code != SQLITE_OK)
		return db_errno(code);
	code = sqlite3_step(statement);
	while (code == SQLITE_ROW && result == 0) {
		struct store_device device = {
			.device = sqlite3_column_int64(statement, 2),
			.uuid = uuid_at(statement, 3),
			.place = addr_at(statement, 4),
			.address = addr_at(statement, 5),
			.hello = sqlite3_column_int64(statement, 6),
			.hello_ms = (uint64_t)sqlite3_column_int64(statement, 7),
			.first_ms = (uint64_t)sqlite3_column_int64(statement, 8),
			.last_ms = (uint64_t)sqlite3_column_int64(statement, 9),
			.count = (uint32_t)sqlite3_column_int64(statement, 10),
			.retry = (uint32_t)sqlite3_column_int64(statement, 11),
			.mac = mac_at(statement, 12),
			.name = name,
			.gate = gate_at(statement, 14),
		};

		name_at(statement, 13, name, sizeof(name));
		if (device.gate.port != GATE_UNCHECKED)
			device.gate_ms = (uint64_t)sqlite3_column_int64(statement, 17);
		code = gather_states(statement, options, states);
		result = on_device(&device, states, user);
	}
	sqlite3_finalize(statement);
	return result != 0 ? result : db_errno(code);
}

int store_read_hello(struct db *db, int64_t hello, uint8_t ret[HELLO_MAX_BYTES], size_t *ret_length)
{
	sqlite3_stmt *statement;
	size_t length = 0;
	int code;

	code = sqlite3_prepare_v2(db_reader(db), hello_sql, -1, &statement, NULL);
	if (code != SQLITE_OK)
		return db_errno(code);
	sqlite3_bind_int64(statement, 1, hello);
	code = sqlite3_step(statement);
	for (int part = 0; code == SQLITE_ROW && part < 3; part++) {
		const void *bytes = sqlite3_column_blob(statement, part);
		size_t size = (size_t)sqlite3_column_bytes(statement, part);

		if (length + size > HELLO_MAX_BYTES)
			code = SQLITE_CORRUPT;
		else if (size > 0)
			memcpy(ret + length, bytes, size);
		length += size;
	}
	sqlite3_finalize(statement);
	if (code == SQLITE_DONE)
		return -ENOENT;
	if (code == SQLITE_ROW)
		*ret_length = length;
	return db_errno(code);
}

int store_read_newest(struct db *db, const struct store_options *options, unsigned count,
		      int64_t after, void (*on_row)(const struct store_row *row, void *user),
		      void *user)
{
	sqlite3_stmt *statement;
	int code;

	code = sqlite3_prepare_v2(db_reader(db), newest_sql, -1, &statement, NULL);
	if (code != SQLITE_OK)
		return db_errno(code);
	sqlite3_bind_int64(statement, 1, count);
	sqlite3_bind_int64(statement, 2, after);
	code = sqlite3_step(statement);
	while (code == SQLITE_ROW) {
		struct store_row row = {
			.hello = sqlite3_column_int64(statement, 2),
			.time_ms = (uint64_t)sqlite3_column_int64(statement, 3),
			.count = (uint32_t)sqlite3_column_int64(statement, 4),
			.uuid = uuid_at(statement, 5),
			.place = addr_at(statement, 6),
			.address = addr_at(statement, 7),
			.version = (uint16_t)sqlite3_column_int(statement, 8),
			.retry = (uint32_t)sqlite3_column_int64(statement, 9),
			.hash_count = (uint32_t)sqlite3_column_int64(statement, 10),
			.length = (uint32_t)sqlite3_column_int64(statement, 11),
		};

		code = gather_states(statement, options, row.states);
		on_row(&row, user);
	}
	sqlite3_finalize(statement);
	return db_errno(code);
}

int store_read_roots(struct db *db, void (*on_roots)(const struct store_roots *roots, void *user),
		     void *user)
{
	char test[UUID_TEXT];
	sqlite3_stmt *statement;
	int code;

	code = sqlite3_prepare_v2(db_reader(db), roots_sql, -1, &statement, NULL);
	if (code != SQLITE_OK)
		return db_errno(code);
	sqlite3_bind_text(statement, 1, uuid_print(hello_test_uuid, test), -1, SQLITE_STATIC);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct store_roots roots = {
			.list = {.hashes = sqlite3_column_blob(statement, 0),
				 .hashes_bytes = (size_t)sqlite3_column_bytes(statement, 0),
				 .hash_count = (unsigned)sqlite3_column_int(statement, 1)},
			.devices = (uint64_t)sqlite3_column_int64(statement, 2),
			.uuid = uuid_at(statement, 3),
			.address = addr_at(statement, 4),
		};

		on_roots(&roots, user);
	}
	sqlite3_finalize(statement);
	return db_errno(code);
}

int store_read_story(struct db *db, struct uuid uuid, struct addr place, store_on_event *on_event,
		     void *user)
{
	char uuid_text[UUID_TEXT], place_text[ADDR_TEXT] = "";
	sqlite3_stmt *statement;
	int code;

	code = sqlite3_prepare_v2(db_reader(db), story_sql, -1, &statement, NULL);
	if (code != SQLITE_OK)
		return db_errno(code);
	if (place.family != ADDR_NONE)
		addr_print(place, place_text);
	sqlite3_bind_text(statement, 1, uuid_print(uuid, uuid_text), -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, place_text, -1, SQLITE_STATIC);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW)
		on_event((uint64_t)sqlite3_column_int64(statement, 0),
			 (const char *)sqlite3_column_text(statement, 1),
			 (const char *)sqlite3_column_text(statement, 2), user);
	sqlite3_finalize(statement);
	return db_errno(code);
}
