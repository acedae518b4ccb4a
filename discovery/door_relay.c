/* SPDX-License-Identifier: ISC */
#include "discovery/door.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/random.h"
#include "discovery/select.h"

#include <event2/event.h>

#include <errno.h>
#include <string.h>

#define SEND_BURST 64 /* hellos to a core before the loop looks what else has come */

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

/* The wall clock may be set by years, so how old a hello is is taken from it once, when the hello is
 * put into the queues, and counted on by a clock that nobody sets. That one begins late enough for
 * hellos that came before the machine was started. */

#define BEFORE_THE_START (UINT64_C(1) << 42) /* milliseconds: 139 years */

static uint64_t steady_ms(void)
{
	return BEFORE_THE_START + clock_mono_ms();
}

static uint64_t arrival_of(const struct device *device)
{
	uint64_t wall_ms = clock_wall_ms();
	uint64_t age_ms = wall_ms > device->hello_ms ? wall_ms - device->hello_ms : 0;

	return steady_ms() - (age_ms < BEFORE_THE_START ? age_ms : BEFORE_THE_START);
}

/* What comes into the queues. */

unsigned door_relay_select(const struct discovery *discovery, const struct hello *hello,
			   struct addr address)
{
	unsigned cores = 0;

	if (uuid_equal(hello->uuid, hello_test_uuid))
		return 0;
	for (size_t i = 0; i < discovery->core_count; i++)
		if (select_wants(discovery->cores[i].config, hello, address))
			cores |= 1u << i;
	return cores;
}

static bool is_up(const struct core *core)
{
	return core->line && !relay_status(core->relay).open;
}

/* Where only one core gets a hello: the first that is up of those it waits for, or the first. */
static struct core *choose(struct discovery *discovery, const struct device *device)
{
	struct core *first = NULL;

	for (size_t i = 0; i < discovery->core_count; i++) {
		if (device->relay[i] != DELIVERY_WAITING)
			continue;
		if (is_up(&discovery->cores[i]))
			return &discovery->cores[i];
		if (!first)
			first = &discovery->cores[i];
	}
	return first;
}

static void push(struct discovery *discovery, struct core *core, struct device *device,
		 uint64_t arrival_ms, uint64_t due_ms)
{
	const struct relay_task task = {
		.device = device->number, .hello = device->hello, .address = device->address};
	int result = relay_push(core->relay, task, arrival_ms, due_ms);

	if (result < 0)
		log_error("hello",
			  "no memory to relay a hello now, core=%s; it is on disk and goes out "
			  "after a restart",
			  core->config->name);
	if (result != DELIVERY_QUARANTINED)
		return;
	device->relay[core->index] = DELIVERY_QUARANTINED;
	note(core, discovery, device->hello, DELIVERY_QUARANTINED, "the core died of earlier ones");
}

static void push_where_it_waits(struct discovery *discovery, struct device *device,
				uint64_t arrival_ms, uint64_t due_ms)
{
	bool one = discovery->config->deliver == DISCOVERY_DELIVER_FIRST;
	struct core *chosen = one ? choose(discovery, device) : NULL;

	for (size_t i = 0; i < discovery->core_count; i++) {
		struct core *core = &discovery->cores[i];
		const struct relay_task task = {.device = device->number,
						.hello = device->hello,
						.address = device->address};

		if (device->relay[i] == DELIVERY_WAITING && (!one || core == chosen))
			push(discovery, core, device, arrival_ms, due_ms);
		else if (device->relay[i] == DELIVERY_WAITING)
			relay_drop(core->relay, device->number);
		else if (device->relay[i] == DELIVERY_QUARANTINED)
			relay_push_quarantined(core->relay, task, arrival_ms);
	}
}

void door_relay_push(struct discovery *discovery, struct device *device, uint64_t due_ms)
{
	push_where_it_waits(discovery, device, arrival_of(device), due_ms);
}

void door_relay_hello(struct discovery *discovery, struct device *device, unsigned cores,
		      bool repeat)
{
	for (size_t i = 0; i < discovery->core_count; i++) {
		enum delivery_state state = device->relay[i];
		bool settled = state == DELIVERY_DELIVERED || state == DELIVERY_ELSEWHERE ||
			       state == DELIVERY_QUARANTINED;

		if (repeat && (settled || !(cores & 1u << i)))
			continue;
		device->relay[i] = cores & 1u << i ? DELIVERY_WAITING : DELIVERY_NONE;
		if (repeat && state != DELIVERY_WAITING)
			note(&discovery->cores[i], discovery, device->hello, DELIVERY_WAITING,
			     NULL);
	}
	door_relay_push(discovery, device, clock_mono_ms());
}

