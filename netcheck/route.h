/* SPDX-License-Identifier: ISC */
/*
 * route: which way this machine would send a packet: straight into its own network, through which
 * router, from which address, or not at all. Asks the kernel (libnl); needs no privilege.
 */
#pragma once

#include "common/addr.h"

#include <stdbool.h>

struct route_answer {
	bool on_link;    /* no router in between: this machine asks for the host itself (ARP, ND) */
	bool local;      /* an address of this machine */
	struct addr via; /* the router; ADDR_NONE where there is none */
	struct addr from; /* our own address on that way; ADDR_NONE where unknown */
};

struct route;

/* 0 or negative errno. */
int route_new(struct route **ret);
void route_free(struct route *route);

/* 0; -ENETUNREACH where no route leads there or one forbids it; another negative errno when the
 * kernel could not be asked. */
int route_get(struct route *route, struct addr to, struct route_answer *ret);
