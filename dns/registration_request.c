/* SPDX-License-Identifier: ISC */
#include "dns/registration_request.h"

#include <string.h>

static bool has_guard(const struct registration *registration)
{
	return registration->rules->mode != DNS_NO_CHECK_WITHOUT_DHCID;
}

static bool is_marker(const struct registration *registration)
{
	return registration->rules->mode == DNS_MARKER;
}

/* What stands in DNS for a DHCID. */
static struct record guard_of(const struct registration *registration, const struct record *dhcid)
{
	return is_marker(registration) ? record_marker(dhcid) : *dhcid;
}

static uint16_t guard_type(const struct registration *registration)
{
	return is_marker(registration) ? RECORD_TXT : RECORD_DHCID;
}

struct record registration_request_dhcid(const struct registration *registration)
{
	struct record record = {.type = RECORD_DHCID, .ttl = registration->ttl};

	record.length = registration->mark.dhcid_length;
	memcpy(record.rdata, registration->mark.dhcid, record.length);
	return record;
}

static struct record known_guard(const struct registration *registration)
{
	struct record dhcid = registration_request_dhcid(registration);

	return guard_of(registration, &dhcid);
}

static struct record my_guard(const struct registration *registration)
{
	return guard_of(registration, &registration->mine);
}

struct hostname registration_request_owner(const struct registration *registration)
{
	struct hostname owner = intent_owner(&registration->intent);

	return zone_owner(&registration->rules->zone, &owner);
}

static void put_create(const struct registration *registration, struct update *update)
{
	const struct hostname *name = &registration->intent.name;
	struct record address = record_address(registration->intent.address, registration->ttl);
	struct record guard = my_guard(registration);

	update_put(update, UPDATE_NAME_UNUSED, name, NULL);
	update_put(update, UPDATE_ADD, name, &address);
	update_put(update, UPDATE_ADD, name, &guard);
}

static void put_address(const struct registration *registration, struct update *update)
{
	const struct hostname *name = &registration->intent.name;
	struct record address = record_address(registration->intent.address, registration->ttl);

	update_put_type(update, UPDATE_DELETE_RRSET, name, address.type);
	update_put(update, UPDATE_ADD, name, &address);
}

static void put_my_guard(const struct registration *registration, struct update *update)
{
	const struct hostname *name = &registration->intent.name;
	struct record guard = my_guard(registration);

	update_put_type(update, UPDATE_DELETE_RRSET, name, guard.type);
	update_put(update, UPDATE_ADD, name, &guard);
}

static void put_replace(const struct registration *registration, struct update *update)
{
	const struct hostname *name = &registration->intent.name;
	struct record guard = known_guard(registration);

	update_put(update, UPDATE_NAME_IN_USE, name, NULL);
	update_put(update, UPDATE_RRSET_IS, name, &guard);
	put_address(registration, update);
}

static void put_take(const struct registration *registration, struct update *update)
{
	const struct hostname *name = &registration->intent.name;

	update_put(update, UPDATE_NAME_IN_USE, name, NULL);
	update_put_type(update, UPDATE_RRSET_IN_USE, name, RECORD_DHCID);
	put_address(registration, update);
	put_my_guard(registration, update);
}

static void put_seize(const struct registration *registration, struct update *update)
{
	put_address(registration, update);
	if (has_guard(registration))
		put_my_guard(registration, update);
}

/* A PTR is guarded by nothing (5.4); its DHCID is there for people and other DHCP servers. */
static void put_point(const struct registration *registration, struct update *update)
{
	struct hostname owner = registration_request_owner(registration);
	struct record ptr = record_ptr(&registration->intent.name, registration->ttl);

	update_put_type(update, UPDATE_DELETE_RRSET, &owner, RECORD_PTR);
	update_put(update, UPDATE_ADD, &owner, &ptr);
	if (!has_guard(registration) || is_marker(registration))
		return;
	update_put_type(update, UPDATE_DELETE_RRSET, &owner, RECORD_DHCID);
	update_put(update, UPDATE_ADD, &owner, &registration->mine);
}

