/* SPDX-License-Identifier: ISC */
#include "dns/leases.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct leases *leases;

static int setup(void **state)
{
	return leases_new(&leases, 3);
}

static int teardown(void **state)
{
	leases_free(leases);
	return 0;
}

static struct dns_lease lease(uint32_t address, uint64_t until_ms)
{
	return (struct dns_lease){
		.address = addr_ip4(address), .name = {"me.x"}, .me = true, .until_ms = until_ms};
}

static void lease_is_found_until_it_ends(void **state)
{
	struct dns_lease one = lease(1, 9), found;

	assert_int_equal(leases_find(leases, one.address, &found), -ENOENT);
	assert_int_equal(leases_put(leases, &one), 0);
	assert_int_equal(leases_find(leases, one.address, &found), 0);
	assert_string_equal(found.name.text, "me.x");
	assert_true(found.me);
	assert_int_equal(found.until_ms, 9);
	one.until_ms = 0;
	assert_int_equal(leases_put(leases, &one), 0);
	assert_int_equal(leases_find(leases, one.address, &found), -ENOENT);
}

static void ended_lease_stays_until_the_disk_knows(void **state)
{
	struct dns_lease one = lease(1, 0), copy;
	struct leases_row *row;

	leases_put(leases, &one);
	assert_int_equal(leases_touched_count(leases), 1);
	row = leases_touched(leases, &copy);
	assert_int_equal(copy.until_ms, 0);
	leases_saved(leases, row, false);
	assert_int_equal(leases_touched_count(leases), 1);
	assert_int_equal(leases_count(leases), 1);
	leases_saved(leases, leases_touched(leases, &copy), true);
	assert_int_equal(leases_count(leases), 0);
}

static void lease_that_comes_back_while_its_end_is_written_stays(void **state)
{
	struct dns_lease one = lease(1, 0), copy;
	struct leases_row *row;

	leases_put(leases, &one);
	row = leases_touched(leases, &copy);
	one.until_ms = 5;
	leases_put(leases, &one);
	leases_saved(leases, row, true);
	assert_int_equal(leases_find(leases, one.address, &copy), 0);
	assert_int_equal(leases_touched_count(leases), 1);
}

static void table_is_bounded(void **state)
{
	struct dns_lease one;

	for (uint32_t i = 0; i < LEASES_MAX; i++) {
		one = lease(i, 1);
		if (leases_load(leases, &one))
			fail();
	}
	one = lease(LEASES_MAX, 1);
	assert_int_equal(leases_put(leases, &one), -ENOSPC);
	one = lease(5, 2); /* known ones still change */
	assert_int_equal(leases_put(leases, &one), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(lease_is_found_until_it_ends),
		CASE(ended_lease_stays_until_the_disk_knows),
		CASE(lease_that_comes_back_while_its_end_is_written_stays),
		CASE(table_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
