/* SPDX-License-Identifier: ISC */
/*
 * site: the site file of `amtnet-check site` as config tables: what must be true at a site before PCs
 * can be provisioned there. Touches only the named file.
 */
#pragma once

#include "common/config.h"
#include "netcheck/target.h"

struct site_server_config {
	struct hostname name;         /* first label of the provisioning name */
	struct config_list addresses; /* struct addr */
	int64_t port;
};

struct site_subnet_config {
	char *name;
	struct prefix prefix;
	struct config_list targets; /* char *, as target_add() reads them */
};

struct site_certificate_config {
	char *file;                /* NULL = not to be checked */
	char *password_file;       /* NULL = none */
	struct config_list hellos; /* char *, files */
};

/* On a link, or as a relay. */
struct site_dhcp_config {
	char *interface; /* NULL = as a relay */
	struct addr server, relay, subnet;
};

/* A responder that works along (amtnet-check respond --pair). */
struct site_pair_config {
	struct endpoint with;
	char *code_file;
};

/* The key that registers names. */
struct site_update_config {
	char *key;     /* NULL = not to be checked */
	int algorithm; /* enum tsig_algorithm */
	struct config_secret secret;
	struct config_list zones; /* struct hostname; none = those of the suffixes and subnets */
	struct endpoint primary;  /* without an address: as the zone's SOA record says */
};

struct site_config {
	char *name;
	struct site_server_config server;
	struct config_list suffixes;     /* struct hostname */
	struct config_list name_servers; /* struct endpoint */
	struct config_list ports;        /* int64_t */
	bool hello;
	char *daemon; /* control socket of the amtnetd that takes the hello; NULL = not here */
	struct site_certificate_config certificate;
	struct site_update_config update;
	struct config_list kea_configs;  /* char *, files */
	struct config_list dhcp;         /* struct site_dhcp_config */
	struct config_list pairs;        /* struct site_pair_config */
	struct config_list home_domains; /* struct hostname */
	bool amt;
	int64_t rate;               /* connection attempts per second */
	struct config_list subnets; /* struct site_subnet_config */
};

extern const struct config_table site_config_table;

/* The addresses of a valid subnet. 0 or -ENOMEM. */
int site_targets(const struct site_subnet_config *subnet, struct target_list *ret);
