/* SPDX-License-Identifier: ISC */
/*
 * probe_dhcp: sends DISCOVERs with both encodings of option 81, and an INFORM, on a link or as a relay, and
 * hands over every answer that comes back within the time. Requests nothing, so no lease is taken. On a
 * link it needs CAP_NET_RAW (also for an interface without an address, and beside a DHCP client), and an
 * address of the interface for the INFORM; as a relay a free UDP port 67, and 68 for the INFORM.
 */
#pragma once

#include "common/endpoint.h"
#include "netcheck/dhcp.h"

struct event_base;

struct probe_dhcp_question {
	char interface[16]; /* on this link; "" = as a relay */
	struct addr server; /* as a relay: who is asked */
	struct addr relay;  /* as a relay: our address, where answers go */
	struct addr link;   /* as a relay: an address of the subnet asked about; ADDR_NONE = ours */
	struct mac mac;     /* length 0 = a random one, locally administered */
	struct hostname name; /* of option 81 */
};

struct probe_dhcp;

struct probe_dhcp_calls {
	/* `source` sent the packet; on a link that is the server or a relay. */
	void (*on_offer)(enum dhcp_ask ask, const struct dhcp_offer *offer, struct addr source,
			 void *user);
	/* A packet for us that is broken. */
	void (*on_bad)(struct addr source, const char *words, void *user);
	/* Once, never from inside of start, at the end of the time; the probe is gone after it. */
	void (*on_end)(void *user);
};

#define PROBE_DHCP_ROUNDS 3
#define PROBE_DHCP_INFORM_ROUNDS 2
#define PROBE_DHCP_ROUND_MS 1500

/* 0, or negative errno with the sentence (-EPERM: no privilege). `calls` is borrowed. */
int probe_dhcp_start(struct probe_dhcp **ret, struct event_base *base,
		     const struct probe_dhcp_question *question,
		     const struct probe_dhcp_calls *calls, void *user, struct err *err);
/* Why no INFORM is sent; NULL where one is. */
const char *probe_dhcp_no_inform(const struct probe_dhcp *probe);
/* Instead of on_end; takes NULL. */
void probe_dhcp_cancel(struct probe_dhcp *probe);
