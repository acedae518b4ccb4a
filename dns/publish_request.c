/* SPDX-License-Identifier: ISC */
#include "dns/publish_request.h"
#include "dns/publish_hot_request.h"

#include <stdio.h>
#include <string.h>

struct publish_marker publish_request_marker(const struct publish *publish)
{
	struct publish_marker marker = {.epoch = 0};

	snprintf(marker.owner, sizeof(marker.owner), "%s", publish->goal.owner);
	if (publish->goal.failover == PUBLISH_COLD)
		marker.epoch = publish_marker_next_epoch(publish->epoch);
	else if (publish->goal.failover == PUBLISH_HOT)
		marker.epoch = publish_marker_next_epoch(publish->peers.items[0].life.length
								 ? publish->peers.items[0].epoch
								 : publish->goal.first_epoch);
	return marker;
}

/* Prerequisites -------------------------------------------------------------------------------- */

/* The RRset is exactly what was found. */
static void require_found(struct update *update, const struct hostname *name,
			  const struct publish_rrset *found, uint16_t type)
{
	if (!found->count)
		update_put_type(update, UPDATE_RRSET_UNUSED, name, type);
	for (size_t i = 0; i < found->count; i++)
		update_put(update, UPDATE_RRSET_IS, name, &found->records[i]);
}

static void require_all_found(const struct publish *publish, struct update *update)
{
	const struct hostname *name = &publish->goal.name;

	require_found(update, name, &publish->found.a, RECORD_A);
	require_found(update, name, &publish->found.aaaa, RECORD_AAAA);
	require_found(update, name, &publish->found.txt, RECORD_TXT);
	require_found(update, name, &publish->found.cname, RECORD_CNAME);
}

static void put_addresses(const struct publish *publish, struct update *update,
			  enum update_step step)
{
	for (size_t i = 0; i < publish->goal.count; i++) {
		struct record record = record_address(publish->goal.addresses[i],
						      step == UPDATE_ADD ? publish->goal.ttl : 0);

		update_put(update, step, &publish->goal.name, &record);
	}
}

static bool wants_family(const struct publish *publish, uint8_t family)
{
	for (size_t i = 0; i < publish->goal.count; i++) {
		if (publish->goal.addresses[i].family == family)
			return true;
	}
	return false;
}

/* Exactly the wanted addresses, of both families. */
static void require_addresses(const struct publish *publish, struct update *update)
{
	put_addresses(publish, update, UPDATE_RRSET_IS);
	if (!wants_family(publish, ADDR_IP4))
		update_put_type(update, UPDATE_RRSET_UNUSED, &publish->goal.name, RECORD_A);
	if (!wants_family(publish, ADDR_IP6))
		update_put_type(update, UPDATE_RRSET_UNUSED, &publish->goal.name, RECORD_AAAA);
}

/* At the top of a zone there are always SOA and NS. */
static void require_unused(const struct publish *publish, struct update *update)
{
	const struct hostname *name = &publish->goal.name;

	if (!hostname_equal(name, &publish->goal.zone)) {
		update_put(update, UPDATE_NAME_UNUSED, name, NULL);
		return;
	}
	update_put_type(update, UPDATE_RRSET_UNUSED, name, RECORD_A);
	update_put_type(update, UPDATE_RRSET_UNUSED, name, RECORD_AAAA);
	update_put_type(update, UPDATE_RRSET_UNUSED, name, RECORD_TXT);
}

/* Updates -------------------------------------------------------------------------------------- */

static void put_marker(const struct publish *publish, struct update *update)
{
	struct publish_marker marker = publish_request_marker(publish);
	struct record record = publish_marker_record(&marker, publish->goal.ttl);

	update_put(update, UPDATE_ADD, &publish->goal.name, &record);
}

/* All that is ours, where nothing is yet. */
static void put_own(const struct publish *publish, struct update *update)
{
	if (publish->goal.failover == PUBLISH_HOT) {
		publish_hot_request_part(publish, update);
		return;
	}
	put_addresses(publish, update, UPDATE_ADD);
	put_marker(publish, update);
}

