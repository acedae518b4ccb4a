/* SPDX-License-Identifier: ISC */
#include "discovery/relay.h"

#include "common/backoff.h"
#include "discovery/due.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct due_item due; /* first: the heap gives this back */
	uint32_t device;
	uint32_t tries; /* of `hello`, that failed on their own account */
	int64_t hello;
	uint64_t received_ms;
	int64_t newer; /* came while `hello` was on its way; 0 = none */
	uint64_t newer_received_ms;
	struct delivery_outcome last;
	bool in_flight;
	bool probe; /* went out while the circuit was open */
};

struct relay {
	struct entry **entries; /* by device number; NULL = nothing to relay */
	size_t size;
	size_t count;
	struct due due; /* all entries that are not in flight */
	struct backoff backoff;
	uint64_t give_up_ms;
	uint64_t probe_at_ms;
	struct relay_status status;
};

int relay_new(struct relay **ret, uint64_t give_up_ms)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	if (!relay)
		return -ENOMEM;
	relay->give_up_ms = give_up_ms;
	relay->backoff.base_ms = RELAY_WAIT_MIN_MS;
	relay->backoff.max_ms = RELAY_WAIT_MAX_MS;
	*ret = relay;
	return 0;
}

void relay_free(struct relay *relay)
{
	if (!relay)
		return;
	for (size_t i = 0; i < relay->size; i++)
		free(relay->entries[i]);
	free(relay->entries);
	due_done(&relay->due);
	free(relay);
}

static int make_room(struct relay *relay, uint32_t device)
{
	struct entry **entries;
	size_t size = relay->size ? relay->size : 64;

	if (device < relay->size)
		return 0;
	while (size <= device)
		size *= 2;
	entries = reallocarray(relay->entries, size, sizeof(struct entry *));
	if (!entries)
		return -ENOMEM;
	memset(entries + relay->size, 0, (size - relay->size) * sizeof(struct entry *));
	relay->entries = entries;
	relay->size = size;
	return 0;
}

static struct entry *entry_of(const struct relay *relay, uint32_t device)
{
	return device < relay->size ? relay->entries[device] : NULL;
}

static int add_entry(struct relay *relay, uint32_t device, struct entry **ret)
{
	struct entry *entry;

	if (make_room(relay, device) < 0 || due_reserve(&relay->due, relay->count + 1) < 0)
		return -ENOMEM;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->device = device;
	relay->entries[device] = entry;
	relay->count++;
	*ret = entry;
	return 0;
}

static void drop_entry(struct relay *relay, struct entry *entry)
{
	due_remove(&relay->due, &entry->due);
	relay->entries[entry->device] = NULL;
	relay->count--;
	free(entry);
}

/* The entry stands for this hello from here on. */
static void renew(struct entry *entry, int64_t hello, uint64_t received_ms)
{
	entry->hello = hello;
	entry->received_ms = received_ms;
	entry->newer = 0;
	entry->tries = 0;
	entry->last = (struct delivery_outcome){0};
}

int relay_push(struct relay *relay, struct relay_task task, uint64_t received_ms, uint64_t now_ms)
{
	struct entry *entry = entry_of(relay, task.device);

	if (entry && (entry->newer ? entry->newer : entry->hello) == task.hello)
		return 0;
	if (entry && entry->in_flight) {
		entry->newer = task.hello;
		entry->newer_received_ms = received_ms;
		return 0;
	}
	if (!entry && add_entry(relay, task.device, &entry) < 0)
		return -ENOMEM;
	renew(entry, task.hello, received_ms);
	due_remove(&relay->due, &entry->due);
	due_add(&relay->due, &entry->due, now_ms);
	return 0;
}

/* When the next one may go, given that one is due at `due_ms`; UINT64_MAX = not by itself. */
static uint64_t may_go_at(const struct relay *relay, uint64_t due_ms)
{
	unsigned limit = relay->status.open ? 1 : RELAY_IN_FLIGHT_MAX;

	if (relay->status.in_flight >= limit)
		return UINT64_MAX;
	return relay->status.open && relay->probe_at_ms > due_ms ? relay->probe_at_ms : due_ms;
}

bool relay_next(struct relay *relay, uint64_t now_ms, struct relay_task *ret)
{
	struct due_item *first = due_first(&relay->due);
	struct entry *entry = (struct entry *)first;

	if (!first || may_go_at(relay, first->at_ms) > now_ms)
		return false;
	due_remove(&relay->due, first);
	entry->in_flight = true;
	entry->probe = relay->status.open;
	relay->status.in_flight++;
	*ret = (struct relay_task){.device = entry->device, .hello = entry->hello};
	return true;
}

