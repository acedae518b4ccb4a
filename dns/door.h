/* SPDX-License-Identifier: ISC */
/*
 * door: what the parts of this folder's door share: dns.c (start and stop, wanted names to disk), dns_lease.c
 * (leases in), dns_zone.c (zones), dns_find.c (servers of zones that have none configured), dns_walk.c (zones
 * of names that no configured one holds), dns_reconcile.c (Kea's lease store compared), dns_send.c (wanted
 * names to the name servers), dns_publish.c and its companions (ProvisionServer, dns/door_publish.h),
 * dns_print.c (rows for the control socket). Nobody outside the folder sees it.
 */
#pragma once

#include "common/log.h"
#include "dns/batch.h"
#include "dns/dns.h"
#include "dns/inbox.h"
#include "dns/leases.h"
#include "dns/ledger.h"
#include "dns/machine.h"
#include "dns/pace.h"
#include "dns/queue.h"
#include "dns/reconcile.h"
#include "dns/registration.h"
#include "dns/sequence.h"
#include "dns/server.h"
#include "common/tsig.h"

#include <sys/queue.h>

struct event;
struct dns_find;
struct dns_walk;
struct dns_publisher;

/* One intent on its way to the name server: at a step of its registration, waiting in the zone's line or
 * travelling in a batch. */
struct dns_flight {
	struct batch_item item; /* first: the line's handle of it */
	LIST_ENTRY(dns_flight) link;
	struct dns_zone *zone;
	struct ledger_entry *entry;
	uint64_t generation; /* of the intent as it left */
	uint64_t failed_ms;  /* its last failure, alone or with others; 0 = none */
	struct registration registration;
};

struct dns_zone {
	struct dns *dns;
	int index;
	const struct dns_zone_config *config; /* with the servers that were found */
	struct dns_find *find;                /* NULL where servers are configured */
	struct registration_rules rules;
	struct server_zone *server; /* NULL once stopped */
	struct pace pace;
	struct err refusal; /* of the server, with what a person can do about it */
	struct event *timer;
	struct batch_line line;
	uint64_t single_until_ms; /* one update per message, after NOTIMP; 0 = as many as fit */
	LIST_HEAD(, dns_flight) flights;
};

/* How far a hook has come. */
struct dns_position {
	uint64_t boot_id, seq;
	bool touched;
};

struct dns_reconcile;

struct dns {
	struct event_base *base;
	const struct dns_config *config;
	const struct publish_config *publish;
	struct tsig_key **keys; /* one per config->keys */
	struct server_pool *servers;
	uint16_t found_port; /* of servers that are found by name */
	struct zone *zone_names;
	struct dns_zone *zones;
	size_t configured_count; /* the rest is for zones that are found: empty (`server` NULL) until then */
	size_t zone_count;
	struct dns_walk *walk; /* NULL where none is */
	struct dns_publisher *publisher;
	struct inbox *inbox; /* NULL where no lease socket is configured */
	struct leases *leases;
	struct machine_table *machines;
	struct ledger *ledger;
	struct queue *queue;
	struct dns_reconcile *reconcile; /* NULL where no Kea is named */
	struct event *save;              /* folds the changes of one wake-up into one batch */
	struct event *save_again;        /* after a failure */
	struct dns_position positions[SEQUENCE_BOOTS_MAX];
	void (*on_lease)(const struct dns_lease *lease, void *user);
	void *on_lease_user;
	dns_learned *learned; /* NULL = nothing is learned */
	void *learned_user;
	LIST_HEAD(, dns_story) stories; /* being told */
	bool running;
	bool disk_fails;
	struct registration_request registration_request; /* scratch: too large for the stack */
	struct update_message message;                    /* the same */
	struct {
		uint64_t events, gaps, resyncs, refused_leases, refused_names, failed_saves, done,
			conflicts, quarantined, split, bad_rows;
		/* Of dns_find: what was no answer at all, and answers that were none for us. */
		uint64_t searches, failed_searches, ignored_answers, bad_answers;
	} counters;
	struct {
		struct log_gate full, peer, save, no_zone;
	} gates;
};

/* Rows that are not on disk yet; with more the hooks wait until it has caught up, and where it fails until
 * it works again. */
#define DNS_UNSAVED_MAX 4096
#define DNS_UNSAVED_FAILING_MAX 65536
#define DNS_GATE_MS 60000 /* between two log lines that say the same */

/* Rows that are not on disk yet. */
size_t dns_unsaved(const struct dns *dns);
/* As many as there may be. */
bool dns_is_full(const struct dns *dns);
/* Where a hook's position is kept until it is on disk. */
struct dns_position *dns_position_of(struct dns *dns, uint64_t boot_id);

/* Opens the zones of the configuration, and closes all. 0 or a negative errno with the sentence. */
int dns_zones_open(struct dns *dns, struct err *err);
void dns_zones_close(struct dns *dns);
/* The zone of this name, found at run time, new where it is not there yet (`config` is borrowed for the call);
 * NULL with the sentence where there is no room for one more. */
struct dns_zone *dns_zone_found(struct dns *dns, const struct dns_zone_config *config,
				struct err *err);
void dns_zone_forget(struct dns_zone *zone);

/* Leases in. */
extern const struct inbox_events dns_inbox_events;

/* Asks for a comparison with Kea: bursts of wishes are folded into one, soon. Nothing where no Kea is named. */
void dns_reconcile_soon(struct dns *dns, enum reconcile_reason reason);
/* An event goes before what is being listed meanwhile. */
void dns_reconcile_event(struct dns *dns, const struct lease_event *event);
void dns_reconcile_stop(struct dns *dns);
void dns_reconcile_free(struct dns *dns);
void dns_reconcile_print_status(const struct dns *dns, struct rows *rows);

/* What names, and the story of one, say of an intent: seconds to the next try (-1 = none), last outcome. */
int64_t dns_print_next_s(const struct dns *dns, const struct ledger_row *row, uint64_t now_ms);
const char *dns_print_words(const struct dns *dns, const struct ledger_row *row);
/* Once no server answers any more. */
void dns_story_stop(struct dns *dns);

/* Sends what is due in the zone, and sets its timer. */
void dns_send(struct dns_zone *zone);
void dns_send_on_timer(int fd, short what, void *zone);
/* Forgets what is in flight; it stays wanted. */
void dns_send_stop(struct dns_zone *zone);

/* ProvisionServer (dns/door_publish.h). 0 or a negative errno with the sentence. */
int dns_publish_new(struct dns *dns, struct db *db, struct err *err);
void dns_publish_start(struct dns *dns);
void dns_publish_stop(struct dns *dns);
void dns_publish_free(struct dns *dns);
/* The zone has other servers than before. */
void dns_publish_zone_found(struct dns_zone *zone);
/* An ME client was given this suffix. */
void dns_publish_suffix(struct dns *dns, const struct hostname *suffix);
/* The rows of `status`. */
void dns_publish_print_status(const struct dns *dns, struct rows *rows);
