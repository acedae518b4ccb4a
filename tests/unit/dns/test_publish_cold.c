/* SPDX-License-Identifier: ISC */
/* Several daemons with failover: cold. */
#include "publish_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define INTERVAL 60000
#define LOOK (INTERVAL / PUBLISH_LOOKS)

/* A round of the standby that finds core2's marker with this epoch. */
static bool standby_round(const char *marker)
{
	publish_begin(&publish, &request);
	return looks("192.0.2.2", marker);
}

/* Its rounds of the next while, in which the marker stands still and it stands by. */
static void looks_on(uint64_t ms)
{
	for (uint64_t wait; ms; ms -= wait) {
		wait = ms < LOOK ? ms : LOOK;
		now_ms += wait;
		assert_false(standby_round("v=amtps1;owner=core2;epoch=7"));
		assert_int_equal(publish.state, PUBLISH_STANDBY);
	}
}

static void owner_gives_a_sign_of_life_each_round(void **state)
{
	create();
	assert_int_equal(publish.epoch, 1);
	for (uint32_t epoch = 2; epoch < 5; epoch++) {
		assert_true(publish_is_due(&publish));
		publish_begin(&publish, &request);
		assert_int_equal(publish.step, PUBLISH_RENEW);
		has(0, UPDATE_RRSET_IS, RECORD_A);
		has(2, UPDATE_RRSET_IS, RECORD_TXT);
		has(3, UPDATE_DELETE_RRSET, RECORD_TXT);
		has(4, UPDATE_ADD, RECORD_TXT);
		assert_false(play(NOERROR));
		assert_int_equal(publish.epoch, epoch);
		assert_false(publish.changed);
	}
}

static void standby_takes_over_after_three_still_intervals(void **state)
{
	assert_false(standby_round("v=amtps1;owner=core2;epoch=7"));
	assert_int_equal(publish.state, PUBLISH_STANDBY);
	assert_false(publish_is_alarm(&publish));
	looks_on(3 * INTERVAL - LOOK - 1); /* the first look may have come one late */
	assert_int_equal(publish_wait_ms(&publish, now_ms), 1);
	now_ms += 1;
	assert_true(standby_round("v=amtps1;owner=core2;epoch=7"));
	assert_int_equal(publish.step, PUBLISH_TAKE_OVER);
	has(0, UPDATE_RRSET_IS, RECORD_TXT);
	has(1, UPDATE_DELETE_RRSET, RECORD_A);
	adds_marker("v=amtps1;owner=core1;epoch=8");
	assert_false(play(NOERROR));
	assert_int_equal(publish.state, PUBLISH_PRESENT);
	assert_int_equal(publish.done[PUBLISH_TAKE_OVER], 1);
}

static void standby_counts_from_the_last_sign_of_life(void **state)
{
	static const char *const markers[] = {
		"v=amtps1;owner=core2;epoch=7",
		"v=amtps1;owner=core2;epoch=8",
		"v=amtps1;owner=core2;epoch=9",
	};

	for (int i = 0; i < 3; i++) {
		assert_false(standby_round(markers[i]));
		now_ms += 2 * INTERVAL;
	}
	assert_false(standby_round(markers[2]));
	assert_int_equal(publish.state, PUBLISH_STANDBY);
}

/* The owner may have been cut off from the name server as well: it gets its three intervals again. */
static void outage_makes_no_owner_look_dead(void **state)
{
	assert_false(standby_round("v=amtps1;owner=core2;epoch=7"));
	looks_on(2 * INTERVAL);
	for (int i = 0; i < 8; i++) {
		now_ms += INTERVAL / 2;
		publish_begin(&publish, &request);
		publish_fail(&publish, "no answer");
		assert_int_equal(publish.state, PUBLISH_RETRY);
	}
	assert_false(standby_round("v=amtps1;owner=core2;epoch=7"));
	assert_int_equal(publish.state, PUBLISH_STANDBY);
	looks_on(3 * INTERVAL - LOOK - 1);
	now_ms += 1;
	assert_true(standby_round("v=amtps1;owner=core2;epoch=7"));
	assert_int_equal(publish.step, PUBLISH_TAKE_OVER);
}

