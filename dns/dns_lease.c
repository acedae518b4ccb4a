/* SPDX-License-Identifier: ISC */
#include "dns/dns_walk.h"
#include "dns/door.h"
#include "common/clock.h"
#include "dns/plan.h"

#include <event2/event.h>
#include <inttypes.h>

static void say_full(struct dns *dns, const char *what)
{
	uint64_t held;

	if (log_gate_pass(&dns->gates.full, clock_mono_ms(), DNS_GATE_MS, &held))
		log_error(
			"dns",
			"the table is full, %s is not kept; limits: %d leases, %d names, %d at one "
			"name, repeats=%" PRIu64,
			what, LEASES_MAX, LEDGER_MAX, LEDGER_PER_OWNER_MAX, held);
}

struct collection {
	const struct ledger *ledger;
	size_t count;
	struct intent items[PLAN_CURRENT_MAX];
};

/* The intent of this key, if it is wanted. */
static void collect_one(struct collection *collection, const struct intent *key)
{
	const struct ledger_entry *entry = ledger_find(collection->ledger, key);
	struct ledger_row row;

	if (!entry || collection->count == PLAN_CURRENT_MAX)
		return;
	ledger_row(entry, &row);
	if (row.intent.wanted)
		collection->items[collection->count++] = row.intent;
}

/* What is wanted now at the event's address and under its name, as dns/plan.h asks for. */
static void collect(const struct dns *dns, const struct lease_event *event,
		    struct collection *collection)
{
	struct intent like = {.kind = INTENT_REVERSE,
			      .address = event->address,
			      .mac = event->mac,
			      .client_id = event->client_id};
	struct hostname reverse = intent_owner(&like);
	struct dns_lease lease;
	size_t forwards;

	collection->ledger = dns->ledger;
	collection->count = ledger_wanted(dns->ledger, &reverse, &like, collection->items, 8);
	like.kind = INTENT_FORWARD;
	if (!leases_find(dns->leases, event->address, &lease)) {
		like.name = lease.name;
		collect_one(collection, &like);
	}
	forwards = collection->count;
	collection->count += ledger_wanted(dns->ledger, &event->name, &like,
					   collection->items + forwards, 8);
	for (size_t i = forwards, end = collection->count; i < end; i++) {
		struct intent partner = collection->items[i];

		partner.kind = INTENT_REVERSE;
		collect_one(collection, &partner);
	}
}

static void note_no_zone(struct dns *dns, const struct intent *intent)
{
	struct hostname owner = intent_owner(intent);
	uint64_t held;

	if (!intent->wanted || ledger_zone(dns->ledger, &owner) >= 0 || dns_walk_has(dns, &owner))
		return;
	if (log_gate_pass(&dns->gates.no_zone, clock_mono_ms(), DNS_GATE_MS, &held))
		log_warning(
			"dns",
			"no zone in dns.zones and no domain in dns.discover.below holds the name, "
			"which is not registered, name=%s, repeats=%" PRIu64,
			owner.text, held);
}

static void change_names(struct dns *dns, const struct lease_event *event)
{
	struct collection collection;
	struct plan plan;

	collect(dns, event, &collection);
	plan_event(event, collection.items, collection.count, &plan);
	for (size_t i = 0; i < plan.count; i++) {
		int r = ledger_apply(dns->ledger, &plan.changes[i], clock_wall_ms());

		if (r < 0) {
			dns->counters.refused_names++;
			say_full(dns, "a name");
		} else if (r) {
			note_no_zone(dns, &plan.changes[i]);
		}
	}
}

/* The other client of the machine was served: what its DHCP server does to DNS now may undo ours, so
 * what the ME has there is looked at again in a while. */
static void check_machine(struct dns *dns, const struct lease_event *event)
{
	static const enum addr_family families[] = {ADDR_IP4, ADDR_IP6};
	struct intent key = {.kind = INTENT_FORWARD};
	struct dns_lease lease;

	for (size_t i = 0; i < 2; i++) {
		key.address = machine_me(dns->machines, event->mac, families[i]);
		if (key.address.family == ADDR_NONE ||
		    leases_find(dns->leases, key.address, &lease) < 0)
			continue;
		key.name = lease.name;
		ledger_check(dns->ledger, &key, clock_mono_ms());
	}
}

/* `known`: there was a lease at the address before. */
static void note_machine(struct dns *dns, const struct lease_event *event, bool known)
{
	struct machine_table *machines = dns->machines;
	bool me = event->flags & LEASE_FLAG_ME;
	uint64_t now_ms = clock_mono_ms();

	if (plan_has_address(event)) {
		machine_saw(machines, event->mac, event->address, &event->client_id, me);
		if (me)
			machine_me_began(machines, event->mac, event->address);
		else
			machine_host_began(machines, event->mac, event->address, now_ms);
	} else {
		machine_me_ended(machines, event->mac, event->address);
		if (!me)
			machine_host_ended(machines, event->mac, event->address, now_ms);
	}
	/* A lease that is known and still not renewed was the host's in between. */
	if (machine_host_is_near(machines, event->mac, now_ms) ||
	    (known && event->change == LEASE_COMMITTED))
		check_machine(dns, event);
}