/* What comes of them. */

/* Where one core is enough: what waits for one that is away goes to one that is up. */
static void rebalance(struct discovery *discovery)
{
	if (discovery->config->deliver != DISCOVERY_DELIVER_FIRST)
		return;
	for (size_t i = 0; i < discovery->core_count; i++) {
		struct relay_task task;
		uint64_t arrival_ms;
		size_t at = 0;

		while (!is_up(&discovery->cores[i]) &&
		       relay_take(discovery->cores[i].relay, &at, &task, &arrival_ms))
			push_where_it_waits(discovery, device_get(discovery->devices, task.device),
					    arrival_ms, clock_mono_ms());
	}
}

/* One core has it: the others need not. */
static void spare_others(struct discovery *discovery, const struct core *core,
			 struct device *device)
{
	for (size_t i = 0; i < discovery->core_count; i++) {
		if (i == core->index || device->relay[i] != DELIVERY_WAITING)
			continue;
		relay_drop(discovery->cores[i].relay, device->number);
		device->relay[i] = DELIVERY_ELSEWHERE;
		note(&discovery->cores[i], discovery, device->hello, DELIVERY_ELSEWHERE, NULL);
	}
}

static void hasten_others(struct discovery *discovery, const struct core *core)
{
	for (size_t i = 0; i < discovery->core_count; i++)
		if (i != core->index)
			relay_hasten(discovery->cores[i].relay, clock_mono_ms());
}

void door_relay_say(struct core *core, struct discovery *discovery, bool was_open)
{
	struct relay_status now = relay_status(core->relay);
	char reason[DELIVERY_TEXT];

	if (now.open == was_open)
		return;
	if (now.open) {
		core->failing_since_ms = clock_wall_ms();
		log_warning("hello",
			    "core away, core=%s, waiting=%zu: %s; hellos are kept and tried again",
			    core->config->name, now.waiting, delivery_print(now.last, reason));
	} else {
		core->failing_since_ms = 0;
		log_info("hello", "core back, core=%s, waiting=%zu", core->config->name,
			 now.waiting);
		hasten_others(discovery, core);
	}
	rebalance(discovery);
}

static void take_changes(struct core *core, struct discovery *discovery)
{
	enum delivery_state state;
	struct relay_task task;
	char uuid[UUID_TEXT];

	while (relay_next_change(core->relay, &task, &state)) {
		struct device *device = device_get(discovery->devices, task.device);
		const char *words = state == DELIVERY_QUARANTINED
					    ? "the core died of it again: quarantined"
					    : "waits again";

		if (task.hello == device->hello)
			device->relay[core->index] = (uint8_t)state;
		note(core, discovery, task.hello, state, "the core died shortly after it");
		log_warning("hello", "core=%s went away shortly after this one, uuid=%s; %s",
			    core->config->name, uuid_print(device->key.uuid, uuid), words);
	}
}

void door_relay_retry(struct discovery *discovery, struct core *core)
{
	enum delivery_state state;
	struct relay_task task;

	relay_retry(core->relay, clock_mono_ms());
	while (relay_next_change(core->relay, &task, &state)) {
		struct device *device = device_get(discovery->devices, task.device);

		if (task.hello == device->hello)
			device->relay[core->index] = (uint8_t)state;
		note(core, discovery, task.hello, state, "released by the operator");
	}
}

/* One try is over. */
static void settle(struct core *core, struct discovery *discovery, struct relay_task task,
		   struct delivery_outcome outcome)
{
	struct device *device = device_get(discovery->devices, task.device);
	bool was_open = relay_status(core->relay).open;
	char uuid[UUID_TEXT], text[DELIVERY_TEXT];
	enum delivery_state state;

	state = relay_done(core->relay, task, outcome, clock_mono_ms(),
			   outcome.result == DELIVERY_DONE ? 0 : random_u32());
	if (outcome.result != DELIVERY_DONE)
		core->failed_ms = clock_wall_ms();
	if (state == DELIVERY_DELIVERED || state == DELIVERY_GIVEN_UP)
		note(core, discovery, task.hello, state, NULL);
	if (task.hello == device->hello)
		device->relay[core->index] = (uint8_t)state;
	if (state == DELIVERY_DELIVERED && discovery->config->deliver == DISCOVERY_DELIVER_FIRST &&
	    task.hello == device->hello)
		spare_others(discovery, core, device);
	if (log_wants(LOG_LEVEL_DEBUG))
		log_debug("hello", "relayed, core=%s, uuid=%s, hello=%lld, state=%s: %s",
			  core->config->name, uuid_print(device->key.uuid, uuid),
			  (long long)task.hello, delivery_state_names[state],
			  delivery_print(outcome, text));
	take_changes(core, discovery);
	door_relay_say(core, discovery, was_open);
}

