/* SPDX-License-Identifier: ISC */
/*
 * check_amt: whether Intel AMT answers at each of some addresses, in which state and version, or what
 * else answers there. Asks by five ways at once, a bounded number of addresses at a time.
 */
#pragma once

#include "netcheck/check.h"

#define CHECK_AMT_HOSTS 64 /* at a time */

/* All borrowed until the check is freed. */
struct check_amt_group {
	const char *name; /* NULL = none */
	const struct addr *targets;
	size_t target_count;
	const char *daemon; /* control socket of amtnetd, asked what it knows; NULL = not to be */
};

struct check_amt;

/* `done` is called exactly once, after the last result, also where there is no target. 0 or -ENOMEM. */
int check_amt_start(struct check_amt **ret, struct check_tools *tools,
		    const struct check_amt_group *group, check_done *done, void *user);
void check_amt_free(struct check_amt *check);
