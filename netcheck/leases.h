/* SPDX-License-Identifier: ISC */
/*
 * leases: the addresses that amtnetd knows names for, as targets: asks its control socket for
 * `names` and takes the address of each A and AAAA. Touches that socket, for ten seconds at most.
 */
#pragma once

#include "netcheck/space.h"

/* Gives the number of rows taken, or negative errno with the sentence. */
int leases_add(struct space *space, const char *socket, struct err *err);
