/* SPDX-License-Identifier: ISC */
#include "discovery/store.h"

#include "discovery/store_hashes.h"
#include "discovery/store_schema.h"
#include "discovery/store_write.h"

#include <event2/event.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MS 1000
#define NOTES_US 2000 /* how long a note waits for others */

static void unref(struct store *store)
{
	if (--store->references > 0)
		return;
	for (size_t i = 0; i < store->options.core_count; i++)
		free((char *)store->options.cores[i]);
	free(store);
}

/* The loop's thread. */

static void done_add(void *data, int result);

static int submit(struct store_add_job *job)
{
	int result = db_submit(job->store->db, job, store_write_add, done_add);

	if (result == 0)
		job->store->references++;
	return result;
}

static void answer(struct store_add_job *job, int result)
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

static void try_again(struct store_add_job *job, int result)
{
	const struct timeval wait = {.tv_sec = AGAIN_MS / 1000};
	struct store *store = job->store;

	if (!store->on_added || ++job->tries >= STORE_TRIES) {
		answer(job, result);
		return;
	}
	if (job->tries == 1 && store->options.on_delayed)
		store->options.on_delayed(result, store->user);
	TAILQ_INSERT_TAIL(&store->again, job, link);
	if (!event_pending(store->timer, EV_TIMEOUT, NULL))
		event_add(store->timer, &wait);
}

static void done_add(void *data, int result)
{
	struct store_add_job *job = data;
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
	struct store_add_queue queue = TAILQ_HEAD_INITIALIZER(queue);
	struct store_add_job *job;
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

static void done_notes(void *data, int result)
{
	struct store_note_job *job = data;

	if (result < 0)
		job->store->counters.failed_notes += job->count;
	unref(job->store);
	free(job);
}

/* Hands the notes over, where there are any. */
static int flush_notes(struct store *store)
{
	struct store_note_job *job = store->notes;
	int result;

	if (!job)
		return 0;
	store->notes = NULL;
	result = db_submit_unsynced(store->db, job, store_write_notes, done_notes);
	if (result == 0) {
		store->references++;
		return 0;
	}
	store->counters.failed_notes += job->count;
	free(job);
	return result;
}

static void on_notes(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	flush_notes(user);
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
	store->options.on_delayed = options->on_delayed;
	store->on_added = on_added;
	store->user = user;
	store->references = 1;
	TAILQ_INIT(&store->again);
	result = store_hashes_new(&store->hashes, db);
	store->timer = evtimer_new(base, on_again, store);
	for (size_t i = 0; i < options->core_count; i++) {
		store->options.cores[i] = strdup(options->cores[i]);
		if (!store->options.cores[i])
			break;
		store->options.core_count++;
	}
	store->notes_timer = evtimer_new(base, on_notes, store);
	if (result < 0 || !store->timer || !store->notes_timer ||
	    store->options.core_count < options->core_count) {
		store_free(store);
		return err_set(err, -ENOMEM, "out of memory");
	}
	*ret = store;
	return 0;
}

void store_free(struct store *store)
{
	struct store_add_job *job;

	if (!store)
		return;
	store->on_added = NULL;
	while ((job = TAILQ_FIRST(&store->again))) {
		TAILQ_REMOVE(&store->again, job, link);
		if (submit(job) < 0)
			free(job);
	}
	flush_notes(store);
	if (store->timer)
		event_free(store->timer);
	if (store->notes_timer)
		event_free(store->notes_timer);
	unref(store);
}

int store_add(struct store *store, const struct store_hello *hello, void *context)
{
	const struct hello *decoded = hello->decoded;
	size_t name_size = hello->name ? strlen(hello->name) + 1 : 1;
	struct store_add_job *job = malloc(sizeof(*job) + hello->length + name_size);
	int result;

	if (!job)
		return -ENOMEM;
	*job = (struct store_add_job){.store = store, .context = context};
	job->device.uuid = decoded->uuid;
	job->device.place = hello->place;
	job->device.address = hello->address;
	job->device.last_ms = hello->time_ms;
	job->device.retry = decoded->retry;
	job->device.cores = hello->cores;
	job->is_new = hello->is_new;
	job->version = decoded->version;
	job->hash_count = decoded->hash_count;
	job->length = hello->length;
	job->hashes_bytes = decoded->hashes_bytes;
	job->hashes_at = decoded->hashes_bytes > 0 ? (size_t)(decoded->hashes - hello->bytes)
						   : hello->length;
	memcpy(job->bytes, hello->bytes, hello->length);
	job->name = (char *)job->bytes + hello->length;
	memcpy(job->name, hello->name ? hello->name : "", name_size);
	job->device.mac = hello->mac;
	job->device.name = job->name;
	job->device.bytes = job->bytes;
	job->device.length = job->length;
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
	const struct timeval wait = {.tv_usec = NOTES_US};
	struct store_note *note;

	if (!store->notes) {
		store->notes = malloc(sizeof(*store->notes));
		if (!store->notes)
			return -ENOMEM;
		store->notes->store = store;
		store->notes->count = 0;
		event_add(store->notes_timer, &wait);
	}
	note = &store->notes->notes[store->notes->count++];
	*note = (struct store_note){
		.hello = hello, .core = core, .state = state, .time_ms = time_ms};
	if (reason)
		snprintf(note->reason, sizeof(note->reason), "%s", reason);
	return store->notes->count == STORE_WRITE_NOTES_MAX ? flush_notes(store) : 0;
}

struct store_counters store_counters(const struct store *store)
{
	return store->counters;
}
