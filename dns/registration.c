/* SPDX-License-Identifier: ISC */
#include "dns/registration.h"
#include "dns/registration_request.h"

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

/* Modes in which the owner is the machine, not the DHCP client. */
static bool by_machine(const struct registration *registration)
{
	return registration->rules->mode == DNS_SAME_MACHINE ||
	       registration->rules->mode == DNS_MARKER;
}

static void mark_dhcid(struct intent_mark *mark, const struct record *dhcid)
{
	mark->dhcid_length = RECORD_DHCID_BYTES;
	memcpy(mark->dhcid, dhcid->rdata, RECORD_DHCID_BYTES);
}

/* The records are ours from the first to the last octet. */
static void mark_mine(struct registration *registration)
{
	mark_dhcid(&registration->mark, &registration->mine);
	registration->mark.written = true;
	registration->mark.adopted = false;
	registration->mark.anew = registration->step == REGISTRATION_CREATE;
	intent_mark_displaced(&registration->mark, (struct addr){.family = ADDR_NONE}, false);
}

/* RFC 4702 5: at most a third of the lease, so that a cache does not outlive it by much. */
static uint32_t ttl_of(const struct registration_rules *rules, uint32_t lifetime_s)
{
	uint32_t third = lifetime_s / 3;

	if (rules->ttl_s)
		return rules->ttl_s;
	if (third > rules->ttl_max_s)
		return rules->ttl_max_s;
	return third < rules->ttl_min_s ? rules->ttl_min_s : third;
}

