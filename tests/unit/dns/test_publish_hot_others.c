/* SPDX-License-Identifier: ISC */
/* Failover: hot, where others are not as they should be, or our own core is not. */
#include "publish_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static void core_that_takes_no_hellos_leaves_as_long_as_nothing_changed(void **state)
{
	publish_set_parked(&publish, true);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_LEAVE);
	find(UPDATE_RRSET_IS, NAME, "192.0.2.1");
	find(UPDATE_RRSET_IS, NAME, "192.0.2.2");
	find(UPDATE_RRSET_IS, NAME, MINE);
	find(UPDATE_RRSET_IS, NAME, THEIRS);
	find(UPDATE_RRSET_IS, "core1._amtps." NAME, "v=amtps1;owner=core1;epoch=5");
	find(UPDATE_DELETE_RRSET, "core1._amtps." NAME, NULL);
}

/* Its core may live where ours does not. */
static void who_has_no_core_stays_beside_the_silent_and_removes_nobody(void **state)
{
	enum publish_step step;
	unsigned mine = 9, renewals = 0;

	silence(7, &step);
	assert_int_equal(step, PUBLISH_REMOVE);
	publish_set_parked(&publish, true);
	for (unsigned round = 0; round < 2 * PUBLISH_LOOKS; round++) {
		both(mine, 7);
		if (begin()) {
			assert_int_equal(publish.step, PUBLISH_RENEW);
			both(++mine, 7);
			renewals++;
			assert_false(take());
		}
		assert_int_equal(publish.state, PUBLISH_PRESENT);
		now_ms += INTERVAL / PUBLISH_LOOKS;
	}
	assert_true(renewals > 0);
	publish_set_parked(&publish, false);
	both(mine, 7);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_REMOVE);
}

static void who_has_no_core_stays_while_no_better_address_stands_there(void **state)
{
	publish_set_parked(&publish, true);
	world_clear(); /* core2 lives, but its address was taken away */
	address("192.0.2.1");
	entry(MINE);
	entry(THEIRS);
	life("core1", 5);
	life("core2", 8);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_RENEW);
	world_clear(); /* it has the same address as we */
	address("192.0.2.1");
	entry(MINE);
	entry("v=amtps1;owner=core2;epoch=0;hot=192.0.2.1");
	life("core1", 6);
	life("core2", 9);
	publish_fail(&publish, "no answer");
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_RENEW);
}

static void first_owner_in_order_sets_the_ttl_of_all(void **state)
{
	world_clear();
	address_ttl("192.0.2.1", 600);
	address_ttl("192.0.2.2", 600);
	entry(MINE);
	entry(THEIRS);
	life("core1", 5);
	life("core2", 8);
	publish_doubt(&publish);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_REPAIR);
	find(UPDATE_RRSET_IS, NAME, "192.0.2.2");
	for (size_t i = 0; i < request.update.count; i++) {
		const struct update_item *item = &request.update.items[i];

		if (item->step == UPDATE_ADD && item->record.type == RECORD_A)
			assert_int_equal(item->record.ttl, 300);
	}
	assert_true(finds(UPDATE_ADD, "192.0.2.1"));
	assert_true(finds(UPDATE_ADD, "192.0.2.2")); /* a set has one TTL (RFC 2181 5.2) */
}

static void others_follow_the_ttl_of_the_first(void **state)
{
	world_clear();
	address_ttl("192.0.2.2", 600);
	entry("v=amtps1;owner=core0;epoch=0;hot=192.0.2.2");
	life("core0", 8);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_JOIN);
	for (size_t i = 0; i < request.update.count; i++) {
		const struct update_item *item = &request.update.items[i];

		if (item->step == UPDATE_ADD && item->record.type == RECORD_A)
			assert_int_equal(item->record.ttl, 600);
	}
	assert_true(finds(UPDATE_ADD, "192.0.2.1"));
	assert_false(finds(UPDATE_ADD, "192.0.2.2"));
}

