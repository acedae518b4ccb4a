/* SPDX-License-Identifier: ISC */
/*
 * way_back: a route and a rule in the kernel that bring a core's answers to PCs' addresses to this
 * host's own sockets, for hellos that go out from those addresses (IP_TRANSPARENT):
 *
 *   ip route add local default dev lo table 9971
 *   ip rule add pref 9971 iif IF from CORE ipproto tcp sport PORT lookup 9971
 *
 * IF is the interface towards the core, or `lo` for a core on this host. Nothing else is touched:
 * the core's own connections to PCs go where they went. The only file of discovery that sees libnl's
 * routes. Needs CAP_NET_ADMIN.
 */
#pragma once

#include "common/endpoint.h"
#include "common/err.h"

#define WAY_BACK_TABLE 9971

struct way_back;

/* What a killed daemon left behind is taken over. 0; -EPERM where the capability is missing; or
 * another negative errno; all with the sentence. */
int way_back_open(struct way_back **ret, struct endpoint core, struct err *err);
/* Takes both away again. Takes NULL. */
void way_back_close(struct way_back *way);
