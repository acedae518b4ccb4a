/* SPDX-License-Identifier: ISC */
/* One owner. Each case plays the answers of a scripted name server. */
#include "publish_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define OURS "v=amtps1;owner=core1;epoch=0"

static void first_look(const char *a, const char *txt, bool more)
{
	publish_begin(&publish, &request);
	assert_int_equal(looks(a, txt), more);
}

/* A check that fails, and what is found then. */
static bool drift(const char *a, const char *txt)
{
	publish_begin(&publish, &request);
	assert_int_equal(publish.step, PUBLISH_CHECK);
	assert_true(play(NXRRSET));
	return looks(a, txt);
}

static void missing_name_is_created_with_its_marker(void **state)
{
	first_look(NULL, NULL, true);
	assert_int_equal(publish.step, PUBLISH_CREATE);
	has(0, UPDATE_NAME_UNUSED, 0);
	has(1, UPDATE_ADD, RECORD_A);
	adds_marker(OURS);
	assert_false(play(NOERROR));
	assert_int_equal(publish.state, PUBLISH_PRESENT);
	assert_string_equal(publish.seen, "192.0.2.1");
	assert_string_equal(publish.owner_seen, "core1");
	assert_true(publish.changed);
}

static void top_of_a_zone_is_always_in_use(void **state)
{
	publish.goal.zone = publish.goal.name;
	first_look(NULL, NULL, true);
	has(0, UPDATE_RRSET_UNUSED, RECORD_A);
	has(1, UPDATE_RRSET_UNUSED, RECORD_AAAA);
	has(2, UPDATE_RRSET_UNUSED, RECORD_TXT);
}

static void check_is_one_message_that_changes_nothing(void **state)
{
	create();
	publish_begin(&publish, &request);
	has(0, UPDATE_RRSET_IS, RECORD_A);
	has(1, UPDATE_RRSET_UNUSED, RECORD_AAAA);
	has(2, UPDATE_RRSET_IS, RECORD_TXT);
	has(3, UPDATE_ADD, RECORD_A);
	assert_int_equal(request.update.count, 4);
	assert_false(play(NOERROR));
	assert_int_equal(publish.state, PUBLISH_PRESENT);
	assert_false(publish.changed);
}

static void hand_made_and_equal_is_adopted(void **state)
{
	first_look("192.0.2.1", NULL, true);
	assert_int_equal(publish.step, PUBLISH_ADOPT);
	has(0, UPDATE_RRSET_IS, RECORD_A);
	has(2, UPDATE_RRSET_UNUSED, RECORD_TXT);
	adds_marker(OURS);
	assert_false(play(NOERROR));
	assert_int_equal(publish.state, PUBLISH_PRESENT);
}

