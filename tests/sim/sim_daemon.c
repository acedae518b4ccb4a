/* SPDX-License-Identifier: ISC */
/* The program under test, between its hook and its name server: started, killed, started again. */
#include "sim.h"

#include "dns/door.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 2000
#define HOOK 77 /* boot id */

static struct {
	struct dns *dns; /* NULL while it is down */
	struct dns_config config;
	struct dns_zone_config zones[SIM_ZONES];
	struct lease_config lease;
	struct publish_config publish;
	struct endpoint server;
	struct lease_record *events;
	uint64_t first, count; /* kept by the hook: numbers first .. first + count - 1 */
	uint64_t told;         /* the daemon has heard of everything up to this number */
} daemon_;

/* The same zones, by name of what lies above them. */
static void look_for_zones(void)
{
	static const char *const names[SIM_ZONES] = {"example", "10.in-addr.arpa",
						     "8.b.d.0.1.0.0.2.ip6.arpa"};

	for (size_t i = 0; i < SIM_ZONES; i++) {
		daemon_.zones[i] = (struct dns_zone_config){0};
		hostname_parse(names[i], &daemon_.zones[i].name, NULL);
	}
	daemon_.config.zones = (struct config_list){0};
	daemon_.config.discover = (struct dns_discover_config){.resolvers = {&daemon_.server, 1},
							       .below = {daemon_.zones, SIM_ZONES},
							       .max_zones = 5,
							       .forget_ms = 24 * SIM_HOUR};
}

static void configure(void)
{
	static const char *const names[SIM_ZONES] = {"corp.example", "81.10.in-addr.arpa",
						     "8.b.d.0.1.0.0.2.ip6.arpa"};

	daemon_.publish = (struct publish_config){
		.label = (char *)"ProvisionServer", .ttl_ms = 300000, .interval_ms = 60000};
	daemon_.server = (struct endpoint){.addr = addr_ip4(0x0a510202), .port = 53};
	for (size_t i = 0; i < SIM_ZONES; i++) {
		daemon_.zones[i] = (struct dns_zone_config){.servers = {&daemon_.server, 1}};
		hostname_parse(names[i], &daemon_.zones[i].name, NULL);
	}
	daemon_.config = (struct dns_config){
		.conflict_mode = (int)sim_plan.mode,
		.ttl_min_ms = 600000,
		.ttl_max_ms = 3600000,
		.refresh_ms = sim_plan.refresh ? 4 * SIM_HOUR : 0,
		.verify = sim_plan.verify,
		.zones = {daemon_.zones, SIM_ZONES},
	};
	if (sim_plan.walk)
		look_for_zones();
}

static void tell(uint64_t number)
{
	const struct lease_record *record = &daemon_.events[number - daemon_.first];
	char address[ADDR_TEXT], mac[MAC_TEXT];

	sim_trace("event %llu: %s %s %s %s%s", (unsigned long long)number,
		  lease_change_names[record->event.change],
		  addr_print(record->event.address, address), mac_print(record->event.mac, mac),
		  record->event.name.text, record->event.flags & LEASE_FLAG_ME ? "" : "(host)");
	dns_inbox_events.on_event(record, daemon_.dns);
	dns_inbox_events.on_position(HOOK, number, daemon_.dns);
	daemon_.told = number;
}

/* What the hook keeps and has not told goes out; what is on disk need not be kept. */
static void hook_speaks(void *user)
{
	uint64_t saved = sim_disk_position();

	while (daemon_.count && daemon_.first <= saved) {
		memmove(daemon_.events, daemon_.events + 1,
			--daemon_.count * sizeof *daemon_.events);
		daemon_.first++;
	}
	while (daemon_.dns && daemon_.told + 1 < daemon_.first + daemon_.count)
		tell(daemon_.told + 1);
}

void sim_daemon_event(const struct lease_event *event)
{
	struct lease_record *record = &daemon_.events[daemon_.count];

	if (daemon_.count == EVENTS_MAX)
		abort();
	*record = (struct lease_record){.type = LEASE_EVENT,
					.boot_id = HOOK,
					.seq = daemon_.first + daemon_.count,
					.time_ms = sim_now_ms(),
					.event = *event};
	daemon_.count++;
	sim_after(sim_random(50), hook_speaks, NULL, &daemon_);
}

static void start(void *user)
{
	struct err err = {0};

	sim_disk_crash(false);
	if (dns_new(&daemon_.dns, NULL, NULL, &daemon_.lease, &daemon_.config, &daemon_.publish,
		    &err) < 0 ||
	    dns_start(daemon_.dns, &err) < 0)
		abort();
	/* The hook sends again what was not acknowledged. */
	daemon_.told = sim_disk_position();
	hook_speaks(NULL);
}

void sim_daemon_start(void)
{
	if (!daemon_.events)
		daemon_.events = calloc(EVENTS_MAX, sizeof *daemon_.events);
	if (!daemon_.events)
		abort();
	daemon_.first = 1;
	daemon_.count = daemon_.told = 0;
	configure();
	start(NULL);
}

void sim_daemon_crash(uint64_t back_in_ms)
{
	if (!daemon_.dns)
		return;
	sim_trace("daemon: killed");
	sim_disk_crash(true);
	dns_free(daemon_.dns);
	daemon_.dns = NULL;
	sim_after(back_in_ms, start, NULL, &daemon_);
}

void sim_daemon_trace(void)
{
	struct text text;
	char *line, *rest;

	text_init(&text, 1 << 20);
	if (daemon_.dns && dns_print_names(daemon_.dns, NULL, ROWS_TABLE, &text) == 0) {
		for (line = strtok_r(text.bytes, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest))
			sim_trace("  %s", line);
	}
	text_done(&text);
}

void sim_daemon_stop(void)
{
	sim_disk_crash(true);
	dns_free(daemon_.dns);
	daemon_.dns = NULL;
	sim_forget(&daemon_, NULL);
}
