/* SPDX-License-Identifier: ISC */
#include "discovery/discovery.h"

#include "common/clock.h"
#include "discovery/door.h"
#include "discovery/key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one device or hello at all cores: "core:delivered other:waiting (connection refused)". */
#define RELAY_TEXT (DELIVERY_CORES_MAX * (32 + 16 + DELIVERY_TEXT))

/* The state of the device's hello at each core; what waits says why. */
static void add_relay(const struct discovery *discovery, const struct device *device, int64_t hello,
		      const enum delivery_state states[DELIVERY_CORES_MAX], struct text *out)
{
	const struct relay_task task = {.device = device ? device->number : UINT32_MAX,
					.hello = hello};
	char reason[DELIVERY_TEXT];

	for (size_t i = 0; i < discovery->core_count; i++) {
		const struct core *core = &discovery->cores[i];
		struct delivery_outcome last;

		if (states[i] == DELIVERY_NONE)
			continue;
		text_add(out, "%s%s:%s", out->length > 0 ? " " : "", core->config->name,
			 delivery_state_names[states[i]]);
		if (states[i] == DELIVERY_WAITING && relay_waits(core->relay, task, &last))
			text_add(out, " (%s)",
				 delivery_print(door_gate_reason(core, device, last), reason));
	}
}

static const char *text_or_null(const struct text *text)
{
	return text->length > 0 ? text->bytes : NULL;
}

static void print_relay(const struct discovery *discovery, bool test, const struct device *device,
			int64_t hello, const enum delivery_state states[DELIVERY_CORES_MAX],
			struct text *out)
{
	text_clear(out);
	if (test)
		text_add(out, "test");
	else
		add_relay(discovery, device, hello, states, out);
}

/* The cells of a device's row, as text; what is a number is printed as one. */
struct device_cells {
	char uuid[UUID_TEXT], mac[MAC_TEXT], address[ADDR_TEXT];
	char last[CLOCK_TEXT], count[16], retry[16], flags[DEVICE_FLAGS_TEXT];
	const char *name, *lease;
	struct text relay;
};

static void fill_cells(const struct discovery *discovery, const struct device *device,
		       struct device_cells *cells)
{
	enum delivery_state states[DELIVERY_CORES_MAX];
	unsigned flags = device_flags(discovery->devices, device);

	for (size_t i = 0; i < DELIVERY_CORES_MAX; i++)
		states[i] = (enum delivery_state)device->relay[i];
	uuid_print(device->key.uuid, cells->uuid);
	mac_print(device->mac, cells->mac);
	addr_print(device->address, cells->address);
	clock_print(device->last_ms, cells->last);
	snprintf(cells->count, sizeof(cells->count), "%u", device->count);
	snprintf(cells->retry, sizeof(cells->retry), "%u", device->retry);
	device_flags_print(flags, cells->flags);
	cells->name = device_name(device);
	cells->lease = device->leased ? "leased" : "unknown";
	print_relay(discovery, flags & DEVICE_TEST, device, device->hello, states, &cells->relay);
}

static bool matches(const struct device_cells *cells, const char *filter)
{
	const char *const texts[] = {cells->uuid, cells->mac,   cells->address,
				     cells->name, cells->lease, cells->count,
				     cells->last, cells->retry, text_or_null(&cells->relay),
				     cells->flags};

	if (!filter)
		return true;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i] && strstr(texts[i], filter))
			return true;
	return false;
}

static void print_device(const struct device *device, const struct device_cells *cells,
			 struct rows *rows)
{
	rows_text(rows, cells->uuid);
	rows_text(rows, device->mac.length > 0 ? cells->mac : NULL);
	rows_text(rows, cells->address);
	rows_text(rows, cells->name);
	rows_text(rows, cells->lease);
	rows_number(rows, device->count);
	rows_text(rows, cells->last);
	rows_number(rows, device->retry);
	rows_text(rows, text_or_null(&cells->relay));
	rows_text(rows, cells->flags[0] ? cells->flags : NULL);
	rows_text(rows, device->gate_ms ? gate_port_name(device->gate.port) : NULL);
}

