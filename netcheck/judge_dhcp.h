/* SPDX-License-Identifier: ISC */
/*
 * judge_dhcp: from the answers of DHCP servers to what a PC will make of them. Pure.
 */
#pragma once

#include "common/hostname.h"
#include "netcheck/check.h"
#include "netcheck/dhcp.h"

#define JUDGE_DHCP_SERVERS 16

/* One server, by option 54, or by where its offer came from. */
struct judge_dhcp_server {
	struct addr server;
	struct addr source; /* of its last offer: itself, or a relay */
	bool answered[DHCP_ASKS];
	struct dhcp_offer offers[DHCP_ASKS]; /* the last of each; of INFORM, what it acknowledges */
};

struct judge_dhcp {
	const char *where;               /* "on eth0", "as relay 192.0.2.1" */
	struct hostname name;            /* sent in option 81 */
	const struct hostname *suffixes; /* that may be offered; none: any */
	size_t suffix_count;
	struct judge_dhcp_server servers[JUDGE_DHCP_SERVERS];
	size_t server_count;
	size_t more;           /* servers beyond */
	const char *no_inform; /* why it was not asked; NULL = it was */
};

/* Takes an offer into account. */
void judge_dhcp_note(struct judge_dhcp *seen, enum dhcp_ask ask, const struct dhcp_offer *offer,
		     struct addr source);
void judge_dhcp(const struct judge_dhcp *seen, check_sink *sink, void *user);
