/* SPDX-License-Identifier: ISC */
#include "discovery/discovery.h"

#include "common/clock.h"
#include "common/log.h"
#include "discovery/config_core.h"
#include "discovery/descriptors.h"
#include "discovery/door.h"

#include <event2/event.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPIRY_S 60

/* From the listener to the store. */

static void on_refused(enum listener_reason reason, struct endpoint peer, const char *sentence,
		       void *user)
{
	door_log_refused(user, reason, peer, sentence);
}

static void on_delayed(int error, void *user)
{
	door_log_delayed(user, error);
}

/* What is known of the machine at the address: its lease, else the neighbour table. The table is
 * asked once per device and address. */
static void look_up(struct discovery *discovery, const struct device *device, struct addr address,
		    struct discovery_lease *ret)
{
	if (!discovery->lookup || !discovery->lookup(address, ret, discovery->user))
		*ret = (struct discovery_lease){0};
	if (ret->mac.length > 0 || !discovery->neighbour)
		return;
	if (!device || !addr_equal(device->address, address))
		neighbour_get(discovery->neighbour, address, clock_mono_ms(), &ret->mac);
}

static void on_hello(struct listener_connection *connection, const struct listener_hello *hello,
		     void *user)
{
	struct discovery *discovery = user;
	struct device_key key = device_key(hello->decoded->uuid, hello->peer.addr);
	const struct device *device = device_find(discovery->devices, key);
	struct discovery_lease known;
	struct store_hello kept = {
		.bytes = hello->bytes,
		.length = hello->length,
		.decoded = hello->decoded,
		.address = hello->peer.addr,
		.place = key.place,
		.is_new = !device,
		.cores = door_relay_select(discovery, hello->decoded, hello->peer.addr),
		.time_ms = clock_wall_ms(),
	};
	int result;

	if (!device && device_count(discovery->devices) >= (size_t)discovery->config->max_devices) {
		discovery->table_full++;
		door_log_full(discovery);
		listener_release(connection);
		return;
	}
	look_up(discovery, device, kept.address, &known);
	if (discovery->config->only_leased && !known.leased)
		kept.cores = 0;
	kept.mac = known.mac;
	kept.name = known.name.text;
	result = store_add(discovery->store, &kept, connection);
	if (result < 0) {
		door_log_not_stored(discovery, result);
		listener_release(connection);
	}
}

/* From the store into the inventory. */

/* Before the device moves: is its UUID alive in two places? */
static void compare_leases(struct discovery *discovery, struct device *device, struct addr address)
{
	struct discovery_lease old = {0}, new = {0};

	if (!discovery->lookup || addr_equal(device->address, address))
		return;
	device->same_uuid = discovery->lookup(device->address, &old, discovery->user) &&
			    discovery->lookup(address, &new, discovery->user) && old.leased &&
			    new.leased &&old.mac.length > 0 && new.mac.length > 0 &&
			    !mac_equal(old.mac, new.mac);
}

static bool is_test(const struct device *device)
{
	return uuid_equal(device->key.uuid, hello_test_uuid);
}

static void set_lease(struct discovery *discovery, struct device *device,
		      const struct discovery_lease *lease)
{
	struct mac before = device->mac;

	device_set_lease(discovery->devices, device, lease->mac, lease->name.text, lease->leased);
	if (discovery->on_mac && !mac_equal(before, device->mac) && !is_test(device))
		discovery->on_mac(device->mac, discovery->on_mac_user);
}

/* What was known when the hello came holds until the lease says otherwise. */
static void join_lease(struct discovery *discovery, struct device *device,
		       const struct store_device *stored)
{
	struct discovery_lease lease = {0};

	if (!discovery->lookup || !discovery->lookup(device->address, &lease, discovery->user))
		lease = (struct discovery_lease){0};
	if (lease.mac.length == 0)
		lease.mac = stored->mac;
	if (hostname_is_empty(&lease.name) && stored->name[0])
		snprintf(lease.name.text, sizeof(lease.name.text), "%s", stored->name);
	set_lease(discovery, device, &lease);
}

static struct device *note_device(struct discovery *discovery, const struct store_device *stored)
{
	const struct device_key key = {.uuid = stored->uuid, .place = stored->place};
	struct device *device = device_find(discovery->devices, key);

	if (device)
		compare_leases(discovery, device, stored->address);
	else if (device_new(discovery->devices, key, &device) < 0)
		return NULL;
	if (device_place(discovery->devices, device, stored->address) < 0)
		return NULL;
	device->hello = stored->hello;
	device->hello_ms = stored->hello_ms;
	device->last_ms = stored->last_ms;
	device->count = stored->count;
	device->retry = stored->retry;
	join_lease(discovery, device, stored);
	return device;
}

