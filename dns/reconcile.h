/* SPDX-License-Identifier: ISC */
/*
 * reconcile: what the lease store says, held against what is wanted in DNS and known of leases; and the
 * guard that keeps a broken listing from taking names away. Pure: sees no socket and no clock.
 *
 * Collect a listing (reconcile_add), note what happens meanwhile (reconcile_event), judge the differences
 * (reconcile_judge), then go through them (reconcile_names, reconcile_leases). The rules:
 * - A lease of an ME client (tagged) says what is wanted at its address and under its name. An active
 *   lease without a tag says nothing: what the same machine has there stays.
 * - One machine with one name at several addresses of a family: the lease heard of last counts.
 * - What is wanted and stands in no lease is not wanted any more.
 * - An address or name that an event spoke of since the listing began is left to the events.
 */
#pragma once

#include "common/err.h"
#include "dns/kea_answer.h"
#include "dns/leases.h"
#include "dns/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECONCILE_LEASES_MAX LEASES_MAX
#define RECONCILE_EVENTS_MAX (4 * LEASES_MAX) /* addresses and names of events during one listing */

struct reconcile;

/* Why it is done. */
enum reconcile_reason {
	RECONCILE_ON_START,   /* of the daemon */
	RECONCILE_ON_CONNECT, /* a hook said HELLO */
	RECONCILE_ON_GAP,     /* events were lost */
	RECONCILE_ON_RESYNC,  /* Kea's command amtnet-resync */
	RECONCILE_ON_TIMER,
	RECONCILE_ON_ORDER, /* amtnetctl reconcile */
};
extern const char *const reconcile_reason_names[];

/* An empty listing; `seed` is for the hashes. 0 or -ENOMEM. */
int reconcile_new(struct reconcile **ret, uint64_t seed);
void reconcile_free(struct reconcile *reconcile);

/* A lease of the listing. 0, -ENOSPC (RECONCILE_LEASES_MAX tagged ones; of others that much is left out
 * silently), -ENOMEM. */
int reconcile_add(struct reconcile *reconcile, const struct kea_lease *lease);
/* An event spoke of this address, and of this name unless it is empty. 0, -ENOSPC or -ENOMEM: then the
 * listing is of no use. */
int reconcile_event(struct reconcile *reconcile, struct addr address, const struct hostname *name);

/* What the whole is about. */
struct reconcile_scope {
	bool families[2]; /* which were listed, IPv4 and IPv6: only those are compared */
	/* The guard: this share, and at least so many names, may not be lost at once. */
	unsigned share_percent;
	size_t names;
};

enum reconcile_guard {
	RECONCILE_SAFE,
	RECONCILE_EMPTY,  /* no ME client's lease at all, where names are wanted */
	RECONCILE_SHRUNK, /* too many names would go */
};

struct reconcile_verdict {
	enum reconcile_guard guard;
	struct err words; /* why, when not safe */
	size_t listed;    /* active leases */
	size_t tagged;    /* of ME clients */
	size_t add, change, remove;
	size_t known; /* names wanted before: an address and its name count once */
	size_t lost;  /* of them, those that would go with nothing in their place */
};

enum reconcile_action {
	RECONCILE_ADD,
	RECONCILE_CHANGE, /* `was` goes and `intent` comes, under the same owner name */
	RECONCILE_REMOVE,
};
extern const char *const reconcile_action_names[];

struct reconcile_item {
	enum reconcile_action action;
	struct intent intent; /* wanted as it is to be from now on */
	struct intent was;    /* CHANGE: the one that goes */
};

/* The comparison is done in slices of about a millisecond, so that nobody waits for it: begin with a zeroed
 * cursor and call again while the answer is true. Events may be noted in between. */
struct reconcile_cursor {
	size_t row;
	unsigned part;
};

/* Counts and judges into *ret (zeroed at the beginning), which is good when the answer is false. */
bool reconcile_judge(const struct reconcile *reconcile, const struct ledger *ledger,
		     const struct reconcile_scope *scope, struct reconcile_cursor *cursor,
		     struct reconcile_verdict *ret);

/* Each difference between listing and ledger. `on_item` may apply it to the ledger. */
bool reconcile_names(const struct reconcile *reconcile, const struct ledger *ledger,
		     const struct reconcile_scope *scope, struct reconcile_cursor *cursor,
		     void (*on_item)(const struct reconcile_item *item, void *user), void *user);

/* Each lease that is not known as the listing has it, and each that is known and not listed (with
 * until_ms 0). `on_lease` may put it into the leases. */
bool reconcile_leases(const struct reconcile *reconcile, const struct leases *leases,
		      const struct reconcile_scope *scope, struct reconcile_cursor *cursor,
		      void (*on_lease)(const struct dns_lease *lease, void *user), void *user);
