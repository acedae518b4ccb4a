/* SPDX-License-Identifier: ISC */
#include "dns/dns.h"
#include "common/tsig.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define SECOND 1000LL
#define DAY (24 * 3600 * SECOND)

static const struct config_key lease_keys[] = {
	{.name = "socket",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct lease_config, socket),
	 .fallback = "/run/amtnet/lease.sock",
	 .help = "Path of the socket where the Kea hook tells about leases; \"\" for none."},
	{.name = "group",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct lease_config, group),
	 .help = "Group that may connect to it, the one that Kea runs in; the daemon's own by "
		 "default."},
};

static void lease_check(const void *object, struct config_check *check)
{
	const struct lease_config *lease = object;

	if (lease->socket && strlen(lease->socket) > 107)
		config_complain(check, "socket",
				"a socket's path may have 107 characters, this one has %zu",
				strlen(lease->socket));
	else if (lease->socket && *lease->socket && *lease->socket != '/')
		config_complain(check, "socket", "\"%s\" is not an absolute path", lease->socket);
}

const struct config_table lease_config_table = {
	.name = "lease",
	.help = "Where leases come from.",
	.size = sizeof(struct lease_config),
	.keys = lease_keys,
	.count = COUNT(lease_keys),
	.check = lease_check,
};

/* dns ------------------------------------------------------------------------------------------- */

static const struct config_key key_keys[] = {
	{.name = "name",
	 .kind = CONFIG_TEXT,
	 .required = true,
	 .offset = offsetof(struct dns_key_config, name),
	 .help = "Name of the TSIG key, as the name server knows it."},
	{.name = "algorithm",
	 .kind = CONFIG_ENUM,
	 .fallback = "hmac-sha256",
	 .choices = tsig_algorithm_names,
	 .offset = offsetof(struct dns_key_config, algorithm),
	 .help = "Algorithm of the key; hmac-sha1 is accepted but no longer recommended."},
	{.name = "secret-file",
	 .kind = CONFIG_SECRET,
	 .required = true,
	 .offset = offsetof(struct dns_key_config, secret),
	 .help = "File that holds the secret in base64, readable by the daemon only."},
};

static void key_check(const void *object, struct config_check *check)
{
	const struct dns_key_config *key = object;
	struct hostname name;
	struct err err = {0};

	if (hostname_parse(key->name, &name, &err) < 0)
		config_complain(check, "name", "%s", err.text);
}

static const struct config_table key_table = {
	.name = "key",
	.help = "A TSIG key.",
	.size = sizeof(struct dns_key_config),
	.keys = key_keys,
	.count = COUNT(key_keys),
	.check = key_check,
};

static const char *const zone_mode_names[] = {
	[DNS_ZONE_MODE_INHERITED] = "inherited",
	[1 + DNS_SAME_MACHINE] = "same-machine",
	[1 + DNS_CHECK_WITH_DHCID] = "check-with-dhcid",
	[1 + DNS_CHECK_EXISTS_WITH_DHCID] = "check-exists-with-dhcid",
	[1 + DNS_NO_CHECK_WITH_DHCID] = "no-check-with-dhcid",
	[1 + DNS_NO_CHECK_WITHOUT_DHCID] = "no-check-without-dhcid",
	[1 + DNS_MARKER] = "marker",
	NULL,
};

static const struct config_key zone_keys[] = {
	{.name = "name",
	 .kind = CONFIG_HOSTNAME,
	 .required = true,
	 .offset = offsetof(struct dns_zone_config, name),
	 .help = "Name of the zone, forward (corp.example) or reverse (81.10.in-addr.arpa)."},
	{.name = "servers",
	 .kind = CONFIG_ENDPOINT,
	 .list = true,
	 .min = 53,
	 .max = 8,
	 .offset = offsetof(struct dns_zone_config, servers),
	 .help = "Name servers that take updates of it, the preferred one first; port 53 by "
		 "default. Without them the primary server is found by the zone's SOA; see "
		 "DISCOVERY."},
	{.name = "key",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct dns_zone_config, key),
	 .help = "Name of one of dns.keys; updates are unsigned without it."},
	{.name = "conflict-mode",
	 .kind = CONFIG_ENUM,
	 .fallback = "inherited",
	 .choices = zone_mode_names,
	 .offset = offsetof(struct dns_zone_config, conflict_mode),
	 .help = "As dns.conflict-mode, which it is by default, for this zone."},
	{.name = "range",
	 .kind = CONFIG_PREFIX,
	 .offset = offsetof(struct dns_zone_config, range),
	 .help = "For a classless reverse zone (RFC 2317) the addresses whose PTR it holds, as in "
		 "192.0.2.64/26 for the zone 64-26.2.0.192.in-addr.arpa."},
};

