/* SPDX-License-Identifier: ISC */
#include "netcheck/check_names.h"
#include "netcheck/door.h"
#include "netcheck/pair_seal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void free_names(void *check)
{
	check_names_free(check);
}

static int add_names(struct netcheck *run, const struct site_config *site, const char *name,
		     const struct target_list *targets)
{
	struct check_names_group group = {
		.name = name,
		.targets = targets->items,
		.target_count = targets->count,
		.servers = site->name_servers.items,
		.server_count = site->name_servers.count,
	};
	struct check_names *check = NULL;
	int r = netcheck_reserve(run);

	if (!r)
		r = check_names_start(&check, &run->tools, &group, netcheck_on_done, run);
	return netcheck_keep(run, (struct netcheck_item){check, free_names, NULL}, r);
}

static int add_subnet(struct netcheck *run, const struct site_config *site,
		      const struct site_subnet_config *subnet, struct target_list *targets)
{
	struct check_ports_group group = {
		.name = subnet->name,
		.prefix = subnet->prefix,
		.ports = run->ports.items,
		.port_count = run->ports.count,
	};
	int r;

	r = site_targets(subnet, targets);
	if (r)
		return r;
	group.targets = targets->items;
	group.target_count = targets->count;
	r = netcheck_add_group(run, &group);
	return r ? r : add_names(run, site, subnet->name, targets);
}

static int add_site_dns(struct netcheck *run, const struct site_config *site)
{
	struct check_dns_wanted wanted = {
		.label = site->server.name,
		.suffixes = site->suffixes.items,
		.suffix_count = site->suffixes.count,
		.servers = site->name_servers.items,
		.server_count = site->name_servers.count,
		.expected = site->server.addresses.items,
		.expected_count = site->server.addresses.count,
	};

	return netcheck_add_dns(run, &wanted);
}

/* The names whose zones the key must be able to change: in the suffixes, and back from the subnets. */
static size_t list_updated(const struct site_config *site,
			   struct hostname names[CHECK_PERMIT_NAMES])
{
	const struct site_subnet_config *subnets = site->subnets.items;
	const struct hostname *suffixes = site->suffixes.items;
	char text[ADDR_REVERSE_TEXT];
	size_t count = 0;

	for (size_t i = 0; i < site->suffixes.count && count < CHECK_PERMIT_NAMES; i++)
		names[count++] = suffixes[i];
	for (size_t i = 0; i < site->subnets.count && count < CHECK_PERMIT_NAMES; i++)
		count += !hostname_parse(addr_print_reverse(subnets[i].prefix.addr, text),
					 &names[count], NULL);
	return count;
}

static int add_site_update(struct netcheck *run, const struct site_config *site)
{
	const struct site_update_config *update = &site->update;
	struct hostname names[CHECK_PERMIT_NAMES];
	struct check_permit_wanted wanted = {
		.names = update->zones.items,
		.name_count = update->zones.count,
		.stated = update->zones.count,
		.servers = site->name_servers.items,
		.server_count = site->name_servers.count,
		.primary = update->primary,
	};
	int r;

	if (!update->key)
		return 0;
	r = tsig_key_new(&run->key, update->key, (enum tsig_algorithm)update->algorithm,
			 update->secret.bytes, update->secret.length, NULL);
	if (r)
		return r;
	wanted.key = run->key;
	if (!wanted.stated) {
		wanted.names = names;
		wanted.name_count = list_updated(site, names);
	}
	return netcheck_add_permit(run, &wanted);
}

static void add_site_certificate(struct netcheck *run, const struct site_config *site)
{
	struct check_cert_wanted wanted = {
		.file = site->certificate.file,
		.password_file = site->certificate.password_file,
		.suffixes = site->suffixes.items,
		.suffix_count = site->suffixes.count,
		.hellos = site->certificate.hellos.items,
		.hello_count = site->certificate.hellos.count,
		.daemon = site->daemon,
		.now_s = time(NULL),
	};

	if (wanted.file)
		netcheck_add_cert(run, &wanted);
}

static void add_site_kea(struct netcheck *run, const struct site_config *site)
{
	char *const *files = site->kea_configs.items;

	for (size_t i = 0; i < site->kea_configs.count; i++)
		netcheck_add_kea(run, &(struct check_kea_wanted){
					      .file = files[i],
					      .suffixes = site->suffixes.items,
					      .suffix_count = site->suffixes.count,
				      });
}

static int add_dhcp(struct netcheck *run, const struct site_config *site,
		    const struct site_dhcp_config *dhcp)
{
	const struct hostname *suffixes = site->suffixes.items;
	struct check_dhcp_wanted wanted = {
		.question = {.server = dhcp->server, .relay = dhcp->relay, .link = dhcp->subnet},
		.suffixes = suffixes,
		.suffix_count = site->suffixes.count,
	};
	struct probe_dhcp_question *question = &wanted.question;

	if (dhcp->interface)
		snprintf(question->interface, sizeof(question->interface), "%s", dhcp->interface);
	(void)hostname_parse("amtnet-check", &question->name, NULL);
	(void)hostname_join(&question->name, &suffixes[0], &question->name);
	return netcheck_add_dhcp(run, &wanted);
}

