/* SPDX-License-Identifier: ISC */
/*
 * relay: the queue of hellos for one core. It decides what is tried next and when; somebody else
 * carries the bytes.
 *
 * The rules: per device at most one hello waits, the newest, and at most one is on its way; one is
 * on its way per address, and after a delivery the address is left alone for `hold_ms`. At most
 * `in_flight` are on their way to the core, one every `interval_ms`. A core that is away
 * (circuit.h) gets single probes; a new hello brings the next one forward. A hello that failed at a
 * core that is up waits alone, 1 s to 5 min. With `gate`, a hello is checked first: the caller says
 * with relay_checked whether it may go, and one that may not waits alone and costs the core
 * nothing.
 *
 * A core that cannot be reached within `watch_ms` of a delivery died of it, perhaps: what was
 * delivered last waits again, each with a strike. A hello with a strike goes alone, with nothing
 * before it has settled and nothing after it within `watch_ms`; after RELAY_STRIKES it is
 * quarantined, and so are later ones of its device, until relay_retry. Nothing else is dropped
 * before it is given up by age. Times on the monotonic clock unless named otherwise. Pure.
 */
#pragma once

#include "common/addr.h"
#include "discovery/delivery.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELAY_IN_FLIGHT_MAX 512
#define RELAY_CHECKED_MAX 8       /* under check, or checked and ready */
#define RELAY_CHECK_GOOD_MS 30000 /* a check older than this is made again */
#define RELAY_WAIT_MIN_MS 1000
#define RELAY_WAIT_MAX_MS 300000
#define RELAY_STRIKES 2
#define RELAY_SUSPECTS_MAX 16 /* of the last deliveries, when a core dies */

struct relay;

struct relay_options {
	uint64_t give_up_ms;  /* age at which relay_expire gives a hello up */
	unsigned in_flight;   /* 1 to RELAY_IN_FLIGHT_MAX */
	uint64_t interval_ms; /* between two hellos; 0 = none */
	uint64_t hold_ms;     /* 0 = none */
	uint64_t watch_ms;    /* 0 = nothing is suspected */
	bool gate;
};

/* What is to be sent now. */
struct relay_task {
	uint32_t device; /* number of the device in the inventory: small and dense */
	int64_t hello;   /* row of the hello */
	struct addr address;
};

/* Copies the options. 0 or -ENOMEM. */
int relay_new(struct relay **ret, const struct relay_options *options);
void relay_free(struct relay *relay);

/* Puts the device's newest hello into the queue; an older one that waits is replaced, one that is
 * on its way is not disturbed. The hello that waits or is on its way already is no news.
 * `received_ms` is the time of its arrival, by a clock that nobody sets. WAITING, or QUARANTINED where an earlier
 * hello of the device is; -ENOMEM: then nothing was changed. */
int relay_push(struct relay *relay, struct relay_task task, uint64_t received_ms, uint64_t now_ms);
/* The same at start, for one that was quarantined before. 0 or -ENOMEM. */
int relay_push_quarantined(struct relay *relay, struct relay_task task, uint64_t received_ms);

/* Takes the next task to be checked; answered with relay_checked. False when none is, and always
 * without `gate`. */
bool relay_next_check(struct relay *relay, uint64_t now_ms, struct relay_task *ret);
/* DELIVERY_DONE: it may go. Anything else: not yet, and why. */
void relay_checked(struct relay *relay, struct relay_task task, struct delivery_outcome outcome,
		   uint64_t now_ms, uint32_t random);

/* Takes the next task that may go now; the caller answers with relay_done. False when none may. */
bool relay_next(struct relay *relay, uint64_t now_ms, struct relay_task *ret);

/* The outcome of a task given by relay_next. Returns what has become of that hello: DELIVERED,
 * WAITING, REPLACED (it failed and a newer one of the device goes on in its place), GIVEN_UP (it
 * is GONE), or QUARANTINED. */
enum delivery_state relay_done(struct relay *relay, struct relay_task task,
			       struct delivery_outcome outcome, uint64_t now_ms, uint32_t random);
/* What else the last relay_done changed: a hello that had been delivered and WAITS again, or is
 * QUARANTINED. False when there is nothing (more). */
bool relay_next_change(struct relay *relay, struct relay_task *ret, enum delivery_state *ret_state);

/* Milliseconds until relay_next or relay_next_check may have something; UINT64_MAX when only
 * another call can change that. */
uint64_t relay_wait_ms(struct relay *relay, uint64_t now_ms);

/* Takes out one hello that waits and is too old by the clock of `received_ms`; false when there is
 * none (more). Looks at every device from *at on: start with 0. */
bool relay_expire(struct relay *relay, uint64_t steady_ms, size_t *at, struct relay_task *ret);
/* Takes out one that waits, whatever its age, unless it is on its way or quarantined; the same way.
 * *ret_received_ms is what relay_push was given. */
bool relay_take(struct relay *relay, size_t *at, struct relay_task *ret, uint64_t *ret_received_ms);
/* Takes out the device's hello, wherever it stands, unless it is on its way. */
void relay_drop(struct relay *relay, uint32_t device);

/* All that waits may go at once, and what is quarantined waits again; the next change says so. */
void relay_retry(struct relay *relay, uint64_t now_ms);
/* The core is known to be away, or not to be served, without a hello having been tried. */
void relay_blame(struct relay *relay, struct delivery_outcome outcome, uint64_t now_ms,
		 uint32_t random);
/* There is reason to believe that the core is back. */
void relay_hasten(struct relay *relay, uint64_t now_ms);

/* The last outcome of the device's waiting hello; false when `hello` does not wait here. */
bool relay_waits(const struct relay *relay, struct relay_task task, struct delivery_outcome *ret);

struct relay_status {
	bool open;         /* the circuit: true = the core is away and only probed */
	unsigned failures; /* in a row */
	unsigned in_flight, checking;
	size_t waiting;     /* in all, those on their way included */
	size_t quarantined; /* not among those that wait */
	uint64_t delivered, failed, held_back, given_up, deaths;
	struct delivery_outcome last; /* last failure; DELIVERY_UNTRIED = none */
};
struct relay_status relay_status(const struct relay *relay);