static void zone_check(const void *object, struct config_check *check)
{
	const struct dns_zone_config *zone = object;
	char text[PREFIX_TEXT];

	if (zone->range.addr.family == ADDR_NONE)
		return;
	if (zone->range.addr.family != ADDR_IP4 || zone->range.length < 24)
		config_complain(check, "range",
				"%s is not within one IPv4 /24, which is the part of the reverse "
				"tree that RFC 2317 divides",
				prefix_print(zone->range, text));
}

static const struct config_table zone_table = {
	.name = "zone",
	.help = "A zone that names are kept in.",
	.size = sizeof(struct dns_zone_config),
	.keys = zone_keys,
	.count = COUNT(zone_keys),
	.check = zone_check,
};

static const struct config_key domain_keys[] = {
	{.name = "name",
	 .kind = CONFIG_HOSTNAME,
	 .required = true,
	 .offset = offsetof(struct dns_zone_config, name),
	 .help = "Name of the domain, forward (corp.example) or reverse (10.in-addr.arpa); nothing "
		 "above it is taken for a zone of its names."},
	{.name = "key",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct dns_zone_config, key),
	 .help = "Name of one of dns.keys, for every zone found there; updates are unsigned "
		 "without it."},
	{.name = "conflict-mode",
	 .kind = CONFIG_ENUM,
	 .fallback = "inherited",
	 .choices = zone_mode_names,
	 .offset = offsetof(struct dns_zone_config, conflict_mode),
	 .help = "As dns.conflict-mode, which it is by default, for every zone found there."},
};

static void domain_check(const void *object, struct config_check *check)
{
	static const struct hostname nobodys[] = {{""}, {"arpa"}, {"in-addr.arpa"}, {"ip6.arpa"}};
	const struct dns_zone_config *domain = object;

	for (size_t i = 0; i < COUNT(nobodys); i++) {
		if (hostname_equal(&domain->name, &nobodys[i]))
			config_complain(
				check, "name",
				"\"%s\" is nobody's own; write the part of it that is yours, "
				"as in corp.example or 10.in-addr.arpa",
				i ? nobodys[i].text : ".");
	}
}

static const struct config_table domain_table = {
	.name = "domain",
	.help = "A domain in which zones are found.",
	.size = sizeof(struct dns_zone_config),
	.keys = domain_keys,
	.count = COUNT(domain_keys),
	.check = domain_check,
};

static const struct config_key discover_keys[] = {
	{.name = "resolvers",
	 .kind = CONFIG_ENDPOINT,
	 .list = true,
	 .min = 53,
	 .max = 8,
	 .offset = offsetof(struct dns_discover_config, resolvers),
	 .help = "Resolvers that are asked for zones and their servers; those of /etc/resolv.conf "
		 "by default."},
	{.name = "below",
	 .kind = CONFIG_TABLE,
	 .list = true,
	 .max = 64,
	 .table = &domain_table,
	 .offset = offsetof(struct dns_discover_config, below),
	 .help = "Domains whose names are registered though no zone of dns.zones holds them: the "
		 "zone is found by asking."},
	{.name = "max-zones",
	 .kind = CONFIG_INT,
	 .fallback = "64",
	 .min = 1,
	 .max = 1024,
	 .offset = offsetof(struct dns_discover_config, max_zones),
	 .help = "Most zones found there at one time; names of more zones wait."},
	{.name = "forget-after",
	 .kind = CONFIG_DURATION,
	 .fallback = "1d",
	 .min = SECOND,
	 .max = 365 * DAY,
	 .offset = offsetof(struct dns_discover_config, forget_ms),
	 .help = "A zone that was found is forgotten when no name was in it for so long."},
};

static const struct config_table discover_table = {
	.name = "discover",
	.help = "How zones and their primary servers are found.",
	.size = sizeof(struct dns_discover_config),
	.keys = discover_keys,
	.count = COUNT(discover_keys),
};

