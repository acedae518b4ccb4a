/* SPDX-License-Identifier: ISC */
/*
 * device: the inventory: every machine that said hello, by UUID and by address, joined with what
 * the daemon knows of the lease at its address (MAC, name). A UUID that says nothing (unset, or the
 * test UUID) is an identity only together with the address. Bounded by its user. Pure.
 */
#pragma once

#include "common/addr.h"
#include "common/mac.h"
#include "common/table.h"
#include "common/uuid.h"
#include "discovery/delivery.h"
#include "discovery/gate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is odd about a device; all are about its newest hello. */
enum {
	DEVICE_NO_UUID = 1 << 0,      /* the UUID is not set: known by its address alone */
	DEVICE_TEST = 1 << 1,         /* a test hello: recorded, never relayed */
	DEVICE_SAME_ADDRESS = 1 << 2, /* another device is at this address */
	DEVICE_SAME_NAME = 1 << 3,    /* another device has this name */
	/* the UUID came from two addresses that are leased to two MACs */
	DEVICE_SAME_UUID = 1 << 4,
	DEVICE_UNKNOWN_ADDRESS = 1 << 5, /* no lease of its address was ever seen */
};

struct device_key {
	struct uuid uuid;
	struct addr place; /* ADDR_NONE where the UUID is the identity */
};

struct device {
	struct table_link link; /* first: the inventory's */
	struct device_key key;
	uint32_t number;           /* counts up from 0 in order of appearance; never changes */
	struct addr address;       /* of the last hello */
	struct mac mac;            /* of the lease at that address; stays when the lease ends */
	struct device_label *name; /* NULL = unknown; read it with device_name */
	bool leased;
	bool was_leased; /* ever, since the daemon started */
	bool same_uuid;
	uint8_t relay[DELIVERY_CORES_MAX]; /* enum delivery_state of `hello` at each core */
	int64_t hello;                     /* row of the newest hello */
	uint64_t hello_ms;                 /* when that came first, and `last_ms` any, wall clock */
	uint64_t last_ms;
	uint32_t count; /* hellos in all */
	uint32_t retry;
	struct gate_verdict gate;  /* of the last check */
	uint64_t gate_ms;          /* wall clock; 0 = there was none */
	bool is_there;             /* at `address`; false once another MAC has it */
	struct device *next_there; /* at the same address */
	struct device *next_named; /* with the same name */
	struct device *next_nic;   /* with the same MAC */
};

struct device_table;

int device_table_new(struct device_table **ret);
void device_table_free(struct device_table *table);
size_t device_count(const struct device_table *table);
/* By number, from 0 to device_count - 1. */
struct device *device_get(const struct device_table *table, uint32_t number);

/* The identity of a hello from this address. */
struct device_key device_key(struct uuid uuid, struct addr address);
/* NULL when unknown. */
struct device *device_find(const struct device_table *table, struct device_key key);
/* The device that came to this address last, the others behind next_there; NULL when none is there.
 */
struct device *device_at(const struct device_table *table, struct addr address);

/* Chains of those with this MAC (behind next_nic) or name (behind next_named); NULL = none. */
struct device *device_by_mac(const struct device_table *table, struct mac mac);
struct device *device_by_name(const struct device_table *table, const char *name);

/* One of this key, which is not known yet; it is nowhere. 0 or -ENOMEM. */
int device_new(struct device_table *table, struct device_key key, struct device **ret);
/* The device is at this address from now on. 0 or -ENOMEM. */
int device_place(struct device_table *table, struct device *device, struct addr address);
/* The lease at the device's address: an empty MAC or name leaves what was known. Other devices
 * there that are known by another MAC have left. 0 or -ENOMEM. */
int device_set_lease(struct device_table *table, struct device *device, struct mac mac,
		     const char *name, bool leased);

const char *device_name(const struct device *device); /* NULL = unknown */
unsigned device_flags(const struct device_table *table, const struct device *device);

/* "no-uuid same-name", "" for none. Gives `ret` back. */
#define DEVICE_FLAGS_TEXT 96
const char *device_flags_print(unsigned flags, char ret[DEVICE_FLAGS_TEXT]);
