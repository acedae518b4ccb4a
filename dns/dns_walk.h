/* SPDX-License-Identifier: ISC */
/*
 * dns_walk: zones for names that no configured zone holds. The zone of a name's place (dns/places.h) is asked
 * for label by label, as `primary` says how, up to the domain of dns.discover.below; the zone is added, its
 * servers are found as those of any zone without them (dns_find.h), and the ledger moves the names there.
 * Several walks at once; a zone without names goes with its last place. Part of the door; everything is
 * allowed where dns.discover.below is empty, and does nothing then.
 */
#pragma once

#include "dns/door.h"
#include "dns/places.h"

struct dns_walk;

/* 0 or -ENOMEM. Before the zones. */
int dns_walk_new(struct dns *dns);
/* The ledger, still empty, asks it for zones. 0 or -ENOMEM. */
int dns_walk_use_places(struct dns *dns);
void dns_walk_free(struct dns *dns);
void dns_walk_start(struct dns *dns);
void dns_walk_stop(struct dns *dns);

/* Names may have come whose place is new. */
void dns_walk_look(struct dns *dns);
/* The zone itself was not found: what is in it may be in another one by now. */
void dns_walk_doubt(struct dns_zone *zone);
/* A person asks about `what` (NULL = everything). */
void dns_walk_again(struct dns *dns, const struct hostname *what);

/* From and to the disk. False: the batch could not take all of it. */
void dns_walk_load(struct dns *dns, const struct queue_row *row);
bool dns_walk_fill(struct dns *dns, struct queue_batch *batch);
void dns_walk_saved(struct dns *dns, struct place *place, bool good);

/* True where the name's zone is, or may be, found by walking. */
bool dns_walk_has(const struct dns *dns, const struct hostname *owner);
/* Why the name has no zone yet; NULL = it has one, or does not get one by walking. Borrowed until the loop goes
 * on. */
const char *dns_walk_words(const struct dns *dns, const struct hostname *owner);
/* How the name's zone was found, or why not. */
#define DNS_WALK_TEXT 1200
const char *dns_walk_print(const struct dns *dns, const struct hostname *owner,
			   char ret[DNS_WALK_TEXT]);
void dns_walk_print_status(const struct dns *dns, struct rows *rows);
