/* SPDX-License-Identifier: ISC */
/*
 * door: what the files of the door share: discovery.c (the flow in, start and stop), door_relay.c
 * (the flow out), door_line.c (its lines to the cores), door_gate.c
 * (its check), door_log.c (what is said) and discovery_print.c (the rows). Nobody else includes this.
 */
#pragma once

#include "common/log.h"
#include "discovery/carrier.h"
#include "discovery/device.h"
#include "discovery/discovery.h"
#include "discovery/fresh.h"
#include "discovery/listener.h"
#include "discovery/neighbour.h"
#include "discovery/relay.h"
#include "discovery/store.h"
#include "discovery/store_read.h"

#define REPEATED_LINE_MS 60000 /* between two log lines about the same thing */

struct event;

/* A hello on its way to a core. */
struct flight {
	struct discovery *discovery;
	struct core *core;
	struct relay_task task;
	void *job;           /* of the carrier; NULL = none */
	struct flight *next; /* of those that are free */
};

/* A device at a core's gate. */
struct check {
	struct discovery *discovery;
	struct core *core;
	struct relay_task task;
	bool busy;
};

struct core {
	const struct discovery_core_config *config;
	size_t index;
	struct relay *relay;
	const struct carrier *carrier;
	void *line; /* NULL = not open: `trouble` says why; tried again every minute */
	struct err trouble;
	struct flight flights[RELAY_IN_FLIGHT_MAX];
	struct flight *free_flights;
	struct flight test; /* of the line, at start */
	struct check checks[RELAY_CHECKED_MAX];
	uint64_t failed_ms;        /* of the last failure, wall clock; 0 = none */
	uint64_t failing_since_ms; /* wall clock; 0 = it is not failing */
};

struct discovery {
	struct event_base *base;
	struct db *db;
	const struct discovery_config *config;
	discovery_lookup *lookup;
	void *user;
	discovery_check *check;
	void *check_user;
	void (*on_mac)(struct mac mac, void *user); /* may be NULL */
	void *on_mac_user;

	struct listener *listener;
	struct store *store;
	struct fresh *fresh;
	struct neighbour *neighbour; /* NULL = cannot be asked */
	struct store_options store_options;
	struct device_table *devices;
	struct core cores[DELIVERY_CORES_MAX];
	size_t core_count;

	struct event *due;    /* the next hello may go */
	struct event *expiry; /* looks for hellos that are too old */
	bool relaying;
	int handed[LISTENER_SOCKETS_MAX]; /* sockets of systemd that the listener does not own yet
					   */
	size_t handed_count;

	uint64_t said_from_ms, said;     /* log lines about new devices */
	uint64_t table_full, not_stored; /* hellos refused: by max-devices, by the database */
	struct log_gate refusal_gates[LISTENER_REASONS];
	struct log_gate full_gate, delay_gate, store_gate, note_gate, expiry_gate;
};

/* Nothing is on its way to the core yet. Once, before anything else. */
void door_line_init(struct discovery *discovery, struct core *core);
/* A task goes on its way, which the relay allowed: hence there is a flight for it. */
struct flight *door_line_take(struct core *core, struct relay_task task);
/* It is over. */
void door_line_land(struct flight *flight);
/* Opens the line of every core that has none, and tries it. */
void door_line_open(struct discovery *discovery);
/* Breaks off what is on its way, and closes the lines. */
void door_line_close(struct discovery *discovery);

/* Queues the device's newest hello where it is WAITING; it may go from `due_ms` on. */
void door_relay_push(struct discovery *discovery, struct device *device, uint64_t due_ms);
/* A new hello goes to the cores of the mask; one that came again goes where it is not delivered. */
void door_relay_hello(struct discovery *discovery, struct device *device, unsigned cores,
		      bool repeat);
/* Cores that the hello is meant for: bit N for core N. */
unsigned door_relay_select(const struct discovery *discovery, const struct hello *hello,
			   struct addr address);
/* Sends some of what may go now, and sets the timer for what may go next. */
void door_relay_pump(struct discovery *discovery);
/* The same, once, after what the loop has at hand: hellos that come in, and connections that may be
 * let go of, are before those that go out, but only one burst of them at a time. */
void door_relay_pump_soon(struct discovery *discovery);
/* What waits for the core may go at once, and what it died of is tried again. */
void door_relay_retry(struct discovery *discovery, struct core *core);
/* Gives up what is too old. */
void door_relay_expire(struct discovery *discovery);
/* Says a core that came or went, and lets the others know. */
void door_relay_say(struct core *core, struct discovery *discovery, bool was_open);

/* Asks what there is to know about the task's address; the relay is answered now or later. */
void door_gate_check(struct discovery *discovery, struct core *core, struct relay_task task);
/* Why the device's hello waits for the core: `last`, or, where nothing was tried since the start,
 * what the gate found before. */
struct delivery_outcome door_gate_reason(const struct core *core, const struct device *device,
					 struct delivery_outcome last);

/* Lines about hellos; what comes often is counted, not repeated. */
void door_log_refused(struct discovery *discovery, enum listener_reason reason,
		      struct endpoint peer, const char *sentence);
/* There are max-devices already. */
void door_log_full(struct discovery *discovery);
/* The database does not take it now, and: it is lost; counts the latter. */
void door_log_delayed(struct discovery *discovery, int error);
void door_log_not_stored(struct discovery *discovery, int error);
void door_log_hello(struct discovery *discovery, const struct store_device *stored,
		    const struct device *device);