/* `time_ms`: when the event happened, by the sender's clock; a record may have waited. */
static void change_lease(struct dns *dns, const struct lease_event *event, uint64_t time_ms)
{
	struct dns_lease lease = {0};
	bool known = !leases_find(dns->leases, event->address, &lease);

	if (known && lease.me && !(event->flags & LEASE_FLAG_ME) && plan_has_address(event) &&
	    mac_equal(lease.mac, event->mac)) {
		/* The machine's host OS uses the ME's lease: it is the ME's still. */
		lease.client_id = event->client_id;
		lease.until_ms = time_ms + (uint64_t)event->lifetime_s * 1000;
	} else if (plan_has_address(event)) {
		lease.address = event->address;
		lease.mac = event->mac;
		lease.name = event->name;
		lease.client_id = event->client_id;
		lease.me = event->flags & LEASE_FLAG_ME;
		lease.until_ms = time_ms + (uint64_t)event->lifetime_s * 1000;
	} else {
		bool stale = lease.mac.length && event->mac.length &&
			     !mac_equal(lease.mac, event->mac);

		if (!known || stale)
			return;
		lease.until_ms = 0;
	}
	if (leases_put(dns->leases, &lease) < 0) {
		dns->counters.refused_leases++;
		say_full(dns, "a lease");
	}
}

/* At debug; five texts an event are not made where nobody reads them. */
static void say_event(const struct lease_event *event)
{
	char received[LEASE_OPTION81_TEXT], answered[LEASE_OPTION81_TEXT];
	char address[ADDR_TEXT], mac[MAC_TEXT];

	if (!log_wants(LOG_LEVEL_DEBUG))
		return;
	log_debug("lease", "%s, address=%s, mac=%s, name=%s, flags=%u, option81=%s, answered=%s",
		  lease_change_names[event->change], addr_print(event->address, address),
		  mac_print(event->mac, mac), event->name.text, (unsigned)event->flags,
		  lease_option81_print(&event->option81_received, received),
		  lease_option81_print(&event->option81_answered, answered));
}

static void on_event(const struct lease_record *record, void *user)
{
	const struct lease_event *event = &record->event;
	struct dns *dns = user;
	struct dns_lease lease;
	bool known;

	dns->counters.events++;
	say_event(event);
	known = !leases_find(dns->leases, event->address, &lease);
	dns_reconcile_event(dns, event);
	change_names(dns, event);
	change_lease(dns, event, record->time_ms);
	note_machine(dns, event, known);
	if ((event->flags & LEASE_FLAG_ME) && plan_has_address(event))
		dns_publish_suffix(dns, &event->suffix);
	if (dns_is_full(dns))
		inbox_pause(dns->inbox, true);
}

static void on_gap(uint64_t boot_id, uint64_t lost, const char *why, void *user)
{
	struct dns *dns = user;

	dns->counters.gaps++;
	log_warning(
		"lease", "events were lost, %s, lost=%" PRIu64 "%s, reason=%s",
		dns->reconcile
			? "Kea's leases are compared"
			: "names may be out of date until the clients renew (set kea.dhcp4-socket)",
		lost, lost ? "" : " (unknown)", why);
	dns_reconcile_soon(dns, RECONCILE_ON_GAP);
}

static void on_hook(uint64_t boot_id, void *user)
{
	dns_reconcile_soon(user, RECONCILE_ON_CONNECT);
}

static void on_resync(void *user)
{
	struct dns *dns = user;

	dns->counters.resyncs++;
	log_info("lease", "a person asked for a comparison with the lease store");
	dns_reconcile_soon(dns, RECONCILE_ON_RESYNC);
}

static size_t learned(size_t *cursor, struct mac *ret, size_t size, void *user)
{
	struct dns *dns = user;

	return dns->learned ? dns->learned(cursor, ret, size, dns->learned_user) : 0;
}

static void on_position(uint64_t boot_id, uint64_t seq, void *user)
{
	struct dns *dns = user;
	struct dns_position *position = dns_position_of(dns, boot_id);

	position->seq = seq;
	position->touched = true;
	event_active(dns->save, 0, 0);
}

static void on_peer(bool trouble, const char *sentence, void *user)
{
	struct dns *dns = user;
	uint64_t held;

	if (!trouble)
		log_info("lease", "%s", sentence);
	else if (log_gate_pass(&dns->gates.peer, clock_mono_ms(), 10000, &held))
		log_warning("lease", "%s, repeats=%" PRIu64, sentence, held);
}

const struct inbox_events dns_inbox_events = {
	.on_event = on_event,
	.on_gap = on_gap,
	.on_hook = on_hook,
	.on_position = on_position,
	.on_resync = on_resync,
	.learned = learned,
	.on_peer = on_peer,
};
