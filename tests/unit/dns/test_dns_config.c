/* SPDX-License-Identifier: ISC */
#include "dns/dns.h"
#include "common/tsig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* The three mappings together, as the daemon's file holds them. */
struct all {
	struct lease_config lease;
	struct dns_config dns;
	struct publish_config publish;
};

static const struct config_key keys[] = {
	{.name = "lease",
	 .kind = CONFIG_TABLE,
	 .table = &lease_config_table,
	 .offset = offsetof(struct all, lease)},
	{.name = "dns",
	 .kind = CONFIG_TABLE,
	 .table = &dns_config_table,
	 .offset = offsetof(struct all, dns)},
	{.name = "provision-server",
	 .kind = CONFIG_TABLE,
	 .table = &publish_config_table,
	 .offset = offsetof(struct all, publish)},
};

static void check(const void *object, struct config_check *check)
{
	const struct all *all = object;

	dns_config_check_publish(&all->dns, &all->publish, "provision-server", check);
}

static const struct config_table table = {
	.name = "test", .size = sizeof(struct all), .keys = keys, .count = 3, .check = check};

static char secret[] = "/tmp/amtnet-secret-XXXXXX";
static struct all all;
static struct config_errors errors;

static int make_secret(void **state)
{
	int fd = mkstemp(secret);

	if (fd < 0 || write(fd, "MDEyMzQ1Njc4OWFiY2RlZg==\n", 25) != 25)
		return -1;
	return close(fd);
}

static int remove_secret(void **state)
{
	return unlink(secret);
}

static int parse(const char *text)
{
	static char filled[4000];

	memset(&errors, 0, sizeof(errors));
	snprintf(filled, sizeof(filled), "dns:\n  keys: [{name: k, secret-file: %s}]\n  %s", secret,
		 text);
	return config_parse(filled, strlen(filled), "t.yaml", &table, &all, &errors);
}

static void expect_error(const char *text, const char *words)
{
	if (!parse(text))
		fail_msg("taken: %s", text);
	for (size_t i = 0; i < errors.count; i++) {
		if (strstr(errors.items[i].text, words))
			return;
	}
	fail_msg("\"%s\" not in \"%s\"", words, errors.items[0].text);
}

#define ZONE "zones: [{name: x, servers: [10.0.0.1], key: k}]\n"

static void defaults_are_the_documented_ones(void **state)
{
	const struct dns_zone_config *zone;
	const struct endpoint *server;

	if (parse(ZONE "provision-server: {zones: [sub.x], addresses: [10.0.0.9]}\n"))
		fail_msg("%s", errors.items[0].text);
	zone = all.dns.zones.items;
	server = zone->servers.items;
	assert_int_equal(server->port, 53);
	assert_int_equal(all.dns.conflict_mode, DNS_SAME_MACHINE);
	assert_int_equal(dns_config_mode(&all.dns, zone), DNS_SAME_MACHINE);
	assert_int_equal(all.dns.ttl_ms, 0);
	assert_int_equal(all.dns.ttl_min_ms, 600 * 1000);
	assert_int_equal(all.dns.ttl_max_ms, 3600 * 1000);
	assert_int_equal(all.dns.refresh_ms, 0);
	assert_false(all.dns.verify);
	assert_int_equal(((struct dns_key_config *)all.dns.keys.items)->algorithm,
			 TSIG_HMAC_SHA256);
	assert_string_equal(all.lease.socket, "/run/amtnet/lease.sock");
	assert_null(all.lease.group);
	assert_string_equal(all.publish.label, "ProvisionServer");
	assert_int_equal(all.publish.ttl_ms, 300 * 1000);
	assert_int_equal(all.publish.interval_ms, 60 * 1000);
	config_free(&table, &all);
}

