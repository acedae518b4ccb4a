/* SPDX-License-Identifier: ISC */
#include "dns/publish_hot_request.h"
#include "dns/publish_hot.h"
#include "dns/publish_request.h"

#include <stdio.h>
#include <string.h>

struct record publish_hot_request_entry(const struct publish *publish)
{
	const struct publish_goal *goal = &publish->goal;
	struct publish_marker marker = {.shared = true};

	snprintf(marker.owner, sizeof(marker.owner), "%s", goal->owner);
	for (size_t i = 0; i < goal->count && marker.count < PUBLISH_SHARE_MAX; i++)
		marker.addresses[marker.count++] = goal->addresses[i];
	return publish_marker_record(&marker, goal->ttl);
}

static bool address_of(const struct record *record, struct addr *ret)
{
	*ret = (struct addr){.family = record->type == RECORD_A ? ADDR_IP4 : ADDR_IP6};
	if (record->length != addr_size(*ret))
		return false;
	memcpy(ret->bytes, record->rdata, record->length);
	return true;
}

bool publish_hot_request_is_ours(const struct publish *publish, struct addr address)
{
	for (size_t i = 0; i < publish->goal.count; i++) {
		if (addr_equal(publish->goal.addresses[i], address))
			return true;
	}
	return false;
}

bool publish_hot_request_is_stray(const struct publish *publish, const struct record *record)
{
	struct addr address;

	return address_of(record, &address) && !publish_hot_request_is_ours(publish, address) &&
	       !publish_peers_claim(&publish->peers, PUBLISH_PEERS_MAX, address);
}

/* Prerequisites -------------------------------------------------------------------------------- */

static void require_set(const struct publish *publish, struct update *update,
			const struct publish_rrset *set, uint16_t type)
{
	if (!set->count)
		update_put_type(update, UPDATE_RRSET_UNUSED, &publish->goal.name, type);
	for (size_t i = 0; i < set->count; i++)
		update_put(update, UPDATE_RRSET_IS, &publish->goal.name, &set->records[i]);
}

static void require_addresses_found(const struct publish *publish, struct update *update)
{
	require_set(publish, update, &publish->found.a, RECORD_A);
	require_set(publish, update, &publish->found.aaaa, RECORD_AAAA);
}

static void require_entries(const struct publish *publish, struct update *update)
{
	require_set(publish, update, &publish->found.txt, RECORD_TXT);
}

/* The sign of life of this item is what was seen. */
static void require_life(const struct publish *publish, struct update *update, size_t at)
{
	const struct publish_peer *peer = &publish->peers.items[at];

	if (!peer->looked)
		return;
	if (peer->crowded)
		update_put_type(update, UPDATE_RRSET_IN_USE, &peer->life_name, RECORD_TXT);
	else if (peer->life.length)
		update_put(update, UPDATE_RRSET_IS, &peer->life_name, &peer->life);
	else
		update_put_type(update, UPDATE_RRSET_UNUSED, &peer->life_name, RECORD_TXT);
}

/* Changes --------------------------------------------------------------------------------------- */

/* A set has one TTL (RFC 2181 5.2): that of its first owner in order, the others follow. */
static uint32_t ttl_of(const struct publish *publish, const struct publish_rrset *set)
{
	return publish_peers_leads(&publish->peers) || !set->count ? publish->goal.ttl
								   : set->records[0].ttl;
}

static void add_addresses(const struct publish *publish, struct update *update)
{
	for (size_t i = 0; i < publish->goal.count; i++) {
		struct addr address = publish->goal.addresses[i];
		struct record record = record_address(
			address,
			ttl_of(publish, address.family == ADDR_IP4 ? &publish->found.a
								   : &publish->found.aaaa));

		update_put(update, UPDATE_ADD, &publish->goal.name, &record);
	}
}

/* The addresses of an item that no other item has. */
static void delete_addresses_of(const struct publish *publish, struct update *update, size_t at)
{
	const struct publish_marker *marker = &publish->peers.items[at].marker;

	for (size_t i = 0; i < marker->count; i++) {
		struct record record = record_address(marker->addresses[i], 0);

		if (!publish_peers_claim(&publish->peers, at, marker->addresses[i]))
			update_put(update, UPDATE_DELETE_RECORD, &publish->goal.name, &record);
	}
}

static void delete_entries_of(const struct publish *publish, struct update *update, size_t at)
{
	const char *owner = publish->peers.items[at].marker.owner;

	for (size_t i = 0; i < publish->found.txt.count; i++) {
		const struct record *record = &publish->found.txt.records[i];
		struct publish_marker marker;

		if (publish_marker_parse(record, &marker) && !strcmp(marker.owner, owner))
			update_put(update, UPDATE_DELETE_RECORD, &publish->goal.name, record);
	}
}

