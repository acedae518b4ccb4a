/* SPDX-License-Identifier: ISC */
/*
 * discovery: the door of the hello. A hello comes in on TCP 9971, is on disk before anything else
 * is done with it, is joined with the lease of its address into a device, and is relayed byte for
 * byte to each provisioning core until the core has it.
 *
 *   hello  ME == TCP 9971 == listener - hello - store - relay == core   (device joins the lease)
 *
 * Owns its tables in the database and its sockets; uses the caller's event base. One thread.
 * docs/hello.md says what is taken, what is refused and what the states mean.
 */
#pragma once

#include "common/addr.h"
#include "common/config.h"
#include "common/db.h"
#include "common/endpoint.h"
#include "common/hostname.h"
#include "common/mac.h"
#include "common/rows.h"

#include <stdbool.h>
#include <stdint.h>

struct event_base;

enum discovery_relay_kind {
	DISCOVERY_RELAY_TCP, /* one write, then FIN; the core sees the relay's address */
};

/* When a core has a hello: once all bytes are acknowledged, and ... */
enum discovery_confirm {
	DISCOVERY_CONFIRM_CLOSE,        /* ... the core closed its side within the timeout */
	DISCOVERY_CONFIRM_ACKNOWLEDGED, /* ... nothing more: for a core that keeps connections open
					 */
};

/* An item of hello.cores. */
struct discovery_core_config {
	char *name;
	int kind; /* enum discovery_relay_kind */
	struct endpoint address;
	int confirm;        /* enum discovery_confirm */
	int64_t timeout_ms; /* to connect; and again to write and see the core close */
	int64_t give_up_ms; /* age at which an undelivered hello is given up and said so */
};

/* The mapping `hello`. */
struct discovery_config {
	struct config_list listen; /* struct endpoint, port 9971 by default */
	struct config_list cores;  /* struct discovery_core_config */
	int64_t max_connections;
	int64_t max_per_address;
	int64_t time_limit_ms; /* to the whole hello, from accept */
	int64_t history;       /* hellos kept per device */
	int64_t max_devices;
};
extern const struct config_table discovery_config_table;

/* What the daemon knows of an address, lent by the daemon. */
struct discovery_lease {
	struct mac mac;       /* length 0 = unknown */
	struct hostname name; /* "" = unknown */
	bool leased;
};

/* True when anything is known. Called from discovery_new on, until discovery_free. */
typedef bool discovery_lookup(struct addr address, struct discovery_lease *ret, void *user);

struct discovery;

/* Builds everything from a valid configuration (borrowed until discovery_free), loads devices and
 * undelivered hellos; opens no socket yet. `listeners` are sockets handed over by systemd (may be
 * NULL); they are used instead of `config->listen` and, once this returned 0, closed by
 * discovery_free. `lookup` may be NULL. 0, or a negative errno with the sentence. */
int discovery_new(struct discovery **ret, struct event_base *base, struct db *db,
		  const struct discovery_config *config, const int *listeners, size_t count,
		  discovery_lookup *lookup, void *user, struct err *err);

/* Listens and begins to relay. An IPv6 address on a host without IPv6 is left out with a warning;
 * any other address that cannot be listened on is an error. Not called twice. */
int discovery_start(struct discovery *discovery, struct err *err);

/* Stops accepting and relaying; undelivered hellos stay in the database. */
void discovery_stop(struct discovery *discovery);

/* Before db_close: what was handed to the database before is still committed by db_close, which
 * calls nothing of this object any more. Takes NULL. */
void discovery_free(struct discovery *discovery);

/* The addresses that are listened on; writes at most `size`, returns how many there are. */
size_t discovery_listening(const struct discovery *discovery, struct endpoint *ret, size_t size);

/* A lease changed: the device at this address gets its MAC and name anew. */
void discovery_lease_changed(struct discovery *discovery, struct addr address,
			     const struct discovery_lease *lease);

/* A device was joined with a hardware address that it did not have; test devices are left out. */
void discovery_on_mac(struct discovery *discovery, void (*on_mac)(struct mac mac, void *user),
		      void *user);
/* The hardware addresses of all devices, without the test devices: writes at most `size` from
 * *cursor on (0 = the first) and moves it behind them; returns how many, 0 = no more. */
size_t discovery_macs(const struct discovery *discovery, size_t *cursor, struct mac *ret,
		      size_t size);

/* The rows of the control commands; `filter` may be NULL. Columns as in docs/control-protocol.md.
 * 0, -ENOMEM, or -EIO where the database cannot be read. */
int discovery_print_devices(const struct discovery *discovery, const char *filter,
			    enum rows_format format, struct text *out);
int discovery_print_hellos(const struct discovery *discovery, unsigned count,
			   enum rows_format format, struct text *out);
/* Adds "name, value" rows to a list that the caller began. */
void discovery_print_status(const struct discovery *discovery, struct rows *rows);
