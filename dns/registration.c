/* SPDX-License-Identifier: ISC */
#include "dns/registration.h"

#include <errno.h>
#include <string.h>

enum { RCODE_NXDOMAIN = 3, RCODE_YXDOMAIN = 6, RCODE_NXRRSET = 8 };

/* What the next request is, or how it ended. */
struct turn {
	enum registration_result result;
	enum registration_step step;
};

#define SEND_STEP(s) ((struct turn){.result = REGISTRATION_SEND, .step = (s)})
#define OVER ((struct turn){.result = REGISTRATION_OVER})

static struct record dhcid_record(const struct registration *registration)
{
	struct record record = {.type = RECORD_DHCID, .ttl = registration->ttl};

	record.length = registration->mark.dhcid_length;
	memcpy(record.rdata, registration->mark.dhcid, record.length);
	return record;
}

static void mark_dhcid(struct intent_mark *mark, const struct record *dhcid)
{
	mark->dhcid_length = RECORD_DHCID_BYTES;
	memcpy(mark->dhcid, dhcid->rdata, RECORD_DHCID_BYTES);
}

int registration_begin(struct registration *ret, const struct intent *intent,
		       const struct intent_mark *mark, enum dns_conflict_mode mode, uint32_t ttl,
		       const struct hostname *zone)
{
	memset(ret, 0, sizeof(*ret));
	ret->intent = *intent;
	ret->mark = *mark;
	ret->mode = mode;
	ret->ttl = ttl;
	ret->zone = *zone;
	return record_dhcid_for_client(intent->mac, &intent->client_id, &intent->name, ttl,
				       &ret->mine);
}

/* Requests -------------------------------------------------------------------------------------- */

static void put_create(const struct registration *registration, struct update *update)
{
	const struct hostname *name = &registration->intent.name;
	struct record address = record_address(registration->intent.address, registration->ttl);

	update_put(update, UPDATE_NAME_UNUSED, name, NULL);
	update_put(update, UPDATE_ADD, name, &address);
	update_put(update, UPDATE_ADD, name, &registration->mine);
}

static void put_replace(const struct registration *registration, struct update *update)
{
	const struct hostname *name = &registration->intent.name;
	struct record address = record_address(registration->intent.address, registration->ttl);
	struct record dhcid = dhcid_record(registration);

	update_put(update, UPDATE_NAME_IN_USE, name, NULL);
	update_put(update, UPDATE_RRSET_IS, name, &dhcid);
	update_put_type(update, UPDATE_DELETE_RRSET, name, address.type);
	update_put(update, UPDATE_ADD, name, &address);
}

static void put_seize(const struct registration *registration, struct update *update)
{
	const struct hostname *name = &registration->intent.name;
	struct record address = record_address(registration->intent.address, registration->ttl);

	update_put_type(update, UPDATE_DELETE_RRSET, name, address.type);
	update_put_type(update, UPDATE_DELETE_RRSET, name, RECORD_DHCID);
	update_put(update, UPDATE_ADD, name, &address);
	update_put(update, UPDATE_ADD, name, &registration->mine);
}

static void put_point(const struct registration *registration, struct update *update)
{
	struct hostname owner = intent_owner(&registration->intent);
	struct record ptr = record_ptr(&registration->intent.name, registration->ttl);

	update_put_type(update, UPDATE_DELETE_RRSET, &owner, RECORD_PTR);
	update_put_type(update, UPDATE_DELETE_RRSET, &owner, RECORD_DHCID);
	update_put(update, UPDATE_ADD, &owner, &ptr);
	update_put(update, UPDATE_ADD, &owner, &registration->mine);
}

static void put_drop(const struct registration *registration, struct update *update)
{
	const struct hostname *name = &registration->intent.name;
	struct record address = record_address(registration->intent.address, 0);
	struct record dhcid = dhcid_record(registration);

	update_put(update, UPDATE_RRSET_IS, name, &dhcid);
	update_put(update, UPDATE_DELETE_RECORD, name, &address);
}

