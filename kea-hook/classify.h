/* SPDX-License-Identifier: ISC */
/*
 * classify: is this client one whose name and option 81 (or 39) amtnet takes over from Kea, why, and
 * with which policy?
 *
 * No published DHCP fingerprint tells an ME from the host beside it (they share MAC, address and
 * name), so "ME client" means "a PC with AMT", by the ways that the administrator chose: the first
 * that fits says why. Pure, but for the set of learned addresses, which changes meanwhile.
 */
#pragma once

#include "common/mac.h"
#include "kea-hook/learned.h"
#include "kea-hook/params.h"

#include <stdbool.h>
#include <stdint.h>

struct classify_client {
	uint32_t classes; /* bit i: a member of params->classes[i] */
	const struct mac *mac;
	bool sent_fqdn; /* option 81 or 39 */
};

struct classify_result {
	enum take_over way;     /* NOBODY: left to Kea */
	const char *by;         /* its name, of take_over_names; NULL = left to Kea */
	const char *class_name; /* for the event and for people: the class, or the way */
	const struct naming_policy *policy; /* of the first class of the list that it is in */
	unsigned class_index;               /* of that class, from 1; 0 = in none */
};

struct classify_result classify(const struct params *params, const struct learned *learned,
				const struct classify_client *client);
