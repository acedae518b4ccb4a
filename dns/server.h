/* SPDX-License-Identifier: ISC */
/*
 * server: the name servers of a zone. Takes an UPDATE or a query, signs it, sends it over a kept-open
 * TCP connection with several messages in flight, moves on to the next server of the zone when one
 * fails, and raises `done` exactly once with a classed outcome. Knows nothing of leases or names.
 *
 * A request is tried at most SERVER_TRIES times per server of the zone, signed anew each time. A server
 * that fails (no connection, no answer, SERVFAIL, NOTIMP) is left alone for a while; after that
 * the zone goes back to the first good one in the order of preference as soon as nothing is in flight.
 * An answer without the right signature is counted and ignored; when such a one said BADKEY or BADSIG
 * and nothing better came in time, the outcome says so.
 */
#pragma once

#include "common/endpoint.h"
#include "common/err.h"
#include "dns/update.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct tsig_key;
struct server_zone; /* one zone, its servers in order of preference, its key */

/* Each has its one action. */
enum server_class {
	SERVER_DONE, /* NOERROR, signed as it must be */
	/* YXDOMAIN, YXRRSET, NXDOMAIN, NXRRSET: the next step of the RFC 4703 machine. NXDOMAIN of a
	 * query is one as well: the name does not exist. */
	SERVER_DECISION,
	SERVER_TRANSIENT,  /* nobody was reached or answered in time, SERVFAIL: again later */
	SERVER_CAPABILITY, /* NOTIMP */
	/* REFUSED, NOTAUTH, NOTZONE, BADKEY, BADSIG, BADTIME, BADTRUNC: someone must act. */
	SERVER_CONFIGURATION,
	SERVER_POISON, /* FORMERR: this message will never be taken */
};

struct server_outcome {
	enum server_class class;
	int rcode;   /* of the last answer, or the TSIG error; -1 = no answer */
	bool resent; /* sent more than once: a DECISION may be our own first try (RFC 2136 7.8) */
	struct endpoint server;      /* who answered, or was tried last */
	struct update_answer answer; /* for a query; count 0 otherwise */
	struct err words;            /* one sentence for people */
};

typedef void server_done(const struct server_outcome *outcome, void *user);

#define SERVER_IN_FLIGHT_MAX 64 /* per zone; BIND drops silently above 100 queued updates */
#define SERVER_TRIES 2
#define SERVER_ANSWER_MS 5000

/* `servers` and `key` (NULL = unsigned) are borrowed until server_zone_free. 0, -EINVAL (no server),
 * -ENOMEM. */
int server_zone_new(struct server_zone **ret, struct event_base *base, const struct hostname *zone,
		    const struct endpoint *servers, size_t count, const struct tsig_key *key);
/* Calls no done any more: what was under way is forgotten. Allowed inside a done. NULL is allowed. */
void server_zone_free(struct server_zone *zone);

struct server_times {
	uint32_t connect_ms; /* to get a connection */
	uint32_t answer_ms;  /* to get an answer: SERVER_ANSWER_MS */
	uint32_t away_ms;    /* a failed server is left alone so long; doubles with each failure */
	uint32_t idle_ms;    /* a connection without requests is kept; below the servers' limits */
};
extern const struct server_times server_times_default;
/* Other times than those; before the first request. */
void server_zone_set_times(struct server_zone *zone, struct server_times times);

/* How many more requests the zone takes now: 0 means wait for a done. */
size_t server_zone_room(const struct server_zone *zone);

/* 0, -EBUSY (no room), -EINVAL (update that cannot be encoded), -ENOMEM; `done` is called only after
 * 0, and never from inside. The arguments are borrowed for the call, `user` is kept. */
int server_update(struct server_zone *zone, const struct update *update, server_done *done,
		  void *user);
/* The same for several updates in one message. */
int server_message(struct server_zone *zone, const struct update_message *message,
		   server_done *done, void *user);
int server_query(struct server_zone *zone, const struct hostname *name, uint16_t type,
		 server_done *done, void *user);

struct server_counters {
	uint64_t sent, answered, timeouts, reconnects, failovers;
	uint64_t ignored; /* messages that were unsigned, forged, unreadable, or to no request */
	bool connected;
	struct endpoint server; /* in use, or tried next */
	struct err last_error;  /* "" = none since the last answer */
};
struct server_counters server_counters(const struct server_zone *zone);
