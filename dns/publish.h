/* SPDX-License-Identifier: ISC */
/*
 * publish: keeps one ProvisionServer name at the authoritative server: creates it, checks it, adopts a
 * hand-made one that says the same, repairs its own when it drifted, takes over from an owner who is
 * dead, withdraws it, and never touches anyone else's unless an operator says so. Ownership is a TXT
 * marker at the same name (dns/publish_marker); every change is one UPDATE, guarded by prerequisites on
 * what was seen, so that two owners cannot both win. Pure: time is an argument; takes DONE and DECISION
 * outcomes, publish_fail for the rest.
 *
 *   check / renew ──as wanted──> present
 *     └─else─> look (A, AAAA, TXT, CNAME) ─┬─ nothing there ───────> create
 *                                          ├─ our marker ──────────> change, or repair: 3 in 10 minutes
 *                                          ├─ our value, no marker ─> adopt
 *                                          ├─ another's marker ────> stand by; take over once it stands
 *                                          │                         still for 3 intervals (cold, hot);
 *                                          │                         probe, where that was not taken
 *                                          ├─ entries of several ──> join, repair our part, remove the dead
 *                                          │                         (hot: dns/publish_hot)
 *                                          └─ anything else ───────> foreign: left alone
 */
#pragma once

#include "dns/publish_peers.h"
#include "dns/server.h"
#include "dns/update.h"

#include <stdbool.h>
#include <stdint.h>

#define PUBLISH_REPAIRS_MAX 3
#define PUBLISH_REPAIRS_MS (10 * 60 * 1000)
#define PUBLISH_DEAD_INTERVALS 3 /* without a sign of life */
#define PUBLISH_LOOKS 4          /* of a standby, per interval */

enum publish_failover {                /* what other daemons do with the same names */
			PUBLISH_ALONE, /* nothing */
			PUBLISH_COLD,  /* one publishes, the others take over when it is dead */
			PUBLISH_HOT,   /* each adds its own addresses, and removes the dead */
};
extern const char *const publish_failover_names[]; /* NULL-terminated */

enum publish_state {                    /* what the control command `provision-server` calls them */
		     PUBLISH_UNKNOWN,   /* not asked yet */
		     PUBLISH_PRESENT,   /* as wanted, and ours */
		     PUBLISH_STANDBY,   /* another daemon publishes it and is alive */
		     PUBLISH_FOREIGN,   /* someone else's: left alone */
		     PUBLISH_CONTESTED, /* ours, but someone changes it again and again */
		     PUBLISH_RETRY,     /* could not be asked or changed; `words` */
		     PUBLISH_WITHDRAWN, /* not wanted, and nothing of ours is there */
		     PUBLISH_STATES,
};
extern const char *const publish_state_names[];

enum publish_step {
	PUBLISH_REST,
	PUBLISH_CHECK,
	PUBLISH_RENEW,
	PUBLISH_LOOK_A,
	PUBLISH_LOOK_AAAA,
	PUBLISH_LOOK_TXT,
	PUBLISH_LOOK_CNAME,
	PUBLISH_LOOK_LIFE, /* of each daemon that shares the name */
	PUBLISH_CREATE,
	PUBLISH_CHANGE, /* to what is wanted anew, or from the owner that we were before */
	PUBLISH_REPAIR,
	PUBLISH_ADOPT,
	PUBLISH_PROBE, /* does the server take updates? The rival's marker as it stands: nothing changes */
	PUBLISH_TAKE_OVER,
	PUBLISH_JOIN,   /* our addresses and our entry beside those of others */
	PUBLISH_REMOVE, /* a daemon that gives no sign of life, with its addresses */
	PUBLISH_LEAVE,  /* our own part */
	PUBLISH_FORCE,
	PUBLISH_WITHDRAW,
	PUBLISH_STEPS,
};
extern const char *const publish_step_names[];

