/* SPDX-License-Identifier: ISC */
#include "netcheck/site.h"

#include "common/tsig.h"
#include "netcheck/check_permit.h"
#include "netcheck/pair_serve.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

static const struct config_key server_keys[] = {
	{.name = "name",
	 .kind = CONFIG_HOSTNAME,
	 .offset = offsetof(struct site_server_config, name),
	 .fallback = "ProvisionServer",
	 .help = "first label of the name that PCs look up"},
	{.name = "addresses",
	 .kind = CONFIG_ADDR,
	 .list = true,
	 .required = true,
	 .offset = offsetof(struct site_server_config, addresses),
	 .help = "what the name must resolve to, and where the test hello goes"},
	{.name = "port",
	 .kind = CONFIG_INT,
	 .offset = offsetof(struct site_server_config, port),
	 .min = 1,
	 .max = 65535,
	 .fallback = "9971",
	 .help = "TCP port of the hello"},
};

static const struct config_table server_table = {
	.name = "provision-server",
	.help = "the provisioning server as PCs must find it",
	.size = sizeof(struct site_server_config),
	.keys = server_keys,
	.count = sizeof(server_keys) / sizeof(server_keys[0]),
};

static const struct config_key dhcp_keys[] = {
	{.name = "interface",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct site_dhcp_config, interface),
	 .help = "ask on this link, as a PC does"},
	{.name = "server",
	 .kind = CONFIG_ADDR,
	 .offset = offsetof(struct site_dhcp_config, server),
	 .help = "ask this DHCP server as a relay"},
	{.name = "relay",
	 .kind = CONFIG_ADDR,
	 .offset = offsetof(struct site_dhcp_config, relay),
	 .help = "the relay's address: one of this machine, where the answers go"},
	{.name = "subnet",
	 .kind = CONFIG_ADDR,
	 .offset = offsetof(struct site_dhcp_config, subnet),
	 .help = "an address of the subnet asked about, by default the relay's"},
};

static void check_dhcp(const void *object, struct config_check *check)
{
	const struct site_dhcp_config *dhcp = object;
	bool relayed = dhcp->server.family || dhcp->relay.family;

	if (!relayed && !dhcp->interface)
		config_complain(check, "interface", "either interface, or server and relay");
	else if (relayed && dhcp->interface)
		config_complain(check, "interface",
				"interface asks on a link, server as a relay: not both");
	else if (relayed && (dhcp->server.family != ADDR_IP4 || dhcp->relay.family != ADDR_IP4))
		config_complain(check, "server", "server and relay go together, and are IPv4");
	else if (dhcp->interface && strlen(dhcp->interface) >= IF_NAMESIZE)
		config_complain(check, "interface", "\"%s\" is too long for an interface",
				dhcp->interface);
}

static const struct config_table dhcp_table = {
	.name = "dhcp",
	.help = "where DHCP servers are asked for an offer",
	.size = sizeof(struct site_dhcp_config),
	.keys = dhcp_keys,
	.count = sizeof(dhcp_keys) / sizeof(dhcp_keys[0]),
	.check = check_dhcp,
};

static const struct config_key pair_keys[] = {
	{.name = "with",
	 .kind = CONFIG_ENDPOINT,
	 .required = true,
	 .offset = offsetof(struct site_pair_config, with),
	 .min = PAIR_PORT,
	 .help = "the responder, with its control port unless that is 16999"},
	{.name = "code-file",
	 .kind = CONFIG_TEXT,
	 .required = true,
	 .offset = offsetof(struct site_pair_config, code_file),
	 .help = "its first line is the code that the responder knows"},
};

static const struct config_table pair_table = {
	.name = "pair",
	.help = "a responder that works along",
	.size = sizeof(struct site_pair_config),
	.keys = pair_keys,
	.count = sizeof(pair_keys) / sizeof(pair_keys[0]),
};

static const struct config_key certificate_keys[] = {
	{.name = "file",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct site_certificate_config, file),
	 .help = "PEM or PKCS #12 with the certificate, its key and its chain; checked against the "
		 "suffixes"},
	{.name = "password-file",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct site_certificate_config, password_file),
	 .help = "its first line opens the key or the PKCS #12 file"},
	{.name = "hellos",
	 .kind = CONFIG_TEXT,
	 .list = true,
	 .offset = offsetof(struct site_certificate_config, hellos),
	 .help = "files with one hello each, whose hashes must hold the root"},
};

static void check_certificate(const void *object, struct config_check *check)
{
	const struct site_certificate_config *certificate = object;

	if (!certificate->file && certificate->password_file)
		config_complain(check, "password-file", "there is no file that it could open");
	if (!certificate->file && certificate->hellos.count)
		config_complain(check, "hellos", "there is no certificate to look for in them");
}

