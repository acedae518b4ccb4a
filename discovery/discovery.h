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
	DISCOVERY_RELAY_TCP,         /* one write, then FIN; the core sees this host's address */
	DISCOVERY_RELAY_TRANSPARENT, /* the same from the PC's own address */
	DISCOVERY_RELAY_PROXY_V1,    /* the same behind a PROXY line that names the PC */
	DISCOVERY_RELAY_PROXY_V2,
	DISCOVERY_RELAY_WEBHOOK, /* JSON over HTTPS */
	DISCOVERY_RELAY_EXEC,    /* a program per hello */
};

/* When a core has a hello: once all bytes are acknowledged, and ... */
enum discovery_confirm {
	DISCOVERY_CONFIRM_CLOSE,        /* ... the core closed its side within the timeout */
	DISCOVERY_CONFIRM_ACKNOWLEDGED, /* ... nothing more: for a core that keeps connections open
					 */
};

/* Paces and checks that a known product needs. */
enum discovery_preset {
	DISCOVERY_PRESET_GENERIC,
	DISCOVERY_PRESET_MESHCENTRAL,
};

enum discovery_gate {
	DISCOVERY_GATE_PRESET, /* as the preset says */
	DISCOVERY_GATE_ON,
	DISCOVERY_GATE_OFF,
};

enum discovery_template {
	DISCOVERY_TEMPLATE_GENERIC, /* docs/webhook.schema.json */
	DISCOVERY_TEMPLATE_DMT,     /* Device Management Toolkit, POST /api/v1/devices */
};

/* An item of hello.cores. Of pace and gate 0 means "as the preset says". */
struct discovery_core_config {
	char *name;
	int kind;   /* enum discovery_relay_kind */
	int preset; /* enum discovery_preset */
	struct endpoint address;
	int confirm;        /* enum discovery_confirm */
	int64_t timeout_ms; /* to connect; and again to write and see the core close */
	int64_t give_up_ms; /* age at which an undelivered hello is given up and said so */

	struct config_list subnets;     /* struct prefix: only PCs in one of them; empty = all */
	struct config_list root_hashes; /* char *: only hellos with one of them; empty = all */

	int64_t interval_ms; /* between two hellos */
	int64_t in_flight;
	int64_t hold_ms;  /* to an address after a delivery */
	int64_t watch_ms; /* a core that goes away so soon after a delivery died of it */
	int gate;         /* enum discovery_gate */

	char *url;                                                /* webhook */
	int template;                                             /* enum discovery_template */
	char *token_file, *certificate_file, *key_file, *ca_file; /* NULL = none */
	struct config_list command;                               /* exec: char *, argv */
};

enum discovery_deliver {
	DISCOVERY_DELIVER_ALL,
	DISCOVERY_DELIVER_FIRST, /* to the first core that is up; in the order of the list */
};

/* The mapping `hello`. */
struct discovery_config {
	struct config_list listen; /* struct endpoint, port 9971 by default */
	struct config_list cores;  /* struct discovery_core_config */
	int deliver;               /* enum discovery_deliver */
	int64_t max_connections;
	int64_t max_per_address;
	int64_t max_per_prefix;
	int64_t rate_per_prefix, burst_per_prefix;
	int64_t time_limit_ms; /* to the whole hello, from accept */
	int64_t history;       /* hellos kept per device */
	int64_t max_devices;
	bool only_leased; /* hellos from addresses without a known lease are kept, not relayed */
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
struct gate_answers;

/* Finds out about an address for the gate (gate.h); lent by the daemon. `done` is called once,
 * never from inside, and not after discovery_stop; the answers are borrowed for the call. 0, or a
 * negative errno when it cannot even begin. */
typedef int discovery_check(struct addr address,
			    void (*done)(const struct gate_answers *answers, void *task),
			    void *task, void *user);

/* Builds everything from a valid configuration (borrowed until discovery_free), loads devices and
 * undelivered hellos; opens no socket yet. `listeners` are sockets handed over by systemd (may be
 * NULL); they are used instead of `config->listen` and, once this returned 0, closed by
 * discovery_free. `lookup` may be NULL. 0, or a negative errno with the sentence. */
int discovery_new(struct discovery **ret, struct event_base *base, struct db *db,
		  const struct discovery_config *config, const int *listeners, size_t count,
		  discovery_lookup *lookup, void *user, struct err *err);

/* Before discovery_start. Without it no core may have its gate on: its hellos go unchecked. */
void discovery_lend_check(struct discovery *discovery, discovery_check *check, void *user);

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
/* Each different list of root hashes, how many devices said it last and the newest of them, and whether one of
 * `wanted` is in it (hex digits, at most DISCOVERY_ROOTS_MAX with spaces between; NULL: not asked). -EINVAL for
 * what are no hashes. */
#define DISCOVERY_ROOTS_MAX 8
int discovery_print_roots(const struct discovery *discovery, const char *wanted,
			  enum rows_format format, struct text *out);
/* The newest `count` hellos of those with a higher id than `after`; the newest first. */
int discovery_print_hellos(const struct discovery *discovery, unsigned count, int64_t after,
			   enum rows_format format, struct text *out);
/* All that is known of the devices with this UUID, MAC, name or address, in order of time. -ENOENT
 * when there is none; then nothing was printed. */
int discovery_print_device(const struct discovery *discovery, const char *key,
			   enum rows_format format, struct text *out);
/* One row per core. */
int discovery_print_relay(const struct discovery *discovery, enum rows_format format,
			  struct text *out);
/* Adds "name, value" rows to a list that the caller began. */
void discovery_print_status(const struct discovery *discovery, struct rows *rows);

/* All that waits for this core (NULL = for any) may go at once, and what is quarantined waits again.
 * 0, or -ENOENT: there is no core of that name. */
int discovery_relay_retry(struct discovery *discovery, const char *core);
