/* SPDX-License-Identifier: ISC */
/*
 * sim_zone: a name server's records, changed by RFC 2136 messages as they go over the wire. It evaluates
 * every prerequisite (3.2) and applies a message as a whole or not at all (3.4). A record may be
 * protected: a message of the program under test that deletes one fails the history.
 */
#pragma once

#include "dns/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_RECORDS_MAX 400

struct sim_record {
	struct hostname owner;
	struct record record;
	bool protected;
};

void sim_zone_clear(void);
size_t sim_zone_records(const struct sim_record **ret);
/* By hand, behind the protocol's back. */
void sim_zone_put(const struct hostname *owner, const struct record *record, bool protected);
/* Nothing is left at the name or below it. */
void sim_zone_empty(const struct hostname *name);
void sim_zone_protect(const struct hostname *owner, bool protected);
bool sim_zone_has_name(const struct hostname *owner);
/* Copies the RRset; how many records it has. */
size_t sim_zone_find(const struct hostname *owner, uint16_t type, struct record *ret, size_t size);

/* Applies an UPDATE; gives the response code. `who` is for the trace; `trusted` may delete protected
 * records. */
int sim_zone_update(const uint8_t *message, size_t length, const char *who, bool trusted);