/* The address by value. Where anybody's DHCID may be replaced ours is as well, and what we wrote in one
 * family then stands under another's. */
static void put_drop(const struct registration *registration, struct update *update)
{
	const struct hostname *name = &registration->intent.name;
	struct record address = record_address(registration->intent.address, 0);
	struct record guard = known_guard(registration);

	switch (registration->rules->mode) {
	case DNS_SAME_MACHINE:
	case DNS_CHECK_WITH_DHCID:
	case DNS_MARKER:
		update_put(update, UPDATE_RRSET_IS, name, &guard);
		break;
	case DNS_CHECK_EXISTS_WITH_DHCID:
		update_put_type(update, UPDATE_RRSET_IN_USE, name, RECORD_DHCID);
		break;
	case DNS_NO_CHECK_WITH_DHCID:
	case DNS_NO_CHECK_WITHOUT_DHCID:
		break;
	}
	update_put(update, UPDATE_DELETE_RECORD, name, &address);
}

/* Deletes the DHCID alone, where RFC 4703 deletes the name: what others put there stays. */
static void put_drop_id(const struct registration *registration, struct update *update)
{
	const struct hostname *name = &registration->intent.name;
	struct record guard = known_guard(registration);

	update_put(update, UPDATE_RRSET_IS, name, &guard);
	update_put_type(update, UPDATE_RRSET_UNUSED, name, RECORD_A);
	update_put_type(update, UPDATE_RRSET_UNUSED, name, RECORD_AAAA);
	update_put_type(update, UPDATE_DELETE_RRSET, name, guard.type);
}

static void put_back(const struct registration *registration, struct update *update)
{
	const struct hostname *name = &registration->intent.name;
	struct record guard = known_guard(registration);
	struct record ours = record_address(registration->intent.address, 0);
	struct record theirs = record_address(registration->mark.displaced, registration->ttl);

	update_put(update, UPDATE_RRSET_IS, name, &guard);
	update_put(update, UPDATE_RRSET_IS, name, &ours);
	update_put(update, UPDATE_DELETE_RECORD, name, &ours);
	update_put(update, UPDATE_ADD, name, &theirs);
}

/* The PTR and its DHCID alone, where RFC 4703 deletes the name. */
static void put_unpoint(const struct registration *registration, struct update *update)
{
	struct hostname owner = registration_request_owner(registration);
	struct record ptr = record_ptr(&registration->intent.name, 0);

	update_put(update, UPDATE_RRSET_IS, &owner, &ptr);
	update_put_type(update, UPDATE_DELETE_RRSET, &owner, RECORD_PTR);
	if (has_guard(registration) && !is_marker(registration))
		update_put_type(update, UPDATE_DELETE_RRSET, &owner, RECORD_DHCID);
}

static void ask(const struct registration *registration, uint16_t type,
		struct registration_request *ret)
{
	ret->query = true;
	ret->name = registration_request_owner(registration);
	ret->type = type;
}

void registration_request_build(const struct registration *registration,
				struct registration_request *ret)
{
	struct update *update = &ret->update;

	ret->query = false;
	update_init(update, &registration->rules->zone.name);
	switch (registration->step) {
	case REGISTRATION_CREATE:
		put_create(registration, update);
		break;
	case REGISTRATION_LOOK:
		ask(registration, guard_type(registration), ret);
		break;
	case REGISTRATION_LOOK_ADDRESS:
	case REGISTRATION_VERIFY:
		ask(registration, intent_type(&registration->intent), ret);
		break;
	case REGISTRATION_REPLACE:
		put_replace(registration, update);
		break;
	case REGISTRATION_TAKE:
		put_take(registration, update);
		break;
	case REGISTRATION_SEIZE:
		put_seize(registration, update);
		break;
	case REGISTRATION_POINT:
		put_point(registration, update);
		break;
	case REGISTRATION_DROP:
		put_drop(registration, update);
		break;
	case REGISTRATION_DROP_ID:
		put_drop_id(registration, update);
		break;
	case REGISTRATION_PUT_BACK:
		put_back(registration, update);
		break;
	case REGISTRATION_UNPOINT:
		put_unpoint(registration, update);
		break;
	}
}
