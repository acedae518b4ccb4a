/* SPDX-License-Identifier: ISC */
#include "dns/publish_peers.h"

#include <stdio.h>
#include <string.h>

int publish_peers_init(struct publish_peers *ret, const char *owner, const struct hostname *name)
{
	struct publish_peer *self = &ret->items[0];

	memset(ret, 0, sizeof(*ret));
	snprintf(self->marker.owner, sizeof(self->marker.owner), "%s", owner);
	ret->count = 1;
	return publish_marker_life_name(owner, name, &self->life_name);
}

int publish_peers_find(const struct publish_peers *peers, const char *owner)
{
	for (size_t i = 0; i < peers->count; i++) {
		if (!strcmp(peers->items[i].marker.owner, owner))
			return (int)i;
	}
	return -1;
}

/* What was known of the owner, or nothing. */
static void recall(const struct publish_peers *old, struct publish_peer *peer)
{
	int at = publish_peers_find(old, peer->marker.owner);

	if (at < 0)
		return;
	peer->life = old->items[at].life;
	peer->epoch = old->items[at].epoch;
	peer->since_ms = old->items[at].since_ms;
	peer->looked = old->items[at].looked;
	peer->crowded = old->items[at].crowded;
}

void publish_peers_take(struct publish_peers *peers, const struct publish_rrset *txt,
			const struct hostname *name)
{
	struct publish_peers old = *peers;

	peers->count = 1;
	peers->left_out = txt->more;
	memset(&peers->items[0].marker.addresses, 0, sizeof(peers->items[0].marker.addresses));
	peers->items[0].marker.shared = false;
	peers->items[0].marker.count = 0;
	for (size_t i = 0; i < txt->count; i++) {
		struct publish_peer peer = {.looked = false};
		int at;

		if (!publish_marker_parse(&txt->records[i], &peer.marker) || !peer.marker.shared ||
		    publish_marker_life_name(peer.marker.owner, name, &peer.life_name) < 0)
			continue;
		at = publish_peers_find(peers, peer.marker.owner);
		if (at >= 0) {
			peers->items[at].marker = peer.marker;
		} else if (peers->count < PUBLISH_PEERS_MAX) {
			recall(&old, &peer);
			peers->items[peers->count++] = peer;
		} else {
			peers->left_out++;
		}
	}
}

void publish_peers_note(struct publish_peers *peers, size_t at, const struct publish_rrset *txt,
			uint64_t now_ms)
{
	static const struct record nothing;
	const struct record *record = txt->count ? &txt->records[0] : &nothing;
	struct publish_peer *peer = &peers->items[at];
	struct publish_marker marker = {.epoch = 0};

	peer->crowded = txt->count + txt->more > 1;
	if (peer->looked && peer->life.length == record->length &&
	    (!record->length || record_equal_data(&peer->life, record)))
		return;
	publish_marker_parse(record, &marker);
	peer->life = *record;
	peer->epoch = marker.epoch;
	peer->since_ms = now_ms;
	peer->looked = true;
}

void publish_peers_looked(struct publish_peers *peers, uint64_t now_ms, uint64_t interval_ms)
{
	bool paused = !peers->looked_ms || now_ms - peers->looked_ms > interval_ms;

	for (size_t i = 0; paused && i < peers->count; i++)
		peers->items[i].since_ms = now_ms;
	peers->looked_ms = now_ms;
}

bool publish_peers_claim(const struct publish_peers *peers, size_t except, struct addr address)
{
	for (size_t i = 0; i < peers->count; i++) {
		const struct publish_marker *marker = &peers->items[i].marker;

		for (size_t j = 0; i != except && j < marker->count; j++) {
			if (addr_equal(marker->addresses[j], address))
				return true;
		}
	}
	return false;
}

bool publish_peers_are(const struct publish_peers *peers)
{
	return peers->count > 1 || peers->items[0].marker.shared;
}

bool publish_peers_leads(const struct publish_peers *peers)
{
	for (size_t i = 1; i < peers->count; i++) {
		if (strcmp(peers->items[i].marker.owner, peers->items[0].marker.owner) < 0)
			return false;
	}
	return true;
}
