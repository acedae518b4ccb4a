/* SPDX-License-Identifier: ISC */
#include "dns/dns.h"
#include "dns/publish.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define SECOND 1000LL
#define DAY (24 * 3600 * SECOND)

static const char *const check_names[] = {
	[PUBLISH_HEALTH_NONE] = "none",
	[PUBLISH_HEALTH_CONNECT] = "connect",
	[PUBLISH_HEALTH_HELLO] = "hello",
	NULL,
};

static const struct config_key health_keys[] = {
	{.name = "check",
	 .kind = CONFIG_ENUM,
	 .fallback = "none",
	 .choices = check_names,
	 .offset = offsetof(struct publish_health_config, check),
	 .help = "How each address is checked before and while it is published: not at all, by a "
		 "TCP "
		 "connect, or by a test hello."},
	{.name = "port",
	 .kind = CONFIG_INT,
	 .fallback = "9971",
	 .min = 1,
	 .max = 65535,
	 .offset = offsetof(struct publish_health_config, port),
	 .help = "Port of the checks."},
	{.name = "interval",
	 .kind = CONFIG_DURATION,
	 .fallback = "10s",
	 .min = SECOND,
	 .max = DAY,
	 .offset = offsetof(struct publish_health_config, interval_ms),
	 .help = "Time between two checks of one address."},
	{.name = "timeout",
	 .kind = CONFIG_DURATION,
	 .fallback = "3s",
	 .min = 100,
	 .max = 60 * SECOND,
	 .offset = offsetof(struct publish_health_config, timeout_ms),
	 .help = "A check that takes longer has failed."},
	{.name = "fall",
	 .kind = CONFIG_INT,
	 .fallback = "3",
	 .min = 1,
	 .max = 100,
	 .offset = offsetof(struct publish_health_config, fall),
	 .help = "Failed checks in a row after which an address leaves the record; the last one "
		 "never "
		 "does."},
	{.name = "rise",
	 .kind = CONFIG_INT,
	 .fallback = "2",
	 .min = 1,
	 .max = 100,
	 .offset = offsetof(struct publish_health_config, rise),
	 .help = "Good checks in a row after which it comes back."},
};

static const struct config_table health_table = {
	.name = "health",
	.help = "Whether the addresses take hellos.",
	.size = sizeof(struct publish_health_config),
	.keys = health_keys,
	.count = COUNT(health_keys),
};

static const struct config_key publish_keys[] = {
	{.name = "label",
	 .kind = CONFIG_TEXT,
	 .fallback = "ProvisionServer",
	 .offset = offsetof(struct publish_config, label),
	 .help = "First label of the name that the devices look up."},
	{.name = "zones",
	 .kind = CONFIG_HOSTNAME,
	 .list = true,
	 .max = PUBLISH_SITES_MAX,
	 .word = PUBLISH_FROM_LEASES,
	 .offset = offsetof(struct publish_config, zones),
	 .help = "DNS suffixes that the devices get (option 15): the name is published in each. "
		 "The "
		 "word from-leases, alone or in the list, stands for every suffix that ME clients "
		 "were "
		 "given, \".\" for the bare name; the bare name is also published where dns.zones "
		 "has "
		 "a zone of that name."},
	{.name = "addresses",
	 .kind = CONFIG_ADDR,
	 .list = true,
	 .max = PUBLISH_ADDRESSES_MAX,
	 .offset = offsetof(struct publish_config, addresses),
	 .help = "Addresses that take hellos on port 9971."},
	{.name = "interface",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct publish_config, interface),
	 .help = "Instead of addresses: the network interface whose addresses are published as "
		 "they "
		 "come and go; not link-local, temporary or deprecated ones."},
	{.name = "health",
	 .kind = CONFIG_TABLE,
	 .table = &health_table,
	 .offset = offsetof(struct publish_config, health),
	 .help = "Whether the addresses take hellos."},
	{.name = "ttl",
	 .kind = CONFIG_DURATION,
	 .fallback = "5m",
	 .min = SECOND,
	 .max = DAY,
	 .offset = offsetof(struct publish_config, ttl_ms),
	 .help = "Time to live of the published records."},
	{.name = "interval",
	 .kind = CONFIG_DURATION,
	 .fallback = "60s",
	 .min = SECOND,
	 .max = DAY,
	 .offset = offsetof(struct publish_config, interval_ms),
	 .help = "Time between two checks of the authoritative servers, and between two signs of "
		 "life "
		 "with failover; the same in all daemons that share a name."},
	{.name = "owner",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct publish_config, owner),
	 .help = "Who owns the published records, the host's name by default; another daemon with "
		 "another owner leaves them alone."},
	{.name = "previous-owner",
	 .kind = CONFIG_TEXT,
	 .offset = offsetof(struct publish_config, previous_owner),
	 .help = "The owner's name before; records of that owner become ours at once."},
	{.name = "failover",
	 .kind = CONFIG_ENUM,
	 .fallback = "none",
	 .choices = publish_failover_names,
	 .offset = offsetof(struct publish_config, failover),
	 .help = "With cold, the owner gives a sign of life each interval, and another daemon "
		 "takes "
		 "over after three intervals without one. With hot, each daemon adds its own "
		 "addresses, at most three, and removes those of one that gave no sign of life "
		 "for three intervals."},
	{.name = "forget-after",
	 .kind = CONFIG_DURATION,
	 .fallback = "90d",
	 .max = 3650 * DAY,
	 .offset = offsetof(struct publish_config, forget_ms),
	 .help = "A suffix from leases that no ME client was given for so long, while others were, "
		 "is "
		 "withdrawn; 0s for never."},
};