static const struct config_table certificate_table = {
	.name = "certificate",
	.help = "the certificate that the provisioning core shows to PCs",
	.size = sizeof(struct site_certificate_config),
	.keys = certificate_keys,
	.count = sizeof(certificate_keys) / sizeof(certificate_keys[0]),
	.check = check_certificate,
};

static const struct config_key update_keys[] = {
	{.name = "key",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct site_update_config, key),
	 .help = "name of the TSIG key; whether it may register names is asked without a trace"},
	{.name = "algorithm",
	 .kind = CONFIG_ENUM,
	 .choices = tsig_algorithm_names,
	 .fallback = "hmac-sha256",
	 .offset = offsetof(struct site_update_config, algorithm),
	 .help = "algorithm of the key"},
	{.name = "secret-file",
	 .kind = CONFIG_SECRET,
	 .offset = offsetof(struct site_update_config, secret),
	 .help = "file with the key's secret in base64, readable by its owner and group only"},
	{.name = "zones",
	 .kind = CONFIG_HOSTNAME,
	 .list = true,
	 .max = CHECK_PERMIT_NAMES,
	 .offset = offsetof(struct site_update_config, zones),
	 .help = "zones, forward and reverse; by default those of the suffixes and subnets"},
	{.name = "primary",
	 .kind = CONFIG_ENDPOINT,
	 .min = 53,
	 .offset = offsetof(struct site_update_config, primary),
	 .help = "the server that takes updates, where the SOA record does not name it"},
};

static void check_update(const void *object, struct config_check *check)
{
	const struct site_update_config *update = object;
	struct hostname name;
	struct err err = {0};

	if (update->key && hostname_parse(update->key, &name, &err))
		config_complain(check, "key", "%s", err.text);
	if (update->key && !update->secret.length)
		config_complain(check, "key", "a key needs its secret-file");
	if (!update->key && (update->secret.length || update->zones.count))
		config_complain(check, "key", "the key's name is missing");
}

static const struct config_table update_table = {
	.name = "update",
	.help = "the key that registers names in DNS",
	.size = sizeof(struct site_update_config),
	.keys = update_keys,
	.count = sizeof(update_keys) / sizeof(update_keys[0]),
	.check = check_update,
};

static const struct config_key subnet_keys[] = {
	{.name = "name",
	 .kind = CONFIG_TEXT,
	 .required = true,
	 .offset = offsetof(struct site_subnet_config, name),
	 .help = "how the report calls it"},
	{.name = "prefix",
	 .kind = CONFIG_PREFIX,
	 .required = true,
	 .offset = offsetof(struct site_subnet_config, prefix),
	 .help = "the client subnet"},
	{.name = "targets",
	 .kind = CONFIG_TEXT,
	 .list = true,
	 .required = true,
	 .offset = offsetof(struct site_subnet_config, targets),
	 .help = "PCs or responders in it: addresses, ranges (10.0.0.5-9), prefixes"},
};

/* Each target must read well and lie in the subnet. */
static void check_subnet(const void *object, struct config_check *check)
{
	const struct site_subnet_config *subnet = object;
	char *const *items = subnet->targets.items;

	for (size_t i = 0; i < subnet->targets.count; i++) {
		struct target_list list = {0};
		char key[32], prefix[PREFIX_TEXT];
		struct err err = {0};

		snprintf(key, sizeof(key), "targets[%zu]", i);
		if (target_add(&list, items[i], TARGET_MAX, NULL, &err))
			config_complain(check, key, "%s", err.text);
		else if (!prefix_contains(subnet->prefix, list.items[0]) ||
			 !prefix_contains(subnet->prefix, list.items[list.count - 1]))
			config_complain(check, key, "%s is not inside %s", items[i],
					prefix_print(subnet->prefix, prefix));
		target_done(&list);
	}
}

static const struct config_table subnet_table = {
	.name = "subnet",
	.help = "a client subnet",
	.size = sizeof(struct site_subnet_config),
	.keys = subnet_keys,
	.count = sizeof(subnet_keys) / sizeof(subnet_keys[0]),
	.check = check_subnet,
};

