/* SPDX-License-Identifier: ISC */
#include "discovery/door.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/random.h"

/* What is on its way. */

void door_line_init(struct discovery *discovery, struct core *core)
{
	for (size_t i = 0; i < RELAY_IN_FLIGHT_MAX; i++) {
		core->flights[i] = (struct flight){.discovery = discovery, .core = core};
		door_line_land(&core->flights[i]);
	}
}

struct flight *door_line_take(struct core *core, struct relay_task task)
{
	struct flight *flight = core->free_flights;

	core->free_flights = flight->next;
	flight->task = task;
	return flight;
}

void door_line_land(struct flight *flight)
{
	flight->job = NULL;
	flight->next = flight->core->free_flights;
	flight->core->free_flights = flight;
}

/* Opened, and tried. */

static void on_tested(struct delivery_outcome outcome, void *user)
{
	struct flight *test = user;
	struct core *core = test->core;
	bool was_open = relay_status(core->relay).open;

	test->job = NULL;
	if (outcome.result == DELIVERY_NOT_ROUTED) {
		log_error("hello",
			  "kind transparent is refused, core=%s: the core answers us, but not an "
			  "address of the PCs; route these through this host at the core "
			  "(docs/hello.md), or take another kind",
			  core->config->name);
		core->failed_ms = clock_wall_ms();
		relay_blame(core->relay, outcome, clock_mono_ms(), random_u32());
		door_relay_say(core, test->discovery, was_open);
	}
	door_relay_pump(test->discovery);
}

/* An address of the core's PCs that is nobody's, as far as one can tell: the last of its first
 * subnet; or that of the newest device. */
static struct addr test_source(const struct discovery *discovery, const struct core *core)
{
	const struct prefix *subnets = core->config->subnets.items;
	size_t count = device_count(discovery->devices);

	if (core->config->subnets.count > 0 && prefix_count(subnets[0]) > 2)
		return prefix_at(subnets[0], prefix_count(subnets[0]) - 2);
	return count > 0 ? device_get(discovery->devices, (uint32_t)(count - 1))->address
			 : (struct addr){0};
}

static void open_line(struct discovery *discovery, struct core *core)
{
	bool was_quiet = !core->trouble.text[0];
	struct addr source = test_source(discovery, core);

	if (core->carrier->open(&core->line, discovery->base, core->config, &core->trouble) < 0) {
		if (was_quiet)
			log_error("hello", "core=%s cannot be served, its hellos wait: %s",
				  core->config->name, core->trouble.text);
		return;
	}
	core->trouble = (struct err){0};
	core->test = (struct flight){.discovery = discovery, .core = core};
	if (core->carrier->test && source.family != ADDR_NONE)
		core->carrier->test(core->line, source, on_tested, &core->test, &core->test.job);
}

void door_line_open(struct discovery *discovery)
{
	for (size_t i = 0; i < discovery->core_count; i++)
		if (!discovery->cores[i].line)
			open_line(discovery, &discovery->cores[i]);
	door_relay_pump(discovery);
}

/* Closed. */

static void break_off(struct core *core, struct flight *flight)
{
	if (flight->job)
		core->carrier->cancel(flight->job);
	flight->job = NULL;
}

void door_line_close(struct discovery *discovery)
{
	for (size_t i = 0; i < discovery->core_count; i++) {
		struct core *core = &discovery->cores[i];

		for (size_t j = 0; j < RELAY_IN_FLIGHT_MAX; j++)
			break_off(core, &core->flights[j]);
		break_off(core, &core->test);
		if (core->line)
			core->carrier->close(core->line);
		core->line = NULL;
	}
}
