/* SPDX-License-Identifier: ISC */
#include "discovery/relay_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int relay_new(struct relay **ret, const struct relay_options *options)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	if (!relay)
		return -ENOMEM;
	relay->options = *options;
	circuit_init(&relay->circuit);
	hold_init(&relay->holds);
	TAILQ_INIT(&relay->changed);
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
	hold_done(&relay->holds);
	due_done(&relay->due);
	due_done(&relay->ready);
	free(relay);
}

static int make_room(struct relay *relay, uint32_t device)
{
	struct relay_entry **entries;
	size_t size = relay->size ? relay->size : 64;

	if (device < relay->size)
		return 0;
	while (size <= device)
		size *= 2;
	entries = reallocarray(relay->entries, size, sizeof(struct relay_entry *));
	if (!entries)
		return -ENOMEM;
	memset(entries + relay->size, 0, (size - relay->size) * sizeof(struct relay_entry *));
	relay->entries = entries;
	relay->size = size;
	return 0;
}

struct relay_entry *relay_queue_find(const struct relay *relay, uint32_t device)
{
	return device < relay->size ? relay->entries[device] : NULL;
}

bool relay_queue_is_under_way(const struct relay_entry *entry)
{
	return entry->step == RELAY_SENT || entry->step == RELAY_CHECKING ||
	       entry->step == RELAY_BLOCKED;
}

int relay_queue_add(struct relay *relay, uint32_t device, struct relay_entry **ret)
{
	struct relay_entry *entry;

	if (make_room(relay, device) < 0 || due_reserve(&relay->due, relay->count + 1) < 0 ||
	    due_reserve(&relay->ready, RELAY_CHECKED_MAX) < 0)
		return -ENOMEM;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	relay->entries[device] = entry;
	relay->count++;
	*ret = entry;
	return 0;
}

/* Out of the heap, or out of quarantine. */
static void leave(struct relay *relay, struct relay_entry *entry)
{
	due_remove(entry->step == RELAY_READY ? &relay->ready : &relay->due, &entry->due);
	if (entry->step == RELAY_KEPT)
		relay->kept--;
	entry->step = RELAY_WAITING;
}

void relay_queue_drop(struct relay *relay, struct relay_entry *entry)
{
	leave(relay, entry);
	if (entry->is_changed)
		TAILQ_REMOVE(&relay->changed, entry, link);
	relay->entries[entry->task.device] = NULL;
	relay->count--;
	free(entry);
}

void relay_queue_wait(struct relay *relay, struct relay_entry *entry, uint64_t at_ms)
{
	leave(relay, entry);
	due_add(&relay->due, &entry->due, at_ms);
}

void relay_queue_keep(struct relay *relay, struct relay_entry *entry)
{
	leave(relay, entry);
	entry->step = RELAY_KEPT;
	relay->kept++;
}

void relay_queue_tell(struct relay *relay, struct relay_entry *entry)
{
	if (entry->is_changed)
		return;
	entry->is_changed = true;
	TAILQ_INSERT_TAIL(&relay->changed, entry, link);
}

void relay_queue_suspect(struct relay *relay, const struct relay_entry *entry, uint64_t now_ms)
{
	if (relay->options.watch_ms == 0)
		return;
	relay->suspects[relay->suspect_at] = (struct relay_suspect){
		.task = entry->task,
		.received_ms = entry->received_ms,
		.delivered_ms = now_ms,
		.strikes = entry->strikes,
	};
	relay->suspect_at = (relay->suspect_at + 1) % RELAY_SUSPECTS_MAX;
	if (entry->strikes > 0)
		relay->quiet_until_ms = now_ms + relay->options.watch_ms;
}

/* A newer hello of the device that waits or is on its way bears the strike of the older one. */
static void strike(struct relay *relay, const struct relay_suspect *suspect, uint64_t now_ms)
{
	struct relay_entry *entry = relay_queue_find(relay, suspect->task.device);
	bool is_new = !entry;

	if (is_new && relay_queue_add(relay, suspect->task.device, &entry) < 0)
		return;
	if (is_new) {
		entry->task = suspect->task;
		entry->received_ms = suspect->received_ms;
	}
	entry->strikes = (uint8_t)(suspect->strikes + 1);
	entry->last.result = DELIVERY_DEADLY;
	if (relay_queue_is_under_way(entry))
		return;
	if (entry->strikes >= RELAY_STRIKES)
		relay_queue_keep(relay, entry);
	else
		relay_queue_wait(relay, entry, now_ms + RELAY_WAIT_MIN_MS);
	relay_queue_tell(relay, entry);
}

/* One that was delivered alone is found out at the next try, which comes when its quiet time is
 * over; hence twice the time. */
void relay_queue_blame(struct relay *relay, uint64_t now_ms)
{
	bool died = false;

	for (size_t i = 0; i < RELAY_SUSPECTS_MAX; i++) {
		struct relay_suspect *suspect = &relay->suspects[i];
		uint64_t watch_ms = relay->options.watch_ms * (suspect->strikes > 0 ? 2 : 1);

		if (suspect->delivered_ms > 0 && now_ms - suspect->delivered_ms <= watch_ms) {
			strike(relay, suspect, now_ms);
			died = true;
		}
		*suspect = (struct relay_suspect){0};
	}
	relay->status.deaths += died;
	relay->quiet_until_ms = 0;
}