struct publish_goal {
	struct hostname zone; /* the zone that updates are sent for */
	struct hostname name; /* "provisionserver.corp.example" */
	bool unwanted;        /* to be withdrawn */
	bool parked;          /* hot: our addresses take no hellos, those of others are better */
	struct addr addresses[PUBLISH_ADDRESSES_MAX]; /* in the order of addr_compare */
	size_t count;
	uint32_t ttl;
	char owner[PUBLISH_OWNER_MAX + 1];
	char previous_owner[PUBLISH_OWNER_MAX + 1]; /* who we were before; "" = nobody */
	int failover;                               /* enum publish_failover */
	/* Hot: counted on from here when we join, any number: who died and comes back must not say the
	 * same as before, or he looks dead still. */
	uint32_t first_epoch;
	uint64_t interval_ms;
};

struct publish {
	struct publish_goal goal;
	enum publish_step step;
	enum publish_state state;
	struct record marker; /* the one that we hold; length 0 = none that we know of */
	uint32_t epoch;       /* in it */
	bool was_present;     /* so that a name that is gone or other is drift, not news */
	bool unsure;          /* look before anything else */
	unsigned loops;
	uint64_t repairs_ms[PUBLISH_REPAIRS_MAX]; /* the last ones, oldest first */
	uint64_t done[PUBLISH_STEPS];             /* steps that the server took, counted */
	uint64_t lost_races;                      /* prerequisites that no longer held */
	/* The marker as it was found, and since when it says the same, by our clock. */
	struct publish_found_marker rival;
	uint64_t rival_since_ms;
	uint64_t looked_ms; /* when it was last looked at; 0 = long ago */
	bool untaken; /* our last take-over was not taken: its owner cannot have written either */
	bool forced;  /* an operator asked */
	uint32_t forced_id; /* what he saw; 0 = whatever is there */
	/* What the looks found. */
	struct publish_found found;
	/* Those that share the name, ourselves first: which of them is being looked at, and removed. */
	struct publish_peers peers;
	size_t peer;
	bool glance;             /* this round only looks at the signs of life of the others */
	unsigned turn;           /* of PUBLISH_LOOKS, hot: 0 renews */
	enum publish_step did;   /* the last change of this round, hot */
	char seen[PUBLISH_TEXT]; /* addresses, for people */
	char owner_seen[PUBLISH_OWNERS_TEXT]; /* of the markers; "" = none */
	uint32_t seen_id;                     /* a sum over all of it; 0 = never looked */
	bool changed;                         /* this round changed the name */
	struct err words;                     /* last outcome */
};

struct publish_request {
	bool query; /* ask for (name, type) instead of sending the update */
	struct hostname name;
	uint16_t type;
	struct update update;
};

void publish_init(struct publish *ret, const struct publish_goal *goal);

/* Other addresses from here on ; no addresses = what is there stays. */
void publish_set_addresses(struct publish *publish, const struct addr *addresses, size_t count);
void publish_set_unwanted(struct publish *publish, bool unwanted);
/* Hot: true while our addresses take no hellos. They leave as long as others have some. */
void publish_set_parked(struct publish *publish, bool parked);
/* An operator wants the name to become ours, whoever's it is; with `seen_id` only if the name still
 * is what it was when that was given. */
void publish_force(struct publish *publish, uint32_t seen_id);
/* Something was seen that we did not expect: the next round looks before it checks. */
void publish_doubt(struct publish *publish);

/* Begins a round. Always a request. */
void publish_begin(struct publish *publish, struct publish_request *ret);
/* True: send *ret. False: the round is over; look at `state` and `words`. */
bool publish_next(struct publish *publish, const struct server_outcome *last, uint64_t now_ms,
		  struct publish_request *ret);
/* The round could not be finished. */
void publish_fail(struct publish *publish, const char *words);

/* False for a round that only looks at the signs of life of others: what the name servers serve is not
 * asked then. */
bool publish_wants_watch(const struct publish *publish);
/* True when a round must go to the server that takes updates, whatever was seen elsewhere. */
bool publish_is_due(const struct publish *publish);
/* When the next look is due at the latest, counted from now. */
uint64_t publish_wait_ms(const struct publish *publish, uint64_t now_ms);
/* State and words in which someone must act. */
bool publish_is_alarm(const struct publish *publish);