/* A code that cannot be read is a result, not the end of the run. */
static int add_pair(struct netcheck *run, const struct site_config *site,
		    const struct site_pair_config *pair, struct netcheck_pair *ret)
{
	const struct addr *servers = site->server.addresses.items;
	struct check_pair_wanted wanted = {
		.with = pair->with,
		.code = ret->code,
		.ports = run->ports.items,
		.port_count = run->ports.count,
		.hellos = ret->hellos,
	};
	struct err err = {0};

	if (pair_seal_read_code(pair->code_file, ret->code, sizeof(ret->code), &err)) {
		struct result *result = result_about("NC802", RESULT_UNKNOWN, pair->code_file);

		if (result)
			result_set(&result->text, "%s", err.text);
		netcheck_show_result(result, run);
		return 0;
	}
	for (size_t i = 0; site->hello && i < site->server.addresses.count; i++)
		if (wanted.hello_count < CHECK_PAIR_HELLOS)
			ret->hellos[wanted.hello_count++] = (struct endpoint){
				.addr = servers[i], .port = (uint16_t)site->server.port};
	return netcheck_add_pair(run, &wanted);
}

static int add_pairs(struct netcheck *run, const struct site_config *site)
{
	const struct site_pair_config *pairs = site->pairs.items;
	int r = 0;

	if (!site->pairs.count)
		return 0;
	run->pairs = calloc(site->pairs.count, sizeof(struct netcheck_pair));
	if (!run->pairs)
		return -ENOMEM;
	for (size_t i = 0; i < site->pairs.count && !r; i++)
		r = add_pair(run, site, &pairs[i], &run->pairs[i]);
	return r;
}

static int add_amt(struct netcheck *run, const struct site_config *site,
		   const struct site_subnet_config *subnet, const struct target_list *targets)
{
	struct check_amt_group group = {.name = subnet->name,
					.targets = targets->items,
					.target_count = targets->count,
					.daemon = site->daemon};

	return netcheck_add_amt(run, &group);
}

/* Inside the environment detection list firmware believes to be at home and opens no tunnel. */
static void judge_home(struct netcheck *run, const struct site_config *site)
{
	const struct hostname *suffixes = site->suffixes.items, *homes = site->home_domains.items;

	for (size_t i = 0; i < site->suffixes.count; i++)
		for (size_t k = 0; k < site->home_domains.count; k++) {
			struct result *result;

			if (!hostname_is_below(&suffixes[i], &homes[k]))
				continue;
			result = result_about("NC216", RESULT_WARNING, suffixes[i].text);
			if (result)
				result_set(&result->text,
					   "lies inside the environment detection domain %s",
					   homes[k].text);
			netcheck_show_result(result, run);
		}
}

/* What no key of the file asks for, and where one would have to stand to see it. */
static void say_unseen(struct netcheck *run, const struct site_config *site)
{
	struct result *result;
	char text[512];

	snprintf(text, sizeof(text), "%s%s%s%s%s%s",
		 site->dhcp.count ? "" : "; DHCP offers (dhcp, on a client link or as a relay)",
		 site->kea_configs.count ? "" : "; the DHCP server's configuration (kea-configs)",
		 site->hello ? "" : "; the hello port (hello: true)",
		 site->pairs.count ? ""
				   : "; hellos from the PCs' side and lost answers (pairs, with "
				     "amtnet-check respond --pair there)",
		 site->certificate.file ? "" : "; the certificate (certificate)",
		 site->update.key ? "" : "; the right to register names (update)");
	if (!text[0])
		return;
	result = result_about("NC003", RESULT_OK, "not looked at");
	if (result)
		result_set(&result->text, "%s", text + 2);
	netcheck_show_result(result, run);
}

int netcheck_add_site(struct netcheck *run, const struct site_config *site)
{
	const struct site_subnet_config *subnets = site->subnets.items;
	const struct site_dhcp_config *dhcp = site->dhcp.items;
	const struct addr *servers = site->server.addresses.items;
	const int64_t *ports = site->ports.items;
	int r;

	for (size_t i = 0; i < site->ports.count; i++)
		run->ports.items[run->ports.count++] = (uint16_t)ports[i];
	run->subnets = calloc(site->subnets.count, sizeof(struct netcheck_subnet));
	if (!run->subnets)
		return -ENOMEM;
	run->subnet_count = site->subnets.count;
	say_unseen(run, site);
	judge_home(run, site);
	add_site_certificate(run, site);
	add_site_kea(run, site);
	r = add_site_dns(run, site);
	if (!r)
		r = add_site_update(run, site);
	for (size_t i = 0; !r && site->hello && i < site->server.addresses.count; i++)
		r = netcheck_add_hello(
			run,
			(struct endpoint){.addr = servers[i], .port = (uint16_t)site->server.port},
			site->daemon);
	for (size_t i = 0; !r && i < site->dhcp.count; i++)
		r = add_dhcp(run, site, &dhcp[i]);
	if (!r)
		r = add_pairs(run, site);
	for (size_t i = 0; !r && i < site->subnets.count; i++)
		r = add_subnet(run, site, &subnets[i], &run->subnets[i].targets);
	for (size_t i = 0; !r && site->amt && i < site->subnets.count; i++)
		r = add_amt(run, site, &subnets[i], &run->subnets[i].targets);
	return r;
}
