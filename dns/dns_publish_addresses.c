/* SPDX-License-Identifier: ISC */
/* Candidates come from the configuration or from an interface; those that are healthy are published. */
#include "dns/door_publish.h"
#include "common/clock.h"
#include "common/random.h"

#include <errno.h>
#include <string.h>

static const char *print(const struct addr *addresses, size_t count, char ret[PUBLISH_TEXT])
{
	char text[ADDR_TEXT];
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		snprintf(ret + at, PUBLISH_TEXT - at, "%s%s", at ? " " : "",
			 addr_print(addresses[i], text));
		at = strlen(ret);
	}
	return ret;
}

/* The names should say this from here on. An empty list changes nothing: what is there is better. */
static void publish_these(struct dns_publisher *publisher, const struct addr *addresses,
			  size_t count)
{
	char text[PUBLISH_TEXT];
	struct dns_site *site;

	if (!count) {
		log_warning("dns", "there is no address to publish, what is there stays");
		return;
	}
	if (count == publisher->address_count &&
	    !memcmp(addresses, publisher->addresses, count * sizeof(*addresses)))
		return;
	log_info("dns", "provision server addresses, wanted=%s", print(addresses, count, text));
	memset(publisher->addresses, 0, sizeof(publisher->addresses));
	memcpy(publisher->addresses, addresses, count * sizeof(*addresses));
	publisher->address_count = count;
	LIST_FOREACH(site, &publisher->sites, link)
	{
		publish_set_addresses(&site->publish, addresses, count);
		dns_publish_kick(site, 0);
	}
}

/* With failover: hot, addresses that take no hellos leave while others have better ones. */
static void park(struct dns_publisher *publisher, bool parked)
{
	struct dns_site *site;

	if (publisher->config->failover != PUBLISH_HOT || publisher->parked == parked)
		return;
	publisher->parked = parked;
	LIST_FOREACH(site, &publisher->sites, link)
	{
		publish_set_parked(&site->publish, parked);
		dns_publish_kick(site, 0);
	}
}

/* Health ---------------------------------------------------------------------------------------- */

static bool is_checked(const struct dns_publisher *publisher)
{
	return publisher->config->health.check != PUBLISH_HEALTH_NONE;
}

static struct core_probe **probe_of(struct dns_publisher *publisher, struct addr address)
{
	for (size_t i = 0; i < publisher->health.count; i++) {
		if (addr_equal(publisher->health.items[i].address, address))
			return &publisher->probes[i];
	}
	return NULL;
}

static const struct core *core_of(const struct dns_publisher *publisher, struct addr address)
{
	for (size_t i = 0; i < publisher->health.count; i++) {
		if (addr_equal(publisher->health.items[i].address, address))
			return &publisher->health.items[i];
	}
	return NULL;
}

static void report(const struct dns_publisher *publisher, const struct core *core,
		   enum core_health_state before)
{
	const char *stays = publisher->config->failover == PUBLISH_HOT
				    ? ", it is our last one and leaves while others have theirs"
				    : ", it is the last one and stays";
	char address[ADDR_TEXT];

	addr_print(core->address, address);
	if (core->state == before)
		return;
	if (core->state == CORE_UP)
		log_info("dns", "core takes hellos, address=%s", address);
	else
		log_warning("dns", "core takes no hellos, address=%s, reason=%s%s", address,
			    core->words, core->published ? stays : "");
}

/* Once every core was checked. */
static void publish_healthy(struct dns_publisher *publisher)
{
	struct addr healthy[CORE_HEALTH_MAX];

	if (!core_health_is_known(&publisher->health))
		return;
	publish_these(publisher, healthy, core_health_published(&publisher->health, healthy));
	park(publisher, !core_health_any_up(&publisher->health));
}

static void on_checked(struct endpoint at, const char *words, void *user)
{
	struct dns_publisher *publisher = user;
	const struct publish_health_config *config = &publisher->config->health;
	uint32_t interval_ms = (uint32_t)config->interval_ms;
	const struct core *core = core_of(publisher, at.addr);
	enum core_health_state before = core->state;
	bool first = !core_health_is_known(&publisher->health);

	if (core_health_result(&publisher->health, at.addr, words, clock_wall_ms()) || first ||
	    core->state != before)
		publish_healthy(publisher);
	report(publisher, core, before);
	core_probe_start(*probe_of(publisher, at.addr),
			 interval_ms - random_u32() % (interval_ms / 10 + 1));
}

