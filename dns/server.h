/* SPDX-License-Identifier: ISC */
/*
 * server: the name servers of a zone. Takes UPDATEs and queries, signs them, sends them to the server in
 * use, moves on to the next server of the zone when one fails, and raises `done` exactly once with a
 * classed outcome. Connections and the window of messages under way belong to the name server and are
 * shared by all zones that it has (server_pool). Knows nothing of leases or names.
 *
 * A request is tried at most SERVER_TRIES times per server of the zone, signed anew each time. A server
 * that fails (no connection, no answer, SERVFAIL, NOTIMP) is left alone for a while; after that
 * the zone goes back to the first good one in the order of preference as soon as nothing is in flight.
 * A single small update goes over UDP while no connection is open; when no answer comes, over TCP.
 * An answer without the right signature is counted and ignored; when such a one said BADKEY or BADSIG
 * and nothing better came in time, the outcome says so.
 */
#pragma once

#include "common/endpoint.h"
#include "common/err.h"
#include "dns/server_pool.h"
#include "dns/server_window.h"
#include "dns/update.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tsig_key;
struct server_zone; /* one zone, its servers in order of preference, its key */

/* Each has its one action. */
enum server_class {
	SERVER_DONE, /* NOERROR, signed as it must be */
	/* YXDOMAIN, YXRRSET, NXDOMAIN, NXRRSET: the next step of the RFC 4703 machine. NXDOMAIN of a
	 * query is one as well: the name does not exist. */
	SERVER_DECISION,
	SERVER_TRANSIENT, /* nobody was reached or answered in time, SERVFAIL: again later */
	/* NOTIMP: of the first server, where there were several updates in the message; of all, where there
	 * was one. */
	SERVER_CAPABILITY,
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

#define SERVER_WAITING_MAX 2 /* requests of one zone that wait for room */
#define SERVER_REQUESTS_MAX (SERVER_WINDOW_MAX + SERVER_WAITING_MAX)
#define SERVER_TRIES 2

/* `pool`, `servers` and `key` (NULL = unsigned) are borrowed until server_zone_free. With count 0 no
 * server is known yet: there is no room until server_zone_set_servers. 0 or -ENOMEM. */
int server_zone_new(struct server_zone **ret, struct server_pool *pool, const struct hostname *zone,
		    const struct endpoint *servers, size_t count, const struct tsig_key *key);
/* Other servers from now on (borrowed as above); what is under way goes to them. 0, -EINVAL (count 0) or
 * -ENOMEM: then nothing is changed. */
int server_zone_set_servers(struct server_zone *zone, const struct endpoint *servers, size_t count);
/* Calls no done any more: what was under way is forgotten. Allowed inside a done. NULL is allowed. */
void server_zone_free(struct server_zone *zone);

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
	/* Messages that were unsigned, forged or unreadable; and those to the server's address that
	 * answered no request of any zone, or came from another address. */
	uint64_t ignored;
	bool connected;
	unsigned window;        /* of the server, for all its zones */
	struct endpoint server; /* in use, or tried next; port 0 = none is known */
	struct err last_error;  /* "" = none since the last answer */
};
struct server_counters server_counters(const struct server_zone *zone);