static const struct config_key dns_keys[] = {
	{.name = "conflict-mode",
	 .kind = CONFIG_ENUM,
	 .fallback = "same-machine",
	 .choices = zone_mode_names + 1,
	 .offset = offsetof(struct dns_config, conflict_mode),
	 .help = "Whose name may be taken: the same machine's, the same DHCP client's, any DHCP "
		 "client's, or anyone's; see CONFLICT MODES."},
	{.name = "ttl",
	 .kind = CONFIG_DURATION,
	 .min = SECOND,
	 .max = 7 * DAY,
	 .offset = offsetof(struct dns_config, ttl_ms),
	 .help = "Fixed time to live of the records of leases; without it a third of the lease's "
		 "time, from ttl-min to ttl-max."},
	{.name = "ttl-min",
	 .kind = CONFIG_DURATION,
	 .fallback = "10m",
	 .min = SECOND,
	 .max = 7 * DAY,
	 .offset = offsetof(struct dns_config, ttl_min_ms),
	 .help = "Shortest time to live that follows from a lease."},
	{.name = "ttl-max",
	 .kind = CONFIG_DURATION,
	 .fallback = "1h",
	 .min = SECOND,
	 .max = 7 * DAY,
	 .offset = offsetof(struct dns_config, ttl_max_ms),
	 .help = "Longest time to live that follows from a lease."},
	{.name = "refresh",
	 .kind = CONFIG_DURATION,
	 .min = 60 * SECOND,
	 .max = 30 * DAY,
	 .offset = offsetof(struct dns_config, refresh_ms),
	 .help = "Records are sent again after this time though nothing changed, for servers that "
		 "scavenge old ones; without it they are not."},
	{.name = "verify",
	 .kind = CONFIG_BOOL,
	 .fallback = "false",
	 .offset = offsetof(struct dns_config, verify),
	 .help = "After each update, ask the server whether the record is there, or gone."},
	{.name = "keys",
	 .kind = CONFIG_TABLE,
	 .list = true,
	 .max = 64,
	 .table = &key_table,
	 .offset = offsetof(struct dns_config, keys),
	 .help = "TSIG keys."},
	{.name = "zones",
	 .kind = CONFIG_TABLE,
	 .list = true,
	 .max = 1024,
	 .table = &zone_table,
	 .offset = offsetof(struct dns_config, zones),
	 .help = "Zones to keep names in; a name goes to the longest one that it lies in."},
	{.name = "discover",
	 .kind = CONFIG_TABLE,
	 .table = &discover_table,
	 .offset = offsetof(struct dns_config, discover),
	 .help = "How zones and their primary servers are found where none is named; see "
		 "DISCOVERY."},
};

static bool key_exists(const struct dns_config *dns, const char *name)
{
	const struct dns_key_config *keys = dns->keys.items;

	for (size_t i = 0; i < dns->keys.count; i++) {
		if (!strcasecmp(keys[i].name, name))
			return true;
	}
	return false;
}

static void dns_check_keys(const struct dns_config *dns, struct config_check *check)
{
	const struct dns_key_config *keys = dns->keys.items;

	for (size_t i = 1; i < dns->keys.count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!strcasecmp(keys[i].name, keys[j].name))
				config_complain(check, "keys", "\"%s\" is there twice",
						keys[i].name);
		}
	}
}

/* A domain within a zone would never be looked into. */
static void check_domain(const struct dns_config *dns, size_t index, struct config_check *check)
{
	const struct dns_zone_config *domains = dns->discover.below.items, *one = &domains[index];
	const struct dns_zone_config *zones = dns->zones.items;
	int zone = dns_config_zone(dns, &one->name);
	char place[40];

	snprintf(place, sizeof(place), "discover.below[%zu]", index);
	if (one->key && !key_exists(dns, one->key))
		config_complain(check, place, "there is no key \"%s\" in dns.keys", one->key);
	if (zone >= 0)
		config_complain(check, place,
				"%s lies in the zone %s of dns.zones, which all its names go to; "
				"take one of the two out",
				one->name.text, zones[zone].name.text);
	for (size_t i = 0; i < index; i++) {
		if (hostname_equal(&one->name, &domains[i].name))
			config_complain(check, place, "%s is there twice", one->name.text);
	}
}

static void dns_check(const void *object, struct config_check *check)
{
	const struct dns_config *dns = object;
	const struct dns_zone_config *zones = dns->zones.items;

	dns_check_keys(dns, check);
	if (dns->ttl_min_ms > dns->ttl_max_ms)
		config_complain(check, "ttl-min", "is longer than ttl-max");
	for (size_t i = 0; i < dns->zones.count; i++) {
		if (zones[i].key && !key_exists(dns, zones[i].key))
			config_complain(check, "zones", "%s: there is no key \"%s\" in dns.keys",
					zones[i].name.text, zones[i].key);
		for (size_t j = 0; j < i; j++) {
			if (hostname_equal(&zones[i].name, &zones[j].name))
				config_complain(check, "zones", "%s is there twice",
						zones[i].name.text);
		}
	}
	for (size_t i = 0; i < dns->discover.below.count; i++)
		check_domain(dns, i, check);
}

const struct config_table dns_config_table = {
	.name = "dns",
	.help = "The name servers that names are registered at.",
	.size = sizeof(struct dns_config),
	.keys = dns_keys,
	.count = COUNT(dns_keys),
	.check = dns_check,
};

int dns_config_zone(const struct dns_config *dns, const struct hostname *name)
{
	const struct dns_zone_config *zones = dns->zones.items;
	size_t best_length = 0;
	int best = -1;

	for (size_t i = 0; i < dns->zones.count; i++) {
		size_t length = strlen(zones[i].name.text);

		if (!zones[i].range.length && (best < 0 || length > best_length) &&
		    hostname_is_below(name, &zones[i].name)) {
			best = (int)i;
			best_length = length;
		}
	}
	return best;
}

enum dns_conflict_mode dns_config_mode(const struct dns_config *dns,
				       const struct dns_zone_config *zone)
{
	return (enum dns_conflict_mode)(zone->conflict_mode == DNS_ZONE_MODE_INHERITED
						? dns->conflict_mode
						: zone->conflict_mode - 1);
}
