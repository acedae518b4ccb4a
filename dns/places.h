/* SPDX-License-Identifier: ISC */
/*
 * places: which zone holds a name that no configured zone does. Such a name has a place, the name above it
 * (of an IPv6 address' reverse name the one of its /64), though never above the domain of
 * dns.discover.below that it lies in. All names of a place are in one zone, so the place is what is asked
 * about, not each name; who asks is the door.
 *
 * What was found holds for an hour and is kept when it is not found again: a name only moves when another
 * zone was found for its place. Places whose last name is long gone are forgotten. Pure: time is an argument.
 */
#pragma once

#include "common/hostname.h"
#include "common/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define PLACES_MAX 8192
#define PLACES_NO_ZONE (-1)

enum places_wait { /* until a place is asked about again */
		   PLACES_NOW,
		   PLACES_SOON, /* 5 s: it was not found, the first times */
		   PLACES_MINUTE,
		   PLACES_HOUR, /* it was found */
		   PLACES_WAITS,
};

struct place {
	struct table_link link; /* first: the table's handle of it */
	TAILQ_ENTRY(place) all, turn, change;
	struct hostname name;
	size_t domain;            /* the index of the one that it lies in */
	int zone;                 /* as the caller numbers them, or PLACES_NO_ZONE */
	enum places_wait wait;    /* where it waits, unless asked about just now */
	bool asked, used;         /* used: since the last places_forget */
	bool moved;               /* to another zone, not settled yet */
	bool kept;                /* the disk has a row of it, or is about to */
	bool gone, changed;       /* its row is to be deleted; it is in `changes` */
	unsigned failures;        /* in a row */
	uint64_t due_ms, used_ms; /* monotonic */
	uint64_t found_ms;        /* wall clock; 0 = never */
	char *words;              /* why it was not found, last time; NULL = it was */
};

TAILQ_HEAD(place_list, place);

struct places {
	const struct hostname *domains;
	size_t domain_count;
	struct table table;
	size_t count;
	struct place_list all;
	struct place_list waits[PLACES_WAITS];
	struct place_list changes; /* for the disk */
	struct place_list going;   /* gone, until the disk has noted it; by `turn` */
	uint64_t refused;          /* looks at names for whose place there was no room */
};

/* `domains` are borrowed. */
void places_init(struct places *places, const struct hostname *domains, size_t count);
void places_done(struct places *places);

/* Index of the longest domain that holds the name; -1 = none. */
int places_domain(const struct places *places, const struct hostname *name);
/* What the name's place is called; 0, or -ENOENT: it lies below no domain. */
int places_name(const struct places *places, const struct hostname *name, struct hostname *ret);
/* NULL where the name has none, or none is known. */
const struct place *places_find(const struct places *places, const struct hostname *name);
/* The zone of a name that is to be registered. A place that is new is to be asked about. */
int places_zone(struct places *places, const struct hostname *name);

/* What the disk has to know: a place's zone, once every name has moved there (places_settle: before that
 * it would say after a crash that they had), and that a place is gone. Each change that places_changed gives
 * (NULL = no more) has to come back by places_saved. */
void places_settle(struct places *places);
struct place *places_changed(struct places *places);
void places_saved(struct places *places, struct place *place, bool good);
/* A place as it was kept, to be asked about at once. 0, -ENOENT (it is none, by today's domains), -ENOSPC or
 * -ENOMEM. */
int places_load(struct places *places, const struct hostname *name, int zone, uint64_t found_ms);
/* One that was kept and is none any more goes from the disk. 0 or -ENOMEM: then it stays there. */
int places_strike(struct places *places, const struct hostname *name);

/* The next one to ask about, which is answered by one of the two below; NULL = none now. */
struct place *places_next(struct places *places, uint64_t now_ms);
/* When there is one: 0 = now, a time, UINT64_MAX = never. */
uint64_t places_next_ms(const struct places *places);
/* True: its zone is another one than before, and its names have to move. */
bool places_found(struct places *places, struct place *place, int zone, uint64_t now_ms,
		  uint64_t wall_ms);
/* True: the first time in a row. */
bool places_failed(struct places *places, struct place *place, const char *words, uint64_t now_ms);
/* Those that lie at, above or below `what` (NULL = all) are asked about now. */
void places_ask_again(struct places *places, const struct hostname *what);
/* Those whose zone this is, unless they fail already. */
void places_ask_zone(struct places *places, int zone);

/* After a look at every name: what was not looked at for so long goes, and the rest waits to be looked at anew. How
 * many went. */
size_t places_forget(struct places *places, uint64_t now_ms, uint64_t unused_ms);
