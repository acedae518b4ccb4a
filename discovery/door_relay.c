/* SPDX-License-Identifier: ISC */
#include "discovery/door.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/random.h"

#include <event2/event.h>

#include <errno.h>
#include <string.h>

static void note(struct core *core, struct discovery *discovery, int64_t hello,
		 enum delivery_state state, const char *reason)
{
	uint64_t held;

	if (store_note(discovery->store, hello, core->index, state, reason, clock_wall_ms()) == 0)
		return;
	if (log_gate_pass(&discovery->note_gate, clock_mono_ms(), REPEATED_LINE_MS, &held))
		log_warning(
			"hello",
			"the outcome of a relay could not be noted, core=%s, held=%llu; after a "
			"restart the core gets the hello again",
			core->config->name, (unsigned long long)held);
}

int door_relay_push(struct core *core, struct device *device, uint64_t due_ms)
{
	const struct relay_task task = {.device = device->number, .hello = device->hello};

	device->relay[core->index] = DELIVERY_WAITING;
	return relay_push(core->relay, task, device->hello_ms, due_ms);
}

void door_relay_hello(struct discovery *discovery, struct device *device, bool repeat)
{
	for (size_t i = 0; i < discovery->core_count; i++) {
		struct core *core = &discovery->cores[i];
		bool waits = !repeat || device->relay[i] == DELIVERY_WAITING;

		if (repeat && device->relay[i] == DELIVERY_DELIVERED)
			continue;
		if (door_relay_push(core, device, clock_mono_ms()) < 0)
			log_error("hello",
				  "no memory to relay a hello now, core=%s; it is on disk and "
				  "goes out after a restart",
				  core->config->name);
		if (!waits)
			note(core, discovery, device->hello, DELIVERY_WAITING, NULL);
	}
}

static void say_core(struct core *core, const struct relay_status *before)
{
	struct relay_status now = relay_status(core->relay);
	char reason[DELIVERY_TEXT], address[ENDPOINT_TEXT];

	if (now.open == before->open)
		return;
	endpoint_print(core->config->address, address);
	if (now.open)
		log_warning("hello",
			    "core away, core=%s, address=%s, waiting=%zu: %s; hellos are kept and "
			    "tried again",
			    core->config->name, address, now.waiting,
			    delivery_print(now.last, reason));
	else
		log_info("hello", "core back, core=%s, address=%s, waiting=%zu", core->config->name,
			 address, now.waiting);
}

/* One try is over. */
static void settle(struct core *core, struct discovery *discovery, struct relay_task task,
		   struct delivery_outcome outcome)
{
	struct device *device = device_get(discovery->devices, task.device);
	struct relay_status before = relay_status(core->relay);
	char uuid[UUID_TEXT], text[DELIVERY_TEXT];
	enum delivery_state state;

	state = relay_done(core->relay, task, outcome, clock_mono_ms(), random_u32());
	if (outcome.result != DELIVERY_DONE)
		core->failed_ms = clock_wall_ms();
	if (state == DELIVERY_DELIVERED || state == DELIVERY_GIVEN_UP)
		note(core, discovery, task.hello, state, NULL);
	if (task.hello == device->hello)
		device->relay[core->index] = (uint8_t)state;
	log_debug("hello", "relayed, core=%s, uuid=%s, hello=%lld, state=%s: %s",
		  core->config->name, uuid_print(device->key.uuid, uuid), (long long)task.hello,
		  delivery_state_names[state], delivery_print(outcome, text));
	say_core(core, &before);
}

static void on_relayed(struct delivery_outcome outcome, void *user)
{
	struct flight *flight = user;

	flight->tcp = NULL;
	settle(flight->core, flight->discovery, flight->task, outcome);
	door_relay_pump(flight->discovery);
}

static struct flight *free_flight(struct discovery *discovery, struct core *core)
{
	for (size_t i = 0; i < RELAY_IN_FLIGHT_MAX; i++)
		if (!core->flights[i].tcp) {
			core->flights[i].discovery = discovery;
			core->flights[i].core = core;
			return &core->flights[i];
		}
	return NULL;
}

static void send_hello(struct discovery *discovery, struct core *core, struct relay_task task)
{
	const struct relay_tcp_options options = {
		.core = core->config->address,
		.timeout_ms = (uint32_t)core->config->timeout_ms,
		.acknowledged_suffices = core->config->confirm == DISCOVERY_CONFIRM_ACKNOWLEDGED,
	};
	struct flight *flight = free_flight(discovery, core);
	uint8_t bytes[HELLO_MAX_BYTES];
	size_t length;
	int result;

	flight->task = task;
	result = store_read_hello(discovery->db, task.hello, bytes, &length);
	if (result == 0)
		result = relay_tcp_start(&flight->tcp, discovery->base, &options, bytes, length,
					 on_relayed, flight);
	if (result == -ENOENT)
		settle(core, discovery, task, (struct delivery_outcome){.result = DELIVERY_GONE});
	else if (result < 0)
		settle(core, discovery, task,
		       (struct delivery_outcome){.result = DELIVERY_LOCAL, .error = -result});
}

void door_relay_pump(struct discovery *discovery)
{
	uint64_t now_ms = clock_mono_ms(), wait_ms = UINT64_MAX;
	struct relay_task task;

	if (!discovery->relaying)
		return;
	for (size_t i = 0; i < discovery->core_count; i++) {
		struct core *core = &discovery->cores[i];
		uint64_t core_wait_ms;

		while (relay_next(core->relay, now_ms, &task))
			send_hello(discovery, core, task);
		core_wait_ms = relay_wait_ms(core->relay, now_ms);
		if (core_wait_ms < wait_ms)
			wait_ms = core_wait_ms;
	}
	if (wait_ms == UINT64_MAX) {
		event_del(discovery->due);
	} else {
		const struct timeval wait = {.tv_sec = (time_t)(wait_ms / 1000),
					     .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};

		event_add(discovery->due, &wait);
	}
}

void door_relay_expire(struct discovery *discovery)
{
	char uuid[UUID_TEXT];

	for (size_t i = 0; i < discovery->core_count; i++) {
		struct core *core = &discovery->cores[i];
		struct relay_task task;
		size_t at = 0;

		while (relay_expire(core->relay, clock_wall_ms(), &at, &task)) {
			struct device *device = device_get(discovery->devices, task.device);

			device->relay[i] = DELIVERY_GIVEN_UP;
			note(core, discovery, task.hello, DELIVERY_GIVEN_UP,
			     "older than give-up-after");
			log_error("hello",
				  "given up, the core did not take it in time, core=%s, uuid=%s",
				  core->config->name, uuid_print(device->key.uuid, uuid));
		}
	}
}

void door_relay_stop(struct discovery *discovery)
{
	for (size_t i = 0; i < discovery->core_count; i++)
		for (size_t j = 0; j < RELAY_IN_FLIGHT_MAX; j++) {
			relay_tcp_cancel(discovery->cores[i].flights[j].tcp);
			discovery->cores[i].flights[j].tcp = NULL;
		}
}
