/* SPDX-License-Identifier: ISC */
/* The machines, each with an ME and a host OS on one hardware address; Kea, which gives them leases and
 * tells the hook; and Kea's own DDNS daemon, which keeps the hosts' names by RFC 4703 and gives up where
 * that says no. */
#include "sim.h"
#include "sim_zone.h"

#include "dns/record.h"
#include "dns/update.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MACHINES_MAX 4
#define LEASES_MAX_ 8 /* of IPv4; as many of IPv6 */
#define NAMES_MAX (2 * MACHINES_MAX)
#define D2_MAX 64
#define LIFETIME_S 3600
#define TYPE_MX 15

struct machine {
	struct lease_bytes me_id, host_id;
	unsigned me_name, host_name;
};

/* What Kea asks of its own DDNS daemon. */
struct change {
	bool add;
	struct hostname name;
	struct addr address;
	struct record dhcid;
};

static struct {
	struct machine machines[MACHINES_MAX];
	struct sim_lease leases[2 * LEASES_MAX_];
	size_t lease_count;
	bool host_had[NAMES_MAX];
	struct change changes[D2_MAX];
	size_t change_count;
	unsigned step; /* of changes[0] */
} dhcp;

struct mac sim_dhcp_mac(unsigned machine)
{
	return (struct mac){.type = 1, .length = 6, .bytes = {2, 0, 0, 0, 1, (uint8_t)machine}};
}

struct lease_bytes sim_dhcp_duid(unsigned machine)
{
	return (struct lease_bytes){.length = 6, .bytes = {0, 3, 0, 1, 9, (uint8_t)machine}};
}

size_t sim_dhcp_ids(unsigned machine, struct lease_bytes ret[3])
{
	ret[0] = dhcp.machines[machine].me_id;
	ret[1] = dhcp.machines[machine].host_id;
	return 2;
}

struct hostname sim_dhcp_name(unsigned number)
{
	struct hostname name = {0};

	snprintf(name.text, sizeof name.text, "pc%u.corp.example", number);
	return name;
}

bool sim_dhcp_host_had(const struct hostname *name)
{
	for (unsigned i = 0; i < NAMES_MAX; i++) {
		struct hostname one = sim_dhcp_name(i);

		if (hostname_equal(&one, name))
			return dhcp.host_had[i];
	}
	return false;
}

size_t sim_dhcp_leases(const struct sim_lease **ret)
{
	*ret = dhcp.leases;
	return dhcp.lease_count;
}

static struct lease_bytes mac_id(unsigned machine)
{
	return (struct lease_bytes){.length = 7, .bytes = {1, 2, 0, 0, 0, 1, (uint8_t)machine}};
}

static struct lease_bytes some_id(unsigned machine, uint8_t kind)
{
	switch (sim_random(3)) {
	case 0:
		return mac_id(machine);
	case 1:
		return (struct lease_bytes){
			.length = 10,
			.bytes = {255, 0, 0, 0, kind, 0, 4, 8, kind, (uint8_t)machine}};
	default:
		return (struct lease_bytes){.length = 4, .bytes = {0, 'x', kind, (uint8_t)machine}};
	}
}

static void put_by_hand(const char *owner, const struct record *record)
{
	struct hostname name = {0};

	snprintf(name.text, sizeof name.text, "%s", owner);
	sim_zone_put(&name, record, true);
}

/* Names that are there before anything happens: made by hand, or another DHCP client's. */
static void put_foreign(void)
{
	struct record mail = {.type = TYPE_MX, .length = 3, .rdata = {0, 10, 0}};
	struct record address = record_address(addr_ip4(0x0a510909), 300), dhcid;
	struct hostname name = sim_dhcp_name(sim_random(sim_plan.names));
	bool seizes = sim_plan.mode == DNS_NO_CHECK_WITH_DHCID ||
		      sim_plan.mode == DNS_NO_CHECK_WITHOUT_DHCID;

	put_by_hand("www.corp.example", &address);
	put_by_hand("corp.example", &mail);
	address = record_ptr(&(struct hostname){"www.corp.example"}, 300);
	put_by_hand("9.9.81.10.in-addr.arpa", &address);
	address = record_address(SIM_HAND, 300);
	sim_zone_put(&name, &address, !seizes && sim_plan.mode != DNS_CHECK_EXISTS_WITH_DHCID);
	if (sim_chance(50)) {
		record_dhcid_for_client(sim_dhcp_mac(200), &(struct lease_bytes){0}, &name, 300,
					&dhcid);
		sim_zone_put(&name, &dhcid,
			     !seizes && sim_plan.mode != DNS_CHECK_EXISTS_WITH_DHCID);
	} else if (sim_plan.mode == DNS_CHECK_EXISTS_WITH_DHCID) {
		sim_zone_protect(&name, true);
	}
}

