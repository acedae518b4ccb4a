/* SPDX-License-Identifier: ISC */
/*
 * zone: which of the configured zones holds a name, and what the name is called in it. The longest
 * suffix wins. A zone with a range is a classless reverse zone (RFC 2317): it holds the reverse names of
 * that range's addresses, before any suffix, under its own name: 65.2.0.192.in-addr.arpa is
 * 65.64-26.2.0.192.in-addr.arpa in the zone 64-26.2.0.192.in-addr.arpa of 192.0.2.64/26. Pure.
 */
#pragma once

#include "common/hostname.h"
#include "common/prefix.h"

#include <stddef.h>

struct zone {
	struct hostname name;
	struct prefix range; /* within one /24; length 0 = none */
};

/* Index of the zone that holds the name; -1 = none. */
int zone_find(const struct zone *zones, size_t count, const struct hostname *name);

/* What `name`, which the zone holds, is called in it. */
struct hostname zone_owner(const struct zone *zone, const struct hostname *name);
