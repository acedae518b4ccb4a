/* SPDX-License-Identifier: ISC */
#include "dns/core_health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static struct core_health health;
static struct addr cores[3];

static int reset(void **state)
{
	for (unsigned i = 0; i < 3; i++)
		cores[i] = addr_ip4(0xc0000201u + i); /* 192.0.2.1 and on */
	core_health_init(&health, 2, 3);
	core_health_set(&health, cores, 2);
	return 0;
}

static bool good(unsigned core)
{
	return core_health_result(&health, cores[core], NULL, 1000);
}

static bool bad(unsigned core)
{
	return core_health_result(&health, cores[core], "Connection refused", 1000);
}

/* The set as digits: "01". */
static const char *published(void)
{
	static char text[8];
	struct addr set[CORE_HEALTH_MAX];
	size_t count = core_health_published(&health, set), at = 0;

	for (size_t i = 0; i < count; i++) {
		for (unsigned j = 0; j < 3; j++) {
			if (addr_equal(set[i], cores[j]))
				text[at++] = (char)('0' + j);
		}
	}
	text[at] = '\0';
	return text;
}

static void all_up(void)
{
	good(0);
	good(1);
	assert_string_equal(published(), "01");
}

static void first_check_decides_at_once(void **state)
{
	assert_false(core_health_is_known(&health));
	bad(0);
	assert_false(core_health_is_known(&health));
	good(1);
	assert_true(core_health_is_known(&health));
	assert_string_equal(published(), "1");
}

static void core_leaves_after_fall_failures_in_a_row(void **state)
{
	all_up();
	assert_false(bad(0));
	assert_false(bad(0));
	assert_false(good(0)); /* the row begins anew */
	assert_false(bad(0));
	assert_false(bad(0));
	assert_string_equal(published(), "01");
	assert_true(bad(0));
	assert_string_equal(published(), "1");
	assert_string_equal(health.items[0].words, "Connection refused");
}

static void core_comes_back_after_rise_good_ones(void **state)
{
	all_up();
	for (int i = 0; i < 3; i++)
		bad(0);
	assert_false(good(0));
	assert_false(bad(0));
	assert_false(good(0));
	assert_string_equal(published(), "1");
	assert_true(good(0));
	assert_string_equal(published(), "01");
}

static void last_core_stays(void **state)
{
	all_up();
	for (int i = 0; i < 3; i++)
		bad(0);
	for (int i = 0; i < 10; i++)
		assert_false(bad(1));
	assert_int_equal(health.items[1].state, CORE_DOWN);
	assert_string_equal(published(), "1");
	good(0);
	assert_true(good(0)); /* another is healthy: now it goes */
	assert_string_equal(published(), "0");
}

static void nothing_is_published_before_any_core_was_good(void **state)
{
	bad(0);
	bad(1);
	assert_true(core_health_is_known(&health));
	assert_string_equal(published(), "");
}

static void known_cores_keep_their_state_in_a_new_list(void **state)
{
	all_up();
	core_health_set(&health, cores + 1, 2);
	assert_string_equal(published(), "1");
	assert_int_equal(health.items[0].state, CORE_UP);
	assert_int_equal(health.items[1].state, CORE_UNKNOWN);
	assert_false(core_health_result(&health, cores[0], NULL, 0)); /* no longer ours */
	assert_true(good(2));
	assert_string_equal(published(), "12");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(first_check_decides_at_once, reset),
		cmocka_unit_test_setup(core_leaves_after_fall_failures_in_a_row, reset),
		cmocka_unit_test_setup(core_comes_back_after_rise_good_ones, reset),
		cmocka_unit_test_setup(last_core_stays, reset),
		cmocka_unit_test_setup(nothing_is_published_before_any_core_was_good, reset),
		cmocka_unit_test_setup(known_cores_keep_their_state_in_a_new_list, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
