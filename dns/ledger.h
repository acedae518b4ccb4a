/* SPDX-License-Identifier: ISC */
/*
 * ledger: every intent in memory, and whose turn it is. Pure: time is an argument, dns/queue keeps it
 * on disk, the door sends.
 *
 * The rules: newest wins (a change raises the intent's generation); nothing is sent before its newest
 * generation is on disk (unless the disk fails: ledger_set_disk); one intent in flight per owner name; a PTR of a new name waits until the name
 * itself is there; an intent that is reached is "clean" and causes no traffic until it is to be
 * refreshed, or checked since others may have changed the name; one that is unwanted leaves the ledger when DNS has confirmed that and the disk has noted it. Clean or not, what the ledger
 * gives to ledger_touched has to come back by ledger_saved, and what ledger_next gave by
 * ledger_done, ledger_keep, ledger_later or ledger_again.
 */
#pragma once

#include "dns/intent.h"
#include "dns/zone.h"

#include <stddef.h>

#define LEDGER_MAX 400000       /* intents */
#define LEDGER_PER_OWNER_MAX 64 /* intents under one owner name; bounds every walk */
#define LEDGER_NO_ZONE (-1)
#define LEDGER_CHECK_MS 10000 /* longer than Kea's DDNS daemon tries, three times half a second */

enum ledger_state { /* what the control command `names` calls them */
		    LEDGER_WANTED,
		    LEDGER_SENT,
		    LEDGER_PRESENT,
		    LEDGER_REMOVING,
		    LEDGER_CONFLICT,
		    LEDGER_RETRY,
		    LEDGER_IN_NO_ZONE,
		    LEDGER_QUARANTINE,
		    LEDGER_STATES,
};
extern const char *const ledger_state_names[]; /* by enum ledger_state */

/* How long ledger_later puts an intent aside. */
enum ledger_wait {
	LEDGER_MINUTE,      /* 60 s */
	LEDGER_TEN_MINUTES, /* a name of someone else, or one that the server refuses */
	LEDGER_DAY,         /* a message that the server cannot read */
	LEDGER_SOON,        /* LEDGER_CHECK_MS: present, to be looked at once more */
	LEDGER_REFRESH,     /* present, sent again as ledger_set_refresh says */
	LEDGER_WAITS,
};

struct places;
struct ledger;
struct ledger_entry;

/* An intent with everything known of it, by value. */
struct ledger_row {
	struct intent intent;
	struct intent_mark mark;
	bool dirty; /* DNS does not agree with it yet, as far as we know */
	bool gone;  /* to be deleted from the disk */
	uint64_t generation;
	uint64_t changed_ms; /* wall clock: last change of the intent, or of DNS for it */
	enum ledger_state state;
	int zone;           /* index, or LEDGER_NO_ZONE */
	uint64_t next_ms;   /* monotonic: when it is tried again; 0 = in its turn */
	uint64_t failed_ms; /* monotonic: last failure of its own; 0 = none since a success */
	const char
		*words; /* last outcome for people, borrowed until the entry changes; NULL = none */
};

/* `zones` (borrowed) are where names can be kept. 0 or -ENOMEM. */
int ledger_new(struct ledger **ret, const struct zone *zones, size_t count, uint64_t seed);
/* What is present is sent again `ms` after it was confirmed; 0 = never. Before the first row. */
void ledger_set_refresh(struct ledger *ledger, uint64_t ms);
/* Names in none of the zones are where `places` (borrowed) say, in one of `more` zones that are numbered after
 * them. Before the first row. 0 or -ENOMEM. */
int ledger_use_places(struct ledger *ledger, struct places *places, size_t more);
void ledger_free(struct ledger *ledger);

/* The state that is wanted from now on. 1 = changed, 0 = was so already, -ENOSPC (a limit; nothing
 * changed), -ENOMEM. */
int ledger_apply(struct ledger *ledger, const struct intent *intent, uint64_t wall_ms);
/* A row from disk: intent, mark, dirty, generation and changed_ms count. In the order of changed_ms. 0,
 * -EEXIST, or as above. */
int ledger_load(struct ledger *ledger, const struct ledger_row *row, uint64_t now_ms,
		uint64_t wall_ms);