static void suffixes_from_leases_are_one_word(void **state)
{
	const struct hostname *zones;

	if (parse(ZONE "provision-server: {zones: from-leases, interface: eth0}\n"))
		fail_msg("%s", errors.items[0].text);
	zones = all.publish.zones.items;
	assert_int_equal(all.publish.zones.count, 1);
	assert_string_equal(zones[0].text, PUBLISH_FROM_LEASES);
	config_free(&table, &all);
	if (parse(ZONE "provision-server: {zones: [sub.x, from-leases], interface: eth0}\n"))
		fail_msg("%s", errors.items[0].text);
	assert_int_equal(all.publish.zones.count, 2);
	config_free(&table, &all);
}

static void each_mistake_is_named(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"zones: [{name: x, servers: [10.0.0.1], key: z}]\n", "there is no key \"z\""},
		{"zones: [{name: x, servers: [ns1]}]\n", "servers"},
		{"discover: {resolvers: [x]}\n", "resolvers"},
		{"discover: {resolver: [10.0.0.1]}\n", "resolvers"},
		{"zones: [{name: x, servers: [10.0.0.1]}, {name: X., servers: [10.0.0.1]}]\n",
		 "x is there twice"},
		{"conflict-mode: none\n", "conflict-mode"},
		{"ttl: 8d\n", "ttl"},
		{"ttl-min: 2h\n", "longer than ttl-max"},
		{"refresh: 5s\n", "refresh"},
		{"zones: [{name: x, servers: [10.0.0.1], conflict-mode: never}]\n",
		 "check-exists-with-dhcid"},
		{"zones: [{name: 0-8.10.in-addr.arpa, servers: [10.0.0.1], range: 10.0.0.0/8}]\n",
		 "is not within one IPv4 /24"},
		{ZONE "provision-server: {zones: [y], addresses: [10.0.0.9]}\n",
		 "y lies in no zone of dns.zones"},
		{ZONE "provision-server: {zones: [x]}\n", "who takes hellos"},
		{ZONE "provision-server: {zones: [x, x], addresses: [10.0.0.9]}\n", "there twice"},
		{ZONE "provision-server: {zones: [x], addresses: [0.0.0.0]}\n",
		 "no address to connect"},
		{ZONE "provision-server: {zones: [x], addresses: [10.0.0.9, 10.0.0.9]}\n",
		 "10.0.0.9 is there twice"},
		{ZONE "provision-server: {zones: [x], addresses: [10.0.0.9], interface: eth0}\n",
		 "not both"},
		{ZONE "provision-server: {zones: [x], interface: longer-than-a-name}\n",
		 "1 to 15 characters"},
		{ZONE "provision-server: {zones: leases, addresses: [10.0.0.9]}\n",
		 "a list is wanted"},
		{ZONE "provision-server: {zones: [.], addresses: [10.0.0.9]}\n",
		 "provisionserver lies in no zone"},
		{ZONE "provision-server: {owner: a, previous-owner: a}\n", "that we are"},
		{ZONE "provision-server: {failover: warm}\n", "none, cold, hot"},
		{ZONE
		 "provision-server: {zones: [x], failover: hot, addresses: [10.0.0.1, 10.0.0.2, "
		 "10.0.0.3, 10.0.0.4]}\n",
		 "at most 3"},
		{ZONE "provision-server: {failover: hot, owner: Core1}\n", "no part of a DNS name"},
		{ZONE "provision-server: {failover: hot, owner: a, previous-owner: a..b}\n",
		 "no part of a DNS name"},
		{ZONE "provision-server: {label: a.b}\n", "not one label"},
		{ZONE "provision-server: {owner: \"a;b\"}\n", "letters, digits"},
		{ZONE "lease: {socket: run/x}\n", "not an absolute path"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		expect_error(cases[i].text, cases[i].words);
}

