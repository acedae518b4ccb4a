/* SPDX-License-Identifier: ISC */
/*
 * command: the commands of docs/control-protocol.md as a table. Takes a line and gives the whole answer;
 * touches nothing but the parts it is given.
 */
#pragma once

#include "common/text.h"
#include "discovery/discovery.h"
#include "dns/dns.h"

#include <stdint.h>

struct command_parts {
	struct dns *dns;
	struct discovery *discovery;
	struct db *db;
	uint64_t started_ms; /* clock_mono_ms */
	uint64_t now_ms;
};

/* True: the answer is in `out`. False: it will be, and then done(user) is called, from the event loop or
 * while the parts stop. */
bool command_run(const char *line, const struct command_parts *parts, struct text *out,
		 void (*done)(void *user), void *user);
