/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "discovery/rate.h"

#define PER_SECOND 10
#define BURST 50

static int set_up(void **state)
{
	return rate_new((struct rate_table **)state, PER_SECOND, BURST, 42);
}

static int tear_down(void **state)
{
	rate_free(*state);
	return 0;
}

static struct addr network(uint32_t number)
{
	return addr_ip4(0x0a000000 | number << 8);
}

/* How many of `tries` at once are let through. */
static unsigned take(struct rate_table *table, uint32_t number, unsigned tries, uint64_t now_ms)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < tries; i++)
		taken += rate_take(table, network(number), now_ms);
	return taken;
}

static void quiet_network_may_burst(void **state)
{
	assert_int_equal(take(*state, 1, 1000, 5000), BURST);
}

static void tokens_come_back_at_the_rate(void **state)
{
	assert_int_equal(take(*state, 1, 1000, 5000), BURST);
	assert_int_equal(take(*state, 1, 1000, 5099), 0);
	assert_int_equal(take(*state, 1, 1000, 5100), 1);
	assert_int_equal(take(*state, 1, 1000, 6100), PER_SECOND);
}

/* A fraction of a token is not lost by whoever asks often. */
static void asking_often_costs_nothing(void **state)
{
	unsigned taken = 0;

	assert_int_equal(take(*state, 1, 1000, 5000), BURST);
	for (uint64_t now_ms = 5001; now_ms <= 15000; now_ms++)
		taken += take(*state, 1, 3, now_ms);
	assert_int_equal(taken, 10 * PER_SECOND);
}

static void bucket_holds_no_more_than_the_burst(void **state)
{
	assert_int_equal(take(*state, 1, 1000, 5000), BURST);
	assert_int_equal(take(*state, 1, 1000, UINT64_MAX / 2), BURST);
}

static void networks_do_not_share(void **state)
{
	assert_int_equal(take(*state, 1, 100000, 5000), BURST);
	assert_int_equal(take(*state, 2, 1, 5000), 1);
}

/* More networks than there are buckets: the busiest keeps its own. */
static void full_table_keeps_the_busy(void **state)
{
	unsigned taken = take(*state, 1, 1000, 5000);

	for (uint32_t number = 2; number < 2 + 4 * RATE_BUCKETS; number++) {
		assert_int_equal(take(*state, number, 1, 5000), 1);
		taken += take(*state, 1, 1, 5000);
	}
	assert_int_equal(taken, BURST);
}

static void clock_that_stands_gives_nothing(void **state)
{
	assert_int_equal(take(*state, 1, 1000, 5000), BURST);
	assert_int_equal(take(*state, 1, 1000, 4000), 0);
}

static void zero_is_no_limit(void **state)
{
	struct rate_table *table;

	(void)state;
	assert_int_equal(rate_new(&table, 0, 1, 42), 0);
	assert_int_equal(take(table, 1, 100000, 5000), 100000);
	rate_free(table);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(quiet_network_may_burst),         CASE(tokens_come_back_at_the_rate),
		CASE(asking_often_costs_nothing),      CASE(bucket_holds_no_more_than_the_burst),
		CASE(networks_do_not_share),           CASE(full_table_keeps_the_busy),
		CASE(clock_that_stands_gives_nothing), CASE(zero_is_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