static void discover_has_its_defaults(void **state)
{
	const struct dns_zone_config *domains;

	assert_int_equal(parse("discover: {below: [{name: x.y, key: k}, {name: 10.in-addr.arpa, "
			       "conflict-mode: marker}]}\n"),
			 0);
	domains = all.dns.discover.below.items;
	assert_int_equal(all.dns.discover.below.count, 2);
	assert_int_equal(all.dns.discover.max_zones, 64);
	assert_int_equal(all.dns.discover.forget_ms, 24 * 3600 * 1000);
	assert_string_equal(domains[0].key, "k");
	assert_int_equal(domains[0].servers.count, 0);
	assert_int_equal(dns_config_mode(&all.dns, &domains[1]), DNS_MARKER);
	config_free(&table, &all);
}

static void read_golden(const char *name, const char *end, char *ret, size_t size)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/config/%s.%s", GOLDEN_DIR, name, end);
	if (!(file = fopen(path, "r")))
		fail_msg("%s cannot be opened", path);
	ret[fread(ret, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void faults_of_discover_are_named_where_they_are(void **state)
{
	static const char *const names[] = {"discover-keys", "discover-domains"};
	char yaml[4096], expected[8192], file[64], found[8192];

	for (size_t i = 0; i < 2; i++) {
		size_t length = 0;

		read_golden(names[i], "yaml", yaml, sizeof(yaml));
		read_golden(names[i], "expected", expected, sizeof(expected));
		snprintf(file, sizeof(file), "%s.yaml", names[i]);
		memset(&errors, 0, sizeof(errors));
		config_parse(yaml, strlen(yaml), file, &table, &all, &errors);
		for (size_t at = 0; at < errors.count && length < sizeof(found); at++)
			length += (size_t)snprintf(found + length, sizeof(found) - length, "%s\n",
						   errors.items[at].text);
		assert_string_equal(found, expected);
	}
}

static void longest_zone_that_holds_a_name_wins(void **state)
{
	static const struct hostname names[] = {{"a.x"}, {"a.sub.x"}, {"sub.x"}, {"y"}, {"notx"}};
	static const int zones[] = {0, 1, 1, -1, -1};

	assert_int_equal(parse("zones: [{name: x, servers: [10.0.0.1]}, "
			       "{name: sub.x, servers: [10.0.0.1]}]\n"),
			 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(dns_config_zone(&all.dns, &names[i]), zones[i]);
	config_free(&table, &all);
}

static void zone_has_the_mode_of_the_whole_unless_it_says_another(void **state)
{
	const struct dns_zone_config *zones;

	assert_int_equal(parse("conflict-mode: check-with-dhcid\n"
			       "  zones: [{name: x, servers: [10.0.0.1]}, "
			       "{name: y, servers: [10.0.0.1], conflict-mode: marker}]\n"),
			 0);
	zones = all.dns.zones.items;
	assert_int_equal(dns_config_mode(&all.dns, &zones[0]), DNS_CHECK_WITH_DHCID);
	assert_int_equal(dns_config_mode(&all.dns, &zones[1]), DNS_MARKER);
	config_free(&table, &all);
}

static void classless_zone_may_have_a_slash_in_its_name(void **state)
{
	const struct dns_zone_config *zone;

	assert_int_equal(parse("zones: [{name: 64/26.2.0.192.in-addr.arpa, servers: [10.0.0.1], "
			       "range: 192.0.2.64/26}]\n"),
			 0);
	zone = all.dns.zones.items;
	assert_string_equal(zone->name.text, "64/26.2.0.192.in-addr.arpa");
	assert_int_equal(zone->range.length, 26);
	config_free(&table, &all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_the_documented_ones),
		cmocka_unit_test(suffixes_from_leases_are_one_word),
		cmocka_unit_test(each_mistake_is_named),
		cmocka_unit_test(discover_has_its_defaults),
		cmocka_unit_test(faults_of_discover_are_named_where_they_are),
		cmocka_unit_test(longest_zone_that_holds_a_name_wins),
		cmocka_unit_test(zone_has_the_mode_of_the_whole_unless_it_says_another),
		cmocka_unit_test(classless_zone_may_have_a_slash_in_its_name),
	};

	return cmocka_run_group_tests(tests, make_secret, remove_secret);
}
