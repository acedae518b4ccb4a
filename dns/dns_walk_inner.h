/* SPDX-License-Identifier: ISC */
/* dns_walk_inner: what dns_walk.c and dns_walk_print.c share, and nobody else sees. */
#pragma once

#include "dns/dns_search.h"
#include "dns/dns_walk.h"

#define DNS_WALKS_MAX 8

struct walk {
	struct dns_search search; /* first: its done gets it */
	struct place *place;      /* that is asked about; NULL = none */
};

struct dns_walk {
	struct dns *dns;
	struct hostname *domains;
	struct places places;
	struct walk walks[DNS_WALKS_MAX];
	struct event *timer; /* the next walk */
	struct event *slice; /* the next part of a look at all names, or the next such look */
	bool looking, news;
	unsigned part;
	size_t waiting;        /* names that could not move */
	uint64_t said_refused; /* of places.refused */
	struct {
		uint64_t walks, failed, refused_zones;
	} counters;
	struct log_gate zones_gate, places_gate;
};

/* The one of dns.discover.below that the place lies in. */
const struct dns_zone_config *dns_walk_domain(const struct dns_walk *walk,
					      const struct place *place);
