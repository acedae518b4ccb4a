/* SPDX-License-Identifier: ISC */
/*
 * publish_rest: how a round of dns/publish ends, or goes on after something unexpected. A part of publish;
 * its other parts call it, nobody else does. Pure.
 */
#pragma once

#include "dns/publish.h"

/* The round is over; always false. */
__attribute__((format(printf, 3, 4))) bool
publish_rest(struct publish *publish, enum publish_state state, const char *format, ...);
/* What is there now is what was wanted, by one owner. */
bool publish_rest_present(struct publish *publish, const char *words);
__attribute__((format(printf, 2, 3))) bool publish_rest_foreign(struct publish *publish,
								const char *format, ...);
/* `seen` and `seen_id` from `found`. */
void publish_note(struct publish *publish);

/* Looks once more, but not for ever. */
bool publish_look(struct publish *publish, struct publish_request *ret);
/* The step, where one more repair is within the limit; else it is contested. */
bool publish_repair(struct publish *publish, enum publish_step step, uint64_t now_ms,
		    struct publish_request *ret);
