/* SPDX-License-Identifier: ISC */
/*
 * ledger_inner: what dns/ledger.c (the table), dns/ledger_turn.c (whose turn it is), dns/ledger_disk.c
 * (what is to be written) and dns/ledger_place.c (where names are that no configured zone holds) share, and nobody else sees. Pure.
 */
#pragma once

#include "dns/ledger.h"

#include <sys/queue.h>

#define LEDGER_BUCKETS 524288u /* about one owner each when it is full */

/* The intents under one owner name. */
struct ledger_owner {
	struct ledger_owner *next; /* of the bucket */
	LIST_HEAD(, ledger_entry) entries;
	enum intent_kind kind;
	int zone;
	unsigned count;
	bool busy;   /* one of them is in flight */
	bool placed; /* in no configured zone: `places` say where */
	char name[]; /* the owner name */
};

TAILQ_HEAD(ledger_list, ledger_entry);

struct ledger_entry {
	LIST_ENTRY(ledger_entry) sibling;
	TAILQ_ENTRY(ledger_entry) turn_link;
	TAILQ_ENTRY(ledger_entry) touched_link;
	struct ledger_owner *owner;
	struct ledger_list *turn; /* the list that it waits in; NULL = none */
	char *name;
	char *words;
	struct lease_bytes *client_id; /* NULL = none; only as long as it says */
	struct addr address;
	struct mac mac;
	uint32_t lifetime_s;
	struct intent_mark mark;
	bool wanted, dirty, gone, touched, in_flight;
	bool tried;  /* sent as wanted for this machine, and not confirmed: it may be there */
	bool former; /* what is in flight is a former holder's */
	bool check;  /* to be looked at once more when it is present */
	bool told;   /* ledger_later said "first time" since the last success */
	enum ledger_state state;
	unsigned saving;     /* copies that are under way to the disk */
	uint64_t generation; /* newest */
	uint64_t saved;      /* newest on disk */
	uint64_t changed_ms, next_ms, failed_ms;
};

struct ledger_zone {
	struct ledger_list ready;
	struct ledger_list waits[LEDGER_WAITS];
	size_t owners;
};

struct ledger {
	const struct zone *zone_names;
	size_t zone_count;
	struct places *places;     /* NULL = none */
	struct ledger_zone *zones; /* the configured ones, then those that are found */
	uint64_t seed;
	uint64_t generation;
	uint64_t refresh_ms; /* 0 = never */
	size_t count;
	size_t states[LEDGER_STATES];
	bool disk_fails;
	size_t touched_count;
	struct ledger_list touched;
	struct ledger_owner *buckets[LEDGER_BUCKETS];
};

/* The table. */
void ledger_zone_init(struct ledger_zone *zone);
void ledger_drop(struct ledger *ledger, struct ledger_entry *entry);
void ledger_touch(struct ledger *ledger, struct ledger_entry *entry);
void ledger_set_state(struct ledger *ledger, struct ledger_entry *entry, enum ledger_state state);
void ledger_set_words(struct ledger_entry *entry, const char *words);
bool ledger_is_machine(const struct ledger_entry *a, const struct ledger_entry *b);
/* What another intent of the machine knows of this name holds for this one as well. */
void ledger_inherit(struct ledger *ledger, struct ledger_entry *entry);
/* The intent of the other kind with the same address and name. */
struct ledger_entry *ledger_partner(const struct ledger *ledger, const struct ledger_entry *entry);

/* The places. */
/* The zone of a new owner. */
void ledger_place_owner(struct ledger *ledger, struct ledger_owner *owner,
			const struct hostname *name);

/* The turns. */
/* Out of whatever list it waits in. */
void ledger_turn_leave(struct ledger_entry *entry);
/* Read from the disk as present: into the list of those to be refreshed. */
void ledger_turn_refresh(struct ledger *ledger, struct ledger_entry *entry, uint64_t now_ms,
			 uint64_t wall_ms);
/* Into the line, when it has something to do and may be sent. */
void ledger_turn_enter(struct ledger *ledger, struct ledger_entry *entry);
/* A forward intent changed: its PTR may have waited for it. */
void ledger_turn_partner(struct ledger *ledger, struct ledger_entry *entry);
