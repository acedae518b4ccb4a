/* SPDX-License-Identifier: ISC */
/*
 * registration: the steps of RFC 4703 for one intent. Begin, then ask for the next request with the
 * outcome of the last one, until it says that it is over. Every step is guarded by prerequisites, so
 * that the whole may be begun again at any time, also after an answer that was never seen.
 * Pure: sees no socket and no clock. Takes DONE and DECISION outcomes only; what else can happen to a
 * message (dns/server.h) is the caller's.
 *
 *   add      create ─YXDOMAIN─> look ─ours─> replace          (same-machine, marker)
 *            create ─YXDOMAIN─> replace                        (check-with-dhcid)
 *            create ─YXDOMAIN─> take                           (check-exists-with-dhcid)
 *            seize                                             (no-check-...)
 *   remove   take address out ─> take DHCID out when no address is left
 *   reverse  one update each
 *
 * Where the mark is of a former holder of the lease, what it left is taken out before the add.
 *
 * A name that was there before us is adopted: its DHCID stays as it is, and on removal only our address
 * goes. Where another address of the machine stood there it is put back; its lease may have ended since only
 * if somebody tells us of leases of the machine's host.
 */
#pragma once

#include "dns/dns.h"
#include "dns/intent.h"
#include "dns/machine.h"
#include "dns/server.h"
#include "dns/update.h"
#include "dns/zone.h"

enum registration_step {                      /* of the request that is under way */
			 REGISTRATION_CREATE, /* name not in use: add address and DHCID (5.3.1) */
			 REGISTRATION_LOOK,   /* query: whose DHCID is there? */
			 REGISTRATION_LOOK_ADDRESS, /* query: which address do we displace? */
			 REGISTRATION_REPLACE, /* DHCID is the known one: replace the addresses of this type (5.3.2) */
			 REGISTRATION_TAKE, /* there is a DHCID: replace it and the addresses of this type */
			 REGISTRATION_SEIZE, /* no questions asked */
			 REGISTRATION_POINT, /* set the PTR (5.4) */
			 REGISTRATION_DROP, /* DHCID is the known one: delete our address (5.5, first) */
			 REGISTRATION_DROP_ID, /* no address left: delete the DHCID (5.5, second) */
			 REGISTRATION_PUT_BACK, /* the address is ours alone: what we displaced takes its place */
			 REGISTRATION_UNPOINT, /* PTR is ours: delete it */
			 REGISTRATION_VERIFY,  /* query: is it there, or gone? */
};

enum registration_result {
	REGISTRATION_SEND, /* send *ret and come back with its outcome */
	/* Ours is about to take the place of an address: have `mark`, which knows it, on disk, and begin
	 * again. Else nobody could put it back after a crash or a lost answer. */
	REGISTRATION_KEEP,
	REGISTRATION_OVER,     /* DNS is as wanted; `mark` says what is ours there */
	REGISTRATION_CONFLICT, /* the name is someone else's; `words` */
	/* It changed under our hands several times, or the server said done and it was not: begin again
	 * later; `words` */
	REGISTRATION_RACE,
};

#define REGISTRATION_LOOPS_MAX 3 /* how often a step may be gone back to */

/* How names are kept in a zone. */
struct registration_rules {
	enum dns_conflict_mode mode;
	uint32_t ttl_s; /* 0: a third of the lease, but within the next two */
	uint32_t ttl_min_s, ttl_max_s;
	bool verify; /* ask after each change whether it is there */
	struct zone zone;
	const struct machine_table *machines; /* NULL = nothing is known of machines */
};

struct registration {
	struct intent intent;
	struct intent_mark mark;
	const struct registration_rules *rules;
	uint32_t ttl;
	struct record mine; /* the DHCID that RFC 4701 gives this client */
	enum registration_step step;
	struct addr put_back; /* a leased address that we displaced is there again; or ADDR_NONE */
	bool former;          /* what a former holder of the lease left is being taken out first */
	unsigned loops;
	struct err words;
};

struct registration_request {
	bool query; /* ask for (name, type) instead of sending the update */
	struct hostname name;
	uint16_t type;
	struct update update;
};

/* `mark` is what is known to be there from an earlier run; `rules` are borrowed until the end. -EINVAL
 * when the intent has neither a hardware address nor a client id. */
int registration_begin(struct registration *ret, const struct intent *intent,
		       const struct intent_mark *mark, const struct registration_rules *rules);

/* `last` is NULL the first time. */
enum registration_result registration_next(struct registration *registration,
					   const struct server_outcome *last,
					   struct registration_request *ret);

/* The request of the step that is under way once more: for a message that is put together anew. */
void registration_repeat(const struct registration *registration, struct registration_request *ret);

/* The step is a query, which no other may share a message with. */
bool registration_step_asks(enum registration_step step);
/* The step in a word, for the debug log. */
const char *registration_step_name(enum registration_step step);
