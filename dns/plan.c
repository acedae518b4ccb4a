/* SPDX-License-Identifier: ISC */
#include "dns/plan.h"

bool plan_has_address(const struct lease_event *event)
{
	return event->change == LEASE_COMMITTED || event->change == LEASE_RENEWED;
}

static void add(struct plan *plan, const struct intent *intent, bool wanted)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (intent_same_key(&plan->changes[i], intent))
			return;
	}
	if (plan->count == PLAN_CHANGES_MAX)
		return;
	plan->changes[plan->count] = *intent;
	plan->changes[plan->count++].wanted = wanted;
}

static struct intent from_event(const struct lease_event *event, enum intent_kind kind)
{
	return (struct intent){
		.kind = kind,
		.address = event->address,
		.name = event->name,
		.mac = event->mac,
		.client_id = event->client_id,
		.lifetime_s = event->lifetime_s,
	};
}

/* What the flags name, as it would stand in DNS for this event. */
static void add_flagged(struct plan *plan, const struct lease_event *event, bool wanted)
{
	struct intent intent;

	if (!(event->flags & LEASE_FLAG_ME) || hostname_is_empty(&event->name))
		return;
	if (event->flags & LEASE_FLAG_FORWARD) {
		intent = from_event(event, INTENT_FORWARD);
		add(plan, &intent, wanted);
	}
	if (event->flags & LEASE_FLAG_REVERSE) {
		intent = from_event(event, INTENT_REVERSE);
		add(plan, &intent, wanted);
	}
}

static bool is_machine(const struct lease_event *event, const struct intent *intent)
{
	return intent_same_machine(event->mac, &event->client_id, intent->mac, &intent->client_id);
}

static bool moved(const struct lease_event *event, const struct intent *intent)
{
	return intent->address.family == event->address.family && is_machine(event, intent) &&
	       hostname_equal(&intent->name, &event->name);
}

static void plan_given(const struct lease_event *event, const struct intent *current, size_t count,
		       struct plan *ret)
{
	add_flagged(ret, event, true);
	bool named = ret->count > 0;

	for (size_t i = 0; i < count; i++) {
		if (!(event->flags & LEASE_FLAG_ME) && is_machine(event, &current[i]))
			continue;
		if (addr_equal(current[i].address, event->address) ||
		    (named && moved(event, &current[i])))
			add(ret, &current[i], false);
	}
}

static void plan_ended(const struct lease_event *event, const struct intent *current, size_t count,
		       struct plan *ret)
{
	bool anonymous = !event->mac.length && !event->client_id.length;
	bool held = false;

	for (size_t i = 0; i < count; i++) {
		if (!addr_equal(current[i].address, event->address))
			continue;
		held = true;
		if (anonymous || is_machine(event, &current[i]))
			add(ret, &current[i], false);
	}
	/* Nothing known at the address, as after a lost database: the event says what may be there,
	 * and the removal's prerequisites see to it that only our own goes. */
	if (!held && !anonymous)
		add_flagged(ret, event, false);
}

void plan_event(const struct lease_event *event, const struct intent *current, size_t count,
		struct plan *ret)
{
	ret->count = 0;
	if (count > PLAN_CURRENT_MAX)
		count = PLAN_CURRENT_MAX;
	if (plan_has_address(event))
		plan_given(event, current, count, ret);
	else
		plan_ended(event, current, count, ret);
}
