/* SPDX-License-Identifier: ISC */
#include "discovery/relay.h"

#include "discovery/relay_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* What comes in. */

/* The entry stands for this hello from here on. */
static void renew(struct relay_entry *entry, struct relay_task task, uint64_t received_ms)
{
	entry->task = task;
	entry->received_ms = received_ms;
	entry->newer.hello = 0;
	entry->tries = 0;
	entry->last = (struct delivery_outcome){0};
}

int relay_push(struct relay *relay, struct relay_task task, uint64_t received_ms, uint64_t now_ms)
{
	struct relay_entry *entry = relay_queue_find(relay, task.device);

	circuit_hasten(&relay->circuit, now_ms);
	if (entry && (entry->newer.hello ? entry->newer.hello : entry->task.hello) == task.hello)
		return entry->step == RELAY_KEPT ? DELIVERY_QUARANTINED : DELIVERY_WAITING;
	if (entry && relay_queue_is_under_way(entry)) {
		entry->newer = task;
		entry->newer_received_ms = received_ms;
		return DELIVERY_WAITING;
	}
	if (!entry && relay_queue_add(relay, task.device, &entry) < 0)
		return -ENOMEM;
	renew(entry, task, received_ms);
	if (entry->step == RELAY_KEPT)
		return DELIVERY_QUARANTINED;
	relay_queue_wait(relay, entry, now_ms);
	return DELIVERY_WAITING;
}

int relay_push_quarantined(struct relay *relay, struct relay_task task, uint64_t received_ms)
{
	struct relay_entry *entry;

	if (relay_queue_find(relay, task.device) || relay_queue_add(relay, task.device, &entry) < 0)
		return -ENOMEM;
	renew(entry, task, received_ms);
	entry->last.result = DELIVERY_DEADLY;
	entry->strikes = RELAY_STRIKES;
	relay_queue_keep(relay, entry);
	return 0;
}

/* The gate. */

static uint64_t retry_alone_at(struct relay_entry *entry, uint64_t now_ms, uint32_t random)
{
	struct backoff backoff = {
		.base_ms = RELAY_WAIT_MIN_MS, .max_ms = RELAY_WAIT_MAX_MS, .tries = entry->tries};
	uint32_t wait_ms = backoff_next_ms(&backoff, random);

	entry->tries = backoff.tries;
	return now_ms + wait_ms;
}

/* How many may be checked now in addition: a core that is away needs one for its probe. */
static bool may_check(const struct relay *relay)
{
	size_t most = relay->circuit.open ? 1 : RELAY_CHECKED_MAX;

	return relay->options.gate && relay->checking + relay->ready.count < most;
}

bool relay_next_check(struct relay *relay, uint64_t now_ms, struct relay_task *ret)
{
	struct due_item *first = due_first(&relay->due);
	struct relay_entry *entry = (struct relay_entry *)first;

	if (!may_check(relay) || !first || first->at_ms > now_ms)
		return false;
	due_remove(&relay->due, first);
	entry->step = RELAY_CHECKING;
	relay->checking++;
	*ret = entry->task;
	return true;
}

void relay_checked(struct relay *relay, struct relay_task task, struct delivery_outcome outcome,
		   uint64_t now_ms, uint32_t random)
{
	struct relay_entry *entry = relay_queue_find(relay, task.device);
	bool moved;

	assert(entry && entry->step == RELAY_CHECKING && entry->task.hello == task.hello);
	relay->checking--;
	moved = entry->newer.hello && !addr_equal(entry->newer.address, entry->task.address);
	if (entry->newer.hello)
		renew(entry, entry->newer, entry->newer_received_ms);
	if (moved) {
		relay_queue_wait(relay, entry, now_ms);
	} else if (outcome.result == DELIVERY_DONE) {
		entry->checked_ms = now_ms;
		entry->step = RELAY_READY;
		due_add(&relay->ready, &entry->due, entry->due.at_ms);
	} else {
		entry->last = outcome;
		relay->status.held_back++;
		relay_queue_wait(relay, entry, retry_alone_at(entry, now_ms, random));
	}
}

/* What goes out. */

/* The earliest time for anything to go, apart from what is due when; UINT64_MAX = a task on its way
 * must be answered first. */
static uint64_t open_at(const struct relay *relay, const struct relay_entry *entry)
{
	unsigned limit = relay->circuit.open || entry->strikes > 0 ? 1 : relay->options.in_flight;
	uint64_t at_ms = relay->next_ms;

	if (relay->status.in_flight >= limit || relay->alone)
		return UINT64_MAX;
	if (relay->circuit.open && relay->circuit.probe_at_ms > at_ms)
		at_ms = relay->circuit.probe_at_ms;
	if (!relay->circuit.open && relay->quiet_until_ms > at_ms)
		at_ms = relay->quiet_until_ms;
	return at_ms > entry->due.at_ms ? at_ms : entry->due.at_ms;
}

