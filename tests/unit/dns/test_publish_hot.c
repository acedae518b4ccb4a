/* SPDX-License-Identifier: ISC */
/* Several daemons with failover: hot. Each case says what stands in DNS, and looks at the update that follows. */
#include "publish_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static void missing_name_is_created_with_entry_and_sign_of_life(void **state)
{
	publish.goal.first_epoch = 40;
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_CREATE);
	has(0, UPDATE_NAME_UNUSED, 0);
	find(UPDATE_RRSET_UNUSED, "core1._amtps." NAME, NULL);
	find(UPDATE_ADD, NAME, "192.0.2.1");
	find(UPDATE_ADD, NAME, MINE);
	find(UPDATE_ADD, "core1._amtps." NAME, "v=amtps1;owner=core1;epoch=42");
}

/* Whether the first try was taken or not, a second one never says the same: who was removed and is back
 * would look as silent as before. */
static void coming_back_never_says_the_same_again(void **state)
{
	publish.goal.first_epoch = 40;
	assert_true(begin());
	find(UPDATE_ADD, "core1._amtps." NAME, "v=amtps1;owner=core1;epoch=42");
	publish_fail(&publish, "no answer");
	assert_true(begin());
	find(UPDATE_ADD, "core1._amtps." NAME, "v=amtps1;owner=core1;epoch=43");
}

static void newcomer_joins_beside_what_it_saw(void **state)
{
	address("192.0.2.2");
	entry(THEIRS);
	life("core2", 7);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_JOIN);
	find(UPDATE_RRSET_IS, NAME, "192.0.2.2");
	find(UPDATE_RRSET_IS, NAME, THEIRS);
	find(UPDATE_RRSET_UNUSED, "core1._amtps." NAME, NULL);
	find(UPDATE_ADD, NAME, "192.0.2.1");
	find(UPDATE_ADD, NAME, MINE);
	assert_false(finds(UPDATE_DELETE_RECORD, "192.0.2.2"));
	both(1, 7);
	assert_false(take());
	assert_int_equal(publish.state, PUBLISH_PRESENT);
	assert_string_equal(publish.owner_seen, "core1 core2");
	assert_string_equal(publish.seen, "192.0.2.1 192.0.2.2");
}

static void renewal_says_exactly_what_stands_there(void **state)
{
	while (!publish_wants_watch(&publish))
		assert_false(begin());
	publish_begin(&publish, &request);
	assert_int_equal(publish.step, PUBLISH_RENEW);
	find(UPDATE_RRSET_IS, NAME, "192.0.2.1");
	find(UPDATE_RRSET_IS, NAME, "192.0.2.2");
	find(UPDATE_RRSET_IS, NAME, MINE);
	find(UPDATE_RRSET_IS, NAME, THEIRS);
	find(UPDATE_RRSET_IS, "core1._amtps." NAME, "v=amtps1;owner=core1;epoch=5");
	find(UPDATE_ADD, "core1._amtps." NAME, "v=amtps1;owner=core1;epoch=6");
}

static void one_renewal_and_three_glances_per_interval(void **state)
{
	unsigned renewals = 0;

	for (unsigned round = 0; round < 8; round++) {
		assert_int_equal(publish_wait_ms(&publish, now_ms), INTERVAL / 4);
		now_ms += INTERVAL / 4;
		both(5 + renewals, 7 + round);
		if (begin()) {
			assert_int_equal(publish.step, PUBLISH_RENEW);
			renewals++;
			assert_false(take());
		}
	}
	assert_int_equal(renewals, 2);
}

static void silent_one_is_removed_after_three_intervals(void **state)
{
	enum publish_step step;
	uint64_t took = silence(7, &step);

	assert_int_equal(step, PUBLISH_REMOVE);
	assert_true(took <= 3 * INTERVAL);
	assert_true(took >= 2 * INTERVAL + INTERVAL / 2);
	find(UPDATE_RRSET_IS, "core2._amtps." NAME, "v=amtps1;owner=core2;epoch=7");
	find(UPDATE_RRSET_IS, NAME, THEIRS);
	find(UPDATE_DELETE_RECORD, NAME, "192.0.2.2");
	find(UPDATE_DELETE_RECORD, NAME, THEIRS);
	find(UPDATE_DELETE_RRSET, "core2._amtps." NAME, NULL);
	find(UPDATE_ADD, NAME, "192.0.2.1"); /* never the last one */
}

