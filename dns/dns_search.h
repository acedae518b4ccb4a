/* SPDX-License-Identifier: ISC */
/*
 * dns_search: asks name servers what `primary` wants to know, one question after the other, until it knows.
 * Part of the door.
 */
#pragma once

#include "dns/door.h"
#include "dns/primary.h"

struct dns_search;

/* PRIMARY_FOUND or PRIMARY_NOT; what there is to know is in search->primary. May begin the next search. */
typedef void dns_search_done(struct dns_search *search, enum primary_result result);

struct dns_search {
	struct dns *dns;
	dns_search_done *done;
	struct primary primary;
	struct ask *ask; /* under way; NULL = none */
};

/* Where `floor` is the name itself, nothing but a zone of that name is found. `done` may be called at once. */
void dns_search_begin(struct dns_search *search, const struct hostname *name,
		      const struct hostname *floor, enum primary_goal goal);
void dns_search_stop(struct dns_search *search);