/* Beside Kea's own DDNS each machine has names of its own: its late removal of a PTR takes out that of
 * the next holder of the address as well, where both have one name. */
static unsigned name_for(unsigned machine)
{
	if (sim_plan.host)
		return machine + (sim_chance(30) ? MACHINES_MAX : 0);
	if (sim_plan.shared_names)
		return sim_random(2) % sim_plan.names;
	return sim_chance(70) ? machine % sim_plan.names : sim_random(sim_plan.names);
}

void sim_dhcp_begin(void)
{
	static const uint8_t net[16] = {0x20, 1, 0xd, 0xb8};

	memset(&dhcp, 0, sizeof dhcp);
	for (unsigned i = 0; i < sim_plan.machines; i++) {
		struct machine *machine = &dhcp.machines[i];

		if (sim_chance(50))
			machine->me_id = some_id(i, 'm');
		/* What the daemon learned of a host whose lease is over it forgets in a crash; the
		 * hardware address it knows always. */
		machine->host_id = sim_plan.crashes ? mac_id(i) : some_id(i, 'h');
		machine->me_name = name_for(i);
		machine->host_name = sim_chance(75) ? machine->me_name : name_for(i);
	}
	for (unsigned i = 0; i < sim_plan.addresses; i++) {
		dhcp.leases[dhcp.lease_count++].address = addr_ip4(0x0a51010a + i);
		if (sim_plan.ip6) {
			struct addr *address = &dhcp.leases[dhcp.lease_count++].address;

			*address = addr_ip6(net);
			address->bytes[15] = (uint8_t)(i + 1);
		}
	}
	if (sim_plan.foreign)
		put_foreign();
}

/* Kea's own DDNS daemon ------------------------------------------------------------------------- */

static int d2_send(const struct update *update)
{
	static uint8_t bytes[UPDATE_BYTES_MAX];
	size_t length;

	if (update_encode(update, 1, bytes, sizeof bytes, &length) < 0)
		abort();
	return sim_zone_update(bytes, length, "d2", true);
}

static int d2_forward(const struct change *change, bool in_use)
{
	struct record address = record_address(change->address, 1200);
	struct update update;

	update_init(&update, &(struct hostname){"corp.example"});
	update_put(&update, in_use ? UPDATE_NAME_IN_USE : UPDATE_NAME_UNUSED, &change->name, NULL);
	if (in_use) {
		update_put(&update, UPDATE_RRSET_IS, &change->name, &change->dhcid);
		update_put_type(&update, UPDATE_DELETE_RRSET, &change->name, address.type);
	}
	update_put(&update, UPDATE_ADD, &change->name, &address);
	if (!in_use)
		update_put(&update, UPDATE_ADD, &change->name, &change->dhcid);
	return d2_send(&update);
}

static int d2_remove(const struct change *change, bool name)
{
	struct record address = record_address(change->address, 0);
	struct update update;

	update_init(&update, &(struct hostname){"corp.example"});
	update_put(&update, UPDATE_RRSET_IS, &change->name, &change->dhcid);
	if (name) {
		update_put_type(&update, UPDATE_RRSET_UNUSED, &change->name, RECORD_A);
		update_put_type(&update, UPDATE_RRSET_UNUSED, &change->name, RECORD_AAAA);
		update_put(&update, UPDATE_DELETE_NAME, &change->name, NULL);
	} else {
		update_put(&update, UPDATE_DELETE_RECORD, &change->name, &address);
	}
	return d2_send(&update);
}

