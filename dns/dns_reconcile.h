/* SPDX-License-Identifier: ISC */
/*
 * dns_reconcile: the state of the comparison with Kea, which dns_reconcile.c (when, listing, end) and
 * dns_compare.c (what differs, done or shown) share, and nobody else sees.
 */
#pragma once

#include "dns/door.h"
#include "dns/kea.h"

enum dns_phase {
	DNS_IDLE,
	DNS_LISTING,
	DNS_JUDGING,
	DNS_NAMES,
	DNS_LEASES,
	DNS_ASSERTING,
};
/* IPv4 and IPv6. */
struct dns_kea {
	struct dns *dns;
	struct kea *kea; /* NULL = not configured */
	bool failing;
	struct err error;
};

/* What amtnetctl waits for. */
struct dns_errand {
	struct dns_order order;
	struct rows *rows;
	bool taken; /* false = there is none */
};

struct dns_reconcile {
	const struct kea_config *config;
	struct dns_kea servers[2];
	struct event *timer; /* the next run */
	struct event *slice; /* the next slice of this one */
	enum dns_phase phase;
	enum reconcile_reason reason;
	bool planned,
		again; /* the timer runs because somebody wished so; one more after this run */
	struct reconcile *listing;
	struct reconcile_scope scope;
	struct reconcile_cursor cursor;
	struct reconcile_verdict verdict;
	int family; /* the index of the server that is being listed */
	int spoilt; /* negative errno: the listing is of no use */
	bool held;  /* the guard keeps what would be removed */
	unsigned part;
	struct dns_errand errand, next_errand;
	struct backoff backoff;
	struct log_gate gate;
	uint64_t begun_ms, ended_ms, next_ms, ended_wall_ms;
	struct {
		uint64_t runs, failures, held, added, changed, removed, asserted;
	} counters;
	struct err outcome;
};

/* The listing is complete: the comparison begins. */
void dns_compare_begin(struct dns_reconcile *reconcile);
/* One slice of it, about a millisecond; false when it is over. */
bool dns_compare(struct dns *dns);
/* The last row of an errand. */
void dns_compare_total(struct dns_reconcile *reconcile);