static void foreign_is_left_alone(void **state)
{
	static const struct {
		const char *a, *txt, *words;
	} cases[] = {
		{"192.0.2.9", NULL, "made by hand"},
		{"192.0.2.1", "hello", "other TXT"},
		{"192.0.2.1", "v=amtps1;owner=core2;epoch=7", "\"core2\" owns it"},
		{NULL, "something", "made by hand"},
		{"192.0.2.9", "v=amtps1;owner=;epoch=x", "made by hand"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fixture_reset(NULL);
		first_look(cases[i].a, cases[i].txt, false);
		assert_int_equal(publish.state, PUBLISH_FOREIGN);
		assert_true(publish_is_alarm(&publish));
		assert_non_null(strstr(publish.words.text, cases[i].words));
	}
}

static void alias_is_foreign(void **state)
{
	publish_begin(&publish, &request);
	assert_false(looks_cname());
	assert_int_equal(publish.state, PUBLISH_FOREIGN);
	assert_non_null(strstr(publish.words.text, "alias"));
	assert_string_equal(publish.seen, "CNAME core.corp.example.");
}

static void own_record_is_found_after_a_restart(void **state)
{
	first_look("192.0.2.1", OURS, false);
	assert_int_equal(publish.state, PUBLISH_PRESENT);
	assert_false(publish.changed);
}

static void other_addresses_from_before_a_restart_are_no_drift(void **state)
{
	first_look("192.0.2.7", OURS, true);
	assert_int_equal(publish.step, PUBLISH_CHANGE);
	assert_false(play(NOERROR));
	assert_int_equal(publish.done[PUBLISH_REPAIR], 0);
}

static void wanted_addresses_may_change_as_often_as_they_do(void **state)
{
	struct addr addresses[] = {fixture_addr("192.0.2.2"), fixture_addr("192.0.2.1")};

	create();
	for (int i = 0; i < 10; i++) {
		publish_set_addresses(&publish, addresses, 1 + i % 2);
		assert_true(publish_is_due(&publish));
		publish_begin(&publish, &request);
		assert_true(looks("192.0.2.1", OURS));
		assert_int_equal(publish.step, PUBLISH_CHANGE);
		assert_false(play(NOERROR));
	}
	assert_int_equal(publish.state, PUBLISH_PRESENT);
	assert_string_equal(publish.seen, "192.0.2.1 192.0.2.2");
}

static void no_addresses_change_nothing(void **state)
{
	create();
	publish_set_addresses(&publish, NULL, 0);
	assert_int_equal(publish.goal.count, 1);
	assert_false(publish_is_due(&publish));
}

static void own_drift_is_repaired_three_times_in_ten_minutes(void **state)
{
	create();
	for (int i = 0; i < 3; i++) {
		assert_true(drift("192.0.2.6", OURS));
		assert_int_equal(publish.step, PUBLISH_REPAIR);
		has(0, UPDATE_RRSET_IS, RECORD_TXT);
		has(1, UPDATE_DELETE_RRSET, RECORD_A);
		has(2, UPDATE_DELETE_RRSET, RECORD_AAAA);
		has(3, UPDATE_DELETE_RRSET, RECORD_TXT);
		has(4, UPDATE_ADD, RECORD_A);
		adds_marker(OURS);
		assert_false(play(NOERROR));
		assert_int_equal(publish.state, PUBLISH_PRESENT);
		now_ms += 60000;
	}
	assert_false(drift("192.0.2.6", OURS));
	assert_int_equal(publish.state, PUBLISH_CONTESTED);
	assert_true(publish_is_alarm(&publish));
	assert_string_equal(publish.seen, "192.0.2.6");
	now_ms += PUBLISH_REPAIRS_MS;
	first_look("192.0.2.6", OURS, true);
	assert_int_equal(publish.step, PUBLISH_REPAIR);
}

static void name_that_was_deleted_counts_as_drift(void **state)
{
	create();
	assert_true(drift(NULL, NULL));
	assert_int_equal(publish.step, PUBLISH_CREATE);
	assert_true(publish.repairs_ms[PUBLISH_REPAIRS_MAX - 1] > 0);
}

static void name_with_other_types_is_foreign(void **state)
{
	first_look(NULL, NULL, true);
	assert_true(play(YXDOMAIN));
	assert_true(looks(NULL, NULL));
	assert_false(play(YXDOMAIN));
	assert_int_equal(publish.state, PUBLISH_FOREIGN);
}

static void lost_race_is_looked_at_again_but_not_for_ever(void **state)
{
	create();
	assert_true(drift("192.0.2.6", OURS));
	for (int i = 0; i < 2; i++) {
		assert_true(play(NXRRSET));
		assert_true(looks("192.0.2.6", OURS));
	}
	assert_false(play(NXRRSET));
	assert_int_equal(publish.state, PUBLISH_RETRY);
	assert_int_equal(publish.lost_races, 3);
}

static void lost_creation_shows_the_winner(void **state)
{
	first_look(NULL, NULL, true);
	assert_true(play(YXDOMAIN));
	assert_false(looks("192.0.2.2", "v=amtps1;owner=core2;epoch=1"));
	assert_int_equal(publish.state, PUBLISH_FOREIGN);
}

static void previous_owner_is_followed_at_once(void **state)
{
	memcpy(publish.goal.previous_owner, "core0", sizeof("core0"));
	first_look("192.0.2.1", "v=amtps1;owner=core0;epoch=8", true);
	assert_int_equal(publish.step, PUBLISH_CHANGE);
	has(0, UPDATE_RRSET_IS, RECORD_TXT);
	adds_marker(OURS);
}

static void force_replaces_exactly_what_was_seen(void **state)
{
	first_look("192.0.2.9", NULL, false);
	publish_force(&publish, publish.seen_id);
	first_look("192.0.2.9", NULL, true);
	assert_int_equal(publish.step, PUBLISH_FORCE);
	has(0, UPDATE_RRSET_IS, RECORD_A);
	has(1, UPDATE_RRSET_UNUSED, RECORD_AAAA);
	has(2, UPDATE_RRSET_UNUSED, RECORD_TXT);
	has(3, UPDATE_RRSET_UNUSED, RECORD_CNAME);
	has(4, UPDATE_DELETE_RRSET, RECORD_CNAME);
	adds_marker(OURS);
	assert_false(play(NOERROR));
	assert_int_equal(publish.state, PUBLISH_PRESENT);
}

static void force_of_something_else_than_what_was_seen_is_refused(void **state)
{
	first_look("192.0.2.9", NULL, false);
	publish_force(&publish, publish.seen_id);
	first_look("192.0.2.10", NULL, false);
	assert_int_equal(publish.state, PUBLISH_FOREIGN);
	assert_non_null(strstr(publish.words.text, "no longer what you saw"));
	first_look("192.0.2.10", NULL, false); /* and is not tried again */
}

static void withdrawal_takes_only_what_is_ours(void **state)
{
	create();
	publish_set_unwanted(&publish, true);
	first_look("192.0.2.1", OURS, true);
	assert_int_equal(publish.step, PUBLISH_WITHDRAW);
	has(0, UPDATE_RRSET_IS, RECORD_TXT);
	has(1, UPDATE_DELETE_RRSET, RECORD_A);
	has(2, UPDATE_DELETE_RRSET, RECORD_AAAA);
	has(3, UPDATE_DELETE_RRSET, RECORD_TXT);
	assert_int_equal(request.update.count, 4);
	assert_false(play(NOERROR));
	assert_int_equal(publish.state, PUBLISH_WITHDRAWN);

	fixture_reset(NULL);
	publish_set_unwanted(&publish, true);
	first_look("192.0.2.1", "v=amtps1;owner=core2;epoch=1", false);
	assert_int_equal(publish.state, PUBLISH_WITHDRAWN);
}

static void failure_is_told_and_the_next_round_looks(void **state)
{
	create();
	publish_begin(&publish, &request);
	publish_fail(&publish, "nobody answers");
	assert_int_equal(publish.state, PUBLISH_RETRY);
	assert_string_equal(publish.words.text, "nobody answers");
	assert_false(play(NOERROR)); /* too late */
	first_look("192.0.2.1", OURS, false);
	assert_int_equal(publish.state, PUBLISH_PRESENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(missing_name_is_created_with_its_marker, fixture_reset),
		cmocka_unit_test_setup(top_of_a_zone_is_always_in_use, fixture_reset),
		cmocka_unit_test_setup(check_is_one_message_that_changes_nothing, fixture_reset),
		cmocka_unit_test_setup(hand_made_and_equal_is_adopted, fixture_reset),
		cmocka_unit_test_setup(foreign_is_left_alone, fixture_reset),
		cmocka_unit_test_setup(alias_is_foreign, fixture_reset),
		cmocka_unit_test_setup(own_record_is_found_after_a_restart, fixture_reset),
		cmocka_unit_test_setup(other_addresses_from_before_a_restart_are_no_drift,
				       fixture_reset),
		cmocka_unit_test_setup(wanted_addresses_may_change_as_often_as_they_do,
				       fixture_reset),
		cmocka_unit_test_setup(no_addresses_change_nothing, fixture_reset),
		cmocka_unit_test_setup(own_drift_is_repaired_three_times_in_ten_minutes,
				       fixture_reset),
		cmocka_unit_test_setup(name_that_was_deleted_counts_as_drift, fixture_reset),
		cmocka_unit_test_setup(name_with_other_types_is_foreign, fixture_reset),
		cmocka_unit_test_setup(lost_race_is_looked_at_again_but_not_for_ever,
				       fixture_reset),
		cmocka_unit_test_setup(lost_creation_shows_the_winner, fixture_reset),
		cmocka_unit_test_setup(previous_owner_is_followed_at_once, fixture_reset),
		cmocka_unit_test_setup(force_replaces_exactly_what_was_seen, fixture_reset),
		cmocka_unit_test_setup(force_of_something_else_than_what_was_seen_is_refused,
				       fixture_reset),
		cmocka_unit_test_setup(withdrawal_takes_only_what_is_ours, fixture_reset),
		cmocka_unit_test_setup(failure_is_told_and_the_next_round_looks, fixture_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
