/* SPDX-License-Identifier: ISC */
/*
 * sim: the world that the simulation plays: one clock, one stream of random numbers, one list of what is
 * due, and a trace. A history is what one seed makes of it; the same seed gives the same history.
 *
 * The program under test is the whole of dns/ but its ends. sim_world.c stands in for the clock, the
 * timers of libevent, random numbers and the log, sim_disk.c for dns/queue, sim_server.c for dns/server,
 * sim_ask.c for dns/ask;
 * sim_zone.c is the name server behind it, sim_dhcp.c Kea with its own DDNS daemon and the machines,
 * sim_judge.c says what must stand in DNS in the end.
 */
#pragma once

#include "dns/dns.h"
#include "dns/queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_MINUTE 60000u
#define SIM_HOUR (60 * SIM_MINUTE)
#define SIM_ZONES 3 /* corp.example, 81.10.in-addr.arpa, and one of ip6.arpa */

/* sim_world: the clock and what is due. */
void sim_begin(uint64_t seed, bool trace);
void sim_end(void);
uint64_t sim_now_ms(void);
uint32_t sim_random(uint32_t below); /* 0 .. below - 1 */
bool sim_chance(uint32_t percent);
/* Calls `due` after `wait_ms`. `owner` is for sim_forget. */
void sim_after(uint64_t wait_ms, void (*due)(void *user), void *user, const void *owner);
/* Nothing of this owner is due any more; `forget` (may be NULL) gets each user that was waiting. */
void sim_forget(const void *owner, void (*forget)(void *user));
/* Plays until nothing is due before `until_ms`, or the history has failed. */
void sim_run(uint64_t until_ms);
void sim_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The history has failed; the first sentence stays. */
void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *sim_failure(void); /* NULL = none */

/* What a history is made of, drawn from its seed. */
struct sim_plan {
	enum dns_conflict_mode mode;
	bool faults, crashes, host, ip6, foreign, verify, refresh, shared_names;
	bool walk; /* no zone is configured: all are found, and one comes and goes */
	unsigned machines, addresses, names;
};
extern struct sim_plan sim_plan;
extern bool sim_calm; /* no more faults: the history comes to rest */

/* sim_main: plays `count` histories, or what the arguments [-n HISTORIES] [-s SEED] [-t] say, and prints
 * the TAP of one test; gives main's result. */
typedef const char *sim_play(uint64_t seed, bool trace); /* NULL, or what was wrong */
int sim_main(int argc, char **argv, uint64_t count, sim_play *play, const char *rule);

/* sim_disk */
void sim_disk_clear(void);
uint64_t sim_disk_position(void);  /* highest event that is on disk */
void sim_disk_crash(bool crashed); /* while crashed nothing is taken */

/* sim_server */
void sim_server_clear(void);
void sim_server_down(uint64_t ms); /* nobody answers for so long */

/* sim_ask: which zones there are. */
void sim_ask_clear(void);
/* Once: corp.example becomes a zone of its own, or is none any more, and is empty. */
void sim_ask_recut(void);
enum sim_update_way { SIM_UPDATE_TAKEN, SIM_UPDATE_REFUSED, SIM_UPDATE_HIDDEN };
/* What becomes of an update of this zone; HIDDEN: it is done below a delegation, where nobody sees it. */
enum sim_update_way sim_ask_way(const struct hostname *zone);

/* sim_dhcp: the machines and their leases. */
struct sim_lease {
	bool used;
	unsigned machine;
	struct addr address;
	bool host;            /* the host OS asked last */
	struct hostname me;   /* the name that the ME got here; "" = none */
	struct hostname fqdn; /* the name that the DHCP server's own DDNS keeps; "" = none */
};
#define SIM_HAND addr_ip4(0x0a510908) /* where a name leads that was there before everything */
void sim_dhcp_begin(void);
void sim_dhcp_step(void); /* one thing happens */
size_t sim_dhcp_leases(const struct sim_lease **ret);
struct mac sim_dhcp_mac(unsigned machine);
/* The client ids that the machine was ever seen with are in *ret. */
size_t sim_dhcp_ids(unsigned machine, struct lease_bytes ret[3]);
struct lease_bytes sim_dhcp_duid(unsigned machine);
struct hostname sim_dhcp_name(unsigned number);
bool sim_dhcp_host_had(const struct hostname *name); /* its own DDNS was told of this name */

/* sim_daemon: the program under test. */
void sim_daemon_start(void);
void sim_daemon_crash(uint64_t back_in_ms);
void sim_daemon_trace(void); /* every name that it keeps, as `amtnetctl names` shows them */
void sim_daemon_stop(void);
/* A lease event on its way to it; kept and sent again until it is on disk. */
void sim_daemon_event(const struct lease_event *event);

/* sim_judge: what is in DNS, against what must be. */
void sim_judge(void);