static void on_added(int error, const struct store_device *stored, bool repeat, void *context,
		     void *user)
{
	struct discovery *discovery = user;
	struct device *device;

	listener_release(context);
	if (error < 0) {
		door_log_not_stored(discovery, error);
		return;
	}
	device = note_device(discovery, stored);
	door_log_hello(discovery, stored, device);
	if (!device)
		return;
	if (!repeat)
		fresh_put(discovery->fresh, stored->hello, stored->bytes, stored->length);
	door_relay_hello(discovery, device, stored->cores, repeat);
	door_relay_pump_soon(discovery);
}

/* Timers. */

static void on_due(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	door_relay_pump(user);
}

static void on_expiry(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	door_relay_expire(user);
	door_line_open(user);
}

/* Start and stop. */

/* The oldest go first, as if they had waited here all along. */
static int load_device(const struct store_device *stored,
		       const enum delivery_state states[DELIVERY_CORES_MAX], void *user)
{
	struct discovery *discovery = user;
	struct device *device = note_device(discovery, stored);
	uint64_t now_ms = clock_mono_ms(), wall_ms = clock_wall_ms(), age_ms;

	if (!device)
		return -ENOMEM;
	device->gate = stored->gate;
	device->gate_ms = stored->gate_ms;
	age_ms = wall_ms > device->hello_ms ? wall_ms - device->hello_ms : 0;
	for (size_t i = 0; i < discovery->core_count; i++)
		device->relay[i] = (uint8_t)states[i];
	door_relay_push(discovery, device, now_ms > age_ms ? now_ms - age_ms : 0);
	return 0;
}

static int load(struct discovery *discovery, struct err *err)
{
	int result = store_read_devices(discovery->db, &discovery->store_options, load_device,
					discovery);

	if (result < 0)
		return err_set(err, result, "the devices cannot be read from the database: %s",
			       strerror(-result));
	log_info("hello", "loaded, devices=%zu", device_count(discovery->devices));
	return 0;
}

static int make_cores(struct discovery *discovery)
{
	const struct discovery_core_config *configs = discovery->config->cores.items;

	for (size_t i = 0; i < discovery->config->cores.count; i++) {
		const struct relay_options options = config_core_relay(&configs[i]);
		struct core *core = &discovery->cores[i];

		core->config = &configs[i];
		core->index = i;
		core->carrier = carriers[configs[i].kind];
		door_line_init(discovery, core);
		if (relay_new(&core->relay, &options) < 0)
			return -ENOMEM;
		discovery->core_count++;
		discovery->store_options.cores[i] = configs[i].name;
	}
	discovery->store_options.core_count = discovery->core_count;
	discovery->store_options.history = (uint32_t)discovery->config->history;
	discovery->store_options.on_delayed = on_delayed;
	return 0;
}

