/* SPDX-License-Identifier: ISC */
/*
 * door: what the files of the door share: discovery.c (the flow in, start and stop), door_relay.c
 * (the flow out) and discovery_print.c (the rows). Nobody else includes this.
 */
#pragma once

#include "common/log.h"
#include "discovery/device.h"
#include "discovery/discovery.h"
#include "discovery/listener.h"
#include "discovery/relay.h"
#include "discovery/relay_tcp.h"
#include "discovery/store.h"
#include "discovery/store_read.h"

#define REPEATED_LINE_MS 60000 /* between two log lines about the same thing */

struct event;

/* A hello on its way to a core. */
struct flight {
	struct discovery *discovery;
	struct core *core;
	struct relay_task task;
	struct relay_tcp *tcp; /* NULL = free */
};

struct core {
	const struct discovery_core_config *config;
	size_t index;
	struct relay *relay;
	struct flight flights[RELAY_IN_FLIGHT_MAX];
	uint64_t failed_ms; /* of the last failure, wall clock; 0 = none */
};

struct discovery {
	struct event_base *base;
	struct db *db;
	const struct discovery_config *config;
	discovery_lookup *lookup;
	void *user;
	void (*on_mac)(struct mac mac, void *user); /* may be NULL */
	void *on_mac_user;

	struct listener *listener;
	struct store *store;
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

	uint64_t table_full, not_stored; /* hellos refused: by max-devices, by the database */
	struct log_gate refusal_gates[LISTENER_REASONS];
	struct log_gate full_gate, store_gate, note_gate;
};

/* Queues the device's newest hello for the core; it may go from `due_ms` on. 0 or -ENOMEM. */
int door_relay_push(struct core *core, struct device *device, uint64_t due_ms);
/* A new hello goes to all cores; one that came again goes where it is not delivered. */
void door_relay_hello(struct discovery *discovery, struct device *device, bool repeat);
/* Sends what may go now, and sets the timer for what may go next. */
void door_relay_pump(struct discovery *discovery);
/* Gives up what is too old. */
void door_relay_expire(struct discovery *discovery);
/* Breaks off what is on its way. */
void door_relay_stop(struct discovery *discovery);
