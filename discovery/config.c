/* SPDX-License-Identifier: ISC */
#include "discovery/discovery.h"

#include "common/hello.h"
#include "discovery/config_core.h"
#include "discovery/delivery.h"

#include <string.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define KEYS(list) .keys = (list), .count = sizeof(list) / sizeof((list)[0])

static const char *const delivers[] = {
	[DISCOVERY_DELIVER_ALL] = "all",
	[DISCOVERY_DELIVER_FIRST] = "first-healthy",
	NULL,
};

static const struct config_key keys[] = {
	{
		.name = "listen",
		.kind = CONFIG_ENDPOINT,
		.list = true,
		.offset = offsetof(struct discovery_config, listen),
		.min = HELLO_PORT,
		.max = 64,
		.fallback = "[\"0.0.0.0:9971\", \"[::]:9971\"]",
		.help = "Addresses to take hellos on, where systemd hands over no sockets.",
	},
	{
		.name = "cores",
		.kind = CONFIG_TABLE,
		.list = true,
		.offset = offsetof(struct discovery_config, cores),
		.max = DELIVERY_CORES_MAX,
		.table = &config_core_table,
		.help = "The provisioning cores; without any, hellos are only recorded.",
	},
	{
		.name = "deliver-to",
		.kind = CONFIG_ENUM,
		.offset = offsetof(struct discovery_config, deliver),
		.fallback = "all",
		.choices = delivers,
		.help = "all: every core gets every hello that it is meant for; first-healthy: the "
			"first of them, in the order of the list, that is up.",
	},
	{
		.name = "max-connections",
		.kind = CONFIG_INT,
		.offset = offsetof(struct discovery_config, max_connections),
		.min = 1,
		.max = 1000000,
		.fallback = "16384",
		.help = "Connections open at a time; further ones wait in the kernel.",
	},
	{
		.name = "max-per-address",
		.kind = CONFIG_INT,
		.offset = offsetof(struct discovery_config, max_per_address),
		.min = 1,
		.max = 1000000,
		.fallback = "8",
		.help = "Connections of one address open at a time; further ones are closed at "
			"once.",
	},
	{
		.name = "max-per-prefix",
		.kind = CONFIG_INT,
		.offset = offsetof(struct discovery_config, max_per_prefix),
		.min = 1,
		.max = 1000000,
		.fallback = "1024",
		.help = "Connections of one /24 (IPv6: /64) open at a time; further ones are "
			"closed "
			"at once.",
	},
	{
		.name = "rate-per-prefix",
		.kind = CONFIG_INT,
		.offset = offsetof(struct discovery_config, rate_per_prefix),
		.min = 0,
		.max = 1000000,
		.fallback = "200",
		.help = "Connections per second of one /24 (IPv6: /64), in the long run; further "
			"ones are closed at once. 0: without a limit.",
	},
	{
		.name = "burst-per-prefix",
		.kind = CONFIG_INT,
		.offset = offsetof(struct discovery_config, burst_per_prefix),
		.min = 1,
		.max = 1000000,
		.fallback = "1000",
		.help = "Connections that one /24 (IPv6: /64) may begin at once after a quiet "
			"time, such as all its PCs after a power cut.",
	},
	{
		.name = "time-limit",
		.kind = CONFIG_DURATION,
		.offset = offsetof(struct discovery_config, time_limit_ms),
		.min = 100,
		.max = 10 * MINUTE_MS,
		.fallback = "10s",
		.help = "Time from a connection to its whole hello.",
	},
	{
		.name = "history",
		.kind = CONFIG_INT,
		.offset = offsetof(struct discovery_config, history),
		.min = 1,
		.max = 100000,
		.fallback = "16",
		.help = "Hellos kept per device, the newest.",
	},
	{
		.name = "max-devices",
		.kind = CONFIG_INT,
		.offset = offsetof(struct discovery_config, max_devices),
		.min = 1,
		.max = 100000000,
		.fallback = "1000000",
		.help = "Devices kept; hellos of further ones are refused.",
	},
	{
		.name = "only-leased",
		.kind = CONFIG_BOOL,
		.offset = offsetof(struct discovery_config, only_leased),
		.fallback = "false",
		.help = "true: hellos from addresses without a known lease are recorded, but no "
			"core "
			"gets them.",
	},
};

static void check_names(const void *object, struct config_check *check)
{
	const struct discovery_config *config = object;
	const struct discovery_core_config *cores = config->cores.items;

	for (size_t i = 0; i < config->cores.count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(cores[i].name, cores[j].name) == 0)
				config_complain(
					check, "cores",
					"items %zu and %zu are both named \"%s\"; each needs "
					"a name of its own",
					j + 1, i + 1, cores[i].name);
}

const struct config_table discovery_config_table = {
	.name = "hello",
	.help = "Taking hellos in and relaying them to provisioning cores.",
	.size = sizeof(struct discovery_config),
	KEYS(keys),
	.check = check_names,
};
