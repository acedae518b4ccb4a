/* SPDX-License-Identifier: ISC */
/*
 * plan: what a lease event changes in what is wanted in DNS. The event carries the policy's decision
 * (its flags and name); `current` is what is wanted now at its address and under its name. Pure.
 *
 * - The client has the address: its names are wanted as the flags say. Everything else that was wanted
 *   at this address goes, and so does what the same machine had under the same name at another
 *   address of the same family: it moved.
 * - The host OS of an ME's machine has the ME's address: it is the same machine's still, so the ME's
 *   names stay.
 * - The lease ended: everything of this machine at this address goes. An event of a machine that does
 *   not hold the address any more is stale and changes nothing.
 */
#pragma once

#include "dns/intent.h"

#include <stddef.h>

#define PLAN_CURRENT_MAX 32 /* more than that at one address or name is not looked at */
#define PLAN_CHANGES_MAX (PLAN_CURRENT_MAX + 2)

struct plan {
	size_t count;
	struct intent changes[PLAN_CHANGES_MAX]; /* wanted ones first, then the unwanted */
};

/* True for committed and renewed. */
bool plan_has_address(const struct lease_event *event);

/* `current`: at most PLAN_CURRENT_MAX wanted intents: at the event's address, and those whose name
 * is the event's. May hold the same one twice. */
void plan_event(const struct lease_event *event, const struct intent *current, size_t count,
		struct plan *ret);
