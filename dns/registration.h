/* SPDX-License-Identifier: ISC */
/*
 * registration: the steps of RFC 4703 for one intent. Begin, then ask for the next request with the
 * outcome of the last one, until it says that it is over. Every step is guarded by prerequisites, so
 * that the whole may be begun again at any time, also after an answer that was never seen.
 * Pure: sees no socket and no clock. Takes DONE and DECISION outcomes only; what else can happen to a
 * message (dns/server.h) is the caller's.
 *
 *   add      create ─YXDOMAIN─> look ─ours─> replace          (look: mode same-machine only)
 *   remove   take address out ─> take DHCID out when no address is left
 *   reverse  one update each
 */
#pragma once

#include "dns/dns.h"
#include "dns/intent.h"
#include "dns/server.h"
#include "dns/update.h"

enum registration_step {                      /* of the request that is under way */
			 REGISTRATION_CREATE, /* name not in use: add address and DHCID (5.3.1) */
			 REGISTRATION_LOOK,   /* query: whose DHCID is there? */
			 REGISTRATION_REPLACE, /* DHCID is the known one: replace the addresses of this type (5.3.2) */
			 REGISTRATION_SEIZE, /* no questions asked: mode no-check-with-dhcid */
			 REGISTRATION_POINT, /* set the PTR (5.4) */
			 REGISTRATION_DROP, /* DHCID is the known one: delete our address (5.5, first) */
			 REGISTRATION_DROP_ID, /* no address left: delete the DHCID (5.5, second) */
			 REGISTRATION_UNPOINT, /* PTR is ours: delete it */
};

enum registration_result {
	REGISTRATION_SEND,     /* send *ret and come back with its outcome */
	REGISTRATION_OVER,     /* DNS is as wanted; `mark` says what is ours there */
	REGISTRATION_CONFLICT, /* the name is someone else's; `words` */
	REGISTRATION_RACE, /* it changed under our hands several times: begin again later; `words` */
};

#define REGISTRATION_LOOPS_MAX 3 /* how often a step may be gone back to */

struct registration {
	struct intent intent;
	struct intent_mark mark;
	enum dns_conflict_mode mode;
	uint32_t ttl;
	struct hostname zone;
	struct record mine; /* the DHCID that RFC 4701 gives this client */
	enum registration_step step;
	unsigned loops;
	struct err words;
};

struct registration_request {
	bool query; /* ask for (name, type) instead of sending the update */
	struct hostname name;
	uint16_t type;
	struct update update;
};

/* `mark` is what is known to be there from an earlier run. -EINVAL when the intent has neither a
 * hardware address nor a client id. */
int registration_begin(struct registration *ret, const struct intent *intent,
		       const struct intent_mark *mark, enum dns_conflict_mode mode, uint32_t ttl,
		       const struct hostname *zone);

/* `last` is NULL the first time. */
enum registration_result registration_next(struct registration *registration,
					   const struct server_outcome *last,
					   struct registration_request *ret);

/* The request of the step that is under way once more: for a message that is put together anew. */
void registration_repeat(const struct registration *registration, struct registration_request *ret);

/* The step in a word, for the debug log. */
const char *registration_step_name(enum registration_step step);
