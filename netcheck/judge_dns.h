/* SPDX-License-Identifier: ISC */
/*
 * judge_dns: from answers of name servers to results. Pure.
 */
#pragma once

#include "netcheck/check.h"

/* What one server said about the provisioning name of one suffix. */
struct judge_dns_provision {
	struct hostname name; /* ProvisionServer.corp.example */
	struct endpoint server;
	const struct addr *expected; /* none: any address is good */
	size_t expected_count;
	const struct probe_dns_answer *a;
	const struct probe_dns_answer *aaaa; /* NULL when IPv6 is not expected */
};

void judge_dns_provision(const struct judge_dns_provision *seen, check_sink *sink, void *user);

/* `answers` of all servers for one name; a result only where two that answered differ. */
void judge_dns_agree(const struct hostname *name, const struct endpoint *servers,
		     const struct probe_dns_answer *const *answers, size_t count, check_sink *sink,
		     void *user);

#define JUDGE_DNS_PROMPT_US 500000

void judge_dns_bare(const struct hostname *name, const struct endpoint *server,
		    const struct probe_dns_answer *answer, check_sink *sink, void *user);

/* A host name that must have `addr`, and whose address must point back. */
void judge_dns_host(const struct hostname *name, struct addr addr, const struct endpoint *server,
		    const struct probe_dns_answer *forward, const struct probe_dns_answer *reverse,
		    check_sink *sink, void *user);

/* What is known of the name at one address. */
enum judge_dns_name {
	JUDGE_DNS_NAME_GOOD,      /* PTR exists and its name has the address */
	JUDGE_DNS_NAME_MISSING,   /* no PTR */
	JUDGE_DNS_NAME_ELSEWHERE, /* its name has other addresses, or none */
	JUDGE_DNS_NAME_UNKNOWN,   /* the server did not say */
};

struct judge_dns_target {
	struct addr addr;
	enum judge_dns_name state;
	struct hostname name;     /* what the PTR says */
	struct addr forward;      /* ELSEWHERE: the first address that the name has */
	enum probe_dns_kind kind; /* UNKNOWN: why */
};

/* The names of a subnet's addresses: one result per state. */
void judge_dns_names(const char *group, const struct judge_dns_target *targets, size_t count,
		     check_sink *sink, void *user);
