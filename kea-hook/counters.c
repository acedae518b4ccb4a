/* SPDX-License-Identifier: ISC */
#include "kea-hook/counters.h"

static const char *const names[COUNTERS] = {
	[COUNTER_TAKEN_OVER] = "acks-taken-over",
	[COUNTER_LEFT_TO_KEA] = "acks-left-to-kea",
	[COUNTER_FQDN_WRITTEN] = "option-81-written",
	[COUNTER_FQDN_MALFORMED] = "option-81-malformed",
	[COUNTER_NAMES_CLEANED] = "names-cleaned",
	[COUNTER_NAMES_FROM_HOST_NAME] = "names-from-option-12",
	[COUNTER_NAMES_FROM_TEMPLATE] = "names-from-template",
	[COUNTER_NAMES_NONE] = "names-none",
	[COUNTER_NO_DOMAIN] = "answers-without-option-15",
	[COUNTER_NO_SERVERS] = "answers-without-option-6",
	[COUNTER_TAGS_NOT_WRITTEN] = "tags-not-written",
	[COUNTER_BAD_PACKETS] = "packets-not-read",
	[COUNTER_EXCEPTIONS] = "exceptions",
	[COUNTER_EVENTS] = "events",
	[COUNTER_REPAIRED] = "repaired-joined",
	[COUNTER_REPAIRED + 1] = "repaired-n-and-s",
	[COUNTER_REPAIRED + 2] = "repaired-truncated",
	[COUNTER_REPAIRED + 3] = "repaired-ascii-with-e",
	[COUNTER_REPAIRED + 4] = "repaired-wire-name",
	[COUNTER_REPAIRED + 5] = "repaired-text-name",
	[COUNTER_REPAIRED + 6] = "repaired-too-long",
};

void counters_add(struct counters *counters, enum counter counter)
{
	atomic_fetch_add_explicit(&counters->values[counter], 1, memory_order_relaxed);
}

uint64_t counters_get(const struct counters *counters, enum counter counter)
{
	return atomic_load_explicit(&counters->values[counter], memory_order_relaxed);
}

const char *counters_name(enum counter counter)
{
	return names[counter];
}