static int d2_reverse(const struct change *change)
{
	struct record ptr = record_ptr(&change->name, change->add ? 1200 : 0);
	struct hostname owner = {0};
	struct update update;

	addr_print_reverse(change->address, owner.text);
	update_init(&update, &(struct hostname){"81.10.in-addr.arpa"});
	if (change->add) {
		update_put_type(&update, UPDATE_DELETE_RRSET, &owner, RECORD_PTR);
		update_put_type(&update, UPDATE_DELETE_RRSET, &owner, RECORD_DHCID);
		update_put(&update, UPDATE_ADD, &owner, &ptr);
		update_put(&update, UPDATE_ADD, &owner, &change->dhcid);
	} else {
		update_put(&update, UPDATE_RRSET_IS, &owner, &ptr);
		update_put(&update, UPDATE_DELETE_NAME, &owner, NULL);
	}
	return d2_send(&update);
}

/* One step of the first change; true when it was the last. */
static bool d2_step(const struct change *change)
{
	switch (dhcp.step++) {
	case 0:
		if (!change->add) {
			d2_remove(change, false);
			return false;
		}
		if (d2_forward(change, false) == 0)
			dhcp.step = 2;
		return false;
	case 1:
		if (!change->add)
			return d2_remove(change, true), false;
		return d2_forward(change, true) != 0; /* it gives up */
	default:
		d2_reverse(change);
		return true;
	}
}

static void d2_works(void *user)
{
	if (d2_step(&dhcp.changes[0])) {
		memmove(dhcp.changes, dhcp.changes + 1, --dhcp.change_count * sizeof *dhcp.changes);
		dhcp.step = 0;
	}
	if (dhcp.change_count)
		sim_after(1 + sim_random(300), d2_works, NULL, &dhcp);
}

static void d2_change(unsigned machine, struct addr address, const struct hostname *name, bool add)
{
	struct change *change = &dhcp.changes[dhcp.change_count];

	if (dhcp.change_count == D2_MAX)
		return; /* as Kea does: lost */
	*change = (struct change){.add = add, .name = *name, .address = address};
	if (record_dhcid_for_client(sim_dhcp_mac(machine), &dhcp.machines[machine].host_id, name,
				    1200, &change->dhcid) < 0)
		abort();
	sim_trace("kea: %s %s for the host of machine %u", add ? "add" : "remove", name->text,
		  machine);
	if (++dhcp.change_count == 1)
		sim_after(1 + sim_random(300), d2_works, NULL, &dhcp);
}

/* Leases ---------------------------------------------------------------------------------------- */

static bool shares_a_lease(const struct machine *machine)
{
	return !machine->me_id.length ||
	       (machine->me_id.length == machine->host_id.length &&
		!memcmp(machine->me_id.bytes, machine->host_id.bytes, machine->me_id.length));
}

/* Where updates stay unconfirmed, an address does not go from machine to machine under one name: of such a
 * chain only the last holder is remembered. */
static bool may_get(const struct sim_lease *lease, unsigned machine)
{
	size_t number = (size_t)(lease - dhcp.leases) / (sim_plan.ip6 ? 2 : 1);

	/* Nor to another machine while Kea's DDNS is still about to write the last one's name. */
	for (size_t i = 0; i < dhcp.change_count; i++) {
		if (addr_equal(dhcp.changes[i].address, lease->address))
			return false;
	}
	return sim_plan.host || (!sim_plan.faults && !sim_plan.crashes) ||
	       number % sim_plan.machines == machine;
}

/* Its lease, as Kea finds it by client id or hardware address, or a free one; NULL = none is free. */
static struct sim_lease *lease_for(unsigned machine, bool host, uint8_t family)
{
	bool shares = shares_a_lease(&dhcp.machines[machine]);
	unsigned first = sim_random((unsigned)dhcp.lease_count);
	struct sim_lease *lease;

	for (size_t i = 0; i < dhcp.lease_count; i++) {
		lease = &dhcp.leases[i];
		if (lease->used && lease->address.family == family && lease->machine == machine &&
		    (shares || family == ADDR_IP6 || lease->host == host))
			return lease;
	}
	for (size_t i = 0; i < dhcp.lease_count; i++) {
		lease = &dhcp.leases[(first + i) % dhcp.lease_count];
		if (!lease->used && lease->address.family == family && may_get(lease, machine))
			return lease;
	}
	return NULL;
}

