/* SPDX-License-Identifier: ISC */
/*
 * counters: what the hook counts, since it was loaded. Any thread counts; nothing is ever reset.
 */
#pragma once

#include "kea-hook/repair.h"

#include <stdatomic.h>
#include <stdint.h>

enum counter {
	COUNTER_TAKEN_OVER,
	COUNTER_LEFT_TO_KEA,
	COUNTER_FQDN_WRITTEN,
	COUNTER_FQDN_MALFORMED,
	COUNTER_NAMES_CLEANED,
	COUNTER_NAMES_FROM_HOST_NAME,
	COUNTER_NAMES_FROM_TEMPLATE,
	COUNTER_NAMES_NONE,
	COUNTER_NO_DOMAIN,
	COUNTER_NO_SERVERS,
	COUNTER_TAGS_NOT_WRITTEN,
	COUNTER_BAD_PACKETS,
	COUNTER_EXCEPTIONS,
	COUNTER_EVENTS,
	COUNTER_REPAIRED, /* one for each kind of repair, in the order of its bits */
	COUNTERS = COUNTER_REPAIRED + REPAIR_KINDS,
};

struct counters {
	atomic_uint_fast64_t values[COUNTERS];
};

void counters_add(struct counters *counters, enum counter counter);
uint64_t counters_get(const struct counters *counters, enum counter counter);
/* As amtnet-status and Kea's statistics call it. */
const char *counters_name(enum counter counter);