/* Where the address of the entry at the head is taken, it steps aside; true when it did. */
static bool step_aside(struct relay *relay, struct relay_entry *entry, uint64_t now_ms)
{
	struct hold *hold = hold_of(&relay->holds, entry->task.address, now_ms);

	if (!hold)
		return false;
	due_remove(entry->step == RELAY_READY ? &relay->ready : &relay->due, &entry->due);
	if (hold->until_ms == UINT64_MAX) {
		entry->step = RELAY_BLOCKED;
		entry->blocked = hold->blocked;
		hold->blocked = entry;
	} else {
		relay_queue_wait(relay, entry, hold->until_ms);
	}
	return true;
}

/* The entry that may go next, NULL when there is none. One whose check is too old is checked anew.
 */
static struct relay_entry *head(struct relay *relay, uint64_t now_ms)
{
	struct due *queue = relay->options.gate ? &relay->ready : &relay->due;
	struct relay_entry *entry;

	while ((entry = (struct relay_entry *)due_first(queue))) {
		bool stale = relay->options.gate &&
			     now_ms - entry->checked_ms > RELAY_CHECK_GOOD_MS;

		if (stale) {
			due_remove(queue, &entry->due);
			relay_queue_wait(relay, entry, entry->due.at_ms);
		} else if (open_at(relay, entry) > now_ms || !step_aside(relay, entry, now_ms)) {
			break;
		}
	}
	return entry;
}

bool relay_next(struct relay *relay, uint64_t now_ms, struct relay_task *ret)
{
	struct relay_entry *entry = head(relay, now_ms);

	if (!entry || open_at(relay, entry) > now_ms)
		return false;
	if (hold_take(&relay->holds, entry->task.address) < 0) {
		relay_queue_wait(relay, entry, now_ms + RELAY_WAIT_MIN_MS);
		return false;
	}
	due_remove(entry->step == RELAY_READY ? &relay->ready : &relay->due, &entry->due);
	entry->step = RELAY_SENT;
	entry->probe = relay->circuit.open;
	if (entry->probe)
		circuit_probe(&relay->circuit, now_ms);
	relay->alone = entry->strikes > 0;
	relay->next_ms = now_ms + relay->options.interval_ms;
	relay->status.in_flight++;
	*ret = entry->task;
	return true;
}