static void removed_one_that_is_back_has_three_intervals_again(void **state)
{
	enum publish_step step;

	silence(7, &step);
	assert_int_equal(step, PUBLISH_REMOVE);
	both(9, 7); /* it has put all of it back before we look */
	if (take())
		assert_int_not_equal(publish.step, PUBLISH_REMOVE);
	else
		assert_int_equal(publish.state, PUBLISH_PRESENT);
}

static void more_than_eight_are_left_alone(void **state)
{
	char text[64], owner[8];

	for (unsigned i = 2; i < 2 + PUBLISH_PEERS_MAX; i++) {
		snprintf(owner, sizeof(owner), "core%u", i);
		snprintf(text, sizeof(text), "v=amtps1;owner=%s;epoch=0;hot=192.0.2.%u", owner, i);
		entry(text);
		life(owner, 5);
		snprintf(text, sizeof(text), "192.0.2.%u", i);
		address(text);
		if (i == PUBLISH_PEERS_MAX) { /* seven of them and ourselves are eight */
			assert_true(begin());
			assert_int_equal(publish.step, PUBLISH_JOIN);
			publish_fail(&publish, "no answer");
		}
	}
	assert_false(begin());
	assert_int_equal(publish.state, PUBLISH_FOREIGN);
	assert_true(publish_is_alarm(&publish));
}

static void marker_of_one_alone_beside_entries_is_left_alone(void **state)
{
	both(5, 8);
	entry("v=amtps1;owner=core9;epoch=3");
	publish_doubt(&publish);
	assert_false(begin());
	assert_int_equal(publish.state, PUBLISH_FOREIGN);
}

/* Rounds in each of which somebody else has done this to the name; the fourth gives up. */
static void fight(void (*spoil)(unsigned round), enum publish_step step)
{
	for (unsigned round = 0; round < 4; round++) {
		now_ms += INTERVAL;
		spoil(round);
		publish_doubt(&publish);
		if (round == 3) {
			assert_false(begin());
			break;
		}
		assert_true(begin());
		assert_int_equal(publish.step, step);
		both(100 * round + 6, 9 + round);
		assert_false(take());
		assert_int_equal(publish.state, PUBLISH_PRESENT);
	}
	assert_int_equal(publish.state, PUBLISH_CONTESTED);
}

static void take_our_address(unsigned round)
{
	world_clear();
	address("192.0.2.2");
	entry(MINE);
	entry(THEIRS);
	life("core1", round ? 100 * (round - 1) + 6 : 5);
	life("core2", 8 + round);
}

static void address_that_is_taken_again_and_again_is_contested(void **state)
{
	fight(take_our_address, PUBLISH_REPAIR);
}

static void renew_in_our_name(unsigned round)
{
	both(100 * round + 50, 8 + round);
}

static void two_daemons_with_one_owner_id_are_contested(void **state)
{
	fight(renew_in_our_name, PUBLISH_RENEW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(core_that_takes_no_hellos_leaves_as_long_as_nothing_changed,
				       reset_both),
		cmocka_unit_test_setup(who_has_no_core_stays_beside_the_silent_and_removes_nobody,
				       reset_both),
		cmocka_unit_test_setup(who_has_no_core_stays_while_no_better_address_stands_there,
				       reset_both),
		cmocka_unit_test_setup(first_owner_in_order_sets_the_ttl_of_all, reset_both),
		cmocka_unit_test_setup(others_follow_the_ttl_of_the_first, reset),
		cmocka_unit_test_setup(removed_one_that_is_back_has_three_intervals_again,
				       reset_both),
		cmocka_unit_test_setup(more_than_eight_are_left_alone, reset),
		cmocka_unit_test_setup(marker_of_one_alone_beside_entries_is_left_alone,
				       reset_both),
		cmocka_unit_test_setup(address_that_is_taken_again_and_again_is_contested,
				       reset_both),
		cmocka_unit_test_setup(two_daemons_with_one_owner_id_are_contested, reset_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
