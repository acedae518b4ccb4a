/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "discovery/discovery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int parse(const char *text, struct discovery_config *ret, struct config_errors *errors)
{
	memset(errors, 0, sizeof(*errors));
	return config_parse(text, strlen(text), "test.yaml", &discovery_config_table, ret, errors);
}

static void defaults_are_those_of_the_manual(void **state)
{
	static const char text[] = "cores:\n  - name: core\n    address: 10.81.3.2\n";
	struct discovery_config config;
	struct config_errors errors;
	const struct discovery_core_config *core;
	const struct endpoint *listen;
	char first[ENDPOINT_TEXT];

	(void)state;
	assert_int_equal(parse(text, &config, &errors), 0);
	core = config.cores.items;
	listen = config.listen.items;
	assert_int_equal(config.listen.count, 2);
	assert_string_equal(endpoint_print(listen[0], first), "0.0.0.0:9971");
	assert_string_equal(endpoint_print(listen[1], first), "[::]:9971");
	assert_int_equal(config.max_connections, 16384);
	assert_int_equal(config.max_per_address, 8);
	assert_int_equal(config.rate_per_prefix, 200);
	assert_int_equal(config.burst_per_prefix, 1000);
	assert_int_equal(config.time_limit_ms, 10000);
	assert_int_equal(config.history, 16);
	assert_int_equal(config.max_devices, 1000000);
	assert_int_equal(config.cores.count, 1);
	assert_int_equal(core->kind, DISCOVERY_RELAY_TCP);
	assert_int_equal(core->confirm, DISCOVERY_CONFIRM_CLOSE);
	assert_int_equal(core->address.port, 9971);
	assert_int_equal(core->timeout_ms, 10000);
	assert_int_equal(core->give_up_ms, INT64_C(30) * 24 * 3600 * 1000);
	config_free(&discovery_config_table, &config);
}

static void bad_values_are_refused_with_the_place(void **state)
{
	static const struct {
		const char *text, *complaint;
	} cases[] = {
		{"max-connections: 0\n", "max-connections"},
		{"time-limit: 1ms\n", "time-limit"},
		{"history: -1\n", "history"},
		{"listen: [here]\n", "listen"},
		{"cores:\n  - name: a\n", "address"},
		{"cores:\n  - name: a b\n    address: 10.0.0.1\n", "must be 1 to 32 letters"},
		{"cores:\n  - {name: a, address: 10.0.0.1}\n  - {name: a, address: 10.0.0.2}\n",
		 "both named \"a\""},
		{"cores:\n  - {name: a, address: 10.0.0.1, kind: pigeon}\n", "pigeon"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct discovery_config config;
		struct config_errors errors;

		assert_int_equal(parse(cases[i].text, &config, &errors), -EINVAL);
		assert_int_equal(errors.count, 1);
		if (!strstr(errors.items[0].text, cases[i].complaint))
			fail_msg("\"%s\" does not say \"%s\"", errors.items[0].text,
				 cases[i].complaint);
		assert_non_null(strstr(errors.items[0].text, "test.yaml:"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_manual),
		cmocka_unit_test(bad_values_are_refused_with_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
