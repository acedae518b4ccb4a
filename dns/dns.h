/* SPDX-License-Identifier: ISC */
/*
 * dns: the door of DNS registration. Leases come in (from the hook's lease socket), wanted names are
 * kept in the database, and name servers are made to agree with them by RFC 2136 updates signed with
 * TSIG; the ProvisionServer record of each zone is published and guarded the same way.
 *
 *   lease    lease socket ─ inbox ─ plan ─ queue ─ update ─ server ══ name servers ══ record
 *   publish  interface, core_health ─ publish ─ update ─ server ══ name servers ══ watch ─ view
 *
 * Owns its tables in the database and its sockets; uses the caller's event base. One thread.
 */
#pragma once

#include "common/addr.h"
#include "common/config.h"
#include "common/db.h"
#include "common/lease.h"
#include "common/prefix.h"
#include "common/rows.h"

#include <stdbool.h>
#include <stdint.h>

struct event_base;

/* The mapping `lease` of amtnetd.yaml. */
struct lease_config {
	char *socket; /* path of the lease socket */
	char *group;  /* group that may connect; NULL = the daemon's own */
};
extern const struct config_table lease_config_table;

/* The mapping `kea`: the lease store that is compared with what is wanted in DNS. */
struct kea_config {
	char *dhcp4_socket; /* path of kea-dhcp4's control socket; NULL or "" = none */
	char *dhcp6_socket;
	int64_t interval_ms; /* between two comparisons */
	int64_t timeout_ms;  /* for each page of the listing */
	/* The guard: so many percent of the names, and at least so many, are not removed at once. */
	int64_t guard_percent, guard_names;
};
extern const struct config_table kea_config_table;

/* Whose name may be taken, and how a name says whose it is. Kea's four by Kea's names. */
enum dns_conflict_mode {
	DNS_SAME_MACHINE,            /* a DHCID of any identity of the machine is ours */
	DNS_CHECK_WITH_DHCID,        /* RFC 4703: only this DHCP client's DHCID */
	DNS_CHECK_EXISTS_WITH_DHCID, /* any DHCID may be replaced; names without one are left alone */
	DNS_NO_CHECK_WITH_DHCID,     /* anything may be replaced; a DHCID is written */
	DNS_NO_CHECK_WITHOUT_DHCID, /* anything may be replaced; no DHCID */
	DNS_MARKER, /* as same-machine, with a TXT in the DHCID's place, for servers without DHCID */
};
#define DNS_ZONE_MODE_INHERITED \
	0 /* dns_zone_config.conflict_mode; else 1 + enum dns_conflict_mode */

struct dns_key_config {
	char *name;    /* TSIG key name */
	int algorithm; /* enum tsig_algorithm */
	struct config_secret secret;
};

struct dns_zone_config {
	struct hostname name;
	struct config_list servers; /* struct endpoint, in order of preference, port 53 by default;
				none: its primary is found by SOA */
	char *key;                  /* name of a key; NULL = unsigned */
	int conflict_mode;          /* DNS_ZONE_MODE_INHERITED, or one more than the mode */
	struct prefix range; /* RFC 2317: the zone holds the reverse names of these addresses */
};

/* The mapping `dns.discover`: how zones and their primary servers are found. */
struct dns_discover_config {
	struct config_list resolvers; /* struct endpoint; none = those of /etc/resolv.conf */
	struct config_list below; /* struct dns_zone_config without servers: the domains in which
				     zones are found that dns.zones does not name */
	int64_t max_zones;        /* of those */
	int64_t forget_ms;        /* one without names goes after so long */
};

/* The mapping `dns`. */
struct dns_config {
	int conflict_mode; /* enum dns_conflict_mode */
	int64_t ttl_ms;    /* of A, AAAA, DHCID and PTR; 0 = a third of the lease */
	int64_t ttl_min_ms, ttl_max_ms;
	int64_t refresh_ms; /* unchanged records are sent again after so long; 0 = never */
	bool verify;
	struct config_list keys; /* struct dns_key_config */
	struct config_list
		zones; /* struct dns_zone_config; forward and reverse, longest suffix wins */
	struct dns_discover_config discover;
};
extern const struct config_table dns_config_table;

enum publish_health_check {
	PUBLISH_HEALTH_NONE,    /* every address is taken to be good */
	PUBLISH_HEALTH_CONNECT, /* TCP connect */
	PUBLISH_HEALTH_HELLO,   /* and a test hello */
};

/* The mapping `provision-server.health`. */
struct publish_health_config {
	int check; /* enum publish_health_check */
	int64_t port;
	int64_t interval_ms, timeout_ms;
	int64_t fall, rise; /* checks in a row */
};

/* The mapping `provision-server`. */
struct publish_config {
	char *label;                  /* first label, "ProvisionServer" */
	struct config_list zones;     /* struct hostname: the suffixes to publish in; among them the
				     word PUBLISH_FROM_LEASES and "" for the bare name */
	struct config_list addresses; /* struct addr: who answers on 9971 ... */
	char *interface;              /* ... or the interface whose addresses do; NULL = none */
	struct publish_health_config health;
	int64_t ttl_ms;
	int64_t interval_ms;  /* between two checks of the authoritative servers */
	char *owner;          /* who owns the marker; NULL = the host's name */
	char *previous_owner; /* whose markers are taken over; NULL = nobody's */
	int failover;         /* enum publish_failover */
	int64_t forget_ms;    /* a suffix from leases is withdrawn after so long; 0 = never */
};
#define PUBLISH_FROM_LEASES "from-leases"
#define PUBLISH_SITES_MAX 256
extern const struct config_table publish_config_table;

