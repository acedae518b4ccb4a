/* SPDX-License-Identifier: ISC */
/*
 * check_authority: finds the zone that the provisioning name of a suffix lies in, its name servers and
 * their addresses, and asks each of them directly, and the resolvers once more beside.
 */
#pragma once

#include "netcheck/check.h"

/* `servers` are borrowed until the check is freed. */
struct check_authority_wanted {
	struct hostname name;
	const struct endpoint *servers; /* that are asked for the zone, in turn */
	size_t server_count;
};

struct check_authority;

/* `done` is called exactly once, after the last result. 0, -ENOMEM or -EBUSY. */
int check_authority_start(struct check_authority **ret, struct check_tools *tools,
			  const struct check_authority_wanted *wanted, check_done *done,
			  void *user);
/* After the lookups are freed. */
void check_authority_free(struct check_authority *check);
