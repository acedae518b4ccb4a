/* SPDX-License-Identifier: ISC */
/*
 * config_tables: tables with every kind of key, as small as a test of config allows. The whole is
 * settings_table over struct settings.
 */
#pragma once

#include "common/config.h"

#include <string.h>

struct key {
	struct hostname name;
	int algorithm;
	struct config_secret secret;
};

struct zone {
	struct hostname name;
	struct config_list servers;
	char *key;
};

struct dns {
	int64_t ttl_ms, refresh_ms, workers;
	bool verify;
	struct config_list servers, keys, zones, ports;
};

struct hello {
	struct config_list listen, allow, cores;
};

struct settings {
	char *state;
	struct {
		char *socket;
		struct addr from;
	} control;
	struct dns dns;
	struct hello hello;
};

static const char *const algorithms[] = {"hmac-sha256", "hmac-sha512", NULL};

static const struct config_key key_keys[] = {
	{.name = "name",
	 .kind = CONFIG_HOSTNAME,
	 .required = true,
	 .offset = offsetof(struct key, name),
	 .help = "the key's name, as the name server knows it"},
	{.name = "algorithm",
	 .kind = CONFIG_ENUM,
	 .offset = offsetof(struct key, algorithm),
	 .choices = algorithms,
	 .fallback = "hmac-sha256",
	 .help = "the MAC"},
	{.name = "secret-file",
	 .kind = CONFIG_SECRET,
	 .offset = offsetof(struct key, secret),
	 .help = "where the secret is"},
};

static const struct config_table key_table = {
	.name = "a key", .size = sizeof(struct key), .keys = key_keys, .count = 3};

static const struct config_key zone_keys[] = {
	{.name = "name",
	 .kind = CONFIG_HOSTNAME,
	 .required = true,
	 .offset = offsetof(struct zone, name),
	 .help = "the zone"},
	{.name = "servers",
	 .kind = CONFIG_ENDPOINT,
	 .list = true,
	 .min = 53,
	 .max = 4,
	 .offset = offsetof(struct zone, servers),
	 .help = "its name servers"},
	{.name = "key",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct zone, key),
	 .help = "the name of a key"},
};

static const struct config_table zone_table = {
	.name = "a zone", .size = sizeof(struct zone), .keys = zone_keys, .count = 3};

static const struct config_key dns_keys[] = {
	{.name = "ttl",
	 .kind = CONFIG_DURATION,
	 .min = 1000,
	 .max = 604800000,
	 .offset = offsetof(struct dns, ttl_ms),
	 .fallback = "20m",
	 .help = "how long answers may be kept"},
	{.name = "refresh",
	 .kind = CONFIG_DURATION,
	 .min = 1000,
	 .max = 604800000,
	 .offset = offsetof(struct dns, refresh_ms),
	 .help = "none unless given"},
	{.name = "workers",
	 .kind = CONFIG_INT,
	 .min = -1,
	 .max = 16,
	 .offset = offsetof(struct dns, workers),
	 .fallback = "4",
	 .help = "how many at once"},
	{.name = "verify",
	 .kind = CONFIG_BOOL,
	 .offset = offsetof(struct dns, verify),
	 .help = "ask afterwards"},
	{.name = "servers",
	 .kind = CONFIG_ADDR,
	 .list = true,
	 .offset = offsetof(struct dns, servers),
	 .help = "addresses"},
	{.name = "keys",
	 .kind = CONFIG_TABLE,
	 .list = true,
	 .offset = offsetof(struct dns, keys),
	 .table = &key_table,
	 .help = "TSIG keys"},
	{.name = "zones",
	 .kind = CONFIG_TABLE,
	 .list = true,
	 .offset = offsetof(struct dns, zones),
	 .table = &zone_table,
	 .help = "zones"},
	{.name = "ports",
	 .kind = CONFIG_INT,
	 .list = true,
	 .min = 1,
	 .max = 65535,
	 .most = 2,
	 .offset = offsetof(struct dns, ports),
	 .help = "ports"},
};

/* A zone names a key that exists. */
static void check_dns(const void *object, struct config_check *check)
{
	const struct dns *dns = object;
	const struct zone *zones = dns->zones.items;
	const struct key *keys = dns->keys.items;

	for (size_t at = 0; at < dns->zones.count; at++) {
		char path[32];
		bool known = zones[at].key == NULL;

		for (size_t key = 0; key < dns->keys.count && !known; key++)
			known = strcmp(zones[at].key, keys[key].name.text) == 0;
		snprintf(path, sizeof(path), "zones[%zu].key", at);
		if (!known)
			config_complain(check, path, "no key has the name \"%s\"", zones[at].key);
	}
}

static const struct config_table dns_table = {.name = "dns",
					      .size = sizeof(struct dns),
					      .keys = dns_keys,
					      .count = 8,
					      .check = check_dns};

static const struct config_key hello_keys[] = {
	{.name = "listen",
	 .kind = CONFIG_ENDPOINT,
	 .list = true,
	 .offset = offsetof(struct hello, listen),
	 .fallback = "[0.0.0.0:9971, \"[::]:9971\"]",
	 .help = "where hellos arrive"},
	{.name = "allow",
	 .kind = CONFIG_PREFIX,
	 .list = true,
	 .offset = offsetof(struct hello, allow),
	 .help = "networks"},
	{.name = "cores",
	 .kind = CONFIG_TEXT,
	 .list = true,
	 .offset = offsetof(struct hello, cores),
	 .help = "names"},
};

static const struct config_table hello_table = {
	.name = "hello", .size = sizeof(struct hello), .keys = hello_keys, .count = 3};

static const struct config_key control_keys[] = {
	{.name = "socket",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct settings, control.socket) - offsetof(struct settings, control),
	 .fallback = "/run/amtnet/control.sock",
	 .help = "the path"},
	{.name = "from",
	 .kind = CONFIG_ADDR,
	 .offset = offsetof(struct settings, control.from) - offsetof(struct settings, control),
	 .help = "an address"},
};

static const struct config_table control_table = {.name = "control",
						  .size = sizeof(((struct settings *)0)->control),
						  .keys = control_keys,
						  .count = 2};

static const struct config_key settings_keys[] = {
	{.name = "state",
	 .kind = CONFIG_TEXT,
	 .required = true,
	 .offset = offsetof(struct settings, state),
	 .help = "the database"},
	{.name = "control",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct settings, control),
	 .table = &control_table},
	{.name = "dns",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct settings, dns),
	 .table = &dns_table},
	{.name = "hello",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct settings, hello),
	 .table = &hello_table},
};

static const struct config_table settings_table = {
	.name = "the file", .size = sizeof(struct settings), .keys = settings_keys, .count = 4};
