/* SPDX-License-Identifier: ISC */
/*
 * check_sweep: the ports of very many addresses, in random order and constant memory. Asks each,
 * counts per subnet and port, walks the path of a few that nothing passes, then judges. An interrupted
 * sweep can go on later where it stopped.
 */
#pragma once

#include "netcheck/check.h"
#include "netcheck/space.h"

/* All borrowed until the check is freed. */
struct check_sweep_wanted {
	const struct space *space; /* closed */
	const struct target_ports *ports;
	bool quick;         /* walk no path */
	const char *resume; /* file, NULL = none */
};

struct check_sweep;

/* `done` is called exactly once, after the last result. 0, or negative errno with the sentence. */
int check_sweep_start(struct check_sweep **ret, struct check_tools *tools,
		      const struct check_sweep_wanted *wanted, check_done *done, void *user,
		      struct err *err);
/* Gives the results of what is known so far and writes the file to resume from; nothing when the check
 * is done. */
void check_sweep_interrupt(struct check_sweep *check);
void check_sweep_free(struct check_sweep *check);