/* Another failure: opens the circuit, or keeps it open for longer after a probe. */
static void note_failure(struct relay *relay, const struct entry *entry,
			 struct delivery_outcome outcome, uint64_t now_ms, uint32_t random)
{
	struct relay_status *status = &relay->status;
	bool opens;

	status->failed++;
	status->failures++;
	status->last = outcome;
	opens = delivery_blames_core(outcome) || status->failures >= RELAY_CIRCUIT_AFTER;
	/* Of several that fail together only the first makes the wait longer. */
	if (status->open ? !entry->probe : !opens)
		return;
	status->open = true;
	relay->probe_at_ms = now_ms + backoff_next_ms(&relay->backoff, random);
}

static void note_success(struct relay *relay)
{
	relay->status.delivered++;
	relay->status.failures = 0;
	relay->status.open = false;
	backoff_reset(&relay->backoff);
}

/* When a hello that failed is tried again. A core that is away is not the hello's fault: it keeps
 * its place in the queue. */
static uint64_t retry_at(struct entry *entry, struct delivery_outcome outcome, uint64_t now_ms,
			 uint32_t random)
{
	struct backoff backoff = {
		.base_ms = RELAY_WAIT_MIN_MS, .max_ms = RELAY_WAIT_MAX_MS, .tries = entry->tries};
	uint32_t wait_ms;

	if (delivery_blames_core(outcome))
		return entry->due.at_ms;
	wait_ms = backoff_next_ms(&backoff, random);
	entry->tries = backoff.tries;
	return now_ms + wait_ms;
}

enum delivery_state relay_done(struct relay *relay, struct relay_task task,
			       struct delivery_outcome outcome, uint64_t now_ms, uint32_t random)
{
	struct entry *entry = entry_of(relay, task.device);
	bool delivered = outcome.result == DELIVERY_DONE, gone = outcome.result == DELIVERY_GONE;

	assert(entry && entry->in_flight && entry->hello == task.hello);
	entry->in_flight = false;
	relay->status.in_flight--;
	if (delivered)
		note_success(relay);
	else if (!gone)
		note_failure(relay, entry, outcome, now_ms, random);
	if (entry->newer) {
		renew(entry, entry->newer, entry->newer_received_ms);
		due_add(&relay->due, &entry->due, now_ms);
		return delivered ? DELIVERY_DELIVERED : DELIVERY_REPLACED;
	}
	if (delivered || gone) {
		drop_entry(relay, entry);
		return delivered ? DELIVERY_DELIVERED : DELIVERY_GIVEN_UP;
	}
	entry->last = outcome;
	due_add(&relay->due, &entry->due, retry_at(entry, outcome, now_ms, random));
	return DELIVERY_WAITING;
}

uint64_t relay_wait_ms(const struct relay *relay, uint64_t now_ms)
{
	const struct due_item *first = due_first(&relay->due);
	uint64_t at = first ? may_go_at(relay, first->at_ms) : UINT64_MAX;

	if (at == UINT64_MAX)
		return UINT64_MAX;
	return at > now_ms ? at - now_ms : 0;
}

bool relay_expire(struct relay *relay, uint64_t wall_ms, size_t *at, struct relay_task *ret)
{
	for (; *at < relay->size; (*at)++) {
		struct entry *entry = relay->entries[*at];

		if (!entry || entry->in_flight || wall_ms < entry->received_ms ||
		    wall_ms - entry->received_ms < relay->give_up_ms)
			continue;
		*ret = (struct relay_task){.device = entry->device, .hello = entry->hello};
		drop_entry(relay, entry);
		relay->status.given_up++;
		return true;
	}
	return false;
}

bool relay_waits(const struct relay *relay, struct relay_task task, struct delivery_outcome *ret)
{
	const struct entry *entry = entry_of(relay, task.device);

	if (!entry || (entry->hello != task.hello && entry->newer != task.hello))
		return false;
	*ret = entry->last.result == DELIVERY_UNTRIED && relay->status.open ? relay->status.last
									    : entry->last;
	return true;
}

struct relay_status relay_status(const struct relay *relay)
{
	struct relay_status status = relay->status;

	status.waiting = relay->count;
	return status;
}
