/* SPDX-License-Identifier: ISC */
/*
 * check_names: whether the addresses of a subnet have names, and whether these names have the
 * addresses. Asks the first name server, and the next one where it does not answer.
 */
#pragma once

#include "netcheck/check.h"

/* All borrowed until the check is freed. */
struct check_names_group {
	const char *name;
	const struct addr *targets;
	size_t target_count;
	const struct endpoint *servers;
	size_t server_count;
};

struct check_names;

/* `done` is called exactly once, after the last result. 0, -ENOMEM or -EBUSY; *ret is set in any case
 * but the first failure to allocate, and must be freed after the lookups are. */
int check_names_start(struct check_names **ret, struct check_tools *tools,
		      const struct check_names_group *group, check_done *done, void *user);
void check_names_free(struct check_names *check);
