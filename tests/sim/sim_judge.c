/* SPDX-License-Identifier: ISC */
#include "sim.h"
#include "sim_zone.h"

#include "dns/intent.h"

#include <stdio.h>
#include <string.h>

/* The machine by whose identity the name is guarded; -1 = nobody's that we know. */
static bool is_identity(const struct record *dhcid, unsigned machine, const struct hostname *name)
{
	struct lease_bytes ids[3], duid = sim_dhcp_duid(machine);
	size_t count = sim_dhcp_ids(machine, ids);
	struct record own;

	for (size_t i = 0; i < count; i++) {
		if (record_dhcid_is_machine(dhcid, sim_dhcp_mac(machine), &ids[i], name))
			return true;
	}
	return record_dhcid(RECORD_DHCID_DUID, duid.bytes, duid.length, name, 0, &own) == 0 &&
	       record_equal_data(dhcid, &own);
}

/* The DHCID of the ME's DHCP client in this family. */
static bool is_clients(const struct record *dhcid, unsigned machine, const struct hostname *name,
		       uint8_t family)
{
	struct intent intent = {.name = *name, .mac = sim_dhcp_mac(machine)};
	struct lease_bytes ids[3];
	struct record own;

	sim_dhcp_ids(machine, ids);
	intent.client_id = family == ADDR_IP4 ? ids[0] : sim_dhcp_duid(machine);
	intent.address.family = family;
	return intent_dhcid(&intent, 0, &own) == 0 && record_equal_data(dhcid, &own);
}

static bool owns(const struct record *dhcid, unsigned machine, const struct hostname *name,
		 uint8_t family)
{
	if (sim_plan.mode == DNS_SAME_MACHINE || sim_plan.mode == DNS_MARKER)
		return is_identity(dhcid, machine, name);
	return is_clients(dhcid, machine, name, family);
}

/* What says whose the name is; false = nothing. */
static bool find_guard(const struct hostname *name, struct record *ret)
{
	struct record found;

	if (sim_plan.mode == DNS_MARKER)
		return sim_zone_find(name, RECORD_TXT, &found, 1) == 1 &&
		       record_from_marker(&found, ret);
	return sim_zone_find(name, RECORD_DHCID, ret, 1) == 1;
}

/* Somebody else's records stand there: addresses and DHCIDs, or any. */
static bool has_protected(const struct hostname *name, bool any)
{
	const struct sim_record *records;
	size_t count = sim_zone_records(&records);

	for (size_t i = 0; i < count; i++) {
		uint16_t type = records[i].record.type;

		if (records[i].protected && hostname_equal(&records[i].owner, name) &&
		    (any || type == RECORD_A || type == RECORD_DHCID))
			return true;
	}
	return false;
}

static bool is_protected(const struct hostname *name)
{
	return has_protected(name, false);
}

/* Modes that take any name. */
static bool seizes(void)
{
	return sim_plan.mode == DNS_NO_CHECK_WITH_DHCID ||
	       sim_plan.mode == DNS_NO_CHECK_WITHOUT_DHCID;
}

/* Modes in which machines take names from each other, in each family for itself. */
static bool last_wins(void)
{
	return seizes() || sim_plan.mode == DNS_CHECK_EXISTS_WITH_DHCID;
}

/* The lease that an address record leads to. */
static const struct sim_lease *lease_at(const struct record *record)
{
	const struct sim_lease *leases;
	size_t count = sim_dhcp_leases(&leases);

	for (size_t i = 0; i < count; i++) {
		struct record address = record_address(leases[i].address, 0);

		if (leases[i].used && record_equal_data(record, &address))
			return &leases[i];
	}
	return NULL;
}