/* The intent, and the one of the other kind with the same address and name, are sent again
 * LEDGER_CHECK_MS after they are present, as others may have changed them. */
void ledger_check(struct ledger *ledger, const struct intent *key, uint64_t now_ms);

/* Copies the wanted intents of like->kind under `owner` that are at like->address or of the same machine
 * into ret[0..size-1]; how many. */
size_t ledger_wanted(const struct ledger *ledger, const struct hostname *owner,
		     const struct intent *like, struct intent *ret, size_t size);
/* NULL where there is none. */
struct ledger_entry *ledger_find(const struct ledger *ledger, const struct intent *key);
void ledger_row(const struct ledger_entry *entry, struct ledger_row *ret);
/* Walks all entries; start with *at = NULL. */
const struct ledger_entry *ledger_walk(const struct ledger *ledger, const struct ledger_entry *at);
/* Visits the entries of one of LEDGER_PARTS parts: for a walk with pauses, in which entries may come and go. */
#define LEDGER_PARTS 256
void ledger_visit(const struct ledger *ledger, unsigned part,
		  void (*on_entry)(const struct ledger_entry *entry, void *user), void *user);
size_t ledger_count(const struct ledger *ledger);
size_t ledger_count_state(const struct ledger *ledger, enum ledger_state state);
/* The zone that an owner name is in or would be; LEDGER_NO_ZONE = none is known. */
int ledger_zone(const struct ledger *ledger, const struct hostname *owner);
/* Owner names in the zone. */
size_t ledger_count_zone(const struct ledger *ledger, int zone);
/* In one of LEDGER_PARTS parts: names whose place is in another zone by now go there, to be registered anew
 * unless their zone was not known until now. How many could not, as one of them is in flight. */
size_t ledger_place(struct ledger *ledger, unsigned part, uint64_t now_ms, uint64_t wall_ms);

/* To the disk, as in dns/leases.h. */
size_t ledger_touched_count(const struct ledger *ledger);
struct ledger_entry *ledger_touched(struct ledger *ledger, struct ledger_row *ret);
void ledger_saved(struct ledger *ledger, struct ledger_entry *entry, uint64_t generation,
		  bool good);
/* Whether the disk takes anything. While it does not, intents are sent from memory: nothing of them is
 * acknowledged, so that after a crash the hooks say them again. */
void ledger_set_disk(struct ledger *ledger, bool works);

/* To DNS. The next intent of the zone whose turn it is, now in flight; NULL when there is none. */
struct ledger_entry *ledger_next(struct ledger *ledger, int zone, uint64_t now_ms);
/* When the zone has something to send: 0 = now, a time, UINT64_MAX = nothing. */
uint64_t ledger_next_ms(const struct ledger *ledger, int zone);
/* DNS agrees with the row that was sent; `mark` is what is ours there now. */
void ledger_done(struct ledger *ledger, struct ledger_entry *entry, const struct ledger_row *sent,
		 const struct intent_mark *mark, uint64_t now_ms, uint64_t wall_ms);
/* What was sent has found `mark`, which is kept on disk before the intent is sent again; not where a newer
 * wish has come meanwhile. */
void ledger_keep(struct ledger *ledger, struct ledger_entry *entry, uint64_t sent_generation,
		 const struct intent_mark *mark);
/* It failed by itself: aside for a while, others go on. True the first time since a success. */
bool ledger_later(struct ledger *ledger, struct ledger_entry *entry, enum ledger_state state,
		  enum ledger_wait wait, const char *words, uint64_t now_ms);
/* The server failed: back to the end of the line. */
void ledger_again(struct ledger *ledger, struct ledger_entry *entry, const char *words,
		  uint64_t now_ms);
/* In one of LEDGER_PARTS parts: what DNS agreed to is sent again, in its turn. How many. */
size_t ledger_assert(struct ledger *ledger, unsigned part);
/* In one of LEDGER_PARTS parts: what waits for anything but its disk is due now: everything, or what is about
 * `what` or below it. How many. */
size_t ledger_retry(struct ledger *ledger, unsigned part, const struct hostname *what);
