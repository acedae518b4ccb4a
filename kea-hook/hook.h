/* SPDX-License-Identifier: ISC */
/*
 * hook: the door of libdhcp_amtnet: classify, then option 81 (or 39), then the event, then the sender.
 *
 * The shims ask it from these callouts of Kea, and from no other (those of DHCPv6 in brackets):
 *
 *   buffer4_receive  hook_repair(): before Kea reads the packet and would drop it.
 *   ddns4_update     hook_takes_over(): for such a client Kea's own DDNS is told to do nothing, which
 *   [ddns6_update]   leaves every other client to Kea's D2.
 *   lease4_select,   hook_decide_tag(): what the lease's user-context says, before the lease is stored. The
 *   lease4_renew     shim notes the subnet id and whether the lease is new; nowhere else does a
 *   [.., _rebind]    callout of Kea 2.2 see both without fetching the subnet, whose type changed.
 *   pkt4_send        hook_answer(): here the domain and the lifetime of the answer are known, Kea has
 *   [pkt6_send]      written its option 81 (N=1 after any change in ddns4_update), and the lease is
 *                    stored. The event therefore goes out with the DHCPACK and never without, also
 *                    where Kea 3 answers from a cached lease and writes nothing.
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

/* Starts the sender; `params` is complete (params_done) and copied. 0, or a negative errno with the
 * sentence. */
int hook_new(struct hook **ret, const struct params *params, const char *kea_version,
	     struct err *err);
/* Bounded in time; takes NULL. */
void hook_free(struct hook *hook);

/* Mends a malformed option 81 (39) in a packet where it lies; counts what was wrong. Gives the octets
 * by which the packet has to become longer for hook_repair_truncated() to keep the option; 0 = it is
 * done. */
size_t hook_repair(struct hook *hook, bool ip6, uint8_t *packet, size_t size);
/* `size` is the packet's as it was, `room` the octets behind it; 0 = there is no memory for more. */
void hook_repair_truncated(struct hook *hook, uint8_t *packet, size_t size, size_t room);

struct hook_query {
	bool ip6;
	const uint8_t
		*packet; /* borrowed: the client's packet as it came, from its first byte on */
	size_t size;
	uint32_t classes; /* bit i: a member of classes[i] of the parameters */
	struct mac mac;   /* DHCPv6 only, where Kea finds it; in DHCPv4 it is in the packet */
};

/* True when amtnet, and not Kea, registers this client's names. *ret_name is then a name for Kea's
 * own books, never empty; may be NULL. */
bool hook_takes_over(struct hook *hook, const struct hook_query *query, struct hostname *ret_name);

/* The entry "amtnet" of the lease's user-context, docs/lease-socket.md, "The tag of a lease". */
struct hook_tag {
	const char *by;       /* NULL: there must be none */
	enum take_over way;   /* the same as a number */
	bool keep;            /* an entry that is there stays: the domain is not known yet */
	struct hostname name; /* "" = none is known */
	bool forward, reverse;
};

/* False when leases are not tagged at all. */
bool hook_decide_tag(struct hook *hook, const struct hook_query *query, uint32_t subnet_id,
		     struct hook_tag *ret);
/* The user-context is not a map, so the tag could not be written. */
void hook_count_no_map(struct hook *hook);

#define HOOK_GIVEN_MAX 8

struct hook_reply {
	bool acknowledges;  /* a DHCPACK or REPLY, otherwise a DHCPOFFER or ADVERTISE */
	bool renews;        /* the client had this lease before */
	uint32_t subnet_id; /* Kea's, 0 when it was not learnt */
	struct {
		struct addr address;
		uint32_t lifetime_s; /* valid lifetime, as the client is told */
	} given[HOOK_GIVEN_MAX];
	size_t given_count;    /* at least 1; always 1 in DHCPv4 */
	const uint8_t *domain; /* option 15, or the first name of 24; NULL = the answer has none */
	size_t domain_size;
	bool has_servers; /* option 6, or 23, with at least one address */
	/* What a client has to get: always in DHCPv4, what it asks for in DHCPv6. */
	bool owes_domain, owes_servers;
};

/* What the shim has to do; bits. */
enum {
	HOOK_WRITE_FQDN = 1 << 0,     /* replace option 81 (39) of the answer with *ret_fqdn */
	HOOK_SAY_NO_DOMAIN = 1 << 1,  /* log that answers here lack a domain; once a subnet */
	HOOK_SAY_NO_SERVERS = 1 << 2, /* the same of name servers */
};

int hook_answer(struct hook *hook, const struct hook_query *query, const struct hook_reply *reply,
		struct lease_bytes *ret_fqdn);

struct hook_ended {
	enum lease_change change; /* LEASE_RELEASED, LEASE_EXPIRED or LEASE_DECLINED */
	struct addr address;
	uint32_t subnet_id;
	struct mac mac;               /* of the lease */
	struct lease_bytes client_id; /* of the lease: option 61, or the DUID */
	uint32_t flags;               /* LEASE_FLAG_*, as the lease's tag has them; 0 = no tag */
	struct hostname name;         /* of the tag; "" = none */
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

#define HOOK_ROWS 48

/* Connection and counters; returns how many rows were written. Takes the sender's lock. */
size_t hook_status(struct hook *hook, struct hook_row ret[HOOK_ROWS]);
/* An entry caught an exception. */
void hook_count_exception(struct hook *hook);
