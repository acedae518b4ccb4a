/* SPDX-License-Identifier: ISC */
/*
 * kea_config: what a kea-dhcp4 configuration gives to ME clients, subnet by subnet, with what they inherit:
 * global, then the client class, the shared network, the subnet (Kea's own order of preference), and the
 * settings around them that provisioning needs. Judges nothing. The only file of this folder that sees
 * <json-c/> besides the reports; pure, apart from the heap.
 */
#pragma once

#include "common/addr.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEA_SERVERS_MAX 16
#define KEA_SUBNETS_MAX 65536
#define KEA_NAME 256

struct kea_options {
	bool has_domain;
	char domain[KEA_NAME]; /* option 15, as it stands there */
	bool has_servers;
	struct addr servers[KEA_SERVERS_MAX]; /* option 6; those beyond are left out */
	size_t server_count;
	bool bad_servers; /* an item is no address */
};

struct kea_subnet {
	uint32_t id;   /* 0 = not given */
	char *prefix;  /* "10.81.1.0/24" */
	char *network; /* of the shared network, NULL = none */
	char *pool; /* NULL = the subnet itself, else this row is a pool that overrides options */
	bool has_pool;
	struct kea_options options;
	bool match_client_id;
	bool ddns;             /* ddns-send-updates */
	char replace_name[32]; /* ddns-replace-client-name, "never" by default */
};

struct kea_config {
	struct kea_subnet *subnets;
	size_t subnet_count;
	bool d2;                     /* dhcp-ddns.enable-updates */
	bool control_socket;         /* a Unix one */
	bool lease_cmds;             /* libdhcp_lease_cmds is loaded */
	bool tuning_after;           /* libdhcp_ddns_tuning is loaded, and after our hook */
	bool hook;                   /* libdhcp_amtnet is loaded */
	char take_over[KEA_NAME];    /* of our hook; "class" by default, several with ", " */
	char client_class[KEA_NAME]; /* "intel-me" by default */
	bool class_defined;          /* that class is there */
	bool class_tested;           /* and has a test, or is assigned otherwise on purpose */
	bool class_late;             /* but is evaluated only after the lease was chosen */
};

/* `text` is plain JSON (kea_text.h). 0; -EINVAL with the sentence, which is about the byte *ret_at of it, or
 * about the whole where that is `length`; or another negative errno. */
int kea_config_parse(const char *text, size_t length, struct kea_config *ret, size_t *ret_at,
		     struct err *err);
void kea_config_done(struct kea_config *config);