static const struct config_key site_keys[] = {
	{.name = "name",
	 .kind = CONFIG_TEXT,
	 .required = true,
	 .offset = offsetof(struct site_config, name),
	 .help = "how the report calls the site"},
	{.name = "provision-server",
	 .kind = CONFIG_TABLE,
	 .required = true,
	 .offset = offsetof(struct site_config, server),
	 .table = &server_table,
	 .help = "the provisioning server as PCs must find it"},
	{.name = "suffixes",
	 .kind = CONFIG_HOSTNAME,
	 .list = true,
	 .required = true,
	 .offset = offsetof(struct site_config, suffixes),
	 .help = "DHCP option 15 of the client subnets"},
	{.name = "name-servers",
	 .kind = CONFIG_ENDPOINT,
	 .list = true,
	 .required = true,
	 .offset = offsetof(struct site_config, name_servers),
	 .min = 53,
	 .help = "DHCP option 6 of the client subnets"},
	{.name = "ports",
	 .kind = CONFIG_INT,
	 .list = true,
	 .offset = offsetof(struct site_config, ports),
	 .min = 1,
	 .max = 65535,
	 .most = TARGET_PORTS_MAX,
	 .fallback = "[16992, 16993, 16994, 16995]",
	 .help = "TCP ports that must be reachable on the PCs"},
	{.name = "hello",
	 .kind = CONFIG_BOOL,
	 .offset = offsetof(struct site_config, hello),
	 .fallback = "false",
	 .help = "send a test hello to each provisioning server"},
	{.name = "daemon",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct site_config, daemon),
	 .help = "control socket of the amtnetd that takes the hello, where it runs on this "
		 "machine; with amt, it is also asked what it knows of the PCs"},
	{.name = "certificate",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct site_config, certificate),
	 .table = &certificate_table,
	 .help = "the certificate that the provisioning core shows to PCs"},
	{.name = "update",
	 .kind = CONFIG_TABLE,
	 .offset = offsetof(struct site_config, update),
	 .table = &update_table,
	 .help = "the key that registers names in DNS"},
	{.name = "kea-configs",
	 .kind = CONFIG_TEXT,
	 .list = true,
	 .offset = offsetof(struct site_config, kea_configs),
	 .help = "configurations of kea-dhcp4 that serve the client subnets"},
	{.name = "dhcp",
	 .kind = CONFIG_TABLE,
	 .list = true,
	 .offset = offsetof(struct site_config, dhcp),
	 .table = &dhcp_table,
	 .help = "where DHCP servers are asked for an offer; needs root"},
	{.name = "pairs",
	 .kind = CONFIG_TABLE,
	 .list = true,
	 .offset = offsetof(struct site_config, pairs),
	 .table = &pair_table,
	 .help = "responders at the client subnets that work along"},
	{.name = "amt",
	 .kind = CONFIG_BOOL,
	 .offset = offsetof(struct site_config, amt),
	 .fallback = "false",
	 .help = "find out whether AMT answers at each target"},
	{.name = "home-domains",
	 .kind = CONFIG_HOSTNAME,
	 .list = true,
	 .offset = offsetof(struct site_config, home_domains),
	 .help = "environment detection of the PCs: inside these no remote access tunnel opens"},
	{.name = "rate",
	 .kind = CONFIG_INT,
	 .offset = offsetof(struct site_config, rate),
	 .min = 1,
	 .max = 100000,
	 .fallback = "500",
	 .help = "connection attempts per second at most"},
	{.name = "subnets",
	 .kind = CONFIG_TABLE,
	 .list = true,
	 .required = true,
	 .offset = offsetof(struct site_config, subnets),
	 .table = &subnet_table,
	 .help = "the client subnets"},
};

/* All subnets together stay within one run's bound. */
static void check_site(const void *object, struct config_check *check)
{
	const struct site_config *site = object;
	const struct site_subnet_config *subnets = site->subnets.items;
	size_t total = 0;

	for (size_t i = 0; i < site->subnets.count; i++) {
		struct target_list list = {0};

		if (!site_targets(&subnets[i], &list))
			total += list.count * site->ports.count;
		target_done(&list);
	}
	if (total > TARGET_MAX)
		config_complain(
			check, "subnets",
			"%zu addresses times ports are too many, %d is the most; a few targets "
			"stand for a subnet",
			total, TARGET_MAX);
}

const struct config_table site_config_table = {
	.name = "site",
	.help = "what must be true at a site before PCs can be provisioned there",
	.size = sizeof(struct site_config),
	.keys = site_keys,
	.count = sizeof(site_keys) / sizeof(site_keys[0]),
	.check = check_site,
};

int site_targets(const struct site_subnet_config *subnet, struct target_list *ret)
{
	char *const *items = subnet->targets.items;
	int r;

	for (size_t i = 0; i < subnet->targets.count; i++) {
		r = target_add(ret, items[i], TARGET_MAX, NULL, NULL);
		if (r)
			return r;
	}
	return 0;
}
