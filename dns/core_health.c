/* SPDX-License-Identifier: ISC */
#include "dns/core_health.h"

#include <stdio.h>
#include <string.h>

const char *const core_health_state_names[] = {
	[CORE_UNKNOWN] = "unknown",
	[CORE_UP] = "up",
	[CORE_DOWN] = "down",
};

void core_health_init(struct core_health *health, unsigned rise, unsigned fall)
{
	*health = (struct core_health){.rise = rise, .fall = fall};
}

static struct core *find(struct core_health *health, struct addr address)
{
	for (size_t i = 0; i < health->count; i++) {
		if (addr_equal(health->items[i].address, address))
			return &health->items[i];
	}
	return NULL;
}

void core_health_set(struct core_health *health, const struct addr *addresses, size_t count)
{
	struct core_health old = *health;

	health->count = 0;
	for (size_t i = 0; i < count && i < CORE_HEALTH_MAX; i++) {
		struct core *known = find(&old, addresses[i]);

		health->items[health->count++] = known ? *known
						       : (struct core){.address = addresses[i]};
	}
}

bool core_health_any_up(const struct core_health *health)
{
	for (size_t i = 0; i < health->count; i++) {
		if (health->items[i].state == CORE_UP)
			return true;
	}
	return false;
}

/* The healthy ones; where there is none, whoever is in the set already stays. */
static bool choose(struct core_health *health)
{
	bool any_up = core_health_any_up(health), changed = false;

	for (size_t i = 0; i < health->count; i++) {
		struct core *core = &health->items[i];
		bool published = any_up ? core->state == CORE_UP : core->published;

		changed |= published != core->published;
		core->published = published;
	}
	return changed;
}

static void become(struct core *core, enum core_health_state state, uint64_t wall_ms)
{
	core->state = state;
	core->streak = 0;
	core->since_ms = wall_ms;
}

bool core_health_result(struct core_health *health, struct addr address, const char *words,
			uint64_t wall_ms)
{
	struct core *core = find(health, address);
	enum core_health_state state = words ? CORE_DOWN : CORE_UP;

	if (!core)
		return false;
	core->checks++;
	core->failures += words != NULL;
	snprintf(core->words, sizeof(core->words), "%s", words ? words : "");
	if (core->state == state)
		core->streak = 0;
	else if (core->state == CORE_UNKNOWN ||
		 ++core->streak >= (words ? health->fall : health->rise))
		become(core, state, wall_ms);
	return choose(health);
}

bool core_health_is_known(const struct core_health *health)
{
	for (size_t i = 0; i < health->count; i++) {
		if (health->items[i].state == CORE_UNKNOWN)
			return false;
	}
	return health->count > 0;
}

size_t core_health_published(const struct core_health *health, struct addr ret[CORE_HEALTH_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < health->count; i++) {
		if (health->items[i].published)
			ret[count++] = health->items[i].address;
	}
	return count;
}
