/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/learned.h"

#include <pthread.h>
#include <string.h>

/* The machine with this number. */
static struct mac machine(uint32_t number)
{
	return (struct mac){1,
			    6,
			    {2, 0, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
			     (uint8_t)(number >> 8), (uint8_t)number}};
}

static bool has(const struct learned *learned, uint32_t number)
{
	struct mac mac = machine(number);

	return learned_has(learned, &mac);
}

/* The daemon tells the machines from `first` to `last`, as many records as it takes. */
static void tell(struct learned *learned, uint32_t flags, uint32_t first, uint32_t last)
{
	struct lease_learned told = {.flags = flags & LEASE_LEARNED_FIRST};

	for (uint32_t number = first; number <= last; number++) {
		memcpy(told.macs[told.count++], machine(number).bytes, LEASE_LEARNED_BYTES);
		if (told.count < LEASE_LEARNED_MAX && number < last)
			continue;
		if (number == last)
			told.flags |= flags & LEASE_LEARNED_LAST;
		learned_take(learned, &told);
		told = (struct lease_learned){0};
	}
}

static void what_was_told_is_known(void **state)
{
	struct learned learned;
	struct mac other = {6, 6, {2, 0, 0, 0, 0, 1}};

	assert_int_equal(learned_init(&learned, 1000), 0);
	assert_false(has(&learned, 1));
	tell(&learned, LEASE_LEARNED_FIRST | LEASE_LEARNED_LAST, 1, 900);
	tell(&learned, 0, 950, 950);
	for (uint32_t number = 1; number <= 900; number++)
		assert_true(has(&learned, number));
	assert_true(has(&learned, 950));
	assert_false(has(&learned, 901));
	assert_false(learned_has(&learned, &other)); /* another ARP type */
	assert_int_equal(learned.count, 901);
	learned_done(&learned);
}

static void nobody_has_the_address_zero(void **state)
{
	struct lease_learned told = {.count = 1};
	struct mac zero = {1, 6, {0}};
	struct learned learned;

	assert_int_equal(learned_init(&learned, 10), 0);
	learned_take(&learned, &told);
	assert_false(learned_has(&learned, &zero));
	assert_int_equal(learned.count, 0);
	learned_done(&learned);
}

static void with_a_maximum_of_0_nothing_is_known(void **state)
{
	struct learned learned;

	assert_int_equal(learned_init(&learned, 0), 0);
	tell(&learned, 0, 1, 3);
	assert_false(has(&learned, 1));
	learned_done(&learned);
}

static void a_new_table_forgets_what_it_does_not_repeat(void **state)
{
	struct learned learned;

	assert_int_equal(learned_init(&learned, 1000), 0);
	tell(&learned, LEASE_LEARNED_FIRST | LEASE_LEARNED_LAST, 1, 500);
	tell(&learned, LEASE_LEARNED_FIRST, 400, 700);
	assert_true(has(&learned, 1)); /* until the table is whole */
	tell(&learned, LEASE_LEARNED_LAST, 701, 800);
	for (uint32_t number = 1; number <= 800; number++)
		assert_int_equal(has(&learned, number), number >= 400);
	assert_int_equal(learned.count, 401);
	assert_int_equal(learned.forgotten, 0);
	learned_done(&learned);
}

static void an_empty_table_forgets_everything(void **state)
{
	struct lease_learned none = {.flags = LEASE_LEARNED_FIRST | LEASE_LEARNED_LAST};
	struct learned learned;

	assert_int_equal(learned_init(&learned, 10), 0);
	tell(&learned, 0, 1, 10);
	learned_take(&learned, &none);
	assert_false(has(&learned, 1));
	assert_int_equal(learned.count, 0);
	tell(&learned, 0, 5, 5);
	assert_true(has(&learned, 5));
	learned_done(&learned);
}

/* Also a proof that slots of forgotten addresses are used again, and searches stay short. */
static void the_oldest_go_when_it_is_full(void **state)
{
	const uint32_t max = 1000, end = 100000;
	struct learned learned;

	assert_int_equal(learned_init(&learned, max), 0);
	tell(&learned, 0, 1, max);
	tell(&learned, 0, 1, 1); /* told again: not the oldest any more */
	for (uint32_t number = max + 1; number <= end; number++) {
		tell(&learned, 0, number, number);
		assert_true(has(&learned, number));
	}
	assert_int_equal(learned.count, max);
	assert_int_equal(learned.forgotten, end - max);
	for (uint32_t number = 1; number <= end; number++)
		assert_int_equal(has(&learned, number), number > end - max);
	learned_done(&learned);
}

/* Consecutive addresses, as one vendor gives them, whatever the table drew for its hash. */
static void no_seed_makes_heaps(void **state)
{
	const uint32_t max = 1000;

	for (uint64_t seed = 0; seed < 200; seed++) {
		struct learned learned;

		assert_int_equal(learned_init(&learned, max), 0);
		learned.seed = seed << 56 | seed;
		tell(&learned, 0, 1, max);
		assert_int_equal(learned.count, max);
		assert_int_equal(learned.forgotten, 0);
		learned_done(&learned);
	}
}

struct reader {
	const struct learned *learned;
	atomic_bool stop;
	atomic_uint_fast64_t rounds, missed;
};

static void *look_for_the_known(void *argument)
{
	struct reader *reader = argument;

	while (!atomic_load(&reader->stop)) {
		for (uint32_t number = 1; number <= 100; number++)
			reader->missed += !has(reader->learned, number);
		reader->rounds++;
	}
	return NULL;
}

/* Every table repeats the first hundred; the others come and go around them. */
static void a_reader_never_misses_what_stays(void **state)
{
	struct reader reader = {0};
	struct learned learned;
	pthread_t thread;

	assert_int_equal(learned_init(&learned, 4096), 0);
	tell(&learned, LEASE_LEARNED_FIRST | LEASE_LEARNED_LAST, 1, 100);
	reader.learned = &learned;
	assert_int_equal(pthread_create(&thread, NULL, look_for_the_known, &reader), 0);
	for (uint32_t round = 1; round < 200 || atomic_load(&reader.rounds) < 100; round++) {
		tell(&learned, LEASE_LEARNED_FIRST, 1, 100);
		tell(&learned, LEASE_LEARNED_LAST, round * 1000, round * 1000 + 2000);
	}
	atomic_store(&reader.stop, true);
	pthread_join(thread, NULL);
	assert_int_equal(reader.missed, 0);
	learned_done(&learned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_told_is_known),
		cmocka_unit_test(nobody_has_the_address_zero),
		cmocka_unit_test(with_a_maximum_of_0_nothing_is_known),
		cmocka_unit_test(a_new_table_forgets_what_it_does_not_repeat),
		cmocka_unit_test(an_empty_table_forgets_everything),
		cmocka_unit_test(the_oldest_go_when_it_is_full),
		cmocka_unit_test(no_seed_makes_heaps),
		cmocka_unit_test(a_reader_never_misses_what_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
