/* SPDX-License-Identifier: ISC */
/*
 * config_core: the keys of an item of hello.cores, and what the presets say where a key does not.
 * Private to discovery. Pure.
 */
#pragma once

#include "discovery/discovery.h"
#include "discovery/relay.h"

extern const struct config_table config_core_table;

/* "tcp", "transparent", ...: by enum discovery_relay_kind. */
extern const char *const config_core_kinds[];

/* Pace, limits and gate as they hold for this core. */
struct relay_options config_core_relay(const struct discovery_core_config *config);