static void on_relayed(struct delivery_outcome outcome, void *user)
{
	struct flight *flight = user;

	door_line_land(flight);
	settle(flight->core, flight->discovery, flight->task, outcome);
	door_relay_pump_soon(flight->discovery);
}

/* What goes out. */

static int send_bytes(struct discovery *discovery, struct flight *flight, const uint8_t *bytes,
		      size_t length)
{
	const struct device *device = device_get(discovery->devices, flight->task.device);
	struct carrier_parcel parcel = {
		.bytes = bytes,
		.length = length,
		.address = flight->task.address,
		.mac = device->mac,
		.name = device_name(device),
		.core = flight->core->config->name,
		.flags = device_flags(discovery->devices, device),
		.leased = device->leased,
		.received_ms = device->hello_ms,
		.last_ms = device->last_ms,
		.count = device->count,
		.gate = device->gate,
		.gate_ms = device->gate_ms,
	};

	if (hello_decode(bytes, length, true, &parcel.decoded, NULL) != HELLO_COMPLETE)
		return -EBADMSG;
	return flight->core->carrier->send(flight->core->line, &parcel, on_relayed, flight,
					   &flight->job);
}

static void send_hello(struct discovery *discovery, struct core *core, struct relay_task task)
{
	struct flight *flight = door_line_take(core, task);
	uint8_t read[HELLO_MAX_BYTES];
	const uint8_t *bytes;
	size_t length;
	int result = 0;

	bytes = fresh_get(discovery->fresh, task.hello, &length);
	if (!bytes) {
		result = store_read_hello(discovery->db, task.hello, read, &length);
		bytes = read;
	}
	if (result == 0)
		result = send_bytes(discovery, flight, bytes, length);
	if (result < 0)
		door_line_land(flight);
	if (result == -ENOENT)
		settle(core, discovery, task, (struct delivery_outcome){.result = DELIVERY_GONE});
	else if (result < 0)
		settle(core, discovery, task,
		       (struct delivery_outcome){.result = DELIVERY_LOCAL, .error = -result});
}

/* The time until there may be more to do for this core. */
static uint64_t pump_core(struct discovery *discovery, struct core *core, uint64_t now_ms)
{
	struct relay_task task;

	if (!core->line)
		return UINT64_MAX;
	while (relay_next_check(core->relay, now_ms, &task))
		door_gate_check(discovery, core, task);
	for (int i = 0; i < SEND_BURST && relay_next(core->relay, now_ms, &task); i++)
		send_hello(discovery, core, task);
	return relay_wait_ms(core->relay, now_ms);
}

void door_relay_pump(struct discovery *discovery)
{
	uint64_t now_ms = clock_mono_ms(), wait_ms = UINT64_MAX;

	if (!discovery->relaying)
		return;
	for (size_t i = 0; i < discovery->core_count; i++) {
		uint64_t core_wait_ms = pump_core(discovery, &discovery->cores[i], now_ms);

		if (core_wait_ms < wait_ms)
			wait_ms = core_wait_ms;
	}
	if (wait_ms == UINT64_MAX) {
		event_del(discovery->due);
	} else {
		const struct timeval wait = clock_timeval(wait_ms);

		event_add(discovery->due, &wait);
	}
}

void door_relay_pump_soon(struct discovery *discovery)
{
	const struct timeval at_once = {0};

	if (discovery->relaying)
		event_add(discovery->due, &at_once);
}

void door_relay_expire(struct discovery *discovery)
{
	char uuid[UUID_TEXT];
	uint64_t held;

	for (size_t i = 0; i < discovery->core_count; i++) {
		struct core *core = &discovery->cores[i];
		struct relay_task task;
		size_t at = 0;

		while (relay_expire(core->relay, steady_ms(), &at, &task)) {
			struct device *device = device_get(discovery->devices, task.device);

			device->relay[i] = DELIVERY_GIVEN_UP;
			note(core, discovery, task.hello, DELIVERY_GIVEN_UP,
			     "older than give-up-after");
			if (log_gate_pass(&discovery->expiry_gate, clock_mono_ms(),
					  REPEATED_LINE_MS, &held))
				log_error("hello",
					  "given up, the core did not take it in time, core=%s, "
					  "uuid=%s, held=%llu",
					  core->config->name, uuid_print(device->key.uuid, uuid),
					  (unsigned long long)held);
		}
	}
}
