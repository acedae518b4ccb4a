/* SPDX-License-Identifier: ISC */
#include "discovery/door.h"

#include "common/clock.h"
#include "common/random.h"
#include "discovery/config_core.h"
#include "discovery/store_gate.h"

#include <errno.h>

static void settle(struct discovery *discovery, struct core *core, struct relay_task task,
		   const struct gate_verdict *verdict)
{
	struct device *device = device_get(discovery->devices, task.device);
	char uuid[UUID_TEXT], text[DELIVERY_TEXT];

	if (verdict->port != GATE_UNCHECKED) {
		device->gate = *verdict;
		device->gate_ms = clock_wall_ms();
		store_gate_keep(discovery->db, device->key.uuid, device->key.place, *verdict,
				device->gate_ms);
	}
	log_debug("hello", "checked, core=%s, uuid=%s, call-back=%s: %s", core->config->name,
		  uuid_print(device->key.uuid, uuid), gate_port_name(verdict->port),
		  verdict->outcome.result == DELIVERY_DONE
			  ? "may go"
			  : delivery_print(verdict->outcome, text));
	relay_checked(core->relay, task, verdict->outcome, clock_mono_ms(), random_u32());
}

static void on_answers(const struct gate_answers *answers, void *user)
{
	struct check *check = user;
	struct discovery *discovery = check->discovery;
	struct device *device = device_get(discovery->devices, check->task.device);
	struct gate_verdict verdict = gate_judge(answers, check->task.address, device_name(device));

	check->busy = false;
	settle(discovery, check->core, check->task, &verdict);
	door_relay_pump(discovery);
}

static struct check *free_check(struct core *core)
{
	for (size_t i = 0; i < RELAY_CHECKED_MAX; i++)
		if (!core->checks[i].busy)
			return &core->checks[i];
	return NULL;
}

void door_gate_check(struct discovery *discovery, struct core *core, struct relay_task task)
{
	struct check *check = free_check(core);
	struct gate_verdict verdict = {.outcome.result = DELIVERY_DONE};
	int result;

	if (!discovery->check) {
		settle(discovery, core, task, &verdict);
		return;
	}
	*check = (struct check){.discovery = discovery, .core = core, .task = task, .busy = true};
	result = discovery->check(task.address, on_answers, check, discovery->check_user);
	if (result == 0)
		return;
	check->busy = false;
	verdict.port = GATE_NO_WAY;
	verdict.outcome = (struct delivery_outcome){.result = DELIVERY_PORT_NO_WAY,
						    .error = -result};
	settle(discovery, core, task, &verdict);
}

struct delivery_outcome door_gate_reason(const struct core *core, const struct device *device,
					 struct delivery_outcome last)
{
	bool stopped = device->gate_ms > 0 && device->gate.outcome.result != DELIVERY_DONE;

	if (last.result != DELIVERY_UNTRIED || !stopped || !config_core_relay(core->config).gate)
		return last;
	return device->gate.outcome;
}
