/* SPDX-License-Identifier: ISC */
#include "netcheck/netcheck.h"

#include "common/clock.h"
#include "netcheck/check_authority.h"
#include "netcheck/check_hello.h"
#include "netcheck/check_path.h"
#include "netcheck/check_ports.h"
#include "netcheck/check_sweep.h"
#include "netcheck/door.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

void netcheck_on_done(void *user)
{
	struct netcheck *run = user;

	if (--run->left == 0)
		event_base_loopbreak(run->tools.base);
}

static void on_signal(evutil_socket_t number, short what, void *user)
{
	struct netcheck *run = user;

	run->interrupted = true;
	event_base_loopbreak(run->tools.base);
}

static int open_tools(struct netcheck *run)
{
	struct event_config *config = event_config_new();
	static const int numbers[] = {SIGINT, SIGTERM};
	int r;

	if (!config)
		return -ENOMEM;
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_PRECISE_TIMER);
	run->tools.base = event_base_new_with_config(config);
	event_config_free(config);
	if (!run->tools.base)
		return -ENOMEM;
	r = scan_new(&run->tools.scan, run->tools.base, &run->options.scan);
	if (!r)
		r = probe_hop_new(&run->tools.walker, run->tools.base);
	if (!r)
		r = lookups_new(&run->tools.lookups, run->tools.base, &probe_dns_defaults);
	for (size_t i = 0; !r && i < 2; i++) {
		run->signals[i] = evsignal_new(run->tools.base, numbers[i], on_signal, run);
		if (!run->signals[i] || event_add(run->signals[i], NULL))
			r = -ENOMEM;
	}
	return r ? r : netcheck_show_start(run);
}

int netcheck_new(struct netcheck **ret, const char *what, const struct netcheck_options *options,
		 struct err *err)
{
	struct netcheck *run = calloc(1, sizeof(*run));
	int r;

	if (!run)
		return err_set(err, -ENOMEM, "out of memory");
	run->what = what;
	run->options = *options;
	run->tools.walks_left = CHECK_WALKS_MAX;
	run->tools.sink = netcheck_show_result;
	run->tools.seen = netcheck_show_outcome;
	run->tools.user = run;
	run->started_ms = clock_mono_ms();
	r = open_tools(run);
	if (r) {
		netcheck_free(run);
		if (r == -EPERM)
			return err_set(err, r, "raw sockets need CAP_NET_RAW");
		return err_set(err, r, "cannot start the event loop: %s", strerror(-r));
	}
	*ret = run;
	return 0;
}

/* The probes go first: they know the checks. */
void netcheck_free(struct netcheck *run)
{
	if (!run)
		return;
	scan_free(run->tools.scan);
	probe_hop_free(run->tools.walker);
	lookups_free(run->tools.lookups);
	for (size_t i = 0; i < run->item_count; i++)
		run->items[i].free(run->items[i].check);
	free(run->items);
	for (size_t i = 0; i < run->subnet_count; i++)
		target_done(&run->subnets[i].targets);
	free(run->subnets);
	free(run->pairs);
	tsig_key_free(run->key);
	for (size_t i = 0; i < 2; i++)
		if (run->signals[i])
			event_free(run->signals[i]);
	if (run->clock)
		event_free(run->clock);
	if (run->tools.base)
		event_base_free(run->tools.base);
	results_done(&run->results);
	free(run);
}

int netcheck_reserve(struct netcheck *run)
{
	struct netcheck_item *items = reallocarray(run->items, run->item_count + 1,
						   sizeof(struct netcheck_item));

	if (!items)
		return -ENOMEM;
	run->items = items;
	return 0;
}

int netcheck_keep(struct netcheck *run, struct netcheck_item item, int r)
{
	if (!item.check)
		return r;
	run->items[run->item_count++] = item;
	run->left++;
	return r;
}

static void free_ports(void *check)
{
	check_ports_free(check);
}

static void interrupt_ports(void *check)
{
	check_ports_interrupt(check);
}

static void free_sweep(void *check)
{
	check_sweep_free(check);
}

static void interrupt_sweep(void *check)
{
	check_sweep_interrupt(check);
}

static void free_path(void *check)
{
	check_path_free(check);
}

static void free_dns(void *check)
{
	check_dns_free(check);
}

static void free_hello(void *check)
{
	check_hello_free(check);
}

int netcheck_add_group(struct netcheck *run, const struct check_ports_group *group)
{
	struct check_ports *check = NULL;
	int r = netcheck_reserve(run);

	if (r || !group->target_count || !group->port_count)
		return r;
	r = check_ports_start(&check, &run->tools, group, netcheck_on_done, run);
	return netcheck_keep(run, (struct netcheck_item){check, free_ports, interrupt_ports}, r);
}

/* Routers and filters work by network: what is near belongs together. */
static bool near(struct addr a, struct addr b)
{
	size_t bytes = a.family == ADDR_IP6 ? 8 : 3;

	return a.family == b.family && !memcmp(a.bytes, b.bytes, bytes);
}

int netcheck_add_ports(struct netcheck *run, const struct target_list *targets,
		       const struct target_ports *ports)
{
	size_t first = 0;
	int r = 0;

	for (size_t i = 1; i <= targets->count && !r; i++) {
		struct check_ports_group group = {
			.each = true,
			.targets = targets->items + first,
			.target_count = i - first,
			.ports = ports->items,
			.port_count = ports->count,
		};

		if (i < targets->count && near(targets->items[i], targets->items[first]))
			continue;
		r = netcheck_add_group(run, &group);
		first = i;
	}
	return r;
}

