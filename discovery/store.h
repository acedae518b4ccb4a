/* SPDX-License-Identifier: ISC */
/*
 * store: devices, hellos and what became of them, in the daemon's database. The only file of
 * discovery, with store_read, that knows SQLite.
 *
 * The one rule: store_add answers after the hello is on disk, never before; only then may it be
 * relayed and its connection closed. The bytes given back by store_read_hello are those that came
 * in. A hash list, the bulk of a hello and the same for all PCs of a firmware, is kept once (by its
 * SHA-256). Kept are the newest `history` hellos of a device. Writing goes through the writer
 * thread (common/db.h).
 */
#pragma once

#include "common/addr.h"
#include "common/db.h"
#include "common/err.h"
#include "common/hello.h"
#include "common/mac.h"
#include "common/uuid.h"
#include "discovery/delivery.h"
#include "discovery/gate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct store;

#define STORE_REPEAT_MS \
	60000          /* same device, address and bytes within this: counted, no new row \
			*/
#define STORE_TRIES 60 /* a hello that cannot be written is tried again every second */

struct store_options {
	uint32_t history; /* hellos kept per device */
	/* A hello could not be written and is tried again; NULL = nobody wants to know. */
	void (*on_delayed)(int error, void *user);
	const char *cores[DELIVERY_CORES_MAX];
	size_t core_count;
};

/* A hello to be kept; borrowed for the call. */
struct store_hello {
	const uint8_t *bytes;
	size_t length;
	const struct hello *decoded;
	struct addr address; /* of the peer */
	struct addr place;   /* part of the identity where the UUID says nothing, or ADDR_NONE */
	bool is_new;         /* the device was never heard of, most probably */
	unsigned cores;      /* that it is meant for: bit N for core N */
	uint64_t time_ms;    /* wall clock */
	struct mac mac;      /* of the device, length 0 = unknown */
	const char *name;    /* the same, "" = unknown */
};

/* A device as it stands after a hello, or as it was loaded. */
struct store_device {
	int64_t device; /* its row */
	struct uuid uuid;
	struct addr place;
	struct addr address;
	int64_t hello;                        /* row of its newest hello */
	uint64_t hello_ms, first_ms, last_ms; /* newest hello's arrival, first and last of all */
	uint32_t count;                       /* hellos in all */
	uint32_t retry;
	struct mac mac;           /* known at its last hello; length 0 = unknown */
	const char *name;         /* the same, "" = unknown; borrowed for the call */
	struct gate_verdict gate; /* as loaded: of the last check at `gate_ms`, 0 = none */
	uint64_t gate_ms;
	/* After a hello, as in struct store_hello; the bytes are borrowed for the call. */
	unsigned cores;
	const uint8_t *bytes;
	size_t length;
};

/* `state`: 0 = on disk; or a negative errno: it could not be written, and `device` says only what
 * is known without the database. `repeat`: same bytes as the device's last hello, which was counted
 * again. */
typedef void store_on_added(int error, const struct store_device *device, bool repeat,
			    void *context, void *user);

/* Brings the tables up to date; copies the options. 0, or a negative errno with the sentence. */
int store_new(struct store **ret, struct db *db, struct event_base *base,
	      const struct store_options *options, store_on_added *on_added, void *user,
	      struct err *err);

/* Before db_close. What was handed over is still written by db_close; nothing is called any more.
 */
void store_free(struct store *store);

/* Hands the hello to the writer; `context` comes back in on_added. 0, -ENOMEM, or -ENOBUFS when the
 * writer has too much to do. */
int store_add(struct store *store, const struct store_hello *hello, void *context);

/* Notes what became of a hello at a core, some milliseconds later and with others; `reason` may be
 * NULL. 0, -ENOMEM or -ENOBUFS. A note that is lost costs a second delivery after a restart, never
 * a hello. */
int store_note(struct store *store, int64_t hello, size_t core, enum delivery_state state,
	       const char *reason, uint64_t time_ms);

struct store_counters {
	uint64_t stored, repeated, failed, failed_notes;
	uint32_t waiting; /* hellos handed over and not answered yet */
};
struct store_counters store_counters(const struct store *store);