/* Deletes the DHCID alone, where RFC 4703 deletes the name: what others put there stays. */
static void put_drop_id(const struct registration *registration, struct update *update)
{
	const struct hostname *name = &registration->intent.name;
	struct record dhcid = dhcid_record(registration);

	update_put(update, UPDATE_RRSET_IS, name, &dhcid);
	update_put_type(update, UPDATE_RRSET_UNUSED, name, RECORD_A);
	update_put_type(update, UPDATE_RRSET_UNUSED, name, RECORD_AAAA);
	update_put_type(update, UPDATE_DELETE_RRSET, name, RECORD_DHCID);
}

static void put_unpoint(const struct registration *registration, struct update *update)
{
	struct hostname owner = intent_owner(&registration->intent);
	struct record ptr = record_ptr(&registration->intent.name, 0);

	update_put(update, UPDATE_RRSET_IS, &owner, &ptr);
	update_put(update, UPDATE_DELETE_NAME, &owner, NULL);
}

static void build(const struct registration *registration, struct registration_request *ret)
{
	struct update *update = &ret->update;

	ret->query = registration->step == REGISTRATION_LOOK;
	ret->name = registration->intent.name;
	ret->type = RECORD_DHCID;
	update_init(update, &registration->zone);
	switch (registration->step) {
	case REGISTRATION_CREATE:
		put_create(registration, update);
		break;
	case REGISTRATION_LOOK:
		break;
	case REGISTRATION_REPLACE:
		put_replace(registration, update);
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
	case REGISTRATION_UNPOINT:
		put_unpoint(registration, update);
		break;
	}
}

/* Decisions ------------------------------------------------------------------------------------- */

static struct turn conflict(struct registration *registration, const char *why)
{
	err_set(&registration->words, 0, "%s is not ours: %s; asked again every 10 minutes",
		registration->intent.name.text, why);
	return (struct turn){.result = REGISTRATION_CONFLICT};
}

static struct turn again(struct registration *registration, enum registration_step step)
{
	if (registration->loops++ < REGISTRATION_LOOPS_MAX)
		return SEND_STEP(step);
	err_set(&registration->words, 0, "%s changes while we look at it; tried again in a minute",
		registration->intent.name.text);
	return (struct turn){.result = REGISTRATION_RACE};
}

static struct turn first(struct registration *registration)
{
	const struct intent_mark *mark = &registration->mark;

	if (registration->intent.kind == INTENT_REVERSE)
		return SEND_STEP(registration->intent.wanted ? REGISTRATION_POINT
							     : REGISTRATION_UNPOINT);
	if (!registration->intent.wanted) {
		if (!mark->dhcid_length)
			mark_dhcid(&registration->mark, &registration->mine);
		return SEND_STEP(REGISTRATION_DROP);
	}
	if (registration->mode == DNS_NO_CHECK_WITH_DHCID)
		return SEND_STEP(REGISTRATION_SEIZE);
	return SEND_STEP(mark->written && mark->dhcid_length ? REGISTRATION_REPLACE
							     : REGISTRATION_CREATE);
}

static struct turn after_create(struct registration *registration,
				const struct server_outcome *last)
{
	if (last->class == SERVER_DONE) {
		mark_dhcid(&registration->mark, &registration->mine);
		registration->mark.written = true;
		registration->mark.adopted = false;
		return OVER;
	}
	if (last->rcode != RCODE_YXDOMAIN)
		return again(registration, REGISTRATION_CREATE);
	if (registration->mode == DNS_SAME_MACHINE)
		return again(registration, REGISTRATION_LOOK);
	mark_dhcid(&registration->mark, &registration->mine);
	registration->mark.adopted = false;
	return again(registration, REGISTRATION_REPLACE);
}

static struct turn after_replace(struct registration *registration,
				 const struct server_outcome *last)
{
	if (last->class == SERVER_DONE) {
		registration->mark.written = true;
		return OVER;
	}
	if (last->rcode == RCODE_NXDOMAIN)
		return again(registration, REGISTRATION_CREATE);
	if (registration->mode == DNS_SAME_MACHINE)
		return again(registration, REGISTRATION_LOOK);
	return conflict(registration, "its DHCID is another client's, or it has none");
}

