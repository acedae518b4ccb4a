/* SPDX-License-Identifier: ISC */
/*
 * publish: keeps one ProvisionServer name at the authoritative server: creates it, checks it, adopts a
 * hand-made one that says the same, repairs its own when it drifted, and never touches anyone else's.
 * Ownership is a TXT marker at the same name, "v=amtps1;owner=OWNER;epoch=N", and every change is
 * guarded by prerequisites on what was seen, so that two owners cannot both win. Pure: time is an
 * argument; takes DONE and DECISION outcomes, publish_fail for the rest.
 *
 *   check ──as wanted──> present
 *     └─else─> look (A, AAAA, TXT) ─┬─ nothing there ──> create
 *                                   ├─ our marker ─────> repair, at most 3 in 10 minutes
 *                                   ├─ our value ──────> adopt
 *                                   └─ anything else ──> foreign: left alone
 */
#pragma once

#include "dns/server.h"
#include "dns/update.h"

#include <stdbool.h>
#include <stdint.h>

#define PUBLISH_ADDRESSES_MAX 8
#define PUBLISH_OWNER_MAX 63
#define PUBLISH_REPAIRS_MAX 3
#define PUBLISH_REPAIRS_MS (10 * 60 * 1000)
#define PUBLISH_TEXT 400

enum publish_state {                    /* what the control command `provision-server` calls them */
		     PUBLISH_UNKNOWN,   /* not asked yet */
		     PUBLISH_PRESENT,   /* as wanted, and ours */
		     PUBLISH_FOREIGN,   /* someone else's: left alone */
		     PUBLISH_CONTESTED, /* ours, but someone changes it again and again */
		     PUBLISH_RETRY,     /* could not be asked or changed; `words` */
};
extern const char *const publish_state_names[];

enum publish_step {
	PUBLISH_REST,
	PUBLISH_CHECK,
	PUBLISH_LOOK_A,
	PUBLISH_LOOK_AAAA,
	PUBLISH_LOOK_TXT,
	PUBLISH_CREATE,
	PUBLISH_REPAIR,
	PUBLISH_ADOPT,
};

struct publish_goal {
	struct hostname zone; /* the zone that updates are sent for */
	struct hostname name; /* "provisionserver.corp.example" */
	struct addr addresses[PUBLISH_ADDRESSES_MAX];
	size_t count;
	uint32_t ttl;
	char owner[PUBLISH_OWNER_MAX + 1];
};

struct publish {
	struct publish_goal goal;
	enum publish_step step;
	enum publish_state state;
	uint32_t epoch;
	bool was_present; /* so that a name that is gone is drift, not news */
	unsigned loops;
	uint64_t repairs_ms[PUBLISH_REPAIRS_MAX]; /* the last ones, oldest first */
	uint64_t repairs;                         /* counted */
	/* What the looks found. */
	struct update_answer found_a, found_aaaa, found_txt;
	char seen[PUBLISH_TEXT];                /* addresses, for people */
	char owner_seen[PUBLISH_OWNER_MAX + 1]; /* of the marker; "" = none */
	struct err words;                       /* last outcome */
};

struct publish_request {
	bool query; /* ask for (goal.name, type) instead of sending the update */
	uint16_t type;
	struct update update;
};

void publish_init(struct publish *ret, const struct publish_goal *goal);

/* Begins a round. Always a request. */
void publish_begin(struct publish *publish, struct publish_request *ret);
/* True: send *ret. False: the round is over; look at `state` and `words`. */
bool publish_next(struct publish *publish, const struct server_outcome *last, uint64_t now_ms,
		  struct publish_request *ret);
/* The round could not be finished. */
void publish_fail(struct publish *publish, const char *words);
