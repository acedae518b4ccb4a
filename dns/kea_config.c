/* SPDX-License-Identifier: ISC */
#include "dns/dns.h"
#include "dns/kea.h"

#include <string.h>

#define SECOND 1000LL
#define DAY (24 * 3600 * SECOND)

static const struct config_key kea_keys[] = {
	{.name = "dhcp4-socket",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct kea_config, dhcp4_socket),
	 .help = "Path of kea-dhcp4's control socket, by which its leases are compared with DNS; "
		 "Kea "
		 "needs the hook library lease_cmds. Without it nothing is compared."},
	{.name = "dhcp6-socket",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct kea_config, dhcp6_socket),
	 .help = "The same of kea-dhcp6."},
	{.name = "interval",
	 .kind = CONFIG_DURATION,
	 .fallback = "10m",
	 .min = 10 * SECOND,
	 .max = DAY,
	 .offset = offsetof(struct kea_config, interval_ms),
	 .help = "Time between two comparisons; events that were lost bring one about at once."},
	{.name = "timeout",
	 .kind = CONFIG_DURATION,
	 .fallback = "10s",
	 .min = SECOND,
	 .max = 120 * SECOND,
	 .offset = offsetof(struct kea_config, timeout_ms),
	 .help = "How long Kea may take for one page of 1000 leases."},
	{.name = "guard-percent",
	 .kind = CONFIG_INT,
	 .fallback = "20",
	 .min = 0,
	 .max = 100,
	 .offset = offsetof(struct kea_config, guard_percent),
	 .help = "Where more names than this share would go at once, and guard-names at least, "
		 "none goes "
		 "until amtnetctl reconcile --confirm."},
	{.name = "guard-names",
	 .kind = CONFIG_INT,
	 .fallback = "20",
	 .min = 1,
	 .max = 1000000,
	 .offset = offsetof(struct kea_config, guard_names),
	 .help = "So few names may always go at once, unless none is left."},
};

static void check_path(struct config_check *check, const char *key, const char *path)
{
	if (!path || !*path)
		return;
	if (*path != '/')
		config_complain(check, key, "\"%s\" is not an absolute path", path);
	else if (strlen(path) > KEA_PATH_MAX)
		config_complain(check, key,
				"a socket's path may have %d characters, this one has %zu",
				KEA_PATH_MAX, strlen(path));
}

static void check_kea(const void *object, struct config_check *check)
{
	const struct kea_config *kea = object;

	check_path(check, "dhcp4-socket", kea->dhcp4_socket);
	check_path(check, "dhcp6-socket", kea->dhcp6_socket);
}

const struct config_table kea_config_table = {
	.name = "kea",
	.help = "Where the truth about leases is.",
	.size = sizeof(struct kea_config),
	.keys = kea_keys,
	.count = sizeof(kea_keys) / sizeof(*kea_keys),
	.check = check_kea,
};
