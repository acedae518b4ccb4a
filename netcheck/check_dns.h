/* SPDX-License-Identifier: ISC */
/*
 * check_dns: what PCs ask name servers for: the provisioning name with each suffix and without, and
 * optionally host names with the addresses that they must have. Each question goes to each server.
 */
#pragma once

#include "netcheck/check.h"

struct check_dns_host {
	struct hostname name;
	struct addr addr;
};

/* All borrowed until the check is freed. */
struct check_dns_wanted {
	struct hostname label; /* "provisionserver" */
	const struct hostname *suffixes;
	size_t suffix_count;
	const struct endpoint *servers;
	size_t server_count;
	const struct addr *expected; /* none: any address is good */
	size_t expected_count;
	const struct check_dns_host *hosts;
	size_t host_count;
};

struct check_dns;

/* `done` is called exactly once, after the last result. 0, -ENOMEM or -EBUSY; *ret is set in any case
 * but the first failure to allocate, and must be freed after the lookups are. */
int check_dns_start(struct check_dns **ret, struct check_tools *tools,
		    const struct check_dns_wanted *wanted, check_done *done, void *user);
void check_dns_free(struct check_dns *check);
