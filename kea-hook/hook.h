/* SPDX-License-Identifier: ISC */
/*
 * hook: the door of libdhcp_amtnet: classify, then option 81, then the event, then the sender.
 *
 * The shim asks it from these callouts of Kea, and from no other:
 *
 *   ddns4_update     hook_takes_over(): for such a client Kea's own DDNS is told to do nothing, which
 *                    leaves every other client to Kea's D2.
 *   lease4_select,   (shim only) note the subnet id, and whether the lease is new; nowhere else does
 *   lease4_renew     a callout of Kea 2.2 see both without fetching the subnet, whose type changed.
 *   pkt4_send        hook_answer(): here option 15 and the lifetime of the answer are known, Kea has
 *                    written its option 81 (N=1 after any change in ddns4_update), and the lease is
 *                    stored. The event therefore goes out with the DHCPACK and never without.
 *   lease4_release,  hook_end(): seen before Kea strips the client's identity from the lease.
 *   lease4_decline
 *   lease4_expire    hook_end(): the main thread under the allocation lock; only a push.
 *
 * leases4_committed is left out on purpose: its mere registration makes Kea park and unpark every
 * packet, and in Kea 2.2 it does not see the answer.
 *
 * Every function may be called from any thread, makes no system call and never fails: what cannot
 * be done is counted. Nothing of Kea is known here.
 */
#pragma once

#include "common/err.h"
#include "common/lease.h"
#include "kea-hook/params.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hook;

/* Starts the sender; `params` is copied. 0, or a negative errno with the sentence. */
int hook_new(struct hook **ret, const struct params *params, const char *kea_version,
	     struct err *err);
/* Bounded in time; takes NULL. */
void hook_free(struct hook *hook);

/* The class that the shim is to ask Kea about; NULL when the class does not matter. */
const char *hook_class(const struct hook *hook);

struct hook_query {
	const uint8_t *packet; /* borrowed: the client's packet as it came, from `op` on */
	size_t size;
	bool in_class; /* of hook_class() */
};

/* True when amtnet, and not Kea, registers this client's names. */
bool hook_takes_over(struct hook *hook, const struct hook_query *query);

struct hook_reply {
	bool acknowledges;     /* a DHCPACK, otherwise a DHCPOFFER */
	bool renews;           /* the client had this lease before */
	uint32_t address;      /* yiaddr in host order, never 0 */
	uint32_t subnet_id;    /* Kea's, 0 when it was not learnt */
	uint32_t lifetime_s;   /* option 51 */
	const uint8_t *domain; /* option 15, NULL when the answer has none */
	size_t domain_size;
};

/* What the shim has to do; bits. */
enum {
	HOOK_WRITE_OPTION81 = 1 << 0, /* replace option 81 of the answer with *ret_option81 */
	HOOK_SAY_NO_DOMAIN = 1 << 1,  /* log that answers here lack option 15; once a subnet */
};

int hook_answer(struct hook *hook, const struct hook_query *query, const struct hook_reply *reply,
		struct lease_bytes *ret_option81);

struct hook_ended {
	enum lease_change change; /* LEASE_RELEASED, LEASE_EXPIRED or LEASE_DECLINED */
	uint32_t address;         /* host order */
	uint32_t subnet_id;
	struct mac mac;               /* of the lease */
	struct lease_bytes client_id; /* of the lease */
};

/* `query` is NULL on expiry, where there is no packet and so no class is known. */
void hook_end(struct hook *hook, const struct hook_query *query, const struct hook_ended *ended);

/* An operator asks the daemon to compare its names with the leases. False: it is not connected, and
 * will be asked when it is. */
bool hook_resync(struct hook *hook);

/* One line of the status, a number or a text. */
struct hook_row {
	const char *name;
	bool is_text;
	uint64_t number;
	char text[512];
};

#define HOOK_ROWS 32

/* Connection and counters; returns how many rows were written. */
size_t hook_status(struct hook *hook, struct hook_row ret[HOOK_ROWS]);
/* An entry caught an exception. */
void hook_count_exception(struct hook *hook);