static void delete_life(const struct publish *publish, struct update *update, size_t at)
{
	update_put_type(update, UPDATE_DELETE_RRSET, &publish->peers.items[at].life_name,
			RECORD_TXT);
}

static void delete_part(const struct publish *publish, struct update *update, size_t at)
{
	delete_addresses_of(publish, update, at);
	delete_entries_of(publish, update, at);
	delete_life(publish, update, at);
}

static void put_life(const struct publish *publish, struct update *update)
{
	struct publish_marker marker = publish_request_marker(publish);
	struct record record = publish_marker_record(&marker, publish->goal.ttl);

	delete_life(publish, update, 0);
	update_put(update, UPDATE_ADD, &publish->peers.items[0].life_name, &record);
}

static void add_part(const struct publish *publish, struct update *update)
{
	struct record entry = publish_hot_request_entry(publish);

	add_addresses(publish, update);
	update_put(update, UPDATE_ADD, &publish->goal.name, &entry);
	put_life(publish, update);
}

/* The whole set anew where its TTL is ours to say and another. */
static void mend_ttl(const struct publish *publish, struct update *update,
		     const struct publish_rrset *set, uint16_t type)
{
	uint32_t ttl = ttl_of(publish, set);

	if (publish_found_ttl_is(set, ttl))
		return;
	update_put_type(update, UPDATE_DELETE_RRSET, &publish->goal.name, type);
	for (size_t i = 0; i < set->count; i++) {
		struct record record = set->records[i];

		record.ttl = ttl;
		update_put(update, UPDATE_ADD, &publish->goal.name, &record);
	}
}

static void delete_strays(const struct publish *publish, struct update *update,
			  const struct publish_rrset *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (publish_hot_request_is_stray(publish, &set->records[i]))
			update_put(update, UPDATE_DELETE_RECORD, &publish->goal.name,
				   &set->records[i]);
	}
}

/* Steps ----------------------------------------------------------------------------------------- */

static void require_mine(const struct publish *publish, struct update *update)
{
	for (size_t i = 0; i < publish->peers.count; i++) {
		if (publish_hot_is_mine(publish, i))
			require_life(publish, update, i);
	}
}

static void delete_mine(const struct publish *publish, struct update *update)
{
	for (size_t i = 0; i < publish->peers.count; i++) {
		if (publish_hot_is_mine(publish, i))
			delete_part(publish, update, i);
	}
}

static void put_join(const struct publish *publish, struct update *update)
{
	require_addresses_found(publish, update);
	require_entries(publish, update);
	require_mine(publish, update);
	mend_ttl(publish, update, &publish->found.a, RECORD_A);
	mend_ttl(publish, update, &publish->found.aaaa, RECORD_AAAA);
	if (publish->step == PUBLISH_REPAIR) {
		delete_strays(publish, update, &publish->found.a);
		delete_strays(publish, update, &publish->found.aaaa);
	}
	delete_mine(publish, update);
	add_part(publish, update);
}

static void put_remove(const struct publish *publish, struct update *update)
{
	require_entries(publish, update);
	require_life(publish, update, publish->peer);
	require_life(publish, update, 0);
	delete_part(publish, update, publish->peer);
	add_addresses(publish, update);
}

/* The last address may go with what is withdrawn; one that takes no hellos leaves only to a better one. */
static void put_leave(const struct publish *publish, struct update *update)
{
	if (publish->step == PUBLISH_LEAVE)
		require_addresses_found(publish, update);
	require_entries(publish, update);
	require_mine(publish, update);
	delete_mine(publish, update);
}

static void put_renew(const struct publish *publish, struct update *update)
{
	require_addresses_found(publish, update);
	require_entries(publish, update);
	require_life(publish, update, 0);
	put_life(publish, update);
}

bool publish_hot_request_put(const struct publish *publish, struct update *update)
{
	bool hot = publish->goal.failover == PUBLISH_HOT;

	if (publish->step == PUBLISH_RENEW && hot)
		put_renew(publish, update);
	else if (publish->step == PUBLISH_JOIN || (publish->step == PUBLISH_REPAIR && hot))
		put_join(publish, update);
	else if (publish->step == PUBLISH_REMOVE)
		put_remove(publish, update);
	else if (publish->step == PUBLISH_LEAVE ||
		 (publish->step == PUBLISH_WITHDRAW && publish_hot_is_part(publish)))
		put_leave(publish, update);
	else
		return false;
	return true;
}

void publish_hot_request_part(const struct publish *publish, struct update *update)
{
	require_life(publish, update, 0);
	add_part(publish, update);
}

void publish_hot_request_instead(const struct publish *publish, struct update *update)
{
	require_entries(publish, update);
	for (size_t i = 0; i < publish->peers.count; i++) {
		require_life(publish, update, i);
		delete_life(publish, update, i);
	}
}