/* The machine that wants the name in this family and may have it; -1 = nobody. */
static int who_must_have(const struct hostname *name, uint8_t family)
{
	const struct sim_lease *leases;
	size_t count = sim_dhcp_leases(&leases);
	struct record guard;
	bool guarded = find_guard(name, &guard);
	int wants = -1;

	if (!guarded && !seizes() && has_protected(name, true))
		return -1; /* a name without DHCID where something stands was made by hand */
	for (size_t i = 0; i < count; i++) {
		if (!leases[i].used || leases[i].address.family != family ||
		    !hostname_equal(&leases[i].me, name))
			continue;
		if (last_wins() || (guarded && owns(&guard, leases[i].machine, name, family)))
			return (int)leases[i].machine;
		wants = guarded ? wants : (int)leases[i].machine;
	}
	return wants;
}

static void judge_address(const struct hostname *name, uint8_t family)
{
	uint16_t type = family == ADDR_IP4 ? RECORD_A : RECORD_AAAA;
	struct record found[8];
	size_t count = sim_zone_find(name, type, found, 8);
	struct record hand = record_address(SIM_HAND, 0);
	int machine = who_must_have(name, family);
	bool right = false;
	char text[RECORD_TEXT];

	for (size_t i = 0; i < count; i++) {
		const struct sim_lease *lease = lease_at(&found[i]);

		if (record_equal_data(&found[i], &hand))
			continue;
		if (!lease ||
		    (!hostname_equal(&lease->me, name) && !hostname_equal(&lease->fqdn, name))) {
			sim_fail("stale: %s %s", name->text, record_print(&found[i], text));
			return;
		}
		right |= hostname_equal(&lease->me, name) &&
			 (last_wins() || (int)lease->machine == machine);
	}
	if (machine >= 0 && (!right || count != 1))
		sim_fail("missing: %s must lead to the %s of machine %d, and has %zu: %s",
			 name->text, type == RECORD_A ? "A" : "AAAA", machine, count,
			 count ? record_print(&found[0], text) : "nothing");
}

static void judge_name(const struct hostname *name)
{
	struct record guard;

	if (is_protected(name))
		return;
	judge_address(name, ADDR_IP4);
	judge_address(name, ADDR_IP6);
	if (!last_wins() && find_guard(name, &guard) && !sim_zone_find(name, RECORD_A, NULL, 0) &&
	    !sim_zone_find(name, RECORD_AAAA, NULL, 0) && !sim_dhcp_host_had(name))
		sim_fail("left behind: %s has a DHCID and no address", name->text);
}

/* Is the name there for this lease? Then its PTR must be as well. */
static bool has_forward(const struct sim_lease *lease)
{
	struct record address = record_address(lease->address, 0), found[8];
	size_t count = sim_zone_find(&lease->me, address.type, found, 8);

	for (size_t i = 0; i < count && i < 8; i++) {
		if (record_equal_data(&found[i], &address))
			return !is_protected(&lease->me) &&
			       who_must_have(&lease->me, lease->address.family) ==
				       (int)lease->machine;
	}
	return false;
}

static void judge_reverse(const struct sim_lease *lease)
{
	struct record me = record_ptr(&lease->me, 0), host = record_ptr(&lease->fqdn, 0), found[4];
	struct hostname owner = {0};
	size_t count;
	char text[RECORD_TEXT];

	addr_print_reverse(lease->address, owner.text);
	count = sim_zone_find(&owner, RECORD_PTR, found, 4);
	if (lease->used && !hostname_is_empty(&lease->me) && has_forward(lease)) {
		if (count != 1 || !record_equal_data(&found[0], &me))
			sim_fail("missing: %s must lead to %s, and has %zu: %s", owner.text,
				 lease->me.text, count,
				 count ? record_print(&found[0], text) : "nothing");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (lease->used &&
		    (record_equal_data(&found[i], &host) || record_equal_data(&found[i], &me)))
			continue;
		sim_fail("stale: %s %s", owner.text, record_print(&found[i], text));
	}
}

void sim_judge(void)
{
	const struct sim_lease *leases;
	size_t count = sim_dhcp_leases(&leases);

	for (unsigned i = 0; i < sim_plan.names; i++) {
		struct hostname name = sim_dhcp_name(i);

		judge_name(&name);
	}
	for (size_t i = 0; i < count; i++)
		judge_reverse(&leases[i]);
}
