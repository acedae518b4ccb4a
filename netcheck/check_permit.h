/* SPDX-License-Identifier: ISC */
/*
 * check_permit: whether a TSIG key may register names, without leaving a trace: finds the zone of each
 * name and its primary server, and asks that one for each type that amtnetd writes (permit.h).
 */
#pragma once

#include "netcheck/check.h"

struct tsig_key;

#define CHECK_PERMIT_NAMES 256

/* All borrowed until the check is freed, the names until it is started. */
struct check_permit_wanted {
	const struct hostname *names;
	size_t name_count;
	bool stated;                    /* they are zones; otherwise anything below one */
	const struct endpoint *servers; /* that are asked for the zones, in turn */
	size_t server_count;
	struct endpoint primary; /* without an address: the one that the SOA record names */
	const struct tsig_key *key;
};

struct check_permit;

/* `done` is called exactly once, after the last result. 0, -ENOMEM or -EBUSY; *ret is set in any case but
 * the first failure to allocate, and must be freed after the lookups are. */
int check_permit_start(struct check_permit **ret, struct check_tools *tools,
		       const struct check_permit_wanted *wanted, check_done *done, void *user);
void check_permit_free(struct check_permit *check);
