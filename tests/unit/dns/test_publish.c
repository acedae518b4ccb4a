/* SPDX-License-Identifier: ISC */
/* Each case plays the answers of a scripted name server. */
#include "dns/publish.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { NOERROR = 0, NXDOMAIN = 3, YXDOMAIN = 6, NXRRSET = 8 };

static struct publish publish;
static struct publish_request request;
static struct server_outcome outcome; /* large */
static uint64_t now_ms;

static struct addr addr(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static int reset(void **state)
{
	struct publish_goal goal = {.zone = {"corp.example"},
				    .name = {"provisionserver.corp.example"},
				    .count = 1,
				    .ttl = 300,
				    .owner = "core1"};

	goal.addresses[0] = addr("10.81.1.2");
	publish_init(&publish, &goal);
	now_ms = 1000;
	return 0;
}

static void begin(void)
{
	publish_begin(&publish, &request);
	assert_int_equal(publish.step, PUBLISH_CHECK);
}

static bool play(int rcode)
{
	memset(&outcome, 0, sizeof(outcome));
	outcome.rcode = rcode;
	outcome.class = rcode ? SERVER_DECISION : SERVER_DONE;
	return publish_next(&publish, &outcome, now_ms, &request);
}

static bool play_record(const struct record *record)
{
	memset(&outcome, 0, sizeof(outcome));
	outcome.class = SERVER_DONE;
	outcome.answer.count = 1;
	outcome.answer.records[0] = *record;
	return publish_next(&publish, &outcome, now_ms, &request);
}

/* The three looks; NULL = nothing of that type. True while there is more to send. */
static bool looks(const char *a, const char *txt)
{
	struct record record;

	assert_int_equal(publish.step, PUBLISH_LOOK_A);
	assert_true(request.query);
	assert_int_equal(request.type, RECORD_A);
	if (a) {
		record = record_address(addr(a), 300);
		assert_true(play_record(&record));
	} else {
		assert_true(play(txt ? NOERROR : NXDOMAIN));
	}
	assert_int_equal(request.type, RECORD_AAAA);
	assert_true(play(a || txt ? NOERROR : NXDOMAIN));
	assert_int_equal(request.type, RECORD_TXT);
	if (!txt)
		return play(a ? NOERROR : NXDOMAIN);
	record = record_txt(txt, 300);
	return play_record(&record);
}

static void has(size_t index, enum update_step step, uint16_t type)
{
	assert_true(index < request.update.count);
	assert_int_equal(request.update.items[index].step, step);
	if (type)
		assert_int_equal(request.update.items[index].record.type, type);
}

static void missing_name_is_created_with_its_marker(void **state)
{
	struct record marker = record_txt("v=amtps1;owner=core1;epoch=1", 300);

	begin();
	assert_true(play(NXRRSET));
	assert_true(looks(NULL, NULL));
	assert_int_equal(publish.step, PUBLISH_CREATE);
	has(0, UPDATE_NAME_UNUSED, 0);
	has(1, UPDATE_ADD, RECORD_A);
	has(2, UPDATE_ADD, RECORD_TXT);
	assert_true(record_equal_data(&request.update.items[2].record, &marker));
	assert_false(play(NOERROR));
	assert_int_equal(publish.state, PUBLISH_PRESENT);
	assert_string_equal(publish.seen, "10.81.1.2");
}

static void check_is_one_message_that_changes_nothing(void **state)
{
	begin();
	has(0, UPDATE_RRSET_IS, RECORD_A);
	has(1, UPDATE_RRSET_UNUSED, RECORD_AAAA);
	has(2, UPDATE_RRSET_IS, RECORD_TXT);
	has(3, UPDATE_ADD, RECORD_A);
	assert_int_equal(request.update.count, 4);
	assert_false(play(NOERROR));
	assert_int_equal(publish.state, PUBLISH_PRESENT);
}

static void hand_made_and_equal_is_adopted(void **state)
{
	begin();
	assert_true(play(NXRRSET));
	assert_true(looks("10.81.1.2", NULL));
	assert_int_equal(publish.step, PUBLISH_ADOPT);
	has(0, UPDATE_RRSET_IS, RECORD_A);
	has(2, UPDATE_RRSET_UNUSED, RECORD_TXT);
	has(3, UPDATE_ADD, RECORD_TXT);
	assert_false(play(NOERROR));
	assert_int_equal(publish.state, PUBLISH_PRESENT);
}

static void foreign_is_left_alone(void **state)
{
	static const struct {
		const char *a, *txt, *words;
	} cases[] = {
		{"10.9.9.9", NULL, "made by hand"},
		{"10.81.1.2", "hello", "other TXT"},
		{"10.81.1.2", "v=amtps1;owner=core2;epoch=7", "\"core2\" owns it"},
		{NULL, "something", "made by hand"},
		{"10.9.9.9", "v=amtps1;owner=;epoch=x", "made by hand"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		reset(NULL);
		begin();
		assert_true(play(NXRRSET));
		assert_false(looks(cases[i].a, cases[i].txt));
		assert_int_equal(publish.state, PUBLISH_FOREIGN);
		assert_non_null(strstr(publish.words.text, cases[i].words));
	}
}

static void own_epoch_is_learned_after_a_restart(void **state)
{
	begin();
	assert_true(play(NXRRSET));
	assert_false(looks("10.81.1.2", "v=amtps1;owner=core1;epoch=4"));
	assert_int_equal(publish.state, PUBLISH_PRESENT);
	assert_int_equal(publish.epoch, 4);
}

static void drift(void)
{
	begin();
	assert_true(play(NXRRSET));
}

static void own_drift_is_repaired_three_times_in_ten_minutes(void **state)
{
	for (int i = 0; i < 3; i++) {
		drift();
		assert_true(looks("10.6.6.6", "v=amtps1;owner=core1;epoch=1"));
		assert_int_equal(publish.step, PUBLISH_REPAIR);
		has(0, UPDATE_RRSET_IS, RECORD_TXT);
		has(1, UPDATE_DELETE_RRSET, RECORD_A);
		has(2, UPDATE_DELETE_RRSET, RECORD_AAAA);
		has(3, UPDATE_ADD, RECORD_A);
		assert_false(play(NOERROR));
		assert_int_equal(publish.state, PUBLISH_PRESENT);
		now_ms += 60000;
	}
	drift();
	assert_false(looks("10.6.6.6", "v=amtps1;owner=core1;epoch=1"));
	assert_int_equal(publish.state, PUBLISH_CONTESTED);
	assert_string_equal(publish.seen, "10.6.6.6");
	now_ms += PUBLISH_REPAIRS_MS;
	drift();
	assert_true(looks("10.6.6.6", "v=amtps1;owner=core1;epoch=1"));
	assert_int_equal(publish.step, PUBLISH_REPAIR);
}

static void name_that_was_deleted_counts_as_drift(void **state)
{
	begin();
	assert_false(play(NOERROR));
	drift();
	assert_true(looks(NULL, NULL));
	assert_int_equal(publish.step, PUBLISH_CREATE);
	assert_int_equal(publish.repairs, 1);
}

static void name_with_other_types_is_foreign(void **state)
{
	begin();
	assert_true(play(NXRRSET));
	assert_true(looks(NULL, NULL));
	assert_true(play(YXDOMAIN));
	assert_true(looks(NULL, NULL));
	assert_false(play(YXDOMAIN));
	assert_int_equal(publish.state, PUBLISH_FOREIGN);
}

static void lost_race_is_looked_at_again_but_not_for_ever(void **state)
{
	drift();
	for (int i = 0; i < 2; i++) {
		assert_true(looks("10.6.6.6", "v=amtps1;owner=core1;epoch=1"));
		assert_true(play(NXRRSET));
	}
	assert_true(looks("10.6.6.6", "v=amtps1;owner=core1;epoch=1"));
	assert_false(play(NXRRSET));
	assert_int_equal(publish.state, PUBLISH_RETRY);
}

static void failure_is_told_and_the_next_round_begins_anew(void **state)
{
	begin();
	publish_fail(&publish, "nobody answers");
	assert_int_equal(publish.state, PUBLISH_RETRY);
	assert_string_equal(publish.words.text, "nobody answers");
	assert_false(play(NOERROR)); /* too late */
	begin();
	assert_false(play(NOERROR));
	assert_int_equal(publish.state, PUBLISH_PRESENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(missing_name_is_created_with_its_marker, reset),
		cmocka_unit_test_setup(check_is_one_message_that_changes_nothing, reset),
		cmocka_unit_test_setup(hand_made_and_equal_is_adopted, reset),
		cmocka_unit_test_setup(foreign_is_left_alone, reset),
		cmocka_unit_test_setup(own_epoch_is_learned_after_a_restart, reset),
		cmocka_unit_test_setup(own_drift_is_repaired_three_times_in_ten_minutes, reset),
		cmocka_unit_test_setup(name_that_was_deleted_counts_as_drift, reset),
		cmocka_unit_test_setup(name_with_other_types_is_foreign, reset),
		cmocka_unit_test_setup(lost_race_is_looked_at_again_but_not_for_ever, reset),
		cmocka_unit_test_setup(failure_is_told_and_the_next_round_begins_anew, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
