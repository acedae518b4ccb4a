/* SPDX-License-Identifier: ISC */
/*
 * store_read: what the store keeps, read back on the event loop's own connection: sees what was
 * committed. Every function reads to its end before it returns.
 */
#pragma once

#include "discovery/store.h"

/* 0 goes on, anything else ends the reading and is given back. `states` by configured core. */
typedef int store_on_device(const struct store_device *device,
			    const enum delivery_state states[DELIVERY_CORES_MAX], void *user);

/* Every device, and for each the state of its newest hello at each core of `options`. 0, what
 * on_device returned, or a negative errno of the database. */
int store_read_devices(struct db *db, const struct store_options *options,
		       store_on_device *on_device, void *user);

/* A hello's bytes. 0, -ENOENT (history has dropped it), or another negative errno. */
int store_read_hello(struct db *db, int64_t hello, uint8_t ret[HELLO_MAX_BYTES],
		     size_t *ret_length);

/* A hello as `hellos` shows it. */
struct store_row {
	int64_t hello;
	uint64_t time_ms; /* of its arrival */
	uint32_t count;   /* times that it came */
	struct uuid uuid;
	struct addr place;
	struct addr address;
	uint16_t version;
	uint32_t retry, hash_count, length;
	enum delivery_state states[DELIVERY_CORES_MAX];
};

/* The newest `count` hellos with a higher row number than `after`, the newest first. 0 or a negative
 * errno. */
int store_read_newest(struct db *db, const struct store_options *options, unsigned count,
		      int64_t after, void (*on_row)(const struct store_row *row, void *user),
		      void *user);

/* A list of root hashes, and the devices whose newest hello has it. */
struct store_roots {
	struct hello list; /* of it only the hashes; borrowed for the call */
	uint64_t devices;
	struct uuid uuid; /* of the one that spoke last */
	struct addr address;
};

/* Each different list, that of most devices first; test hellos and those without hashes have none. 0 or a
 * negative errno. */
int store_read_roots(struct db *db, void (*on_roots)(const struct store_roots *roots, void *user),
		     void *user);

/* What happened to a device, in order of time; the texts are borrowed for the call. 0 or a negative
 * errno. */
typedef void store_on_event(uint64_t time_ms, const char *event, const char *detail, void *user);
int store_read_story(struct db *db, struct uuid uuid, struct addr place, store_on_event *on_event,
		     void *user);