int netcheck_add_sweep(struct netcheck *run, const struct space *space,
		       const struct target_ports *ports, bool quick, const char *resume,
		       struct err *err)
{
	const struct check_sweep_wanted wanted = {
		.space = space, .ports = ports, .quick = quick, .resume = resume};
	struct check_sweep *check = NULL;
	int r = netcheck_reserve(run);

	if (r)
		return err_set(err, r, "out of memory");
	r = check_sweep_start(&check, &run->tools, &wanted, netcheck_on_done, run, err);
	return netcheck_keep(run, (struct netcheck_item){check, free_sweep, interrupt_sweep}, r);
}

static void free_authority(void *check)
{
	check_authority_free(check);
}

static int add_authority(struct netcheck *run, const struct check_dns_wanted *wanted,
			 const struct hostname *suffix)
{
	struct check_authority_wanted zone = {.servers = wanted->servers,
					      .server_count = wanted->server_count};
	struct check_authority *check = NULL;
	int r = netcheck_reserve(run);

	if (!r)
		r = hostname_join(&wanted->label, suffix, &zone.name);
	if (!r)
		r = check_authority_start(&check, &run->tools, &zone, netcheck_on_done, run);
	return netcheck_keep(run, (struct netcheck_item){check, free_authority, NULL}, r);
}

int netcheck_add_path(struct netcheck *run, struct endpoint to, uint16_t control_port)
{
	struct check_path *check = NULL;
	int r = netcheck_reserve(run);

	if (!r)
		r = check_path_start(&check, &run->tools, to, control_port, netcheck_on_done, run);
	return netcheck_keep(run, (struct netcheck_item){check, free_path, NULL}, r);
}

int netcheck_add_dns(struct netcheck *run, const struct check_dns_wanted *wanted)
{
	struct check_dns *check = NULL;
	int r = netcheck_reserve(run);

	if (!r)
		r = check_dns_start(&check, &run->tools, wanted, netcheck_on_done, run);
	r = netcheck_keep(run, (struct netcheck_item){check, free_dns, NULL}, r);
	for (size_t i = 0; i < wanted->suffix_count && !r; i++)
		r = add_authority(run, wanted, &wanted->suffixes[i]);
	return r;
}

static void free_permit(void *check)
{
	check_permit_free(check);
}

int netcheck_add_permit(struct netcheck *run, const struct check_permit_wanted *wanted)
{
	struct check_permit *check = NULL;
	int r = netcheck_reserve(run);

	if (!r)
		r = check_permit_start(&check, &run->tools, wanted, netcheck_on_done, run);
	return netcheck_keep(run, (struct netcheck_item){check, free_permit, NULL}, r);
}

int netcheck_add_hello(struct netcheck *run, struct endpoint server, const char *daemon)
{
	struct check_hello *check = NULL;
	int r = netcheck_reserve(run);

	if (!r)
		r = check_hello_start(&check, &run->tools, server, daemon, netcheck_on_done, run);
	return netcheck_keep(run, (struct netcheck_item){check, free_hello, NULL}, r);
}

static void free_dhcp(void *check)
{
	check_dhcp_free(check);
}

int netcheck_add_dhcp(struct netcheck *run, const struct check_dhcp_wanted *wanted)
{
	struct check_dhcp *check = NULL;
	int r = netcheck_reserve(run);

	if (!r)
		r = check_dhcp_start(&check, &run->tools, wanted, netcheck_on_done, run);
	return netcheck_keep(run, (struct netcheck_item){check, free_dhcp, NULL}, r);
}

static void free_pair(void *check)
{
	check_pair_free(check);
}

int netcheck_add_pair(struct netcheck *run, const struct check_pair_wanted *wanted)
{
	struct check_pair *check = NULL;
	int r = netcheck_reserve(run);

	run->tools.planned += wanted->port_count;
	if (!r)
		r = check_pair_start(&check, &run->tools, wanted, netcheck_on_done, run);
	return netcheck_keep(run, (struct netcheck_item){check, free_pair, NULL}, r);
}

static void free_amt(void *check)
{
	check_amt_free(check);
}

int netcheck_add_amt(struct netcheck *run, const struct check_amt_group *group)
{
	struct check_amt *check = NULL;
	int r = netcheck_reserve(run);

	if (!r)
		r = check_amt_start(&check, &run->tools, group, netcheck_on_done, run);
	return netcheck_keep(run, (struct netcheck_item){check, free_amt, NULL}, r);
}

void netcheck_add_cert(struct netcheck *run, const struct check_cert_wanted *wanted)
{
	check_cert(&run->tools, wanted);
}

void netcheck_add_kea(struct netcheck *run, const struct check_kea_wanted *wanted)
{
	check_kea(&run->tools, wanted);
}

static void add_interrupted(struct netcheck *run)
{
	struct result *result = result_new("NC001", RESULT_UNKNOWN);

	for (size_t i = 0; i < run->item_count; i++)
		if (run->items[i].interrupt)
			run->items[i].interrupt(run->items[i].check);
	if (result) {
		result_set(&result->subject, "this run");
		result_set(&result->text, "ended early, %zu of %zu parts without a result",
			   run->left, run->item_count);
	}
	netcheck_show_result(result, run);
}

int netcheck_run(struct netcheck *run)
{
	if (run->left && event_base_dispatch(run->tools.base) < 0)
		run->interrupted = true;
	netcheck_show_end(run);
	if (run->interrupted && run->options.memory)
		run->options.memory->ended = true;
	if (run->interrupted || run->left)
		add_interrupted(run);
	netcheck_show_report(run);
	return (int)verdict_of(&run->results);
}
