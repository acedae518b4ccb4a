/* SPDX-License-Identifier: ISC */
/*
 * carrier: how a hello travels to a core: the table that each relay kind fills (relay_tcp.c,
 * relay_transparent.c, ...), and what is carried. A line is one core, opened once; a job is one
 * hello on its way.
 *
 * The one rule: `send` answers once through `done`, from the event loop and never from inside,
 * unless it failed or the job was cancelled.
 */
#pragma once

#include "common/addr.h"
#include "common/err.h"
#include "common/hello.h"
#include "common/mac.h"
#include "discovery/delivery.h"
#include "discovery/gate.h"

struct event_base;
struct discovery_core_config;

/* A hello and what is known of its device. Borrowed for the call of `send`. */
struct carrier_parcel {
	const uint8_t *bytes;
	size_t length;
	struct hello decoded; /* borrows the bytes */
	struct addr address;  /* of the device */
	struct mac mac;       /* length 0 = unknown */
	const char *name;     /* NULL = unknown */
	const char *core;
	unsigned flags; /* of device.h */
	bool leased;
	uint64_t received_ms, last_ms; /* wall clock: this hello, and the device's last one */
	uint32_t count;                /* hellos of the device */
	struct gate_verdict gate;      /* of the last check; GATE_UNCHECKED = none was made */
	uint64_t gate_ms;              /* of that check */
};

typedef void carrier_done(struct delivery_outcome outcome, void *user);

struct carrier {
	/* 0, or a negative errno with the sentence: the core cannot be served this way. */
	int (*open)(void **ret_line, struct event_base *base,
		    const struct discovery_core_config *config, struct err *err);
	/* No job may be under way. */
	void (*close)(void *line);
	/* 0, or a negative errno when our own side cannot even begin. */
	int (*send)(void *line, const struct carrier_parcel *parcel, carrier_done *done, void *user,
		    void **ret_job);
	/* Breaks it off; calls nothing. */
	void (*cancel)(void *job);
	/* Tries at start whether the core can be served, from `source` where that is not ADDR_NONE;
	 * NULL where there is nothing to try. As `send`. */
	int (*test)(void *line, struct addr source, carrier_done *done, void *user, void **ret_job);
};

/* By enum discovery_relay_kind. */
extern const struct carrier *const carriers[];
