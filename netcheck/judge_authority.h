/* SPDX-License-Identifier: ISC */
/*
 * judge_authority: whether the authoritative servers of a zone give the same addresses for the
 * provisioning name, and whether the resolvers that PCs ask still have an older answer. Pure.
 */
#pragma once

#include "netcheck/check.h"

#define AUTHORITY_SERVERS 16

struct judge_authority_server {
	struct hostname name;           /* of the NS record */
	struct addr addr;               /* ADDR_NONE = its address could not be found */
	struct probe_dns_answer answer; /* to the provisioning name, without recursion */
};

/* A server that PCs ask, whose answer may come from its cache. */
struct judge_authority_resolver {
	struct endpoint server;
	struct probe_dns_answer answer;
};

struct judge_authority {
	struct hostname name; /* ProvisionServer.corp.example */
	struct hostname zone; /* that it lies in; "" = not found */
	uint32_t negative_s;  /* of its SOA record */
	struct judge_authority_server servers[AUTHORITY_SERVERS];
	size_t server_count;
	struct judge_authority_resolver resolvers[AUTHORITY_SERVERS];
	size_t resolver_count;
};

void judge_authority(const struct judge_authority *seen, check_sink *sink, void *user);
