/* SPDX-License-Identifier: ISC */
/*
 * publish_peers: the daemons that share one ProvisionServer name (failover: hot). The TXT records at the
 * name say who they are and which addresses each adds; a TXT under a name of its own,
 * OWNER._amtps.NAME, says how long each has been silent. The first item is always ourselves, whether we
 * have an entry or not. Pure: time is an argument.
 */
#pragma once

#include "dns/publish_found.h"

#define PUBLISH_PEERS_MAX 8

struct publish_peer {
	struct publish_marker marker; /* its entry; `shared` only when there is one */
	struct hostname life_name;
	struct record life; /* its last sign of life; length 0 = none is there */
	uint32_t epoch;     /* in that */
	uint64_t since_ms;  /* since when it says the same, by our clock */
	bool looked;        /* `life` and `since_ms` hold */
	bool crowded;       /* other texts stand beside it */
};

struct publish_peers {
	struct publish_peer items[PUBLISH_PEERS_MAX];
	size_t count;
	size_t left_out;    /* entries that no place is for */
	uint64_t looked_ms; /* 0 = long ago */
};

/* Begins with ourselves alone. 0, or -EINVAL as publish_marker_life_name. */
int publish_peers_init(struct publish_peers *ret, const char *owner, const struct hostname *name);
/* Takes the entries that stand at the name; what is known of the signs of life stays known. */
void publish_peers_take(struct publish_peers *peers, const struct publish_rrset *txt,
			const struct hostname *name);
/* Takes what stands under the life name of item `at`. */
void publish_peers_note(struct publish_peers *peers, size_t at, const struct publish_rrset *txt,
			uint64_t now_ms);
/* All of them have been looked at. While nobody can look, nobody grows old: after a pause longer than
 * `interval_ms` the silence of each is counted from now. */
void publish_peers_looked(struct publish_peers *peers, uint64_t now_ms, uint64_t interval_ms);
/* True when anyone but item `except` adds this address. */
bool publish_peers_claim(const struct publish_peers *peers, size_t except, struct addr address);
/* True when there is any entry at the name. */
bool publish_peers_are(const struct publish_peers *peers);
/* Item of this owner; -1 = none. */
int publish_peers_find(const struct publish_peers *peers, const char *owner);
/* True when the first one's owner comes before those of all other entries: it sets the TTL. */
bool publish_peers_leads(const struct publish_peers *peers);
