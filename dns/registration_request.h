/* SPDX-License-Identifier: ISC */
/*
 * registration_request: each step of a registration as an UPDATE or a query: which prerequisites guard
 * it, which records it changes, and under which name. dns/registration decides which step it is. Pure.
 */
#pragma once

#include "dns/registration.h"

/* The request of registration->step. */
void registration_request_build(const struct registration *registration,
				struct registration_request *ret);
/* The name whose records it is about, as it is called in the zone. */
struct hostname registration_request_owner(const struct registration *registration);
/* The DHCID that guards the name, as far as is known; length 0 = none. */
struct record registration_request_dhcid(const struct registration *registration);
