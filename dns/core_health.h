/* SPDX-License-Identifier: ISC */
/*
 * core_health: which of the provisioning cores are in the published set. A core leaves after `fall`
 * failed checks in a row and comes back after `rise` good ones; its first check decides at once. The
 * last core in the set never leaves: an address that may answer is better than none, and goes when
 * another core is healthy. Pure: time is an argument.
 */
#pragma once

#include "common/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CORE_HEALTH_MAX 8

enum core_health_state {
	CORE_UNKNOWN, /* not checked yet */
	CORE_UP,
	CORE_DOWN,
};
extern const char *const core_health_state_names[];

struct core {
	struct addr address;
	enum core_health_state state;
	bool published;    /* in the set, with CORE_DOWN because it is the last */
	unsigned streak;   /* checks in a row that contradict the state */
	uint64_t since_ms; /* wall clock: since when it has this state */
	uint64_t checks, failures;
	char words[128]; /* why the last check failed; "" = it was good */
};

struct core_health {
	unsigned rise, fall;
	size_t count;
	struct core items[CORE_HEALTH_MAX];
};

void core_health_init(struct core_health *health, unsigned rise, unsigned fall);
/* The cores there are now; those that were known keep what is known of them. */
void core_health_set(struct core_health *health, const struct addr *addresses, size_t count);
/* A check of one core ended; `words` NULL = good. True when the published set is another now. */
bool core_health_result(struct core_health *health, struct addr address, const char *words,
			uint64_t wall_ms);
/* Every core has been checked once. */
bool core_health_is_known(const struct core_health *health);
bool core_health_any_up(const struct core_health *health);
/* The published set; returns how many. */
size_t core_health_published(const struct core_health *health, struct addr ret[CORE_HEALTH_MAX]);
