/* SPDX-License-Identifier: ISC */
/*
 * select: which hellos a core is meant to get, by the PC's subnet and by the root certificates that
 * it trusts. Pure.
 */
#pragma once

#include "common/hello.h"
#include "discovery/discovery.h"

/* True when the core takes hellos of this address, and one of the hello's hashes is wanted. */
bool select_wants(const struct discovery_core_config *core, const struct hello *hello,
		  struct addr address);
