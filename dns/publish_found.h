/* SPDX-License-Identifier: ISC */
/*
 * publish_found: what a name server says about a ProvisionServer name: its A, AAAA, TXT and CNAME
 * records, the marker among them, and the same as text for people and for comparison. Pure.
 */
#pragma once

#include "common/addr.h"
#include "dns/publish_marker.h"
#include "dns/update.h"

#include <stdbool.h>
#include <stdint.h>

#define PUBLISH_ADDRESSES_MAX 8
#define PUBLISH_TEXT 400
#define PUBLISH_RECORDS_MAX 10
#define PUBLISH_OWNERS_TEXT (8 * (PUBLISH_OWNER_MAX + 1))

/* The records of one type at the name. */
struct publish_rrset {
	size_t count, more; /* more: further ones that were left out */
	struct record records[PUBLISH_RECORDS_MAX];
};

struct publish_found {
	struct publish_rrset a, aaaa, txt, cname;
};

/* A marker, as it stands in the TXT RRset. */
struct publish_found_marker {
	struct publish_marker marker;
	struct record record;
	bool crowded; /* other texts stand beside it */
};

void publish_found_keep(const struct update_answer *answer, struct publish_rrset *ret);
/* Exactly these addresses, with this TTL. */
bool publish_found_is(const struct publish_found *found, const struct addr *addresses, size_t count,
		      uint32_t ttl);
bool publish_found_is_empty(const struct publish_found *found);
/* False where there is no marker. */
bool publish_found_marker(const struct publish_found *found, struct publish_found_marker *ret);
/* Who the markers say that owns it, in order: "" = nobody, several where they share it. Gives `ret`
 * back. */
const char *publish_found_owners(const struct publish_found *found, char ret[PUBLISH_OWNERS_TEXT]);
bool publish_found_has(const struct publish_rrset *set, const struct record *record);
bool publish_found_ttl_is(const struct publish_rrset *set, uint32_t ttl);
/* What is there apart from the marker, the same text for the same records in any order; puts them in
 * order on the way. "" = nothing. Gives `ret` back. */
const char *publish_found_print(struct publish_found *found, char ret[PUBLISH_TEXT]);
/* A sum over all of it, markers too, in any order: never 0. */
uint32_t publish_found_sum(const struct publish_found *found);
