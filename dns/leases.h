/* SPDX-License-Identifier: ISC */
/*
 * leases: who holds which address now, in memory. Pure: time is an argument, dns/queue keeps it on disk.
 *
 * The one rule: a row that changed is "touched" until dns/queue has taken a copy of it (leases_touched)
 * and said how the copy fared (leases_saved); a lease that ended stays as a row until then.
 */
#pragma once

#include "dns/dns.h"

#include <stddef.h>

#define LEASES_MAX 200000

struct leases;
struct leases_row;

/* `seed` is for the hash, any random number. 0 or -ENOMEM. */
int leases_new(struct leases **ret, uint64_t seed);
void leases_free(struct leases *leases);

/* The lease at lease->address is now this; until_ms 0 ends it. 0, -ENOSPC (LEASES_MAX rows; nothing
 * changed) or -ENOMEM. */
int leases_put(struct leases *leases, const struct dns_lease *lease);
/* A row from disk: like leases_put, but not touched. */
int leases_load(struct leases *leases, const struct dns_lease *lease);
/* 0, or -ENOENT also for a lease that ended. */
int leases_find(const struct leases *leases, struct addr address, struct dns_lease *ret);
/* Visits the leases, ended ones too, of one of LEASES_PARTS parts: for a walk with pauses. */
#define LEASES_PARTS 256
void leases_visit(const struct leases *leases, unsigned part,
		  void (*on_lease)(const struct dns_lease *lease, void *user), void *user);
size_t
leases_count(const struct leases *leases); /* rows, ended ones that wait for the disk included */

/* Rows that are to be written. */
size_t leases_touched_count(const struct leases *leases);
/* Takes the next one: a copy in *ret; NULL when there is none. To be given back to leases_saved. */
struct leases_row *leases_touched(struct leases *leases, struct dns_lease *ret);
/* `good`: the copy is on disk. Otherwise the row is touched again. */
void leases_saved(struct leases *leases, struct leases_row *row, bool good);
