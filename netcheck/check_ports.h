/* SPDX-License-Identifier: ISC */
/*
 * check_ports: the ports of a group of addresses. Connects to each; asks the open ones for the
 * responder's token; walks the path of those that stay silent or are refused (a few stand for the
 * others of the same port); then judges.
 */
#pragma once

#include "common/prefix.h"
#include "netcheck/check.h"

#include <stdbool.h>

/* All borrowed until the check is freed. */
struct check_ports_group {
	const char *name;
	struct prefix prefix;
	bool each; /* one result per address and port instead of one per port and outcome */
	const struct addr *targets;
	size_t target_count;
	const uint16_t *ports;
	size_t port_count;
};

struct check_ports;

/* `done` is called exactly once, after the last result. 0 or -ENOMEM. */
int check_ports_start(struct check_ports **ret, struct check_tools *tools,
		      const struct check_ports_group *group, check_done *done, void *user);
/* Gives the results of what is known so far; nothing when the check is done. */
void check_ports_interrupt(struct check_ports *check);
void check_ports_free(struct check_ports *check);
