/* SPDX-License-Identifier: ISC */
#include "common/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct thing {
	struct table_link link; /* first */
	uint32_t number;
};

static unsigned released;

static void release(struct table_link *link)
{
	(void)link;
	released++;
}

static struct thing *find(const struct table *table, uint32_t number)
{
	uint64_t hash = table_hash(table, &number, sizeof(number));
	struct table_link *link = table_first(table, hash);

	while (link && ((struct thing *)link)->number != number)
		link = table_next(link);
	return (struct thing *)link;
}

/* The vectors of the reference implementation, for SipHash-1-3 and the key 00 01 .. 0f. */
static void the_hash_is_siphash_1_3(void **state)
{
	static const struct {
		size_t size;
		uint64_t hash;
	} cases[] = {
		{0, UINT64_C(0xabac0158050fc4dc)},
		{1, UINT64_C(0xc9f49bf37d57ca93)},
		{7, UINT64_C(0xd3927d989bb11140)},
		{8, UINT64_C(0x369095118d299a8e)},
	};
	struct table table = {
		.secret = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
	uint8_t bytes[8];

	(void)state;
	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(table_hash(&table, bytes, cases[i].size), cases[i].hash);
}

static void what_is_added_is_found_until_it_is_removed(void **state)
{
	static struct thing things[10000];
	const uint32_t count = sizeof(things) / sizeof(things[0]);
	struct table table;

	(void)state;
	table_init(&table);
	assert_null(find(&table, 1));
	for (uint32_t i = 0; i < count; i++) {
		things[i].number = i;
		assert_int_equal(
			table_add(&table, &things[i].link, table_hash(&table, &i, sizeof(i))), 0);
	}
	for (uint32_t i = 0; i < count; i += 2)
		table_remove(&table, &things[i].link);
	assert_int_equal(table.count, count / 2);
	for (uint32_t i = 0; i < count; i++)
		assert_ptr_equal(find(&table, i), i % 2 ? &things[i] : NULL);
	released = 0;
	table_done(&table, release);
	assert_int_equal(released, count / 2);
}

static void things_of_equal_hash_are_all_given(void **state)
{
	struct thing things[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
	struct thing other = {.number = 4};
	struct table_link *link;
	struct table table;
	uint32_t sum = 0;

	(void)state;
	table_init(&table);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(table_add(&table, &things[i].link, 7), 0);
	assert_int_equal(table_add(&table, &other.link, 7 + 64), 0); /* of the same bucket */
	for (link = table_first(&table, 7); link; link = table_next(link))
		sum += ((struct thing *)link)->number;
	assert_int_equal(sum, 6);
	table_done(&table, release);
}

static void each_table_hashes_its_own_way(void **state)
{
	struct table a, b;

	(void)state;
	table_init(&a);
	table_init(&b);
	assert_true(table_hash(&a, "name", 4) != table_hash(&b, "name", 4));
	table_done(&a, release);
	table_done(&b, release);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_siphash_1_3),
		cmocka_unit_test(what_is_added_is_found_until_it_is_removed),
		cmocka_unit_test(things_of_equal_hash_are_all_given),
		cmocka_unit_test(each_table_hashes_its_own_way),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
