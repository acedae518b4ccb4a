/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "discovery/gate.h"

#include <errno.h>

#define PC 0x0a510114u
#define OTHER 0x0a510115u

static const struct gate_answers good = {
	.port = GATE_OPEN,
	.reverse = GATE_NAME,
	.name = {"pc1.corp.example"},
	.forward = GATE_NAME,
	.addrs = {{.family = ADDR_IP4, .bytes = {10, 81, 1, 20}}},
	.addr_count = 1,
};

static enum delivery_result judge(struct gate_answers answers, const char *lease_name)
{
	return gate_judge(&answers, addr_ip4(PC), lease_name).outcome.result;
}

static void machine_that_answers_under_its_name_may_go(void **state)
{
	struct gate_answers closed = good;

	(void)state;
	closed.port = GATE_CLOSED;
	assert_int_equal(judge(good, "pc1.corp.example"), DELIVERY_DONE);
	assert_int_equal(judge(closed, "pc1.corp.example"), DELIVERY_DONE);
	assert_int_equal(judge(good, NULL), DELIVERY_DONE);
}

static void port_that_makes_a_core_hang_keeps_back(void **state)
{
	struct gate_answers filtered = good, nobody = good;
	struct gate_verdict verdict;
	char text[DELIVERY_TEXT];

	(void)state;
	filtered.port = GATE_FILTERED;
	nobody.port = GATE_NO_WAY;
	nobody.error = EHOSTUNREACH;
	assert_int_equal(judge(filtered, NULL), DELIVERY_PORT_SILENT);
	verdict = gate_judge(&nobody, addr_ip4(PC), NULL);
	assert_int_equal(verdict.port, GATE_NO_WAY);
	assert_string_equal(delivery_print(verdict.outcome, text),
			    "gate: the PC's port 16993 cannot be reached: host unreachable");
	assert_true(delivery_is_gate(verdict.outcome));
	assert_false(delivery_blames_core(verdict.outcome));
}

static void stale_reverse_name_keeps_back(void **state)
{
	struct gate_answers astray = good;

	(void)state;
	astray.addrs[0] = addr_ip4(OTHER);
	assert_int_equal(judge(good, "pc2.corp.example"), DELIVERY_PTR_OTHER);
	assert_int_equal(judge(astray, "pc1.corp.example"), DELIVERY_PTR_ASTRAY);
	assert_int_equal(judge(astray, NULL), DELIVERY_PTR_ASTRAY);
	astray.addr_count = 0;
	assert_int_equal(judge(astray, NULL), DELIVERY_PTR_ASTRAY);
}

static void no_reverse_name_is_no_obstacle(void **state)
{
	struct gate_answers bare = {.port = GATE_OPEN, .reverse = GATE_NO_NAME};

	(void)state;
	assert_int_equal(judge(bare, "pc1.corp.example"), DELIVERY_DONE);
}

static void silent_name_server_keeps_back(void **state)
{
	struct gate_answers silent = good;

	(void)state;
	silent.forward = GATE_SILENT;
	assert_int_equal(judge(silent, NULL), DELIVERY_DNS_SILENT);
	silent.reverse = GATE_SILENT;
	assert_int_equal(judge(silent, NULL), DELIVERY_DNS_SILENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_that_answers_under_its_name_may_go),
		cmocka_unit_test(port_that_makes_a_core_hang_keeps_back),
		cmocka_unit_test(stale_reverse_name_keeps_back),
		cmocka_unit_test(no_reverse_name_is_no_obstacle),
		cmocka_unit_test(silent_name_server_keeps_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