static void nobody_grows_old_while_nobody_can_look(void **state)
{
	now_ms += 30 * INTERVAL; /* no server answered */
	both(5, 7);
	if (begin()) {
		assert_int_equal(publish.step, PUBLISH_RENEW);
		assert_false(take());
	}
	assert_int_equal(publish.state, PUBLISH_PRESENT);
}

static void server_that_takes_no_updates_makes_nobody_look_dead(void **state)
{
	enum publish_step step;

	silence(7, &step);
	assert_int_equal(step, PUBLISH_REMOVE);
	publish_fail(&publish, "REFUSED");
	assert_true(silence(7, &step) >= 2 * INTERVAL + INTERVAL / 2);
	assert_int_equal(step, PUBLISH_REMOVE);
}

static void address_that_two_have_stays_when_one_goes(void **state)
{
	world_clear();
	publish_set_addresses(&publish, (struct addr[]){fixture_addr("192.0.2.2")}, 1);
	now_ms += INTERVAL;
	both(5, 7);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_JOIN);
	find(UPDATE_DELETE_RECORD, NAME, "192.0.2.1");
	world_clear();
	address("192.0.2.2");
	entry("v=amtps1;owner=core1;epoch=0;hot=192.0.2.2");
	entry(THEIRS);
	life("core1", 6);
	life("core2", 7);
	assert_false(take());
	publish_set_unwanted(&publish, true);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_WITHDRAW);
	assert_false(finds(UPDATE_DELETE_RECORD, "192.0.2.2"));
}

static void stray_address_is_repaired_but_not_for_ever(void **state)
{
	for (int i = 0; i < 4; i++) {
		now_ms += INTERVAL;
		both(5 + i, 8 + i);
		address("192.0.2.66");
		publish_doubt(&publish);
		if (i == 3) {
			assert_false(begin());
			break;
		}
		assert_true(begin());
		assert_int_equal(publish.step, PUBLISH_REPAIR);
		find(UPDATE_RRSET_IS, NAME, "192.0.2.66");
		find(UPDATE_DELETE_RECORD, NAME, "192.0.2.66");
		assert_false(finds(UPDATE_DELETE_RECORD, "192.0.2.2"));
		both(6 + i, 8 + i);
		assert_false(take());
	}
	assert_int_equal(publish.state, PUBLISH_CONTESTED);
}

static void core_that_takes_no_hellos_leaves_to_a_better_one(void **state)
{
	publish_set_parked(&publish, true);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_LEAVE);
	find(UPDATE_RRSET_IS, NAME, "192.0.2.2"); /* that one must still be there */
	find(UPDATE_DELETE_RECORD, NAME, "192.0.2.1");
	find(UPDATE_DELETE_RECORD, NAME, MINE);
	world_clear();
	address("192.0.2.2");
	entry(THEIRS);
	life("core2", 8);
	assert_false(take());
	assert_int_equal(publish.state, PUBLISH_STANDBY);
	publish_set_parked(&publish, false);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_JOIN);
}

static void last_one_stays_whatever_its_core_does(void **state)
{
	address("192.0.2.1");
	entry(MINE);
	life("core1", 4);
	publish_set_parked(&publish, true);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_RENEW);
}

static void withdrawal_takes_its_own_part_only(void **state)
{
	publish_set_unwanted(&publish, true);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_WITHDRAW);
	find(UPDATE_RRSET_IS, "core1._amtps." NAME, "v=amtps1;owner=core1;epoch=5");
	find(UPDATE_DELETE_RECORD, NAME, "192.0.2.1");
	find(UPDATE_DELETE_RECORD, NAME, MINE);
	find(UPDATE_DELETE_RRSET, "core1._amtps." NAME, NULL);
	assert_false(finds(UPDATE_DELETE_RECORD, "192.0.2.2"));
	assert_false(take());
	assert_int_equal(publish.state, PUBLISH_WITHDRAWN);
}

static void hand_made_one_is_left_alone(void **state)
{
	address("192.0.2.1");
	address("192.0.2.9");
	assert_false(begin());
	assert_int_equal(publish.state, PUBLISH_FOREIGN);
}