/* "provisionserver.corp.example" for a suffix; the label alone for the empty one. 0 or -ENAMETOOLONG. */
int publish_config_name(const struct publish_config *publish, const struct hostname *suffix,
			struct hostname *ret);
/* For the check of the mapping that holds both: complains at `key` about each zone of publish->zones
 * that lies in no zone of dns->zones. */
void dns_config_check_publish(const struct dns_config *dns, const struct publish_config *publish,
			      const char *key, struct config_check *check);
/* Index of the longest zone of dns->zones, of those without a range, that holds the name; -1 = none. */
int dns_config_zone(const struct dns_config *dns, const struct hostname *name);

/* The mode in which names are kept in this zone. */
enum dns_conflict_mode dns_config_mode(const struct dns_config *dns,
				       const struct dns_zone_config *zone);

struct dns;

/* What is known of the machine that holds an address now. */
struct dns_lease {
	struct addr address;
	struct mac mac;
	struct hostname name;
	struct lease_bytes client_id; /* who asked last: option 61, or the DUID; length 0 = none */
	bool me;                      /* taken over as an ME client */
	uint64_t until_ms;            /* wall clock; 0 = ended */
};

/* Builds everything from valid configurations (borrowed until dns_free) and loads the wanted names;
 * sends nothing yet. Opens the lease socket when `lease->socket` is set. */
int dns_new(struct dns **ret, struct event_base *base, struct db *db,
	    const struct lease_config *lease, const struct dns_config *config,
	    const struct publish_config *publish, struct err *err);

/* Names the Kea servers whose leases are compared (borrowed until dns_free); before dns_start. 0 or -ENOMEM.
 * Without it, or without a socket in it, nothing is compared. */
int dns_use_kea(struct dns *dns, const struct kea_config *config);

/* Starts listening and sending. */
int dns_start(struct dns *dns, struct err *err);

/* Stops listening and sending; what is not confirmed stays wanted in the database. */
void dns_stop(struct dns *dns);
void dns_free(struct dns *dns);

/* Called after each lease change that is on disk; may be NULL. */
void dns_on_lease(struct dns *dns, void (*on_lease)(const struct dns_lease *lease, void *user),
		  void *user);

/* Who is known to have AMT: writes at most `size` hardware addresses from *cursor on (0 = the first)
 * and moves it behind them; returns how many, 0 = no more. Each hook gets the whole table when it
 * connects; may be NULL. */
typedef size_t dns_learned(size_t *cursor, struct mac *ret, size_t size, void *user);
void dns_lend_learned(struct dns *dns, dns_learned *learned, void *user);
/* One more, which `learned` will give from now on: the hooks that are connected are told. */
void dns_learn(struct dns *dns, struct mac mac);

/* The lease at an address. 0, or -ENOENT. */
int dns_lookup(const struct dns *dns, struct addr address, struct dns_lease *ret);

/* Compares with Kea at once, as a person asks for it. */
struct dns_order {
	bool dry_run; /* show what would be done, do nothing */
	bool confirm; /* the guard has been read: remove whatever is in no lease */
	bool verify;  /* besides: everything that DNS agreed to is asserted again */
	enum rows_format format;
	struct text *out; /* one row per difference, and a total; the caller's until done */
	/* Once, from the event loop or from dns_stop: 0, or a negative errno with the sentence. */
	void (*done)(int result, const struct err *err, void *user);
	void *user;
};
/* 0 = done will come; -ENOTCONN (no Kea is named) or -EBUSY (another one waits already), with the sentence. */
int dns_reconcile(struct dns *dns, const struct dns_order *order, struct err *err);

/* Everything about one name: leases, intents, owner, and what its servers answer now. Rows (about, what). */
struct dns_story_order {
	struct hostname name;
	enum rows_format format;
	struct text *out; /* the caller's until done */
	/* Once, from the event loop or from dns_stop, within 8 s. */
	void (*done)(int result, const struct err *err, void *user);
	void *user;
};
/* 0 = done will come; -ENOMEM with the sentence. */
int dns_story(struct dns *dns, const struct dns_story_order *order, struct err *err);

/* Closes the circuit of each zone that holds `what`, and makes due what waits: everything (NULL), or what is
 * about `what` or below it. How many names. */
size_t dns_retry(struct dns *dns, const struct hostname *what);

/* The rows of the control commands; `filter` may be NULL: words that all must fit, as docs/control-protocol.md
 * says. Columns as in docs/control-protocol.md. */
int dns_print_names(const struct dns *dns, const char *filter, enum rows_format format,
		    struct text *out);
int dns_print_provision_server(const struct dns *dns, const char *filter, enum rows_format format,
			       struct text *out);
/* An operator wants the ProvisionServer name of a suffix (or the name itself) to become ours, whoever's it
 * is; `seen_id` 0, or what the rows said when he looked. It is done in the next round, at once. 0, or
 * -ENOENT, -EINVAL with the sentence. */
int dns_force_provision_server(struct dns *dns, const char *zone, uint32_t seen_id,
			       struct err *err);
/* Adds "name, value" rows to a list that the caller began. */
void dns_print_status(const struct dns *dns, struct rows *rows);
