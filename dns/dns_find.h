/* SPDX-License-Identifier: ISC */
/*
 * dns_find: the search for the servers of a zone that has none configured, as `primary` says how. What was
 * found holds for an hour, and is looked for anew when a server refuses the zone or answers no more. Until
 * there is a server the zone's names wait. Part of the door.
 */
#pragma once

#include "dns/door.h"

struct dns_find;

/* 0 or -ENOMEM. */
int dns_find_new(struct dns_zone *zone);
void dns_find_free(struct dns_zone *zone);
/* Looks at once, for the first time or because a person asks for it. */
void dns_find_start(struct dns_zone *zone);
void dns_find_stop(struct dns_zone *zone);

/* The server does not do its work, for a reason that another one may not have. Nothing where servers are
 * configured. */
void dns_find_again(struct dns_zone *zone);

/* True where the zone has servers. */
bool dns_find_is_known(const struct dns_zone *zone);
/* "SOA: primary ns1.corp.example" and the like; why not, where none is known; "configured". */
#define DNS_FIND_TEXT 600
const char *dns_find_print(const struct dns_zone *zone, char ret[DNS_FIND_TEXT]);
/* Why the zone's names wait for a server; NULL = they do not. Borrowed until the loop goes on. */
const char *dns_find_words(const struct dns_zone *zone);
