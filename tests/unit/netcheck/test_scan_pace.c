/* SPDX-License-Identifier: ISC */
#include "netcheck/scan_pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000)

static const struct scan_pace_options plain = {
	.rate = 1000, .tries = 2, .first_ms = 1000, .final_ms = 3300};

static struct scan_pace *new_pace(const struct scan_pace_options *options, scan_pace_near *near)
{
	struct scan_pace *pace;

	assert_int_equal(scan_pace_new(&pace, options, near, NULL, SECOND), 0);
	return pace;
}

/* Sends as much as it may, looking every millisecond. */
static unsigned send_for(struct scan_pace *pace, uint64_t from_us, uint64_t to_us)
{
	unsigned sent = 0;

	for (uint64_t now_us = from_us; now_us < to_us; now_us += 1000)
		for (unsigned room = scan_pace_room(pace, now_us); room > 0; room--) {
			scan_pace_sent(pace);
			sent++;
		}
	return sent;
}

static void the_rate_holds_for_each_second(void **state)
{
	struct scan_pace *pace = new_pace(&plain, NULL);
	unsigned sent = send_for(pace, SECOND, 3 * SECOND);

	assert_in_range(sent, 1950, 2060);
	/* An idle minute is no credit for a burst. */
	assert_in_range(scan_pace_room(pace, 60 * SECOND), 1, 51);
	scan_pace_free(pace);
}

static unsigned hosts_for(struct scan_pace *pace, uint32_t subnet, uint64_t from_us, uint64_t to_us)
{
	unsigned hosts = 0;

	for (uint64_t now_us = from_us; now_us < to_us; now_us += 1000)
		hosts += scan_pace_host(pace, addr_ip4(subnet | (hosts & 0xff)), now_us);
	return hosts;
}

static bool near_ten(struct addr addr, void *user)
{
	return addr.bytes[0] == 10;
}

static void each_subnet_has_its_own_rate(void **state)
{
	struct scan_pace_options options = plain;
	struct scan_pace *pace;

	options.subnet_rate = 50;
	options.link_rate = 6;
	pace = new_pace(&options, near_ten);
	assert_in_range(hosts_for(pace, 0xc0000200, SECOND, 3 * SECOND), 95, 107);
	assert_in_range(hosts_for(pace, 0xc0000300, SECOND, 3 * SECOND), 95, 107);
	assert_in_range(hosts_for(pace, 0x0a000000, SECOND, 6 * SECOND), 28, 32);
	scan_pace_free(pace);
}

static void what_is_unanswered_stays_within_a_firewalls_memory(void **state)
{
	struct scan_pace_options options = plain;
	struct scan_pace *pace;

	options.unanswered = 100;
	pace = new_pace(&options, NULL);
	for (unsigned i = 0; i < 100; i++)
		scan_pace_silent(pace, 2 * SECOND);
	assert_int_equal(scan_pace_room(pace, 60 * SECOND), 0);
	assert_true(scan_pace_spent(pace));
	assert_true(scan_pace_room(pace, 125 * SECOND) > 0);
	assert_false(scan_pace_spent(pace));
	scan_pace_free(pace);
}

static void waits_follow_the_round_trip_of_the_subnet(void **state)
{
	struct addr near = addr_ip4(0xc0000201), far = addr_ip4(0xc0000301),
		    silent = addr_ip4(0xc0000401);
	struct scan_pace *pace = new_pace(&plain, NULL);

	for (unsigned i = 0; i < 20; i++) {
		scan_pace_answered(pace, near, 1, 500);
		scan_pace_answered(pace, far, 1, 300000);
	}
	assert_in_range(scan_pace_wait_us(pace, near, 1), 50000, 60000);
	assert_in_range(scan_pace_wait_us(pace, far, 1), 350000, 500000);
	assert_int_equal(scan_pace_wait_us(pace, silent, 1), 1000000);
	/* The last one waits for routers that look for the host. */
	assert_int_equal(scan_pace_wait_us(pace, near, 2), 3300000);
	scan_pace_free(pace);
}

static void loss_brings_more_tries(void **state)
{
	struct scan_pace *pace = new_pace(&plain, NULL);
	struct addr addr = addr_ip4(0xc0000201);

	for (unsigned i = 0; i < 3000; i++)
		scan_pace_answered(pace, addr, 1, 500);
	assert_int_equal(scan_pace_tries(pace), 2);
	for (unsigned i = 0; i < 60; i++)
		scan_pace_answered(pace, addr, 2, 0);
	/* 3060 * 0.02^3 = 0.024 may still be wrong; with a fourth try it is not. */
	assert_int_equal(scan_pace_tries(pace), 4);
	scan_pace_free(pace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rate_holds_for_each_second),
		cmocka_unit_test(each_subnet_has_its_own_rate),
		cmocka_unit_test(what_is_unanswered_stays_within_a_firewalls_memory),
		cmocka_unit_test(waits_follow_the_round_trip_of_the_subnet),
		cmocka_unit_test(loss_brings_more_tries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
