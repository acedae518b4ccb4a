/* SPDX-License-Identifier: ISC */
#include "kea-hook/classify.h"

#include <stddef.h>

static bool has_prefix(const struct params *params, const struct mac *mac)
{
	for (size_t i = 0; i < params->prefix_count; i++) {
		if (mac_prefix_has(&params->prefixes[i], mac))
			return true;
	}
	return false;
}

static bool fits(enum take_over way, const struct params *params, const struct learned *learned,
		 const struct classify_client *client)
{
	switch (way) {
	case TAKE_OVER_CLASS:
		return client->classes != 0;
	case TAKE_OVER_MAC_PREFIXES:
		return has_prefix(params, client->mac);
	case TAKE_OVER_LEARNED:
		return learned_has(learned, client->mac);
	case TAKE_OVER_OPTION81:
		return client->sent_fqdn;
	case TAKE_OVER_ALL:
		return true;
	case TAKE_OVER_NOBODY:
	case TAKE_OVER_WAYS:
		break;
	}
	return false;
}

/* The first class of the list that the client is in, from 1; 0 for none. */
static unsigned class_of(const struct params *params, uint32_t classes)
{
	for (unsigned i = 0; i < params->class_count; i++) {
		if (classes >> i & 1)
			return i + 1;
	}
	return 0;
}

struct classify_result classify(const struct params *params, const struct learned *learned,
				const struct classify_client *client)
{
	unsigned index = class_of(params, client->classes);
	struct classify_result result = {.policy = &params->policy, .class_index = index};
	const char *class_name = NULL;

	if (index > 0) {
		result.policy = &params->classes[index - 1].policy;
		class_name = params->classes[index - 1].name;
	}
	for (size_t i = 0; params->take_over[i] != TAKE_OVER_NOBODY; i++) {
		enum take_over way = params->take_over[i];

		if (!fits(way, params, learned, client))
			continue;
		result.by = take_over_names[way];
		result.way = way;
		result.class_name = way == TAKE_OVER_CLASS && class_name ? class_name : result.by;
		break;
	}
	return result;
}
