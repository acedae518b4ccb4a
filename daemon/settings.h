/* SPDX-License-Identifier: ISC */
/*
 * settings: the whole of amtnetd.yaml. Joins the modules' tables under one root; what a key means stands
 * in its module's table.
 */
#pragma once

#include "common/config.h"
#include "discovery/discovery.h"
#include "dns/dns.h"

struct control_config {
	char *socket;
	char *group; /* NULL = the daemon's own */
};

struct log_config {
	int level; /* enum log_level */
};

struct metrics_config {
	int64_t port; /* 0 = off */
};

struct settings {
	char *state; /* path of the database */
	struct log_config log;
	struct metrics_config metrics;
	struct control_config control;
	struct lease_config lease;
	struct kea_config kea;
	struct dns_config dns;
	struct publish_config publish;
	struct discovery_config hello;
};

extern const struct config_table settings_table;

/* Where amtnetd and amtnetctl meet when nobody says otherwise. */
#define SETTINGS_PATH "/etc/amtnet/amtnetd.yaml"
#define SETTINGS_CONTROL_SOCKET "/run/amtnet/control.sock"

/* A heap copy of the file's settings. -EINVAL with every error in *errors. */
int settings_new(struct settings **ret, const char *path, struct config_errors *errors);
void settings_free(struct settings *settings);