static int make_parts(struct discovery *discovery, struct err *err)
{
	const struct discovery_config *config = discovery->config;
	const struct listener_options options = {
		.max_connections = descriptors_reserve((uint32_t)config->max_connections),
		.admission =
			{
				.max_per_address = (uint32_t)config->max_per_address,
				.max_per_prefix = (uint32_t)config->max_per_prefix,
				.rate_per_prefix = (uint32_t)config->rate_per_prefix,
				.burst_per_prefix = (uint32_t)config->burst_per_prefix,
			},
		.time_limit_ms = (uint32_t)config->time_limit_ms,
		.on_hello = on_hello,
		.on_refused = on_refused,
		.user = discovery,
	};

	discovery->due = evtimer_new(discovery->base, on_due, discovery);
	discovery->expiry = event_new(discovery->base, -1, EV_PERSIST, on_expiry, discovery);
	if (!discovery->due || !discovery->expiry || make_cores(discovery) < 0 ||
	    device_table_new(&discovery->devices) < 0 || fresh_new(&discovery->fresh) < 0 ||
	    listener_new(&discovery->listener, discovery->base, &options) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	if (neighbour_new(&discovery->neighbour) < 0)
		log_warning("hello", "the neighbour table cannot be asked; PCs without a known "
				     "lease have no MAC");
	return store_new(&discovery->store, discovery->db, discovery->base,
			 &discovery->store_options, on_added, discovery, err);
}

int discovery_new(struct discovery **ret, struct event_base *base, struct db *db,
		  const struct discovery_config *config, const int *listeners, size_t count,
		  discovery_lookup *lookup, void *user, struct err *err)
{
	struct discovery *discovery;
	int result;

	if (count > LISTENER_SOCKETS_MAX)
		return err_set(err, -ENOBUFS,
			       "%zu sockets were handed over, at most %d can be used", count,
			       LISTENER_SOCKETS_MAX);
	discovery = calloc(1, sizeof(*discovery));
	if (!discovery)
		return err_set(err, -ENOMEM, "out of memory");
	discovery->base = base;
	discovery->db = db;
	discovery->config = config;
	discovery->lookup = lookup;
	discovery->user = user;
	result = make_parts(discovery, err);
	if (result == 0)
		result = load(discovery, err);
	if (result < 0) {
		discovery_free(discovery);
		return result;
	}
	for (size_t i = 0; i < count; i++)
		discovery->handed[i] = listeners[i];
	discovery->handed_count = count;
	*ret = discovery;
	return 0;
}

void discovery_lend_check(struct discovery *discovery, discovery_check *check, void *user)
{
	discovery->check = check;
	discovery->check_user = user;
}

static int listen_as_configured(struct discovery *discovery, struct err *err)
{
	const struct endpoint *endpoints = discovery->config->listen.items;
	size_t skipped = 0;

	for (size_t i = 0; i < discovery->config->listen.count; i++) {
		int result = listener_bind(discovery->listener, endpoints[i], err);

		if (result == -EAFNOSUPPORT && endpoints[i].addr.family == ADDR_IP6) {
			log_warning("hello", "%s; this host has no IPv6, going on without",
				    err ? err->text : "not listening on an IPv6 address");
			skipped++;
		} else if (result < 0) {
			return result;
		}
	}
	if (skipped > 0 && skipped == discovery->config->listen.count)
		return -EAFNOSUPPORT;
	return 0;
}

static int listen_as_handed(struct discovery *discovery, struct err *err)
{
	while (discovery->handed_count > 0) {
		int fd = discovery->handed[discovery->handed_count - 1];
		int result = listener_adopt(discovery->listener, fd, err);

		if (result < 0)
			return result;
		discovery->handed_count--;
	}
	return 0;
}

static void say_listening(const struct discovery *discovery)
{
	struct listener_status status = listener_status(discovery->listener);
	struct endpoint endpoints[LISTENER_SOCKETS_MAX];
	size_t count = listener_addresses(discovery->listener, endpoints, LISTENER_SOCKETS_MAX);
	char text[ENDPOINT_TEXT];

	for (size_t i = 0; i < count; i++)
		log_info("hello", "listening, address=%s", endpoint_print(endpoints[i], text));
	if (status.max_connections < discovery->config->max_connections)
		log_warning("hello",
			    "the descriptor limit allows %u connections only, not the %lld of "
			    "hello.max-connections; raise LimitNOFILE=",
			    status.max_connections, (long long)discovery->config->max_connections);
}

int discovery_start(struct discovery *discovery, struct err *err)
{
	const struct timeval interval = {.tv_sec = EXPIRY_S};
	int result;

	result = discovery->handed_count > 0 ? listen_as_handed(discovery, err)
					     : listen_as_configured(discovery, err);
	if (result < 0)
		return result;
	if (event_add(discovery->expiry, &interval) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	listener_start(discovery->listener);
	say_listening(discovery);
	discovery->relaying = true;
	door_line_open(discovery);
	door_relay_expire(discovery);
	door_relay_pump(discovery);
	return 0;
}

void discovery_stop(struct discovery *discovery)
{
	discovery->relaying = false;
	listener_stop(discovery->listener);
	event_del(discovery->due);
	event_del(discovery->expiry);
	door_line_close(discovery);
}

void discovery_free(struct discovery *discovery)
{
	if (!discovery)
		return;
	if (discovery->relaying)
		discovery_stop(discovery);
	store_free(discovery->store);
	listener_free(discovery->listener);
	while (discovery->handed_count > 0)
		close(discovery->handed[--discovery->handed_count]);
	device_table_free(discovery->devices);
	fresh_free(discovery->fresh);
	neighbour_free(discovery->neighbour);
	for (size_t i = 0; i < discovery->core_count; i++)
		relay_free(discovery->cores[i].relay);
	if (discovery->due)
		event_free(discovery->due);
	if (discovery->expiry)
		event_free(discovery->expiry);
	free(discovery);
}

size_t discovery_listening(const struct discovery *discovery, struct endpoint *ret, size_t size)
{
	return listener_addresses(discovery->listener, ret, size);
}

void discovery_lease_changed(struct discovery *discovery, struct addr address,
			     const struct discovery_lease *lease)
{
	struct device *device = device_at(discovery->devices, address);

	if (device)
		set_lease(discovery, device, lease);
}

void discovery_on_mac(struct discovery *discovery, void (*on_mac)(struct mac mac, void *user),
		      void *user)
{
	discovery->on_mac = on_mac;
	discovery->on_mac_user = user;
}

size_t discovery_macs(const struct discovery *discovery, size_t *cursor, struct mac *ret,
		      size_t size)
{
	size_t count = 0, end = device_count(discovery->devices);

	for (; *cursor < end && count < size; ++*cursor) {
		const struct device *device = device_get(discovery->devices, (uint32_t)*cursor);

		if (device->mac.length && !is_test(device))
			ret[count++] = device->mac;
	}
	return count;
}
