/* SPDX-License-Identifier: ISC */
/*
 * find_zone: the zone that a name lies in, found as resolvers find it: by asking for the SOA record of
 * the name, then of what stands above it. A server that does not say is followed by the next one.
 */
#pragma once

#include "netcheck/lookups.h"

/* `zone` is the empty name when nobody said; otherwise `soa` is the answer that named it. */
typedef void find_zone_done(const struct hostname *zone, const struct probe_dns_answer *soa,
			    size_t server, void *user);

struct find_zone {
	struct lookups *lookups;
	const struct endpoint *servers; /* borrowed until done */
	size_t server_count;
	size_t server; /* that is asked */
	struct hostname zone;
	find_zone_done *done;
	void *user;
};

/* Of `*search` lookups, servers, server_count, done and user are set; it stays where it is until `done`,
 * which is called exactly once and never from inside. 0, -EBUSY or -ENOMEM. */
int find_zone_start(struct find_zone *search, const struct hostname *name);
