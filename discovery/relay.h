/* SPDX-License-Identifier: ISC */
/*
 * relay: the queue of hellos for one core. It decides what is tried next and when; somebody else
 * carries the bytes.
 *
 * The rules: per device at most one hello waits, the newest, and at most one is on its way; at most
 * RELAY_IN_FLIGHT_MAX are on their way to the core. A core that cannot be reached, or failed
 * RELAY_CIRCUIT_AFTER times in a row, is left alone but for one probe at a time, 1 s to 5 min
 * apart; otherwise a hello that failed waits alone, 1 s to 5 min. Nothing is dropped before it is
 * given up by age. Times on the monotonic clock unless named otherwise. Pure.
 */
#pragma once

#include "discovery/delivery.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELAY_IN_FLIGHT_MAX 8
#define RELAY_CIRCUIT_AFTER 8
#define RELAY_WAIT_MIN_MS 1000
#define RELAY_WAIT_MAX_MS 300000

struct relay;

/* What is to be sent now. */
struct relay_task {
	uint32_t device; /* number of the device in the inventory: small and dense */
	int64_t hello;   /* row of the hello */
};

/* 0 or -ENOMEM. `give_up_ms` is the age at which relay_expire gives a hello up. */
int relay_new(struct relay **ret, uint64_t give_up_ms);
void relay_free(struct relay *relay);

/* Puts the device's newest hello into the queue; an older one that waits is replaced, one that is
 * on its way is not disturbed. The hello that waits or is on its way already is no news.
 * `received_ms` is the wall clock time of its arrival. 0, or -ENOMEM: then nothing was changed. */
int relay_push(struct relay *relay, struct relay_task task, uint64_t received_ms, uint64_t now_ms);

/* Takes the next task that may go now; the caller answers with relay_done. False when none may. */
bool relay_next(struct relay *relay, uint64_t now_ms, struct relay_task *ret);

/* The outcome of a task given by relay_next. Returns what has become of that hello: DELIVERED,
 * WAITING, REPLACED (it failed and a newer one of the device goes on in its place), or GIVEN_UP (it
 * is GONE). */
enum delivery_state relay_done(struct relay *relay, struct relay_task task,
			       struct delivery_outcome outcome, uint64_t now_ms, uint32_t random);

/* Milliseconds until relay_next may have something; UINT64_MAX when only relay_push or relay_done
 * can change that. */
uint64_t relay_wait_ms(const struct relay *relay, uint64_t now_ms);

/* Takes out one hello that waits and is too old by the wall clock; false when there is none (more).
 * Looks at every device from *at on: start with 0. */
bool relay_expire(struct relay *relay, uint64_t wall_ms, size_t *at, struct relay_task *ret);

/* The last outcome of the device's waiting hello; false when `hello` does not wait here. */
bool relay_waits(const struct relay *relay, struct relay_task task, struct delivery_outcome *ret);

struct relay_status {
	bool open;         /* the circuit: true = the core is away and only probed */
	unsigned failures; /* in a row */
	unsigned in_flight;
	size_t waiting; /* in all, those on their way included */
	uint64_t delivered, failed, given_up;
	struct delivery_outcome last; /* last failure; DELIVERY_UNTRIED = none */
};
struct relay_status relay_status(const struct relay *relay);