/* The next device to look at: those that the key names, or all. */
static struct device *next_device(const struct discovery *discovery, const struct key *key,
				  const struct device *device)
{
	uint32_t next = device ? device->number + 1 : 0;

	if (key->kind != KEY_TEXT && key->kind != KEY_NAME) /* a name may be a piece of one */
		return key_next(key, discovery->devices, device);
	return next < device_count(discovery->devices) ? device_get(discovery->devices, next)
						       : NULL;
}

int discovery_print_devices(const struct discovery *discovery, const char *filter,
			    enum rows_format format, struct text *out)
{
	static const char *const columns[] = {"uuid",  "mac",         "address",    "name",
					      "lease", "hello-count", "last-hello", "retry",
					      "relay", "flags",       "call-back",  NULL};
	struct device_cells cells = {0};
	struct device *device = NULL;
	struct rows *rows;
	struct key key;

	if (rows_new(&rows, format, columns, out) < 0)
		return -ENOMEM;
	text_init(&cells.relay, RELAY_TEXT);
	key_parse(filter, &key);
	while (!out->bad && (device = next_device(discovery, &key, device))) {
		fill_cells(discovery, device, &cells);
		if (matches(&cells, filter))
			print_device(device, &cells, rows);
	}
	rows_end(rows);
	rows_free(rows);
	text_done(&cells.relay);
	return 0;
}

struct hello_printer {
	const struct discovery *discovery;
	struct rows *rows;
	struct text relay;
};

static void print_hello(const struct store_row *row, void *user)
{
	struct hello_printer *printer = user;
	const struct device_key key = {.uuid = row->uuid, .place = row->place};
	const struct device *device = device_find(printer->discovery->devices, key);
	char time[CLOCK_TEXT], uuid[UUID_TEXT], address[ADDR_TEXT];

	print_relay(printer->discovery, uuid_equal(row->uuid, hello_test_uuid), device, row->hello,
		    row->states, &printer->relay);
	rows_number(printer->rows, row->hello);
	rows_text(printer->rows, clock_print(row->time_ms, time));
	rows_text(printer->rows, uuid_print(row->uuid, uuid));
	rows_text(printer->rows, addr_print(row->address, address));
	rows_number(printer->rows, row->version);
	rows_number(printer->rows, row->retry);
	rows_number(printer->rows, row->hash_count);
	rows_number(printer->rows, row->length);
	rows_text(printer->rows, text_or_null(&printer->relay));
}

int discovery_print_hellos(const struct discovery *discovery, unsigned count, int64_t after,
			   enum rows_format format, struct text *out)
{
	static const char *const columns[] = {"id",    "time",   "uuid",  "address", "version",
					      "retry", "hashes", "bytes", "relay",   NULL};
	struct hello_printer printer = {.discovery = discovery};
	int result;

	if (rows_new(&printer.rows, format, columns, out) < 0)
		return -ENOMEM;
	text_init(&printer.relay, RELAY_TEXT);
	result = store_read_newest(discovery->db, &discovery->store_options, count, after,
				   print_hello, &printer);
	rows_end(printer.rows);
	rows_free(printer.rows);
	text_done(&printer.relay);
	return result < 0 ? -EIO : 0;
}

struct roots_printer {
	struct rows *rows;
	struct {
		uint8_t bytes[64];
		size_t length;
	} wanted[DISCOVERY_ROOTS_MAX];
	size_t count;
};

static int parse_roots(const char *text, struct roots_printer *ret)
{
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t length = strcspn(text, " ");

		if (ret->count == DISCOVERY_ROOTS_MAX ||
		    text_unhex(text, length, ret->wanted[ret->count].bytes,
			       sizeof(ret->wanted[0].bytes), &ret->wanted[ret->count].length) ||
		    ret->wanted[ret->count].length < 16)
			return -EINVAL;
		ret->count++;
		text += length;
	}
	return 0;
}

static bool is_wanted(const struct roots_printer *printer, const struct hello_hash *hash)
{
	for (size_t i = 0; i < printer->count; i++)
		if (printer->wanted[i].length == hash->length &&
		    !memcmp(printer->wanted[i].bytes, hash->bytes, hash->length))
			return true;
	return false;
}

