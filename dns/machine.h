/* SPDX-License-Identifier: ISC */
/*
 * machine: what is known of the machine behind a hardware address, which its host OS and its ME share:
 * the client ids that were seen for it, and where its ME and its host have their addresses. Pure; in memory only, since
 * every lease event tells it again. At most MACHINE_MAX machines; the one that was heard of longest ago
 * makes room.
 */
#pragma once

#include "common/addr.h"
#include "common/lease.h"
#include "common/mac.h"
#include "dns/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_MAX 200000
#define MACHINE_IDS_MAX 4 /* client ids; a fifth one takes the oldest one's place */

struct machine_table;

/* `seed` is for the hash, any random number. 0 or -ENOMEM. */
int machine_table_new(struct machine_table **ret, uint64_t seed);
void machine_table_free(struct machine_table *table);
size_t machine_count(const struct machine_table *table);

/* The machine's ME, or its host, has a lease at `address` under this client id (length 0 = none): option
 * 61 with an IPv4 address, a DUID with an IPv6 address. Nothing happens without a hardware address or
 * memory. */
void machine_saw(struct machine_table *table, struct mac mac, struct addr address,
		 const struct lease_bytes *client_id, bool me);
/* The machine's host OS was given the lease at `address` at this time (monotonic; 0 = nobody knows when),
 * or it ended. */
void machine_host_began(struct machine_table *table, struct mac mac, struct addr address,
			uint64_t now_ms);
void machine_host_ended(struct machine_table *table, struct mac mac, struct addr address,
			uint64_t now_ms);
/* A lease of its host was ever told of. */
bool machine_knows_host(const struct machine_table *table, struct mac mac);
/* It has one now. */
bool machine_has_host(const struct machine_table *table, struct mac mac);
/* One of both was within the last MACHINE_HOST_MS: its DHCP server may still be about to change DNS. */
#define MACHINE_HOST_MS 60000
bool machine_host_is_near(const struct machine_table *table, struct mac mac, uint64_t now_ms);
/* The ME's lease at `address` began, or ended. */
void machine_me_began(struct machine_table *table, struct mac mac, struct addr address);
void machine_me_ended(struct machine_table *table, struct mac mac, struct addr address);
/* Where the ME has its lease of this family; ADDR_NONE = nowhere that is known. */
struct addr machine_me(const struct machine_table *table, struct mac mac, enum addr_family family);

/* True when `dhcid` is an identity of this machine for this name: one that the hardware address gives
 * (dns/record.h), or any of its client ids. */
bool machine_owns(const struct machine_table *table, struct mac mac, const struct record *dhcid,
		  const struct hostname *name);
/* The same for the ME's client ids alone: who but us would have written it? */
bool machine_me_owns(const struct machine_table *table, struct mac mac, const struct record *dhcid,
		     const struct hostname *name);