/* Is the DHCID that was found one that this machine may have written? */
static bool is_ours(const struct registration *registration, const struct record *found)
{
	struct record known = dhcid_record(registration);

	if (known.length && record_equal_data(found, &known))
		return true;
	return record_dhcid_is_machine(found, registration->intent.mac,
				       &registration->intent.client_id, &registration->intent.name);
}

/* Takes the found DHCID as the one that guards the name. */
static void take_found(struct registration *registration, const struct record *found)
{
	struct record known = dhcid_record(registration);

	if (!registration->mark.written || !record_equal_data(found, &known))
		registration->mark.adopted = !record_equal_data(found, &registration->mine);
	mark_dhcid(&registration->mark, found);
}

static struct turn after_look(struct registration *registration, const struct server_outcome *last)
{
	const struct update_answer *answer = &last->answer;
	bool wanted = registration->intent.wanted;

	if (last->class == SERVER_DECISION)
		return wanted ? again(registration, REGISTRATION_CREATE) : OVER;
	if (answer->count == 1 && answer->records[0].length == RECORD_DHCID_BYTES &&
	    is_ours(registration, &answer->records[0])) {
		take_found(registration, &answer->records[0]);
		return again(registration, wanted ? REGISTRATION_REPLACE : REGISTRATION_DROP);
	}
	if (!wanted)
		return OVER;
	if (!answer->count)
		return conflict(registration, "it has no DHCID, so it was made by hand");
	return conflict(registration, "its DHCID is another machine's");
}

static struct turn after_drop(struct registration *registration, const struct server_outcome *last)
{
	if (last->class == SERVER_DONE)
		return registration->mark.adopted ? OVER : SEND_STEP(REGISTRATION_DROP_ID);
	/* Not what we thought. Without a note of what we wrote, the name may be one that we adopted
	 * just before a crash. */
	if (registration->mode == DNS_SAME_MACHINE && !registration->mark.written &&
	    last->rcode == RCODE_NXRRSET && !registration->loops)
		return again(registration, REGISTRATION_LOOK);
	return OVER;
}

static struct turn decide(struct registration *registration, const struct server_outcome *last)
{
	switch (registration->step) {
	case REGISTRATION_CREATE:
		return after_create(registration, last);
	case REGISTRATION_LOOK:
		return after_look(registration, last);
	case REGISTRATION_REPLACE:
		return after_replace(registration, last);
	case REGISTRATION_SEIZE:
	case REGISTRATION_POINT:
		if (last->class != SERVER_DONE)
			return again(registration, registration->step);
		mark_dhcid(&registration->mark, &registration->mine);
		registration->mark.written = true;
		registration->mark.adopted = false;
		return OVER;
	case REGISTRATION_DROP:
		return after_drop(registration, last);
	case REGISTRATION_DROP_ID:
	case REGISTRATION_UNPOINT:
		return OVER; /* a prerequisite that failed says: not ours, or gone already */
	}
	return OVER;
}

enum registration_result registration_next(struct registration *registration,
					   const struct server_outcome *last,
					   struct registration_request *ret)
{
	struct turn turn = last ? decide(registration, last) : first(registration);

	if (turn.result == REGISTRATION_SEND) {
		registration->step = turn.step;
		build(registration, ret);
	} else if (turn.result == REGISTRATION_OVER && !registration->intent.wanted) {
		registration->mark = (struct intent_mark){0};
	}
	return turn.result;
}

void registration_repeat(const struct registration *registration, struct registration_request *ret)
{
	build(registration, ret);
}

const char *registration_step_name(enum registration_step step)
{
	static const char *const names[] = {
		[REGISTRATION_CREATE] = "create",   [REGISTRATION_LOOK] = "look",
		[REGISTRATION_REPLACE] = "replace", [REGISTRATION_SEIZE] = "seize",
		[REGISTRATION_POINT] = "point",     [REGISTRATION_DROP] = "drop",
		[REGISTRATION_DROP_ID] = "drop-id", [REGISTRATION_UNPOINT] = "unpoint",
	};

	return names[step];
}