static void require_marker(const struct publish *publish, struct update *update)
{
	if (publish_peers_are(&publish->peers))
		publish_hot_request_instead(publish, update);
	else
		update_put(update, UPDATE_RRSET_IS, &publish->goal.name, &publish->rival.record);
}

static void delete_addresses(const struct publish *publish, struct update *update)
{
	update_put_type(update, UPDATE_DELETE_RRSET, &publish->goal.name, RECORD_A);
	update_put_type(update, UPDATE_DELETE_RRSET, &publish->goal.name, RECORD_AAAA);
}

/* In the place of whatever addresses and TXT there are. */
static void replace_all(const struct publish *publish, struct update *update)
{
	delete_addresses(publish, update);
	update_put_type(update, UPDATE_DELETE_RRSET, &publish->goal.name, RECORD_TXT);
	put_own(publish, update);
}

static void put_step(const struct publish *publish, struct update *update)
{
	const struct hostname *name = &publish->goal.name;

	switch (publish->step) {
	case PUBLISH_CHECK: /* adds what is there: no change, and the serial stays */
		require_addresses(publish, update);
		update_put(update, UPDATE_RRSET_IS, name, &publish->marker);
		put_addresses(publish, update, UPDATE_ADD);
		break;
	case PUBLISH_RENEW:
		require_addresses(publish, update);
		update_put(update, UPDATE_RRSET_IS, name, &publish->marker);
		update_put_type(update, UPDATE_DELETE_RRSET, name, RECORD_TXT);
		put_marker(publish, update);
		break;
	case PUBLISH_PROBE: /* the same */
		update_put(update, UPDATE_RRSET_IS, name, &publish->rival.record);
		update_put(update, UPDATE_ADD, name, &publish->rival.record);
		break;
	case PUBLISH_CREATE:
		require_unused(publish, update);
		put_own(publish, update);
		break;
	case PUBLISH_CHANGE:
	case PUBLISH_REPAIR:
	case PUBLISH_TAKE_OVER:
		require_marker(publish, update);
		replace_all(publish, update);
		break;
	case PUBLISH_ADOPT:
		require_addresses(publish, update);
		update_put_type(update, UPDATE_RRSET_UNUSED, name, RECORD_TXT);
		put_own(publish, update);
		break;
	case PUBLISH_FORCE:
		require_all_found(publish, update);
		update_put_type(update, UPDATE_DELETE_RRSET, name, RECORD_CNAME);
		replace_all(publish, update);
		break;
	case PUBLISH_WITHDRAW:
		update_put(update, UPDATE_RRSET_IS, name, &publish->rival.record);
		delete_addresses(publish, update);
		update_put_type(update, UPDATE_DELETE_RRSET, name, RECORD_TXT);
		break;
	case PUBLISH_JOIN: /* dns/publish_hot_request */
	case PUBLISH_REMOVE:
	case PUBLISH_LEAVE:
	case PUBLISH_REST:
	case PUBLISH_LOOK_A:
	case PUBLISH_LOOK_AAAA:
	case PUBLISH_LOOK_TXT:
	case PUBLISH_LOOK_CNAME:
	case PUBLISH_LOOK_LIFE:
	case PUBLISH_STEPS:
		break;
	}
}

static uint16_t look_type(enum publish_step step)
{
	return step == PUBLISH_LOOK_A       ? RECORD_A
	       : step == PUBLISH_LOOK_AAAA  ? RECORD_AAAA
	       : step == PUBLISH_LOOK_CNAME ? RECORD_CNAME
	       : step == PUBLISH_LOOK_TXT   ? RECORD_TXT
	       : step == PUBLISH_LOOK_LIFE  ? RECORD_TXT
					    : 0;
}

bool publish_request_make(struct publish *publish, enum publish_step step,
			  struct publish_request *ret)
{
	publish->step = step;
	ret->type = look_type(step);
	ret->query = ret->type != 0;
	ret->name = step == PUBLISH_LOOK_LIFE ? publish->peers.items[publish->peer].life_name
					      : publish->goal.name;
	update_init(&ret->update, &publish->goal.zone);
	if (!publish_hot_request_put(publish, &ret->update))
		put_step(publish, &ret->update);
	return true;
}
