/* SPDX-License-Identifier: ISC */
/*
 * check_dhcp: which DHCP servers answer, on a link or where a relay would ask, and whether their offers
 * hold what a PC needs: options 15, 6 and a truthful 81, whichever encoding of 81 it sends, and whether
 * one that asks by INFORM is told the same. Takes no lease.
 */
#pragma once

#include "netcheck/check.h"
#include "netcheck/probe_dhcp.h"

/* The suffixes are borrowed until the check is freed. */
struct check_dhcp_wanted {
	struct probe_dhcp_question question;
	const struct hostname *suffixes; /* that may be offered; none: any */
	size_t suffix_count;
};

struct check_dhcp;

/* `done` is called exactly once, after the last result; without the privilege it needs, that is one
 * result that says so. 0 or -ENOMEM. */
int check_dhcp_start(struct check_dhcp **ret, struct check_tools *tools,
		     const struct check_dhcp_wanted *wanted, check_done *done, void *user);
void check_dhcp_free(struct check_dhcp *check);
