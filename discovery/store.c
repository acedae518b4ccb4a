/* SPDX-License-Identifier: ISC */
#include "discovery/store.h"

#include "discovery/store_schema.h"

#include <event2/event.h>
#include <openssl/evp.h>
#include <sqlite3.h>

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define DIGEST_BYTES 32
#define AGAIN_MS 1000

enum statement {
	FIND_DEVICE,
	FIND_HELLO,
	ADD_DEVICE,
	ADD_HASHES,
	ADD_HELLO,
	ADD_DELIVERY,
	REPLACE_OLDER,
	FORGET_OLDER,
	TOUCH_HELLO,
	TOUCH_DEVICE,
	NOTE_DELIVERY,
	STATEMENTS,
};

static const char *const statement_sql[STATEMENTS] = {
	[FIND_DEVICE] = "SELECT id, hello, first_ms, count FROM hello_device"
			" WHERE uuid = ?1 AND place = ?2",
	[FIND_HELLO] = "SELECT time_ms FROM hello WHERE id = ?1 AND sha256 = ?2 AND address = ?3"
		       " AND ?4 BETWEEN time_ms AND time_ms + ?5",
	[ADD_DEVICE] = "INSERT INTO hello_device (uuid, place, address, first_ms, last_ms)"
		       " VALUES (?1, ?2, ?3, ?4, ?4)",
	[ADD_HASHES] = "INSERT INTO hello_hashes (sha256, bytes, uses) VALUES (?1, ?2, 1)"
		       " ON CONFLICT (sha256) DO UPDATE SET uses = uses + 1 RETURNING id",
	[ADD_HELLO] = "INSERT INTO hello (device, time_ms, last_ms, address, version, retry,"
		      " hash_count, length, sha256, head, hashes, tail)"
		      " VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, 0), ?11)",
	[ADD_DELIVERY] = "INSERT INTO hello_delivery (hello, core, state, time_ms)"
			 " VALUES (?1, ?2, 'waiting', ?3)",
	[REPLACE_OLDER] = "UPDATE hello_delivery SET state = 'replaced', time_ms = ?2"
			  " WHERE state = 'waiting' AND hello = ?1",
	[FORGET_OLDER] = "DELETE FROM hello WHERE device = ?1 AND id <= (SELECT id FROM hello"
			 " WHERE device = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
	[TOUCH_HELLO] = "UPDATE hello SET count = count + 1, last_ms = ?2 WHERE id = ?1",
	[TOUCH_DEVICE] = "UPDATE hello_device SET hello = ?2, address = ?3, last_ms = ?4,"
			 " count = count + 1 WHERE id = ?1",
	[NOTE_DELIVERY] = "INSERT INTO hello_delivery (hello, core, state, time_ms, reason)"
			  " SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS"
			  " (SELECT 1 FROM hello WHERE id = ?1)"
			  " ON CONFLICT DO UPDATE SET state = ?3, time_ms = ?4, reason = ?5",
};

TAILQ_HEAD(add_queue, add_job);

struct store {
	struct db *db;
	struct store_options
		options; /* with our own copies of the names: jobs may outlive the owner's */
	store_on_added *on_added; /* NULL once store_free was called */
	void *user;
	struct add_queue again; /* could not be written; handed over anew by `timer` */
	struct event *timer;
	struct store_counters counters;
	size_t references; /* the owner's, and one per job in the writer's hands */
	sqlite3_stmt *statements[STATEMENTS]; /* the writer thread's; db_close finalises them */
};

struct add_job {
	TAILQ_ENTRY(add_job) link;
	struct store *store;
	void *context;
	struct store_device device;
	unsigned tries;
	bool repeat;
	uint16_t version;
	uint32_t hash_count;
	size_t hashes_at, hashes_bytes, length;
	uint8_t sha256[DIGEST_BYTES], hashes_sha256[DIGEST_BYTES];
	uint8_t bytes[];
};

struct note_job {
	struct store *store;
	int64_t hello;
	size_t core;
	enum delivery_state state;
	uint64_t time_ms;
	char reason[DELIVERY_TEXT];
};

static void unref(struct store *store)
{
	if (--store->references > 0)
		return;
	for (size_t i = 0; i < store->options.core_count; i++)
		free((char *)store->options.cores[i]);
	free(store);
}