uint64_t relay_wait_ms(struct relay *relay, uint64_t now_ms)
{
	const struct relay_entry *entry = head(relay, now_ms);
	const struct due_item *unchecked = due_first(&relay->due);
	uint64_t at_ms = entry ? open_at(relay, entry) : UINT64_MAX;

	if (unchecked && may_check(relay) && unchecked->at_ms < at_ms)
		at_ms = unchecked->at_ms;
	if (at_ms == UINT64_MAX)
		return UINT64_MAX;
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

/* What came of it. */

static void release_address(struct relay *relay, struct addr address, bool delivered,
			    uint64_t now_ms)
{
	uint64_t hold_ms = delivered ? relay->options.hold_ms : 0;
	struct relay_entry *entry, *next;

	entry = hold_end(&relay->holds, address, hold_ms > 0 ? now_ms + hold_ms : 0);
	for (; entry; entry = next) {
		next = entry->blocked;
		if (entry->newer.hello)
			renew(entry, entry->newer, entry->newer_received_ms);
		relay_queue_wait(relay, entry, entry->due.at_ms);
	}
}

static void note_failure(struct relay *relay, const struct relay_entry *entry,
			 struct delivery_outcome outcome, uint64_t now_ms, uint32_t random)
{
	bool was_open = relay->circuit.open;

	relay->status.failed++;
	relay->status.last = outcome;
	circuit_fail(&relay->circuit, delivery_blames_core(outcome), entry->probe, now_ms, random);
	if (!was_open && outcome.result == DELIVERY_NO_CONNECT)
		relay_queue_blame(relay, now_ms);
}

/* The entry's hello is settled: its newer one goes on, or the entry goes. */
static void settle(struct relay *relay, struct relay_entry *entry, uint64_t now_ms)
{
	if (entry->newer.hello) {
		renew(entry, entry->newer, entry->newer_received_ms);
		relay_queue_wait(relay, entry, now_ms);
	} else {
		relay_queue_drop(relay, entry);
	}
}

static enum delivery_state delivered(struct relay *relay, struct relay_entry *entry,
				     uint64_t now_ms)
{
	relay->status.delivered++;
	circuit_succeed(&relay->circuit);
	relay_queue_suspect(relay, entry, now_ms);
	settle(relay, entry, now_ms);
	return DELIVERY_DELIVERED;
}

enum delivery_state relay_done(struct relay *relay, struct relay_task task,
			       struct delivery_outcome outcome, uint64_t now_ms, uint32_t random)
{
	struct relay_entry *entry = relay_queue_find(relay, task.device);
	bool good = outcome.result == DELIVERY_DONE;

	assert(entry && entry->step == RELAY_SENT && entry->task.hello == task.hello);
	entry->step = RELAY_WAITING;
	relay->status.in_flight--;
	relay->alone = false;
	release_address(relay, task.address, good, now_ms);
	if (good)
		return delivered(relay, entry, now_ms);
	if (outcome.result == DELIVERY_GONE) {
		settle(relay, entry, now_ms);
		return DELIVERY_GIVEN_UP;
	}
	note_failure(relay, entry, outcome, now_ms, random);
	if (outcome.result == DELIVERY_BROKEN)
		relay_queue_suspect(relay, entry, now_ms);
	if (entry->step == RELAY_KEPT)
		return DELIVERY_QUARANTINED;
	if (entry->newer.hello) {
		settle(relay, entry, now_ms);
		return DELIVERY_REPLACED;
	}
	entry->last = outcome;
	/* A core that is away is not the hello's fault: it keeps its place in the queue. */
	relay_queue_wait(relay, entry,
			 delivery_blames_core(outcome) ? entry->due.at_ms
						       : retry_alone_at(entry, now_ms, random));
	return DELIVERY_WAITING;
}

bool relay_next_change(struct relay *relay, struct relay_task *ret, enum delivery_state *ret_state)
{
	struct relay_entry *entry = TAILQ_FIRST(&relay->changed);

	if (!entry)
		return false;
	TAILQ_REMOVE(&relay->changed, entry, link);
	entry->is_changed = false;
	*ret = entry->task;
	*ret_state = entry->step == RELAY_KEPT ? DELIVERY_QUARANTINED : DELIVERY_WAITING;
	return true;
}

/* What is taken out, and asked. */

bool relay_expire(struct relay *relay, uint64_t steady_ms, size_t *at, struct relay_task *ret)
{
	for (; *at < relay->size; (*at)++) {
		struct relay_entry *entry = relay->entries[*at];

		if (!entry || relay_queue_is_under_way(entry) || steady_ms < entry->received_ms ||
		    steady_ms - entry->received_ms < relay->options.give_up_ms)
			continue;
		*ret = entry->task;
		relay_queue_drop(relay, entry);
		relay->status.given_up++;
		return true;
	}
	return false;
}

bool relay_take(struct relay *relay, size_t *at, struct relay_task *ret, uint64_t *ret_received_ms)
{
	for (; *at < relay->size; (*at)++) {
		struct relay_entry *entry = relay->entries[*at];

		if (!entry || relay_queue_is_under_way(entry) || entry->step == RELAY_KEPT)
			continue;
		*ret = entry->task;
		*ret_received_ms = entry->received_ms;
		relay_queue_drop(relay, entry);
		(*at)++;
		return true;
	}
	return false;
}

void relay_drop(struct relay *relay, uint32_t device)
{
	struct relay_entry *entry = relay_queue_find(relay, device);

	if (entry && !relay_queue_is_under_way(entry))
		relay_queue_drop(relay, entry);
}

void relay_retry(struct relay *relay, uint64_t now_ms)
{
	for (size_t i = 0; i < relay->size; i++) {
		struct relay_entry *entry = relay->entries[i];

		if (!entry || relay_queue_is_under_way(entry) || entry->step == RELAY_READY)
			continue;
		if (entry->step == RELAY_KEPT) {
			entry->strikes = 0;
			relay_queue_tell(relay, entry);
		}
		entry->tries = 0;
		relay_queue_wait(relay, entry, now_ms);
	}
	if (relay->circuit.open)
		relay->circuit.probe_at_ms = now_ms;
}

void relay_blame(struct relay *relay, struct delivery_outcome outcome, uint64_t now_ms,
		 uint32_t random)
{
	relay->status.failed++;
	relay->status.last = outcome;
	circuit_fail(&relay->circuit, true, true, now_ms, random);
}

void relay_hasten(struct relay *relay, uint64_t now_ms)
{
	circuit_hasten(&relay->circuit, now_ms);
}

bool relay_waits(const struct relay *relay, struct relay_task task, struct delivery_outcome *ret)
{
	const struct relay_entry *entry = relay_queue_find(relay, task.device);

	if (!entry || (entry->task.hello != task.hello && entry->newer.hello != task.hello))
		return false;
	*ret = entry->last.result == DELIVERY_UNTRIED && relay->circuit.open ? relay->status.last
									     : entry->last;
	return true;
}

struct relay_status relay_status(const struct relay *relay)
{
	struct relay_status status = relay->status;

	status.open = relay->circuit.open;
	status.failures = relay->circuit.failures;
	status.checking = relay->checking;
	status.quarantined = relay->kept;
	status.waiting = relay->count - relay->kept;
	return status;
}
