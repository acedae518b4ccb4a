/* SPDX-License-Identifier: ISC */
#include "discovery/discovery.h"

#include "common/clock.h"
#include "discovery/config_core.h"
#include "discovery/door.h"
#include "discovery/key.h"

#include <errno.h>
#include <string.h>

/* The story of a device: what the database has, and then how things stand now. */

static void print_event(uint64_t time_ms, const char *event, const char *detail, void *user)
{
	struct rows *rows = user;
	char time[CLOCK_TEXT];

	rows_text(rows, clock_print(time_ms, time));
	rows_text(rows, event);
	rows_text(rows, detail);
}

static void print_gate(const struct device *device, struct rows *rows)
{
	char text[DELIVERY_TEXT], time[CLOCK_TEXT];

	if (device->gate_ms == 0)
		return;
	rows_text(rows, clock_print(device->gate_ms, time));
	rows_text(rows, "call-back");
	rows_printf(rows, "port %d %s; %s", GATE_PORT, gate_port_name(device->gate.port),
		    device->gate.outcome.result == DELIVERY_DONE
			    ? "reverse DNS agrees"
			    : delivery_print(device->gate.outcome, text));
}

static void print_identity(const struct discovery *discovery, const struct device *device,
			   const char *now, struct rows *rows)
{
	char uuid[UUID_TEXT], mac[MAC_TEXT], address[ADDR_TEXT], flags[DEVICE_FLAGS_TEXT];

	rows_text(rows, now);
	rows_text(rows, "device");
	rows_printf(rows, "uuid %s, mac %s, address %s, name %s, %s, hellos %u, retry %u",
		    uuid_print(device->key.uuid, uuid),
		    device->mac.length > 0 ? mac_print(device->mac, mac) : "unknown",
		    addr_print(device->address, address),
		    device_name(device) ? device_name(device) : "unknown",
		    device->leased ? "leased" : "no known lease", device->count, device->retry);
	device_flags_print(device_flags(discovery->devices, device), flags);
	if (!flags[0])
		return;
	rows_text(rows, now);
	rows_text(rows, "flags");
	rows_text(rows, flags);
}

static void print_waiting(const struct discovery *discovery, const struct device *device,
			  const char *now, struct rows *rows)
{
	const struct relay_task task = {.device = device->number, .hello = device->hello};
	char text[DELIVERY_TEXT];

	for (size_t i = 0; i < discovery->core_count; i++) {
		const struct core *core = &discovery->cores[i];
		struct delivery_outcome last;

		if (device->relay[i] != DELIVERY_WAITING)
			continue;
		rows_text(rows, now);
		rows_text(rows, "waiting");
		rows_printf(rows, "id %lld, core %s: %s", (long long)device->hello,
			    core->config->name,
			    !core->line ? core->trouble.text
			    : relay_waits(core->relay, task, &last)
				    ? delivery_print(door_gate_reason(core, device, last), text)
				    : "another core is up and comes first");
	}
}

static int print_story(const struct discovery *discovery, const struct device *device,
		       struct rows *rows)
{
	char now[CLOCK_TEXT];
	int result = store_read_story(discovery->db, device->key.uuid, device->key.place,
				      print_event, rows);

	clock_print(clock_wall_ms(), now);
	print_gate(device, rows);
	print_identity(discovery, device, now, rows);
	print_waiting(discovery, device, now, rows);
	return result;
}

int discovery_print_device(const struct discovery *discovery, const char *key_text,
			   enum rows_format format, struct text *out)
{
	static const char *const columns[] = {"time", "event", "detail", NULL};
	struct device *device = NULL;
	struct rows *rows;
	struct key key;
	bool found = false;
	int result = 0;

	key_parse(key_text, &key);
	if (rows_new(&rows, format, columns, out) < 0)
		return -ENOMEM;
	while (result == 0 && (device = key_next(&key, discovery->devices, device))) {
		found = true;
		result = print_story(discovery, device, rows);
	}
	rows_end(rows);
	rows_free(rows);
	if (result < 0)
		return -EIO;
	return found ? 0 : -ENOENT;
}

/* The cores. */

static void print_core(const struct core *core, struct rows *rows)
{
	struct relay_status status = relay_status(core->relay);
	char reason[DELIVERY_TEXT], time[CLOCK_TEXT], address[ENDPOINT_TEXT];
	bool connects = core->config->address.addr.family != ADDR_NONE;

	rows_text(rows, core->config->name);
	rows_text(rows, config_core_kinds[core->config->kind]);
	rows_text(rows,
		  connects ? endpoint_print(core->config->address, address) : core->config->url);
	rows_text(rows, !core->line ? "refused" : status.open ? "away" : "up");
	rows_number(rows, (int64_t)status.waiting);
	rows_number(rows, status.in_flight);
	rows_number(rows, (int64_t)status.delivered);
	rows_number(rows, (int64_t)status.failed);
	rows_number(rows, (int64_t)status.held_back);
	rows_number(rows, (int64_t)status.quarantined);
	rows_number(rows, (int64_t)status.given_up);
	rows_text(rows, core->failing_since_ms ? clock_print(core->failing_since_ms, time) : NULL);
	if (!core->line)
		rows_text(rows, core->trouble.text);
	else if (core->failed_ms == 0)
		rows_text(rows, NULL);
	else
		rows_printf(rows, "%s %s", clock_print(core->failed_ms, time),
			    delivery_print(status.last, reason));
}

int discovery_print_relay(const struct discovery *discovery, enum rows_format format,
			  struct text *out)
{
	static const char *const columns[] = {
		"core",      "kind",          "address",    "state",     "waiting",
		"in-flight", "delivered",     "failed",     "held-back", "quarantined",
		"given-up",  "failing-since", "last-error", NULL};
	struct rows *rows;

	if (rows_new(&rows, format, columns, out) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < discovery->core_count; i++)
		print_core(&discovery->cores[i], rows);
	rows_end(rows);
	rows_free(rows);
	return 0;
}

int discovery_relay_retry(struct discovery *discovery, const char *name)
{
	int result = -ENOENT;

	for (size_t i = 0; i < discovery->core_count; i++) {
		if (name && strcmp(name, discovery->cores[i].config->name) != 0)
			continue;
		door_relay_retry(discovery, &discovery->cores[i]);
		result = 0;
	}
	door_line_open(discovery);
	return result;
}