/* A single look that failed is no outage. */
static void lost_look_delays_no_take_over(void **state)
{
	assert_false(standby_round("v=amtps1;owner=core2;epoch=7"));
	looks_on(INTERVAL);
	now_ms += LOOK;
	publish_begin(&publish, &request);
	publish_fail(&publish, "no answer");
	looks_on(2 * INTERVAL - 2 * LOOK - 1);
	now_ms += 1;
	assert_true(standby_round("v=amtps1;owner=core2;epoch=7"));
}

/* Until the standby tries to take over, and the server does not let it. */
static void fail_to_take_over(void)
{
	assert_false(standby_round("v=amtps1;owner=core2;epoch=7"));
	looks_on(3 * INTERVAL - LOOK - 1);
	now_ms += 1;
	assert_true(standby_round("v=amtps1;owner=core2;epoch=7"));
	assert_int_equal(publish.step, PUBLISH_TAKE_OVER);
	publish_fail(&publish, "REFUSED");
	now_ms += 1000;
}

/* As while an administrator has the zone frozen: the owner cannot write either. Whether the server takes
 * updates again is asked without changing anything; then the owner gets its three intervals. */
static void server_that_takes_no_updates_makes_no_owner_look_dead(void **state)
{
	struct record marker = record_txt("v=amtps1;owner=core2;epoch=7", 300);

	fail_to_take_over();
	for (int i = 0; i < 20; i++) {
		assert_true(standby_round("v=amtps1;owner=core2;epoch=7"));
		assert_int_equal(publish.step, PUBLISH_PROBE);
		assert_int_equal(request.update.count, 2);
		has(0, UPDATE_RRSET_IS, RECORD_TXT);
		has(1, UPDATE_ADD, RECORD_TXT);
		assert_true(record_equal_data(&request.update.items[1].record, &marker));
		assert_int_equal(request.update.items[1].record.ttl, 300);
		if (i == 19)
			break;
		publish_fail(&publish, "REFUSED");
		now_ms += INTERVAL / 2;
	}
	assert_false(play(NOERROR));
	assert_int_equal(publish.state, PUBLISH_STANDBY);
	assert_false(publish.changed);
	looks_on(3 * INTERVAL - LOOK - 1);
	now_ms += 1;
	assert_true(standby_round("v=amtps1;owner=core2;epoch=7"));
	assert_int_equal(publish.step, PUBLISH_TAKE_OVER);
}

static void owner_that_has_written_since_needs_no_probe(void **state)
{
	fail_to_take_over();
	assert_false(
		standby_round("v=amtps1;owner=core2;epoch=6")); /* one that looks older is one */
	now_ms += LOOK;
	assert_false(standby_round("v=amtps1;owner=core2;epoch=7"));
	looks_on(3 * INTERVAL - LOOK - 1);
	now_ms += 1;
	assert_true(standby_round("v=amtps1;owner=core2;epoch=7"));
	assert_int_equal(publish.step, PUBLISH_TAKE_OVER);
}

static void probe_that_comes_after_the_owners_sign_of_life_is_no_race(void **state)
{
	fail_to_take_over();
	assert_true(standby_round("v=amtps1;owner=core2;epoch=7"));
	assert_true(play(NXRRSET));
	assert_false(looks("192.0.2.2", "v=amtps1;owner=core2;epoch=8"));
	assert_int_equal(publish.state, PUBLISH_STANDBY);
	assert_int_equal(publish.lost_races, 0);
}

static void standby_looks_four_times_per_interval(void **state)
{
	assert_false(standby_round("v=amtps1;owner=core2;epoch=7"));
	assert_int_equal(publish_wait_ms(&publish, now_ms), INTERVAL / 4);
}

static void owner_who_comes_back_stands_by(void **state)
{
	create();
	publish_begin(&publish, &request);
	assert_true(play(NXRRSET));
	assert_false(looks("192.0.2.2", "v=amtps1;owner=core2;epoch=2"));
	assert_int_equal(publish.state, PUBLISH_STANDBY);
}