static void print_roots(const struct store_roots *roots, void *user)
{
	struct roots_printer *printer = user;
	char uuid[UUID_TEXT], address[ADDR_TEXT];
	struct hello_hash hash;
	bool found = false;

	for (size_t at = 0; !found && hello_next_hash(&roots->list, &at, &hash);)
		found = is_wanted(printer, &hash);
	rows_number(printer->rows, roots->list.hash_count);
	rows_number(printer->rows, (int64_t)roots->devices);
	rows_text(printer->rows, uuid_print(roots->uuid, uuid));
	rows_text(printer->rows, addr_print(roots->address, address));
	rows_text(printer->rows, printer->count ? found ? "yes" : "no" : NULL);
}

int discovery_print_roots(const struct discovery *discovery, const char *wanted,
			  enum rows_format format, struct text *out)
{
	static const char *const columns[] = {"hashes", "devices", "uuid", "address", "has", NULL};
	struct roots_printer printer = {0};
	int result = wanted ? parse_roots(wanted, &printer) : 0;

	if (result)
		return result;
	if (rows_new(&printer.rows, format, columns, out) < 0)
		return -ENOMEM;
	result = store_read_roots(discovery->db, print_roots, &printer);
	rows_end(printer.rows);
	rows_free(printer.rows);
	return result < 0 ? -EIO : 0;
}

static void print_value(struct rows *rows, uint64_t value, const char *name)
{
	rows_text(rows, name);
	rows_number(rows, (int64_t)value);
}

static void print_listener(const struct discovery *discovery, struct rows *rows)
{
	struct listener_status status = listener_status(discovery->listener);
	struct endpoint endpoints[LISTENER_SOCKETS_MAX];
	size_t count = listener_addresses(discovery->listener, endpoints, LISTENER_SOCKETS_MAX);
	char text[ENDPOINT_TEXT], name[64];

	for (size_t i = 0; i < count; i++) {
		rows_text(rows, "hello.listening");
		rows_text(rows, endpoint_print(endpoints[i], text));
	}
	print_value(rows, status.connections, "hello.connections");
	print_value(rows, status.accepted, "hello.accepted");
	print_value(rows, status.pauses_full, "hello.pauses.max-connections");
	print_value(rows, status.pauses_descriptors, "hello.pauses.descriptors");
	for (size_t i = 0; i < LISTENER_REASONS; i++) {
		snprintf(name, sizeof(name), "hello.refused.%s", listener_reason_names[i]);
		print_value(rows, status.refused[i], name);
	}
}

static void print_store(const struct discovery *discovery, struct rows *rows)
{
	struct store_counters counters = store_counters(discovery->store);

	print_value(rows, discovery->table_full, "hello.refused.max-devices");
	print_value(rows, discovery->not_stored, "hello.lost.database");
	print_value(rows, counters.stored, "hello.stored");
	print_value(rows, counters.repeated, "hello.repeated");
	print_value(rows, counters.waiting, "hello.storing");
	print_value(rows, counters.failed_notes, "hello.failed-notes");
	print_value(rows, device_count(discovery->devices), "hello.devices");
}

static void print_core(const struct core *core, struct rows *rows)
{
	struct relay_status status = relay_status(core->relay);
	char reason[DELIVERY_TEXT], time[CLOCK_TEXT], address[ENDPOINT_TEXT];
	const char *name = core->config->name;

	rows_printf(rows, "core.%s.state", name);
	rows_text(rows, status.open ? "away" : "up");
	rows_printf(rows, "core.%s.address", name);
	rows_text(rows, endpoint_print(core->config->address, address));
	rows_printf(rows, "core.%s.waiting", name);
	rows_number(rows, (int64_t)status.waiting);
	rows_printf(rows, "core.%s.in-flight", name);
	rows_number(rows, status.in_flight);
	rows_printf(rows, "core.%s.delivered", name);
	rows_number(rows, (int64_t)status.delivered);
	rows_printf(rows, "core.%s.failed", name);
	rows_number(rows, (int64_t)status.failed);
	rows_printf(rows, "core.%s.given-up", name);
	rows_number(rows, (int64_t)status.given_up);
	rows_printf(rows, "core.%s.last-error", name);
	if (core->failed_ms == 0)
		rows_text(rows, NULL);
	else
		rows_printf(rows, "%s %s", clock_print(core->failed_ms, time),
			    delivery_print(status.last, reason));
}

void discovery_print_status(const struct discovery *discovery, struct rows *rows)
{
	print_listener(discovery, rows);
	print_store(discovery, rows);
	for (size_t i = 0; i < discovery->core_count; i++)
		print_core(&discovery->cores[i], rows);
}
