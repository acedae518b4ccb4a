/* SPDX-License-Identifier: ISC */
/*
 * publish_hot: several daemons that publish one name together. Each has an entry (TXT) at the name, with
 * the addresses that it adds, and gives a sign of life each interval under a name of its own, so that
 * nobody's renewal stands in the way of another's. Each changes its own part only, with two exceptions:
 * who has been silent for three intervals is removed by the others, and so is an address that nobody's
 * entry holds. Every change says exactly what was seen, and holds our own part: so the last address never
 * goes, and two that remove each other cannot both win. A part of publish; nobody else calls it. Pure.
 */
#pragma once

#include "dns/publish.h"

/* True where the signs of life have to be looked at: the mode is hot, or others share the name. */
bool publish_hot_is_shared(const struct publish *publish);
/* True where an entry or a sign of life of ours may stand. */
bool publish_hot_is_part(const struct publish *publish);
/* True where our sign of life still stands and we were there: someone took the entries away. */
bool publish_hot_was_here(const struct publish *publish);
/* What to do about a name that has entries, in any mode. As publish_next. */
bool publish_hot_judge(struct publish *publish, uint64_t now_ms, struct publish_request *ret);
/* Looks at the signs of life of the others only, and judges them. */
bool publish_hot_glance(struct publish *publish, struct publish_request *ret);
bool publish_hot_judge_lives(struct publish *publish, uint64_t now_ms, struct publish_request *ret);
/* The server took the update of the current step. */
bool publish_hot_took(struct publish *publish, uint64_t now_ms, struct publish_request *ret);
/* When the silence of item `at` has lasted for three intervals, of which we may see the end one look early. */
uint64_t publish_hot_dead_ms(const struct publish *publish, size_t at);
/* Our own items: ourselves, and who we were before. */
bool publish_hot_is_mine(const struct publish *publish, size_t at);