static void check_addresses(const struct publish_config *publish, struct config_check *check)
{
	const struct addr *addresses = publish->addresses.items;
	char text[ADDR_TEXT];

	if (publish->zones.count && !publish->addresses.count && !publish->interface)
		config_complain(
			check, "addresses",
			"missing: who takes hellos on port 9971 for the zones? (or interface)");
	if (publish->addresses.count && publish->interface)
		config_complain(check, "interface",
				"either addresses or interface is right, not both");
	if (publish->interface &&
	    (!*publish->interface || strlen(publish->interface) >= IF_NAMESIZE))
		config_complain(check, "interface", "1 to %d characters are right",
				IF_NAMESIZE - 1);
	for (size_t i = 0; i < publish->addresses.count; i++) {
		if (addr_is_any(addresses[i]))
			config_complain(check, "addresses", "%s is no address to connect to",
					addr_print(addresses[i], text));
		for (size_t j = 0; j < i; j++) {
			if (addr_equal(addresses[i], addresses[j]))
				config_complain(check, "addresses", "%s is there twice",
						addr_print(addresses[i], text));
		}
	}
}

static void check_owner(const char *owner, const char *key, struct config_check *check)
{
	if (owner && !publish_marker_owner_is_good(owner))
		config_complain(check, key,
				"1 to %d letters, digits, dots, dashes and underscores are right",
				PUBLISH_OWNER_MAX);
}

/* With failover: hot the owner becomes a part of a name, which has no capitals. */
static void check_label(const char *owner, const char *key, struct config_check *check)
{
	struct hostname name;

	if (!owner || !publish_marker_owner_is_good(owner))
		return;
	if (hostname_parse(owner, &name, NULL) < 0 || strcmp(name.text, owner) != 0)
		config_complain(check, key,
				"\"%s\" makes no part of a DNS name, as failover: hot needs: "
				"lower-case letters, digits and dashes are right",
				owner);
}

static void check_hot(const struct publish_config *publish, struct config_check *check)
{
	if (publish->failover != PUBLISH_HOT)
		return;
	check_label(publish->owner, "owner", check);
	check_label(publish->previous_owner, "previous-owner", check);
	if (publish->addresses.count > PUBLISH_SHARE_MAX)
		config_complain(check, "addresses",
				"at most %d are right with failover: hot, where each daemon adds "
				"its own",
				PUBLISH_SHARE_MAX);
}

static void check_owners(const struct publish_config *publish, struct config_check *check)
{
	check_owner(publish->owner, "owner", check);
	check_owner(publish->previous_owner, "previous-owner", check);
	if (publish->owner && publish->previous_owner &&
	    !strcmp(publish->owner, publish->previous_owner))
		config_complain(check, "previous-owner", "is the owner that we are; leave it out");
}

static void publish_check(const void *object, struct config_check *check)
{
	const struct publish_config *publish = object;
	const struct hostname *zones = publish->zones.items;
	struct hostname label;
	struct err err = {0};

	check_addresses(publish, check);
	check_owners(publish, check);
	check_hot(publish, check);
	if (hostname_parse(publish->label, &label, &err) < 0)
		config_complain(check, "label", "%s", err.text);
	else if (hostname_labels(&label) != 1)
		config_complain(check, "label", "\"%s\" is not one label", publish->label);
	for (size_t i = 1; i < publish->zones.count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (hostname_equal(&zones[i], &zones[j]))
				config_complain(check, "zones", "%s is there twice", zones[i].text);
		}
	}
}

const struct config_table publish_config_table = {
	.name = "provision-server",
	.help = "The ProvisionServer record of each zone.",
	.size = sizeof(struct publish_config),
	.keys = publish_keys,
	.count = COUNT(publish_keys),
	.check = publish_check,
};

int publish_config_name(const struct publish_config *publish, const struct hostname *suffix,
			struct hostname *ret)
{
	struct hostname label;

	if (hostname_parse(publish->label, &label, NULL) < 0)
		return -ENAMETOOLONG;
	if (!hostname_is_empty(suffix))
		return hostname_join(&label, suffix, ret);
	*ret = label;
	return 0;
}

void dns_config_check_publish(const struct dns_config *dns, const struct publish_config *publish,
			      const char *key, struct config_check *check)
{
	const struct hostname *zones = publish->zones.items;
	struct hostname name, life;
	char place[64];

	for (size_t i = 0; i < publish->zones.count; i++) {
		snprintf(place, sizeof(place), "%s.zones[%zu]", key, i);
		if (!strcmp(zones[i].text, PUBLISH_FROM_LEASES))
			continue;
		if (publish_config_name(publish, &zones[i], &name) < 0)
			config_complain(check, place, "%s makes no name with the label",
					zones[i].text);
		else if (publish->failover == PUBLISH_HOT && publish->owner &&
			 publish_marker_life_name(publish->owner, &name, &life) < 0)
			config_complain(check, place,
					"%s is too long for the signs of life of \"%s\" below it",
					name.text, publish->owner);
		else if (dns_config_zone(dns, &name) < 0)
			config_complain(
				check, place,
				"%s lies in no zone of dns.zones, so nobody can be told to publish "
				"there",
				name.text);
	}
}
