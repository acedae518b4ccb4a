/* SPDX-License-Identifier: ISC */
#include "daemon/settings.h"

#include "common/log.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct config_key control_keys[] = {
	{.name = "socket",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct control_config, socket),
	 .fallback = SETTINGS_CONTROL_SOCKET,
	 .help = "Path of the socket that amtnetctl asks."},
	{.name = "group",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct control_config, group),
	 .help = "Group that may ask; without it only the daemon's own user and group."},
};

static const struct config_table control_table = {
	.name = "control",
	.help = "The control socket.",
	.size = sizeof(struct control_config),
	.keys = control_keys,
	.count = COUNT(control_keys),
};

static const struct config_key log_keys[] = {
	{.name = "level",
	 .kind = CONFIG_ENUM,
	 .offset = offsetof(struct log_config, level),
	 .choices = log_level_names,
	 .fallback = "info",
	 .help = "Lines above this level are not written."},
};

static const struct config_table log_table = {
	.name = "log",
	.help = "What goes to standard error.",
	.size = sizeof(struct log_config),
	.keys = log_keys,
	.count = COUNT(log_keys),
};

static const struct config_key metrics_keys[] = {
	{.name = "port",
	 .kind = CONFIG_INT,
	 .max = 65535,
	 .offset = offsetof(struct metrics_config, port),
	 .fallback = "0",
	 .help = "Port on 127.0.0.1 with a status page under / and Prometheus' text format under "
		 "/metrics; 0 for none."},
};

static const struct config_table metrics_table = {
	.name = "metrics",
	.help = "The counters over HTTP.",
	.size = sizeof(struct metrics_config),
	.keys = metrics_keys,
	.count = COUNT(metrics_keys),
};

static const struct config_key settings_keys[] = {
	{.name = "state",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct settings, state),
	 .fallback = "/var/lib/amtnet/amtnetd.db",
	 .help = "Path of the database; created when missing."},
	{.name = "log",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct settings, log),
	 .table = &log_table,
	 .help = "What goes to standard error."},
	{.name = "control",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct settings, control),
	 .table = &control_table,
	 .help = "The control socket."},
	{.name = "metrics",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct settings, metrics),
	 .table = &metrics_table,
	 .help = "The counters over HTTP."},
	{.name = "lease",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct settings, lease),
	 .table = &lease_config_table,
	 .help = "Where the Kea hook brings lease changes."},
	{.name = "kea",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct settings, kea),
	 .table = &kea_config_table,
	 .help = "The lease store that is compared with DNS."},
	{.name = "dns",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct settings, dns),
	 .table = &dns_config_table,
	 .help = "Zones, their servers and keys."},
	{.name = "provision-server",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct settings, publish),
	 .table = &publish_config_table,
	 .help = "The record by which PCs find the provisioning server."},
	{.name = "hello",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct settings, hello),
	 .table = &discovery_config_table,
	 .help = "Where hellos arrive and which cores get them."},
};

static void check_settings(const void *object, struct config_check *check)
{
	const struct settings *settings = object;

	dns_config_check_publish(&settings->dns, &settings->publish, "provision-server", check);
}

const struct config_table settings_table = {
	.name = "amtnetd.yaml",
	.help = "The configuration of amtnetd.",
	.size = sizeof(struct settings),
	.keys = settings_keys,
	.count = COUNT(settings_keys),
	.check = check_settings,
};

int settings_new(struct settings **ret, const char *path, struct config_errors *errors)
{
	struct settings *settings = calloc(1, sizeof(*settings));

	if (!settings)
		return -ENOMEM;
	int result = config_load(path, &settings_table, settings, errors);
	if (result < 0) {
		free(settings);
		return result;
	}
	*ret = settings;
	return 0;
}

void settings_free(struct settings *settings)
{
	if (!settings)
		return;
	config_free(&settings_table, settings);
	free(settings);
}