/* The writer thread from here to run_note. Binds by letters: i int64_t, t text, b bytes and size.
 */

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
static int run_statement(struct store *store, sqlite3 *connection, enum statement which,
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

/* Fills what the database knows of the device; makes it where it is new. */
static int find_device(struct add_job *job, sqlite3 *connection, const char *address)
{
	struct store_device *device = &job->device;
	char uuid[UUID_TEXT], place[ADDR_TEXT] = "";
	int64_t columns[4];
	int code;

	uuid_print(device->uuid, uuid);
	if (device->place.family != ADDR_NONE)
		addr_print(device->place, place);
	code = RUN(FIND_DEVICE, columns, "tt", uuid, place);
	if (code > 0) {
		device->device = columns[0];
		device->hello = columns[1];
		device->first_ms = (uint64_t)columns[2];
		device->count = (uint32_t)columns[3] + 1;
		return 0;
	}
	device->hello = 0;
	device->first_ms = device->last_ms;
	device->count = 1;
	if (code == 0)
		code = RUN(ADD_DEVICE, NULL, "ttti", uuid, place, address,
			   (int64_t)device->last_ms);
	device->device = sqlite3_last_insert_rowid(connection);
	return code;
}

static int add_hello(struct add_job *job, sqlite3 *connection, const char *address)
{
	struct store_device *device = &job->device;
	int64_t now_ms = (int64_t)device->last_ms, hashes = 0;
	size_t tail_at = job->hashes_at + job->hashes_bytes;
	int code = 0;

	if (job->hashes_bytes > 0)
		code = RUN(ADD_HASHES, &hashes, "bb", job->hashes_sha256, (size_t)DIGEST_BYTES,
			   job->bytes + job->hashes_at, job->hashes_bytes);
	if (code >= 0 && device->hello)
		code = RUN(REPLACE_OLDER, NULL, "ii", device->hello, now_ms);
	if (code >= 0)
		code = RUN(ADD_HELLO, NULL, "iitiiiibbib", device->device, now_ms, address,
			   (int64_t)job->version, (int64_t)device->retry, (int64_t)job->hash_count,
			   (int64_t)job->length, job->sha256, (size_t)DIGEST_BYTES, job->bytes,
			   job->hashes_at, hashes, job->bytes + tail_at, job->length - tail_at);
	if (code < 0)
		return code;
	device->hello = sqlite3_last_insert_rowid(connection);
	device->hello_ms = device->last_ms;
	for (size_t i = 0; code >= 0 && i < job->store->options.core_count; i++)
		if (device->cores & 1u << i)
			code = RUN(ADD_DELIVERY, NULL, "iti", device->hello,
				   job->store->options.cores[i], now_ms);
	if (code >= 0)
		code = RUN(FORGET_OLDER, NULL, "ii", device->device,
			   (int64_t)job->store->options.history);
	return code;
}

static int run_add(void *data, sqlite3 *connection)
{
	struct add_job *job = data;
	struct store_device *device = &job->device;
	int64_t now_ms = (int64_t)device->last_ms, hello_ms = 0;
	char address[ADDR_TEXT];
	int code;

	addr_print(device->address, address);
	code = find_device(job, connection, address);
	if (code < 0)
		return code;
	code = RUN(FIND_HELLO, &hello_ms, "ibtii", device->hello, job->sha256, (size_t)DIGEST_BYTES,
		   address, now_ms, (int64_t)STORE_REPEAT_MS);
	job->repeat = code > 0;
	device->hello_ms = (uint64_t)hello_ms;
	if (code > 0)
		code = RUN(TOUCH_HELLO, NULL, "ii", device->hello, now_ms);
	else if (code == 0)
		code = add_hello(job, connection, address);
	if (code < 0)
		return code;
	return RUN(TOUCH_DEVICE, NULL, "iiti", device->device, device->hello, address, now_ms);
}

static int run_note(void *data, sqlite3 *connection)
{
	struct note_job *job = data;

	return RUN(NOTE_DELIVERY, NULL, "ittit", job->hello, job->store->options.cores[job->core],
		   delivery_state_names[job->state], (int64_t)job->time_ms,
		   job->reason[0] ? job->reason : NULL);
}

/* The loop's thread. */

static void done_add(void *data, int result);

static int submit(struct add_job *job)
{
	int result = db_submit(job->store->db, job, run_add, done_add);

	if (result == 0)
		job->store->references++;
	return result;
}

static void answer(struct add_job *job, int result)
{
	struct store *store = job->store;

	store->counters.waiting--;
	if (result < 0)
		store->counters.failed++;
	else if (job->repeat)
		store->counters.repeated++;
	else
		store->counters.stored++;
	if (store->on_added)
		store->on_added(result, &job->device, job->repeat, job->context, store->user);
	free(job);
}

static void try_again(struct add_job *job, int result)
{
	const struct timeval wait = {.tv_sec = AGAIN_MS / 1000};
	struct store *store = job->store;

	if (!store->on_added || ++job->tries >= STORE_TRIES) {
		answer(job, result);
		return;
	}
	TAILQ_INSERT_TAIL(&store->again, job, link);
	if (!event_pending(store->timer, EV_TIMEOUT, NULL))
		event_add(store->timer, &wait);
}

static void done_add(void *data, int result)
{
	struct add_job *job = data;
	struct store *store = job->store;

	if (result < 0)
		try_again(job, result);
	else
		answer(job, 0);
	unref(store);
}

static void on_again(evutil_socket_t fd, short what, void *user)
{
	struct store *store = user;
	struct add_queue queue = TAILQ_HEAD_INITIALIZER(queue);
	struct add_job *job;
	int result;

	(void)fd, (void)what;
	TAILQ_CONCAT(&queue, &store->again, link);
	while ((job = TAILQ_FIRST(&queue))) {
		TAILQ_REMOVE(&queue, job, link);
		result = submit(job);
		if (result < 0)
			try_again(job, result);
	}
}

static void done_note(void *data, int result)
{
	struct note_job *job = data;

	if (result < 0)
		job->store->counters.failed_notes++;
	unref(job->store);
	free(job);
}

int store_new(struct store **ret, struct db *db, struct event_base *base,
	      const struct store_options *options, store_on_added *on_added, void *user,
	      struct err *err)
{
	struct store *store;
	int result = db_migrate(db, "discovery", store_migrations, store_migration_count, err);

	if (result < 0)
		return result;
	store = calloc(1, sizeof(*store));
	if (!store)
		return err_set(err, -ENOMEM, "out of memory");
	store->db = db;
	store->options.history = options->history;
	store->on_added = on_added;
	store->user = user;
	store->references = 1;
	TAILQ_INIT(&store->again);
	store->timer = evtimer_new(base, on_again, store);
	for (size_t i = 0; i < options->core_count; i++) {
		store->options.cores[i] = strdup(options->cores[i]);
		if (!store->options.cores[i])
			break;
		store->options.core_count++;
	}
	if (!store->timer || store->options.core_count < options->core_count) {
		store_free(store);
		return err_set(err, -ENOMEM, "out of memory");
	}
	*ret = store;
	return 0;
}

void store_free(struct store *store)
{
	struct add_job *job;

	if (!store)
		return;
	store->on_added = NULL;
	while ((job = TAILQ_FIRST(&store->again))) {
		TAILQ_REMOVE(&store->again, job, link);
		if (submit(job) < 0)
			free(job);
	}
	if (store->timer)
		event_free(store->timer);
	unref(store);
}

static void digest(const void *bytes, size_t length, uint8_t ret[DIGEST_BYTES])
{
	EVP_Digest(bytes, length, ret, NULL, EVP_sha256(), NULL);
}

int store_add(struct store *store, const struct store_hello *hello, void *context)
{
	const struct hello *decoded = hello->decoded;
	struct add_job *job = calloc(1, sizeof(*job) + hello->length);
	int result;

	if (!job)
		return -ENOMEM;
	job->store = store;
	job->context = context;
	job->device.uuid = decoded->uuid;
	job->device.place = hello->place;
	job->device.address = hello->address;
	job->device.last_ms = hello->time_ms;
	job->device.retry = decoded->retry;
	job->device.cores = hello->cores;
	job->version = decoded->version;
	job->hash_count = decoded->hash_count;
	job->length = hello->length;
	job->hashes_bytes = decoded->hashes_bytes;
	job->hashes_at = decoded->hashes_bytes > 0 ? (size_t)(decoded->hashes - hello->bytes)
						   : hello->length;
	memcpy(job->bytes, hello->bytes, hello->length);
	digest(job->bytes, job->length, job->sha256);
	digest(job->bytes + job->hashes_at, job->hashes_bytes, job->hashes_sha256);
	result = submit(job);
	if (result < 0)
		free(job);
	else
		store->counters.waiting++;
	return result;
}

int store_note(struct store *store, int64_t hello, size_t core, enum delivery_state state,
	       const char *reason, uint64_t time_ms)
{
	struct note_job *job = calloc(1, sizeof(*job));
	int result;

	if (!job)
		return -ENOMEM;
	job->store = store;
	job->hello = hello;
	job->core = core;
	job->state = state;
	job->time_ms = time_ms;
	if (reason)
		strncpy(job->reason, reason, sizeof(job->reason) - 1);
	result = db_submit(store->db, job, run_note, done_note);
	if (result < 0) {
		store->counters.failed_notes++;
		free(job);
		return result;
	}
	store->references++;
	return 0;
}

struct store_counters store_counters(const struct store *store)
{
	return store->counters;
}