static struct lease_event event_of(const struct sim_lease *lease, enum lease_change change)
{
	const struct machine *machine = &dhcp.machines[lease->machine];
	struct lease_event event = {.change = change,
				    .address = lease->address,
				    .mac = sim_dhcp_mac(lease->machine),
				    .lifetime_s = LIFETIME_S};

	event.client_id = lease->host ? machine->host_id : machine->me_id;
	if (lease->address.family == ADDR_IP6)
		event.client_id = sim_dhcp_duid(lease->machine);
	return event;
}

static void take(struct sim_lease *lease, unsigned machine, bool host, struct lease_event *ret)
{
	bool renews = lease->used && lease->host == host;

	if (!lease->used)
		*lease = (struct sim_lease){.address = lease->address};
	lease->used = true;
	lease->machine = machine;
	lease->host = host;
	*ret = event_of(lease, renews ? LEASE_RENEWED : LEASE_COMMITTED);
}

static void me_asks(unsigned machine, uint8_t family)
{
	struct sim_lease *lease = lease_for(machine, false, family);
	struct hostname name = sim_dhcp_name(dhcp.machines[machine].me_name);
	struct lease_event event;

	if (!lease)
		return;
	if (lease->used && !hostname_is_empty(&lease->fqdn)) {
		d2_change(machine, lease->address, &lease->fqdn, false);
		lease->fqdn = (struct hostname){0};
	}
	take(lease, machine, false, &event);
	lease->me = name;
	event.name = name;
	event.flags = LEASE_FLAG_ME | LEASE_FLAG_FORWARD | LEASE_FLAG_REVERSE;
	sim_daemon_event(&event);
}

static void host_asks(unsigned machine)
{
	struct sim_lease *lease = lease_for(machine, true, ADDR_IP4);
	unsigned number = dhcp.machines[machine].host_name;
	struct hostname name = sim_dhcp_name(number);
	struct lease_event event;
	bool changes;

	if (!lease)
		return;
	changes = !lease->used || !hostname_equal(&lease->fqdn, &name);
	take(lease, machine, true, &event);
	lease->fqdn = name;
	dhcp.host_had[number] = true;
	if (changes)
		d2_change(machine, lease->address, &name, true);
	sim_daemon_event(&event);
}

static void lease_ends(void)
{
	struct sim_lease *lease = &dhcp.leases[sim_random((unsigned)dhcp.lease_count)];
	struct lease_event event;

	if (!lease->used)
		return;
	event = event_of(lease, sim_chance(50) ? LEASE_RELEASED : LEASE_EXPIRED);
	if (!lease->host)
		event.flags = LEASE_FLAG_ME;
	if (!hostname_is_empty(&lease->fqdn))
		d2_change(lease->machine, lease->address, &lease->fqdn, false);
	lease->used = false;
	sim_daemon_event(&event);
}

/* Somebody adds a record of another type at one of the names, by hand. */
static void hand_adds(void)
{
	struct record mail = {.type = TYPE_MX, .ttl = 300, .length = 3, .rdata = {0, 10, 0}};
	struct hostname name = sim_dhcp_name(sim_random(sim_plan.names));

	if (!sim_zone_has_name(&name))
		return;
	sim_trace("hand: MX at %s", name.text);
	sim_zone_put(&name, &mail, true);
}

void sim_dhcp_step(void)
{
	unsigned machine = sim_random(sim_plan.machines), what = sim_random(100);

	if (what < 40)
		me_asks(machine, sim_plan.ip6 && sim_chance(40) ? ADDR_IP6 : ADDR_IP4);
	else if (what < 65)
		sim_plan.host ? host_asks(machine) : me_asks(machine, ADDR_IP4);
	else if (what < 85)
		lease_ends();
	else if (what < 90)
		dhcp.machines[machine].me_name = name_for(machine);
	else if (what < 93 && sim_plan.foreign)
		hand_adds();
	else if (what < 96 && sim_plan.faults)
		sim_server_down(1000 + sim_random(120000));
	else if (sim_plan.crashes)
		sim_daemon_crash(1 + sim_random(20000));
}