int registration_begin(struct registration *ret, const struct intent *intent,
		       const struct intent_mark *mark, const struct registration_rules *rules)
{
	memset(ret, 0, sizeof(*ret));
	ret->intent = *intent;
	ret->mark = *mark;
	ret->mark.anew = false;
	ret->rules = rules;
	ret->ttl = ttl_of(rules, intent->lifetime_s);
	return intent_dhcid(intent, ret->ttl, &ret->mine);
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

/* The host OS, whose DHCP server made the name that we adopted, is gone: that server could not remove the
 * DHCID while our address was there, so it is for us to do. Of a host that nobody tells us of we do not know
 * that, where an address of its was there. */
static bool is_last_one(const struct registration *registration)
{
	const struct machine_table *machines = registration->rules->machines;

	return machines && registration->intent.mac.length && !registration->mark.unleased &&
	       !machine_has_host(machines, registration->intent.mac);
}

static struct turn first(struct registration *registration)
{
	struct intent_mark *mark = &registration->mark;

	if (registration->intent.kind == INTENT_REVERSE)
		return SEND_STEP(registration->intent.wanted ? REGISTRATION_POINT
							     : REGISTRATION_UNPOINT);
	if (!registration->intent.wanted) {
		if (!mark->dhcid_length)
			mark_dhcid(mark, &registration->mine);
		if (is_last_one(registration))
			mark->adopted = false;
		if (mark->adopted && mark->displaced.family != ADDR_NONE)
			return SEND_STEP(REGISTRATION_PUT_BACK);
		return SEND_STEP(REGISTRATION_DROP);
	}
	if (registration->rules->mode == DNS_NO_CHECK_WITH_DHCID ||
	    registration->rules->mode == DNS_NO_CHECK_WITHOUT_DHCID)
		return SEND_STEP(REGISTRATION_SEIZE);
	registration->former = !mark->written && mark->dhcid_length;
	if (registration->former)
		return SEND_STEP(REGISTRATION_DROP);
	if (!mark->dhcid_length)
		return SEND_STEP(REGISTRATION_CREATE);
	return SEND_STEP(REGISTRATION_REPLACE);
}

/* The server said that it is done. */
static struct turn done(const struct registration *registration)
{
	return registration->rules->verify ? SEND_STEP(REGISTRATION_VERIFY) : OVER;
}

static struct turn done_as_mine(struct registration *registration)
{
	mark_mine(registration);
	return done(registration);
}

/* The next step where the name is in use. */
static struct turn in_use(struct registration *registration)
{
	if (by_machine(registration))
		return again(registration, REGISTRATION_LOOK);
	if (registration->rules->mode == DNS_CHECK_EXISTS_WITH_DHCID)
		return again(registration, REGISTRATION_TAKE);
	mark_dhcid(&registration->mark, &registration->mine);
	registration->mark.adopted = false;
	return again(registration, REGISTRATION_REPLACE);
}

static struct turn after_create(struct registration *registration,
				const struct server_outcome *last)
{
	if (last->class == SERVER_DONE)
		return done_as_mine(registration);
	if (last->rcode != RCODE_YXDOMAIN)
		return again(registration, REGISTRATION_CREATE);
	return in_use(registration);
}

static struct turn after_replace(struct registration *registration,
				 const struct server_outcome *last)
{
	struct record known = registration_request_dhcid(registration);

	if (last->class == SERVER_DONE) {
		registration->mark.written = true;
		return done(registration);
	}
	if (last->rcode == RCODE_NXDOMAIN)
		return again(registration, REGISTRATION_CREATE);
	if (registration->rules->mode != DNS_CHECK_WITH_DHCID ||
	    !record_equal_data(&known, &registration->mine))
		return in_use(registration);
	return conflict(registration, "its DHCID is another client's, or it has none");
}

static struct turn after_take(struct registration *registration, const struct server_outcome *last)
{
	if (last->class == SERVER_DONE)
		return done_as_mine(registration);
	if (last->rcode == RCODE_NXDOMAIN)
		return again(registration, REGISTRATION_CREATE);
	return conflict(registration, "it has no DHCID, so it was made by hand");
}

/* Is the DHCID that was found one that this machine may have written? */
static bool is_ours(const struct registration *registration, const struct record *found)
{
	const struct intent *intent = &registration->intent;
	struct record known = registration_request_dhcid(registration);

	if (record_equal_data(found, &registration->mine) ||
	    (known.length && record_equal_data(found, &known)))
		return true;
	if (registration->rules->machines &&
	    machine_owns(registration->rules->machines, intent->mac, found, &intent->name))
		return true;
	return record_dhcid_is_machine(found, intent->mac, &intent->client_id, &intent->name);
}

/* Written for the ME, by us, in this family or the other. */
static bool is_mes(const struct registration *registration, const struct record *dhcid)
{
	const struct intent *intent = &registration->intent;

	return record_equal_data(dhcid, &registration->mine) ||
	       (registration->rules->machines &&
		machine_me_owns(registration->rules->machines, intent->mac, dhcid, &intent->name));
}

/* Takes the found DHCID as the one that guards the name. */
static void take_found(struct registration *registration, const struct record *found)
{
	struct record known = registration_request_dhcid(registration);

	if (!registration->mark.written || !record_equal_data(found, &known))
		registration->mark.adopted = !is_mes(registration, found);
	mark_dhcid(&registration->mark, found);
}

/* The one DHCID that was found. */
static bool found_dhcid(const struct registration *registration, const struct update_answer *answer,
			struct record *ret)
{
	if (answer->count != 1 || answer->more)
		return false;
	if (registration->rules->mode == DNS_MARKER)
		return record_from_marker(&answer->records[0], ret);
	*ret = answer->records[0];
	return ret->length == RECORD_DHCID_BYTES;
}

static struct turn after_look(struct registration *registration, const struct server_outcome *last)
{
	bool wanted = registration->intent.wanted;
	struct record found;

	if (last->class == SERVER_DECISION)
		return wanted ? again(registration, REGISTRATION_CREATE) : OVER;
	if (found_dhcid(registration, &last->answer, &found) && is_ours(registration, &found)) {
		take_found(registration, &found);
		if (wanted && registration->mark.adopted)
			return SEND_STEP(REGISTRATION_LOOK_ADDRESS);
		return again(registration, wanted ? REGISTRATION_REPLACE : REGISTRATION_DROP);
	}
	if (!wanted)
		return OVER;
	if (!last->answer.count)
		return conflict(registration, registration->rules->mode == DNS_MARKER
						      ? "it has no marker, so it was made by hand"
						      : "it has no DHCID, so it was made by hand");
	return conflict(registration, registration->rules->mode == DNS_MARKER
					      ? "its TXT is not our marker"
					      : "its DHCID is another machine's");
}

static struct turn keep(struct registration *registration, struct addr displaced)
{
	const struct machine_table *machines = registration->rules->machines;

	intent_mark_displaced(&registration->mark, displaced,
			      machines && !machine_knows_host(machines, registration->intent.mac));
	registration->mark.written = true;
	return (struct turn){.result = REGISTRATION_KEEP};
}

/* Before the first address of ours goes there: whose was it? */
static struct turn after_look_address(struct registration *registration,
				      const struct server_outcome *last)
{
	const struct update_answer *answer = &last->answer;
	struct record ours = record_address(registration->intent.address, 0);
	struct addr displaced = registration->intent.address;

	if (last->class == SERVER_DONE && answer->count == 1 && !answer->more &&
	    answer->records[0].length == ours.length &&
	    !record_equal_data(&answer->records[0], &ours)) {
		memcpy(displaced.bytes, answer->records[0].rdata, ours.length);
		if (!addr_equal(registration->mark.displaced, displaced))
			return keep(registration, displaced);
	}
	return again(registration, REGISTRATION_REPLACE);
}

/* The former holder is gone from the name, as far as it was ours to remove. */
static struct turn begin_anew(struct registration *registration)
{
	registration->former = false;
	registration->mark = (struct intent_mark){0};
	return SEND_STEP(REGISTRATION_CREATE);
}

static struct turn after_drop(struct registration *registration, const struct server_outcome *last)
{
	struct record known = registration_request_dhcid(registration);

	if (registration->former && (last->class != SERVER_DONE || registration->mark.adopted))
		return begin_anew(registration);
	if (last->class == SERVER_DONE) {
		if (registration->mark.adopted ||
		    registration->rules->mode == DNS_NO_CHECK_WITHOUT_DHCID)
			return done(registration);
		return SEND_STEP(REGISTRATION_DROP_ID);
	}
	/* Not what we thought: what we wrote last may not have been noted, in a crash or by an answer
	 * that was lost. */
	if (last->rcode != RCODE_NXRRSET || registration->loops)
		return OVER;
	if (by_machine(registration))
		return again(registration, REGISTRATION_LOOK);
	if (record_equal_data(&known, &registration->mine))
		return OVER;
	mark_dhcid(&registration->mark, &registration->mine);
	registration->mark.adopted = false;
	return again(registration, REGISTRATION_DROP);
}

static bool is_there(const struct registration *registration, const struct update_answer *answer)
{
	struct record value = registration->intent.kind == INTENT_FORWARD
				      ? record_address(registration->intent.address, 0)
				      : record_ptr(&registration->intent.name, 0);

	for (size_t i = 0; i < answer->count; i++) {
		if (record_equal_data(&answer->records[i], &value))
			return true;
	}
	return false;
}

static struct turn after_verify(struct registration *registration,
				const struct server_outcome *last)
{
	bool there = last->class == SERVER_DONE && is_there(registration, &last->answer);

	if (there == registration->intent.wanted)
		return OVER;
	err_set(&registration->words, 0,
		"the server said that it is done, but %s %s; tried again in a minute",
		registration_request_owner(registration).text,
		there ? "still has the record" : "does not have the record");
	return (struct turn){.result = REGISTRATION_RACE};
}

static struct turn decide(struct registration *registration, const struct server_outcome *last)
{
	switch (registration->step) {
	case REGISTRATION_CREATE:
		return after_create(registration, last);
	case REGISTRATION_LOOK:
		return after_look(registration, last);
	case REGISTRATION_LOOK_ADDRESS:
		return after_look_address(registration, last);
	case REGISTRATION_REPLACE:
		return after_replace(registration, last);
	case REGISTRATION_TAKE:
		return after_take(registration, last);
	case REGISTRATION_SEIZE:
	case REGISTRATION_POINT:
		if (last->class != SERVER_DONE)
			return again(registration, registration->step);
		return done_as_mine(registration);
	case REGISTRATION_DROP:
		return after_drop(registration, last);
	case REGISTRATION_PUT_BACK:
		if (last->class != SERVER_DONE)
			return SEND_STEP(REGISTRATION_DROP);
		if (!registration->mark.unleased)
			registration->put_back = registration->mark.displaced;
		return done(registration);
	case REGISTRATION_DROP_ID:
		/* A prerequisite that failed says: others use the name. */
		return registration->former ? begin_anew(registration) : done(registration);
	case REGISTRATION_UNPOINT:
		/* A prerequisite that failed says: not ours, or gone already. */
		return last->class == SERVER_DONE ? done(registration) : OVER;
	case REGISTRATION_VERIFY:
		return after_verify(registration, last);
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
		registration_request_build(registration, ret);
	} else if (turn.result == REGISTRATION_OVER && !registration->intent.wanted) {
		registration->mark = (struct intent_mark){0};
	}
	return turn.result;
}

void registration_repeat(const struct registration *registration, struct registration_request *ret)
{
	registration_request_build(registration, ret);
}

bool registration_step_asks(enum registration_step step)
{
	return step == REGISTRATION_LOOK || step == REGISTRATION_LOOK_ADDRESS ||
	       step == REGISTRATION_VERIFY;
}

const char *registration_step_name(enum registration_step step)
{
	static const char *const names[] = {
		[REGISTRATION_CREATE] = "create",
		[REGISTRATION_LOOK] = "look",
		[REGISTRATION_LOOK_ADDRESS] = "look-address",
		[REGISTRATION_REPLACE] = "replace",
		[REGISTRATION_TAKE] = "take",
		[REGISTRATION_SEIZE] = "seize",
		[REGISTRATION_POINT] = "point",
		[REGISTRATION_DROP] = "drop",
		[REGISTRATION_DROP_ID] = "drop-id",
		[REGISTRATION_PUT_BACK] = "put-back",
		[REGISTRATION_UNPOINT] = "unpoint",
		[REGISTRATION_VERIFY] = "verify",
	};

	return names[step];
}