static void owner_without_signs_of_life_is_never_taken_over(void **state)
{
	assert_false(standby_round("v=amtps1;owner=core2;epoch=0"));
	assert_int_equal(publish.state, PUBLISH_FOREIGN);
	now_ms += 100 * INTERVAL;
	assert_false(standby_round("v=amtps1;owner=core2;epoch=0"));
	assert_int_equal(publish.state, PUBLISH_FOREIGN);
}

static void owner_that_turns_failover_off_says_so_in_the_marker(void **state)
{
	fixture_reset(NULL);
	publish_begin(&publish, &request);
	assert_true(looks("192.0.2.1", "v=amtps1;owner=core1;epoch=9"));
	assert_int_equal(publish.step, PUBLISH_CHANGE);
	adds_marker("v=amtps1;owner=core1;epoch=0");
}

static void two_daemons_with_one_owner_id_are_noticed(void **state)
{
	static const char *const markers[] = {
		"v=amtps1;owner=core1;epoch=3", "v=amtps1;owner=core1;epoch=6",
		"v=amtps1;owner=core1;epoch=9", "v=amtps1;owner=core1;epoch=12"};

	create();
	for (int i = 0; i < 4; i++) {
		publish_begin(&publish, &request);
		assert_true(play(NXRRSET));
		if (i == 3) {
			assert_false(looks("192.0.2.1", markers[i]));
			break;
		}
		assert_true(looks("192.0.2.1", markers[i]));
		assert_int_equal(publish.step, PUBLISH_RENEW);
		assert_false(play(NOERROR));
	}
	assert_int_equal(publish.state, PUBLISH_CONTESTED);
	assert_non_null(strstr(publish.words.text, "owner id \"core1\""));
}

/* RFC 2136 7.8: the first try may have been taken, its answer lost. */
static void own_lost_answer_is_no_other_daemon(void **state)
{
	create();
	for (int i = 0; i < 5; i++) {
		char marker[64];

		snprintf(marker, sizeof(marker), "v=amtps1;owner=core1;epoch=%u",
			 (unsigned)publish.epoch + 1);
		publish_begin(&publish, &request);
		assert_true(play_resent(NXRRSET));
		assert_true(looks("192.0.2.1", marker));
		assert_int_equal(publish.step, PUBLISH_RENEW);
		assert_false(play(NOERROR));
	}
	assert_int_equal(publish.state, PUBLISH_PRESENT);
}

static void epoch_never_becomes_zero_again(void **state)
{
	assert_int_equal(publish_marker_next_epoch(0), 1);
	assert_int_equal(publish_marker_next_epoch(UINT32_MAX), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(owner_gives_a_sign_of_life_each_round, fixture_reset_cold),
		cmocka_unit_test_setup(standby_takes_over_after_three_still_intervals,
				       fixture_reset_cold),
		cmocka_unit_test_setup(standby_counts_from_the_last_sign_of_life,
				       fixture_reset_cold),
		cmocka_unit_test_setup(outage_makes_no_owner_look_dead, fixture_reset_cold),
		cmocka_unit_test_setup(lost_look_delays_no_take_over, fixture_reset_cold),
		cmocka_unit_test_setup(server_that_takes_no_updates_makes_no_owner_look_dead,
				       fixture_reset_cold),
		cmocka_unit_test_setup(owner_that_has_written_since_needs_no_probe,
				       fixture_reset_cold),
		cmocka_unit_test_setup(probe_that_comes_after_the_owners_sign_of_life_is_no_race,
				       fixture_reset_cold),
		cmocka_unit_test_setup(standby_looks_four_times_per_interval, fixture_reset_cold),
		cmocka_unit_test_setup(owner_who_comes_back_stands_by, fixture_reset_cold),
		cmocka_unit_test_setup(owner_without_signs_of_life_is_never_taken_over,
				       fixture_reset_cold),
		cmocka_unit_test_setup(owner_that_turns_failover_off_says_so_in_the_marker,
				       fixture_reset_cold),
		cmocka_unit_test_setup(two_daemons_with_one_owner_id_are_noticed,
				       fixture_reset_cold),
		cmocka_unit_test_setup(own_lost_answer_is_no_other_daemon, fixture_reset_cold),
		cmocka_unit_test_setup(epoch_never_becomes_zero_again, fixture_reset_cold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
