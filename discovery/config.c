/* SPDX-License-Identifier: ISC */
#include "discovery/discovery.h"

#include "common/hello.h"
#include "discovery/delivery.h"

#include <ctype.h>
#include <string.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define DAY_MS (24 * 60 * MINUTE_MS)
#define NAME_MAX_LETTERS 32
#define KEYS(list) .keys = (list), .count = sizeof(list) / sizeof((list)[0])

static const char *const kinds[] = {[DISCOVERY_RELAY_TCP] = "tcp", NULL};
static const char *const confirms[] = {
	[DISCOVERY_CONFIRM_CLOSE] = "close",
	[DISCOVERY_CONFIRM_ACKNOWLEDGED] = "acknowledged",
	NULL,
};

static const struct config_key core_keys[] = {
	{
		.name = "name",
		.kind = CONFIG_TEXT,
		.required = true,
		.offset = offsetof(struct discovery_core_config, name),
		.help = "What the core is called in rows, log lines and the database; a core under "
			"a "
			"new name is a new core.",
	},
	{
		.name = "kind",
		.kind = CONFIG_ENUM,
		.offset = offsetof(struct discovery_core_config, kind),
		.fallback = "tcp",
		.choices = kinds,
		.help = "How hellos reach the core; tcp: one connection per hello, as from a PC, "
			"but "
			"from this host's address.",
	},
	{
		.name = "address",
		.kind = CONFIG_ENDPOINT,
		.required = true,
		.offset = offsetof(struct discovery_core_config, address),
		.min = HELLO_PORT,
		.help = "Where the core listens for hellos.",
	},
	{
		.name = "confirm",
		.kind = CONFIG_ENUM,
		.offset = offsetof(struct discovery_core_config, confirm),
		.fallback = "close",
		.choices = confirms,
		.help = "When the core has a hello: once it closes its side of the connection, or, "
			"for "
			"a core that leaves connections open, once it acknowledged all bytes.",
	},
	{
		.name = "timeout",
		.kind = CONFIG_DURATION,
		.offset = offsetof(struct discovery_core_config, timeout_ms),
		.min = 100,
		.max = 10 * MINUTE_MS,
		.fallback = "10s",
		.help = "Time to connect, and again for the core to take the hello and close.",
	},
	{
		.name = "give-up-after",
		.kind = CONFIG_DURATION,
		.offset = offsetof(struct discovery_core_config, give_up_ms),
		.min = MINUTE_MS,
		.max = 3650 * DAY_MS,
		.fallback = "30d",
		.help = "Age at which a hello that the core did not take is given up.",
	},
};

/* Names stand in rows and metrics, and tell the cores apart in the database. */
static void check_core(const void *object, struct config_check *check)
{
	const char *name = ((const struct discovery_core_config *)object)->name;
	size_t length = strlen(name);
	bool good = length > 0 && length <= NAME_MAX_LETTERS;

	for (size_t i = 0; i < length; i++)
		good = good && (isalnum((unsigned char)name[i]) || strchr("-_.", name[i]));
	if (!good)
		config_complain(check, "name", "must be 1 to %d letters, digits, '-', '_' and '.'",
				NAME_MAX_LETTERS);
}

static const struct config_table core_table = {
	.name = "hello.cores",
	.help = "A provisioning core that hellos are relayed to.",
	.size = sizeof(struct discovery_core_config),
	KEYS(core_keys),
	.check = check_core,
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
		.table = &core_table,
		.help = "The provisioning cores; without any, hellos are only recorded.",
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
