/* SPDX-License-Identifier: ISC */
/*
 * test_borrowed: random histories of one ME whose host OS has the name already, from a DHCP server of which no
 * hook tells: the ME gets leases, moves, renews and loses them; answers get lost, the name server goes down, the
 * daemon is killed. Once the ME has no lease any more the name must be what it was before, whatever happened.
 *
 *   test_borrowed [-n HISTORIES] [-s SEED] [-t]
 */
#include "sim.h"
#include "sim_zone.h"

#include <stdio.h>
#include <string.h>

#define ADDRESSES 3
#define QUIET_MS (27 * (uint64_t)SIM_HOUR) /* longer than the longest wait, a day */
#define TYPE_MX 15

static const struct hostname name = {"pc.corp.example"};
static const struct mac mac = {.type = 1, .length = 6, .bytes = {2, 0, 0, 0, 1, 1}};
static const struct lease_bytes host_id = {.length = 7, .bytes = {1, 2, 0, 0, 0, 1, 1}};
static struct lease_bytes me_id;
static bool leased[ADDRESSES];
static struct record before[4];
static size_t before_count;

static struct addr address_of(unsigned number)
{
	return addr_ip4(0x0a51010au + number);
}

static void say(enum lease_change change, unsigned number)
{
	const struct lease_event event = {
		.change = change,
		.address = address_of(number),
		.mac = mac,
		.client_id = me_id,
		.name = name,
		.lifetime_s = 3600,
		.flags = LEASE_FLAG_ME | LEASE_FLAG_FORWARD | LEASE_FLAG_REVERSE,
	};

	leased[number] = change == LEASE_COMMITTED || change == LEASE_RENEWED;
	sim_daemon_event(&event);
}

static void put(const struct record *record, bool protected)
{
	before[before_count++] = *record;
	sim_zone_put(&name, record, protected);
}

/* What the other DHCP server made, and sometimes more. */
static void put_before(void)
{
	struct record mail = {.type = TYPE_MX, .ttl = 300, .length = 3, .rdata = {0, 10, 0}};
	struct record record = record_address(addr_ip4(0x0a510909), 300);
	struct addr six = addr_ip6((const uint8_t[16]){0x20, 1, 0xd, 0xb8, [15] = 9});

	before_count = 0;
	put(&record, false);
	record_dhcid_for_client(mac, &host_id, &name, 300, &record);
	put(&record, true);
	if (sim_chance(30))
		put(&mail, true);
	record = record_address(six, 300);
	if (sim_chance(30))
		put(&record, true);
}

static void happen(void)
{
	unsigned number = sim_random(ADDRESSES), what = sim_random(100);

	if (what < 40)
		say(leased[number] ? LEASE_RENEWED : LEASE_COMMITTED, number);
	else if (what < 65 && leased[number])
		say(sim_chance(50) ? LEASE_RELEASED : LEASE_EXPIRED, number);
	else if (what < 80 && sim_plan.crashes)
		sim_daemon_crash(1 + sim_random(20000));
	else if (what < 90)
		sim_server_down(1000 + sim_random(60000));
}

static bool stood_before(const struct record *record)
{
	for (size_t i = 0; i < before_count; i++) {
		if (record_equal_data(&before[i], record))
			return true;
	}
	return false;
}

/* Nothing but what was there, and all of that. */
static void judge(void)
{
	const struct sim_record *records;
	size_t count = sim_zone_records(&records), there = 0;
	char text[RECORD_TEXT];

	for (size_t i = 0; i < count; i++) {
		if (!hostname_equal(&records[i].owner, &name) || !stood_before(&records[i].record))
			sim_fail("left behind: %s %s", records[i].owner.text,
				 record_print(&records[i].record, text));
		there++;
	}
	if (there != before_count)
		sim_fail("%zu records stood there, and %zu of them do", before_count, there);
}

static const char *play(uint64_t seed, bool trace)
{
	static char failure[1000];

	sim_begin(seed, trace);
	/* What a disk that fails did not take is lost in a crash: one of both. */
	sim_plan = (struct sim_plan){.mode = DNS_SAME_MACHINE, .verify = sim_chance(25)};
	sim_plan.crashes = sim_chance(50);
	sim_plan.faults = !sim_plan.crashes;
	sim_zone_clear();
	sim_disk_clear();
	sim_server_clear();
	memset(leased, 0, sizeof leased);
	me_id = (struct lease_bytes){.length = sim_chance(50) ? 4 : 0, .bytes = {0, 'm', 'e', 1}};
	put_before();
	sim_daemon_start();
	for (unsigned i = 3 + sim_random(20); i-- && !sim_failure();) {
		happen();
		sim_run(sim_now_ms() + (sim_chance(70) ? sim_random(300) : sim_random(90000)));
	}
	sim_calm = true;
	for (unsigned i = 0; i < ADDRESSES; i++) {
		if (leased[i])
			say(LEASE_RELEASED, i);
	}
	sim_trace("calm");
	sim_run(sim_now_ms() + QUIET_MS);
	if (!sim_failure())
		judge();
	sim_daemon_stop();
	sim_end();
	if (!sim_failure())
		return NULL;
	snprintf(failure, sizeof failure, "%s", sim_failure());
	return failure;
}

int main(int argc, char **argv)
{
	return sim_main(argc, argv, 2000, play, "the name is what it was before");
}
