/* SPDX-License-Identifier: ISC */
/*
 * neighbour: the MAC of a machine on a link of this host, from the kernel's neighbour table: for
 * PCs whose lease we do not know. A machine behind a router has none. Asks the kernel, which answers
 * at once; sends nothing on the wire.
 */
#pragma once

#include "common/addr.h"
#include "common/mac.h"

struct neighbour;

/* 0, -ENOMEM, or -ENOTCONN where there is no netlink socket. */
int neighbour_new(struct neighbour **ret);
/* Takes NULL. */
void neighbour_free(struct neighbour *neighbour);

/* 0, or -ENOENT: not on a link, or not in the table. The monotonic clock. */
int neighbour_get(struct neighbour *neighbour, struct addr addr, uint64_t now_ms, struct mac *ret);
