/* SPDX-License-Identifier: ISC */
/*
 * test_sim: random histories of leases, ends of leases, host OS and ME on one machine, renamed machines,
 * addresses that change hands, faults of the name server and of the disk, and crashes of the daemon, on a
 * clock that jumps. When everything is quiet, DNS must be as it is wanted, and no record of others may
 * have been touched.
 *
 *   test_sim [-n HISTORIES] [-s SEED] [-t]
 *
 * The seeds are SEED, SEED + 1, ... A history that fails is played again with a trace; -t traces all.
 */
#include "sim.h"
#include "sim_zone.h"

#include <stdio.h>
#include <string.h>

#define QUIET_MS (27 * (uint64_t)SIM_HOUR) /* longer than the longest wait, a day */

static const char *const mode_names[] = {
	[DNS_SAME_MACHINE] = "same-machine",
	[DNS_CHECK_WITH_DHCID] = "check-with-dhcid",
	[DNS_CHECK_EXISTS_WITH_DHCID] = "check-exists-with-dhcid",
	[DNS_NO_CHECK_WITH_DHCID] = "no-check-with-dhcid",
	[DNS_NO_CHECK_WITHOUT_DHCID] = "no-check-without-dhcid",
	[DNS_MARKER] = "marker",
};

static void draw_plan(void)
{
	sim_plan = (struct sim_plan){
		/* half of them in the default mode */
		.mode = sim_chance(50) ? DNS_SAME_MACHINE
				       : (enum dns_conflict_mode)sim_random(DNS_MARKER + 1),
		.faults = sim_chance(70),
		.crashes = sim_chance(60),
		.host = sim_chance(60),
		.ip6 = sim_chance(40),
		.foreign = sim_chance(50),
		.verify = sim_chance(25),
		.refresh = sim_chance(25),
		.shared_names = sim_chance(30),
		.machines = 1 + sim_random(4),
		.addresses = 1 + sim_random(6),
		.names = 1 + sim_random(5),
	};
	/* What others write is not written anew into a zone that begins empty. */
	sim_plan.walk = !sim_plan.host && !sim_plan.foreign && sim_chance(25);
	/* Kea's own DDNS keeps to RFC 4703: beside it only modes that do as well make sense. */
	sim_plan.host &= sim_plan.mode == DNS_SAME_MACHINE || sim_plan.mode == DNS_CHECK_WITH_DHCID;
	if (sim_plan.host)
		sim_plan.names = 8;
	sim_trace("mode %s%s%s%s%s%s%s%s%s", mode_names[sim_plan.mode],
		  sim_plan.faults ? ", faults" : "", sim_plan.crashes ? ", crashes" : "",
		  sim_plan.host ? ", host" : "", sim_plan.ip6 ? ", IPv6" : "",
		  sim_plan.foreign ? ", foreign records" : "", sim_plan.verify ? ", verify" : "",
		  sim_plan.refresh ? ", refresh" : "", sim_plan.walk ? ", zones are found" : "");
}

/* NULL, or what was wrong. */
static const char *play(uint64_t seed, bool trace)
{
	static char failure[1000];
	unsigned steps;

	sim_begin(seed, trace);
	draw_plan();
	sim_zone_clear();
	sim_disk_clear();
	sim_server_clear();
	sim_ask_clear();
	sim_dhcp_begin();
	sim_daemon_start();
	steps = 5 + sim_random(60);
	for (unsigned i = 0; i < steps && !sim_failure(); i++) {
		sim_dhcp_step();
		if (sim_plan.walk && sim_chance(10))
			sim_ask_recut();
		sim_run(sim_now_ms() + (sim_chance(70) ? sim_random(500) : sim_random(90000)));
	}
	sim_calm = true;
	sim_trace("calm");
	sim_run(sim_now_ms() + QUIET_MS);
	if (!sim_failure())
		sim_judge();
	if (trace)
		sim_daemon_trace();
	sim_daemon_stop();
	sim_end();
	if (!sim_failure())
		return NULL;
	snprintf(failure, sizeof failure, "%s", sim_failure());
	return failure;
}

int main(int argc, char **argv)
{
	return sim_main(argc, argv, 5000, play,
			"DNS is as wanted, and nothing of others was touched");
}