/* Probes for the cores of `health`; those of cores that were known go on. */
static int set_probes(struct dns_publisher *publisher)
{
	const struct publish_health_config *config = &publisher->config->health;
	struct core_probe *old[CORE_HEALTH_MAX];
	struct core_health before = publisher->health;
	int r = 0;

	memcpy(old, publisher->probes, sizeof(old));
	memset(publisher->probes, 0, sizeof(publisher->probes));
	core_health_set(&publisher->health, publisher->candidates, publisher->candidate_count);
	for (size_t i = 0; i < before.count; i++) {
		struct core_probe **place = probe_of(publisher, before.items[i].address);

		if (place)
			*place = old[i];
		else
			core_probe_free(old[i]);
	}
	for (size_t i = 0; !r && i < publisher->health.count; i++) {
		struct endpoint core = {.addr = publisher->health.items[i].address,
					.port = (uint16_t)config->port};

		if (publisher->probes[i])
			continue;
		r = core_probe_new(&publisher->probes[i], publisher->dns->base, core,
				   config->check == PUBLISH_HEALTH_HELLO,
				   (uint32_t)config->timeout_ms, on_checked, publisher);
		if (!r && publisher->dns->running)
			core_probe_start(publisher->probes[i], 0);
	}
	return r;
}

/* Candidates ------------------------------------------------------------------------------------ */

static int set_candidates(struct dns_publisher *publisher, const struct addr *addresses,
			  size_t count)
{
	size_t most = publisher->config->failover == PUBLISH_HOT ? PUBLISH_SHARE_MAX
								 : PUBLISH_ADDRESSES_MAX;
	int r;

	if (count > most)
		log_warning("dns", "more addresses than can be published, most=%zu, left-out=%zu",
			    most, count - most);
	publisher->candidate_count = count < most ? count : most;
	if (publisher->candidate_count)
		memcpy(publisher->candidates, addresses,
		       publisher->candidate_count * sizeof(*addresses));
	if (!is_checked(publisher) || !count) {
		publish_these(publisher, publisher->candidates, publisher->candidate_count);
		return 0;
	}
	r = set_probes(publisher);
	publish_healthy(publisher);
	return r;
}

static void on_interface(const struct interface_addresses *now, void *user)
{
	struct dns_publisher *publisher = user;
	char text[PUBLISH_TEXT];

	log_info("dns", "interface has addresses, interface=%s, addresses=%s, left-out=%zu",
		 publisher->config->interface, print(now->items, now->count, text), now->left_out);
	if (set_candidates(publisher, now->items, now->count) < 0)
		log_error("dns", "out of memory, the cores of the interface are not checked");
}

int dns_publish_addresses_new(struct dns_publisher *publisher, struct err *err)
{
	const struct publish_config *config = publisher->config;
	int r = 0;

	core_health_init(&publisher->health, (unsigned)config->health.rise,
			 (unsigned)config->health.fall);
	if (config->interface) {
		r = interface_new(&publisher->interface, publisher->dns->base, config->interface,
				  on_interface, publisher, err);
		if (r < 0)
			err_prefix(err, "provision-server.interface");
	} else if (config->addresses.count) {
		r = set_candidates(publisher, config->addresses.items, config->addresses.count);
		if (r < 0)
			err_set(err, r, "out of memory");
	}
	return r;
}

void dns_publish_addresses_start(struct dns_publisher *publisher)
{
	for (size_t i = 0; i < publisher->health.count; i++)
		core_probe_start(publisher->probes[i], 0);
}

void dns_publish_addresses_stop(struct dns_publisher *publisher)
{
	for (size_t i = 0; i < CORE_HEALTH_MAX; i++) {
		core_probe_free(publisher->probes[i]);
		publisher->probes[i] = NULL;
	}
}

void dns_publish_addresses_free(struct dns_publisher *publisher)
{
	dns_publish_addresses_stop(publisher);
	interface_free(publisher->interface);
}
