/* SPDX-License-Identifier: ISC */
#include "netcheck/site.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct config_errors errors;

static void the_sample_reads_well(void **state)
{
	struct site_config site;
	const struct site_subnet_config *subnets;
	const int64_t *ports;
	struct target_list targets = {0};
	struct hostname wanted;

	if (config_load(CONF_DIR "/site.yaml", &site_config_table, &site, &errors))
		fail_msg("%s", errors.items[0].text);
	assert_string_equal(site.name, "corp");
	assert_int_equal(hostname_parse("provisionserver", &wanted, NULL), 0);
	assert_true(hostname_equal(&site.server.name, &wanted));
	assert_int_equal(site.server.port, 9971);
	assert_true(site.hello);
	assert_int_equal(site.ports.count, 4);
	ports = site.ports.items;
	assert_int_equal(ports[3], 16995);
	assert_int_equal(site.subnets.count, 2);
	subnets = site.subnets.items;
	assert_string_equal(subnets[1].name, "branch");
	assert_int_equal(site_targets(&subnets[1], &targets), 0);
	assert_int_equal(targets.count, 1);
	target_done(&targets);
	config_free(&site_config_table, &site);
}

#define HEAD                                                                             \
	"name: x\nprovision-server: {addresses: [10.0.0.1]}\nsuffixes: [corp.example]\n" \
	"name-servers: [10.0.0.2]\n"

static void what_is_left_out_has_a_default(void **state)
{
	static const char text[] = HEAD
		"subnets: [{name: a, prefix: 10.1.0.0/24, targets: [10.1.0.9]}]\n";
	struct site_config site;
	const struct endpoint *servers;

	assert_int_equal(config_parse(text, strlen(text), "s", &site_config_table, &site, &errors),
			 0);
	assert_int_equal(site.ports.count, 4);
	assert_false(site.hello);
	assert_int_equal(site.rate, 500);
	servers = site.name_servers.items;
	assert_int_equal(servers[0].port, 53);
	config_free(&site_config_table, &site);
}

static void faults_have_a_place(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{HEAD "subnets: [{name: a, prefix: 10.1.0.0/24, targets: [10.2.0.9]}]\n",
		 "not inside 10.1.0.0/24"},
		{HEAD "subnets: [{name: a, prefix: 10.1.0.0/24, targets: [10.1.0.250-10.1.1.3]}]\n",
		 "not inside"},
		{HEAD "subnets: [{name: a, prefix: 10.1.0.0/24, targets: [pc-1]}]\n",
		 "not an address"},
		{HEAD "subnets: [{name: a, prefix: 10.1.0.0/16, targets: [10.1.0.0/16]}]\n",
		 "too many"},
		{HEAD "subnets: [{name: a, prefix: 10.1.0/24, targets: [10.1.0.9]}]\n", "s:5:"},
		{HEAD "subnets: [{name: a, prefix: 10.1.0.0/24, targets: []}]\n", "targets"},
		{HEAD
		 "ports: [0]\nsubnets: [{name: a, prefix: 10.1.0.0/24, targets: [10.1.0.9]}]\n",
		 "s:5:9"},
		{"name: x\n", "is missing"},
		{HEAD "subnet: []\n", "did you mean \"subnets\""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct site_config site;
		bool found = false;

		memset(&errors, 0, sizeof(errors));
		assert_int_equal(config_parse(cases[i].text, strlen(cases[i].text), "s",
					      &site_config_table, &site, &errors),
				 -EINVAL);
		for (size_t j = 0; j < errors.count; j++)
			found = found || strstr(errors.items[j].text, cases[i].says);
		if (!found)
			fail_msg("case %zu says: %s", i, errors.items[0].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_reads_well),
		cmocka_unit_test(what_is_left_out_has_a_default),
		cmocka_unit_test(faults_have_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