static void single_owner_is_followed_only_when_it_is_ours_or_silent(void **state)
{
	address("192.0.2.9");
	entry("v=amtps1;owner=core9;epoch=3");
	assert_false(begin());
	assert_int_equal(publish.state, PUBLISH_STANDBY);
	for (unsigned look = 1; look < 3 * PUBLISH_LOOKS - 1; look++) {
		now_ms += INTERVAL / PUBLISH_LOOKS;
		assert_false(begin());
	}
	now_ms += INTERVAL / PUBLISH_LOOKS;
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_TAKE_OVER);
	find(UPDATE_RRSET_IS, NAME, "v=amtps1;owner=core9;epoch=3");
	find(UPDATE_ADD, NAME, MINE);

	reset(NULL);
	address("192.0.2.1");
	address("192.0.2.2");
	entry("v=amtps1;owner=core1;epoch=3");
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_CHANGE);
	find(UPDATE_RRSET_IS, NAME, "v=amtps1;owner=core1;epoch=3");
	find(UPDATE_ADD, NAME, MINE);
}

static void owner_who_wants_it_alone_goes_out_of_the_way(void **state)
{
	publish.goal.failover = PUBLISH_COLD;
	publish_doubt(&publish);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_LEAVE);
	world_clear();
	address("192.0.2.2");
	entry(THEIRS);
	life("core2", 8);
	assert_false(take());
	assert_int_equal(publish.state, PUBLISH_STANDBY);

	reset(NULL);
	publish.goal.failover = PUBLISH_COLD;
	address("192.0.2.1");
	entry(MINE);
	life("core1", 4);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_CHANGE);
	find(UPDATE_RRSET_IS, NAME, MINE);
	find(UPDATE_DELETE_RRSET, "core1._amtps." NAME, NULL);
	adds_marker("v=amtps1;owner=core1;epoch=1");
}

static void previous_owner_goes_with_its_part(void **state)
{
	snprintf(publish.goal.previous_owner, sizeof(publish.goal.previous_owner), "core2");
	address("192.0.2.2");
	entry(THEIRS);
	life("core2", 7);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_JOIN);
	find(UPDATE_RRSET_IS, "core2._amtps." NAME, "v=amtps1;owner=core2;epoch=7");
	find(UPDATE_DELETE_RECORD, NAME, THEIRS);
	find(UPDATE_DELETE_RECORD, NAME, "192.0.2.2");
	find(UPDATE_DELETE_RRSET, "core2._amtps." NAME, NULL);
	find(UPDATE_ADD, NAME, MINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(missing_name_is_created_with_entry_and_sign_of_life, reset),
		cmocka_unit_test_setup(coming_back_never_says_the_same_again, reset),
		cmocka_unit_test_setup(newcomer_joins_beside_what_it_saw, reset),
		cmocka_unit_test_setup(renewal_says_exactly_what_stands_there, reset_both),
		cmocka_unit_test_setup(one_renewal_and_three_glances_per_interval, reset_both),
		cmocka_unit_test_setup(silent_one_is_removed_after_three_intervals, reset_both),
		cmocka_unit_test_setup(nobody_grows_old_while_nobody_can_look, reset_both),
		cmocka_unit_test_setup(server_that_takes_no_updates_makes_nobody_look_dead,
				       reset_both),
		cmocka_unit_test_setup(address_that_two_have_stays_when_one_goes, reset_both),
		cmocka_unit_test_setup(stray_address_is_repaired_but_not_for_ever, reset_both),
		cmocka_unit_test_setup(core_that_takes_no_hellos_leaves_to_a_better_one,
				       reset_both),
		cmocka_unit_test_setup(last_one_stays_whatever_its_core_does, reset),
		cmocka_unit_test_setup(withdrawal_takes_its_own_part_only, reset_both),
		cmocka_unit_test_setup(hand_made_one_is_left_alone, reset),
		cmocka_unit_test_setup(single_owner_is_followed_only_when_it_is_ours_or_silent,
				       reset),
		cmocka_unit_test_setup(owner_who_wants_it_alone_goes_out_of_the_way, reset_both),
		cmocka_unit_test_setup(previous_owner_goes_with_its_part, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
