/* SPDX-License-Identifier: ISC */
#include "dns/ledger.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { FORWARD_ZONE, REVERSE_ZONE };

static const struct zone zones[] = {{.name = {"corp.example"}}, {.name = {"10.in-addr.arpa"}}};
static const struct intent_mark written = {.written = true, .dhcid_length = RECORD_DHCID_BYTES};
static const struct intent_mark nothing;
static struct ledger *ledger;
static uint64_t now_ms = 1000;

static int setup(void **state)
{
	return ledger_new(&ledger, zones, 2, 7);
}

static int teardown(void **state)
{
	ledger_free(ledger);
	return 0;
}

static struct intent make(enum intent_kind kind, const char *name, const char *address, uint8_t mac)
{
	struct intent intent = {.kind = kind, .wanted = true};

	assert_int_equal(addr_parse(address, &intent.address), 0);
	intent.mac = (struct mac){.type = 1, .length = 6, .bytes = {2, 0, 0, 0, 0, mac}};
	snprintf(intent.name.text, sizeof(intent.name.text), "%s", name);
	return intent;
}

static int apply(struct intent intent, bool wanted)
{
	intent.wanted = wanted;
	return ledger_apply(ledger, &intent, 5);
}

/* Puts everything on disk that waits for it; how many rows. */
static size_t save(void)
{
	struct ledger_entry *entry;
	struct ledger_row row;
	size_t count = 0;

	for (; (entry = ledger_touched(ledger, &row)); count++)
		ledger_saved(ledger, entry, row.generation, true);
	return count;
}

/* The next one of the zone must be this. */
static struct ledger_entry *next(int zone, const struct intent *intent, struct ledger_row *ret)
{
	struct ledger_entry *entry = ledger_next(ledger, zone, 1000);

	assert_non_null(entry);
	ledger_row(entry, ret);
	assert_true(intent_same_key(&ret->intent, intent));
	return entry;
}

static void done(struct ledger_entry *entry, const struct ledger_row *sent)
{
	ledger_done(ledger, entry, sent, sent->intent.wanted ? &written : &nothing, now_ms, 9);
}

static void reach(int zone, const struct intent *intent)
{
	struct ledger_row row;
	struct ledger_entry *entry = next(zone, intent, &row);

	done(entry, &row);
	save();
}

static enum ledger_state state_of(const struct intent *intent)
{
	struct ledger_row row;

	assert_non_null(ledger_find(ledger, intent));
	ledger_row(ledger_find(ledger, intent), &row);
	return row.state;
}

static void nothing_is_sent_before_it_is_on_disk(void **state)
{
	struct intent me = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);

	assert_int_equal(apply(me, true), 1);
	assert_null(ledger_next(ledger, FORWARD_ZONE, 1));
	assert_int_equal(save(), 1);
	reach(FORWARD_ZONE, &me);
	assert_int_equal(state_of(&me), LEDGER_PRESENT);
}

static void failed_save_is_tried_again(void **state)
{
	struct intent me = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);
	struct ledger_row row;

	apply(me, true);
	ledger_saved(ledger, ledger_touched(ledger, &row), row.generation, false);
	assert_null(ledger_next(ledger, FORWARD_ZONE, 1));
	assert_int_equal(save(), 1);
	assert_non_null(ledger_next(ledger, FORWARD_ZONE, 1));
}

static void unchanged_intent_causes_no_traffic(void **state)
{
	struct intent me = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);

	apply(me, true);
	save();
	reach(FORWARD_ZONE, &me);
	assert_int_equal(apply(me, true), 0);
	assert_int_equal(save(), 0);
	assert_null(ledger_next(ledger, FORWARD_ZONE, 1));
	assert_true(ledger_next_ms(ledger, FORWARD_ZONE) == UINT64_MAX);
}

static void removed_intent_leaves_after_dns_and_disk_agree(void **state)
{
	struct intent me = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);
	struct ledger_row row;
	struct ledger_entry *entry;

	apply(me, true);
	save();
	reach(FORWARD_ZONE, &me);
	apply(me, false);
	save();
	assert_int_equal(state_of(&me), LEDGER_REMOVING);
	entry = next(FORWARD_ZONE, &me, &row);
	assert_false(row.intent.wanted);
	done(entry, &row);
	assert_int_equal(ledger_count(ledger), 1);
	assert_non_null(ledger_touched(ledger, &row));
	assert_true(row.gone);
	ledger_saved(ledger, entry, row.generation, true);
	assert_int_equal(ledger_count(ledger), 0);
}

static void newer_change_during_flight_is_sent_next(void **state)
{
	struct intent me = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);
	struct ledger_row row, later;
	struct ledger_entry *entry;

	apply(me, true);
	save();
	entry = next(FORWARD_ZONE, &me, &row);
	apply(me, false);
	save();
	assert_null(ledger_next(ledger, FORWARD_ZONE, 1)); /* one in flight per name */
	done(entry, &row);
	assert_ptr_equal(next(FORWARD_ZONE, &me, &later), entry);
	assert_false(later.intent.wanted);
	assert_true(later.mark.written);
}

static void ptr_follows_its_new_name(void **state)
{
	struct intent forward = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);
	struct intent reverse = make(INTENT_REVERSE, "me.corp.example", "10.0.0.1", 1);

	apply(forward, true);
	apply(reverse, true);
	save();
	assert_null(ledger_next(ledger, REVERSE_ZONE, 1));
	reach(FORWARD_ZONE, &forward);
	reach(REVERSE_ZONE, &reverse);
	assert_int_equal(state_of(&reverse), LEDGER_PRESENT);
}

static void ptr_goes_alone_where_the_name_is_in_no_zone(void **state)
{
	struct intent forward = make(INTENT_FORWARD, "me.other.example", "10.0.0.1", 1);
	struct intent reverse = make(INTENT_REVERSE, "me.other.example", "10.0.0.1", 1);

	apply(forward, true);
	apply(reverse, true);
	save();
	assert_int_equal(state_of(&forward), LEDGER_IN_NO_ZONE);
	reach(REVERSE_ZONE, &reverse);
}

static void unwanted_name_in_no_zone_goes_at_once(void **state)
{
	struct intent forward = make(INTENT_FORWARD, "me.other.example", "10.0.0.1", 1);

	apply(forward, true);
	save();
	apply(forward, false);
	save();
	assert_int_equal(ledger_count(ledger), 0);
}

static void move_settles_the_old_address_with_the_new(void **state)
{
	struct intent old = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);
	struct intent new = make(INTENT_FORWARD, "me.corp.example", "10.0.0.2", 1);
	struct ledger_row row;
	struct ledger_entry *entry;

	apply(old, true);
	save();
	reach(FORWARD_ZONE, &old);
	apply(new, true);
	apply(old, false);
	save();
	entry = next(FORWARD_ZONE, &new, &row);
	assert_true(row.mark.written); /* known from the old address */
	done(entry, &row);
	save();
	assert_null(ledger_find(ledger, &old));
	assert_null(ledger_next(ledger, FORWARD_ZONE, 1));
}

static void name_of_another_lease_is_tried_when_that_one_goes(void **state)
{
	struct intent one = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);
	struct intent two = make(INTENT_FORWARD, "me.corp.example", "10.0.0.2", 2);
	struct ledger_row row;
	struct ledger_entry *entry;

	apply(one, true);
	save();
	reach(FORWARD_ZONE, &one);
	apply(two, true);
	save();
	entry = next(FORWARD_ZONE, &two, &row);
	assert_true(
		ledger_later(ledger, entry, LEDGER_CONFLICT, LEDGER_TEN_MINUTES, "taken", 1000));
	assert_null(ledger_next(ledger, FORWARD_ZONE, 2000));
	apply(one, false);
	save();
	reach(FORWARD_ZONE, &one);
	reach(FORWARD_ZONE, &two);
	assert_int_equal(state_of(&two), LEDGER_PRESENT);
}

static void conflict_is_told_once_and_tried_slowly(void **state)
{
	struct intent me = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);
	struct ledger_entry *entry;

	apply(me, true);
	save();
	entry = ledger_next(ledger, FORWARD_ZONE, 1000);
	assert_true(
		ledger_later(ledger, entry, LEDGER_CONFLICT, LEDGER_TEN_MINUTES, "taken", 1000));
	assert_int_equal(state_of(&me), LEDGER_CONFLICT);
	assert_int_equal(ledger_next_ms(ledger, FORWARD_ZONE), 601000);
	assert_null(ledger_next(ledger, FORWARD_ZONE, 600999));
	assert_ptr_equal(ledger_next(ledger, FORWARD_ZONE, 601000), entry);
	assert_false(
		ledger_later(ledger, entry, LEDGER_CONFLICT, LEDGER_TEN_MINUTES, "taken", 601000));
}

static void quarantined_one_lets_the_others_pass(void **state)
{
	struct intent bad = make(INTENT_FORWARD, "bad.corp.example", "10.0.0.1", 1);
	struct intent good = make(INTENT_FORWARD, "good.corp.example", "10.0.0.2", 2);
	struct ledger_row row;

	apply(bad, true);
	apply(good, true);
	save();
	ledger_later(ledger, next(FORWARD_ZONE, &bad, &row), LEDGER_QUARANTINE, LEDGER_DAY,
		     "FORMERR", 1);
	reach(FORWARD_ZONE, &good);
	assert_int_equal(state_of(&bad), LEDGER_QUARANTINE);
}

static void failed_one_goes_to_the_end_of_the_line(void **state)
{
	struct intent one = make(INTENT_FORWARD, "one.corp.example", "10.0.0.1", 1);
	struct intent two = make(INTENT_FORWARD, "two.corp.example", "10.0.0.2", 2);
	struct ledger_row row;

	apply(one, true);
	apply(two, true);
	save();
	ledger_again(ledger, next(FORWARD_ZONE, &one, &row), "no answer", 7);
	assert_int_equal(state_of(&one), LEDGER_RETRY);
	reach(FORWARD_ZONE, &two);
	next(FORWARD_ZONE, &one, &row);
	assert_int_equal(row.failed_ms, 7);
}

static void new_target_of_an_address_settles_the_old_one(void **state)
{
	struct intent old = make(INTENT_REVERSE, "old.corp.example", "10.0.0.1", 1);
	struct intent new = make(INTENT_REVERSE, "new.corp.example", "10.0.0.1", 2);

	apply(old, true);
	save();
	reach(REVERSE_ZONE, &old);
	apply(new, true);
	apply(old, false);
	save();
	reach(REVERSE_ZONE, &new);
	assert_null(ledger_find(ledger, &old));
}

static void limit_per_name_is_kept(void **state)
{
	char address[ADDR_TEXT];

	for (int i = 0; i <= LEDGER_PER_OWNER_MAX; i++) {
		snprintf(address, sizeof(address), "10.0.1.%d", i);
		assert_int_equal(
			apply(make(INTENT_FORWARD, "me.corp.example", address, (uint8_t)i), true),
			i < LEDGER_PER_OWNER_MAX ? 1 : -ENOSPC);
	}
}

static void dirty_rows_from_disk_are_sent_clean_ones_are_not(void **state)
{
	struct ledger_row clean = {.generation = 4, .mark = written},
			  dirty = {.generation = 9, .dirty = true};
	struct intent me = make(INTENT_FORWARD, "me.corp.example", "10.0.0.3", 3);

	clean.intent = make(INTENT_FORWARD, "clean.corp.example", "10.0.0.1", 1);
	dirty.intent = make(INTENT_FORWARD, "dirty.corp.example", "10.0.0.2", 2);
	assert_int_equal(ledger_load(ledger, &clean, 1, 1), 0);
	assert_int_equal(ledger_load(ledger, &dirty, 1, 1), 0);
	assert_int_equal(ledger_load(ledger, &dirty, 1, 1), -EEXIST);
	assert_int_equal(state_of(&clean.intent), LEDGER_PRESENT);
	reach(FORWARD_ZONE, &dirty.intent);
	assert_null(ledger_next(ledger, FORWARD_ZONE, 1));
	apply(me, true);
	ledger_row(ledger_find(ledger, &me), &dirty);
	assert_int_equal(dirty.generation, 10); /* above every one on disk */
}

static void walk_meets_each_entry_once(void **state)
{
	const struct ledger_entry *entry = NULL;
	size_t count = 0;

	for (int i = 0; i < 300; i++) {
		char name[40];

		snprintf(name, sizeof(name), "n%d.corp.example", i / 3);
		apply(make(i % 3 ? INTENT_FORWARD : INTENT_REVERSE, name,
			   i % 3 == 2 ? "10.0.0.2" : "10.0.0.1", 1),
		      true);
	}
	while ((entry = ledger_walk(ledger, entry)))
		count++;
	assert_int_equal(count, ledger_count(ledger));
	assert_true(count > 200);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Sends what is due at `at_ms`; how many there were. */
static size_t send_due(int zone, uint64_t at_ms, const struct intent_mark *mark)
{
	struct ledger_entry *entry;
	struct ledger_row row;
	size_t count = 0;

	for (; (entry = ledger_next(ledger, zone, at_ms)); count++) {
		ledger_row(entry, &row);
		ledger_done(ledger, entry, &row, mark, at_ms, at_ms);
	}
	save();
	return count;
}

static void unchanged_intents_are_refreshed_on_the_interval(void **state)
{
	struct intent me = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);

	ledger_set_refresh(ledger, 3600000);
	apply(me, true);
	save();
	assert_int_equal(send_due(FORWARD_ZONE, 1000, &written), 1);
	assert_int_equal(ledger_next_ms(ledger, FORWARD_ZONE), 3601000);
	assert_int_equal(send_due(FORWARD_ZONE, 3600999, &written), 0);
	assert_int_equal(send_due(FORWARD_ZONE, 3601000, &written), 1);
	assert_int_equal(send_due(FORWARD_ZONE, 7201000, &written), 1);
}

static void refresh_counts_from_the_confirmation_also_over_a_restart(void **state)
{
	struct ledger_row row = {.generation = 1, .mark = written, .changed_ms = 1000000};

	ledger_set_refresh(ledger, 3600000);
	row.intent = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);
	assert_int_equal(ledger_load(ledger, &row, 50, 1000000 + 600000), 0);
	assert_int_equal(ledger_next_ms(ledger, FORWARD_ZONE), 50 + 3000000);
	row.intent = make(INTENT_FORWARD, "old.corp.example", "10.0.0.2", 2);
	row.changed_ms = 1;
	assert_int_equal(ledger_load(ledger, &row, 50, 9000000), 0);
	assert_int_equal(send_due(FORWARD_ZONE, 50 + 3000000, &written), 2);
}

static void adopted_name_is_looked_at_once_more(void **state)
{
	struct intent me = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);
	struct intent_mark adopted = written;

	adopted.adopted = true;
	apply(me, true);
	save();
	assert_int_equal(send_due(FORWARD_ZONE, 1000, &adopted), 1);
	assert_int_equal(ledger_next_ms(ledger, FORWARD_ZONE), 1000 + LEDGER_CHECK_MS);
	assert_int_equal(send_due(FORWARD_ZONE, 1000 + LEDGER_CHECK_MS, &adopted), 1);
	assert_true(ledger_next_ms(ledger, FORWARD_ZONE) == UINT64_MAX);
}

static void check_sends_name_and_ptr_again_also_when_they_are_in_flight(void **state)
{
	struct intent me = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);
	struct intent reverse = make(INTENT_REVERSE, "me.corp.example", "10.0.0.1", 1);
	struct ledger_entry *entry;
	struct ledger_row row;

	apply(me, true);
	apply(reverse, true);
	save();
	entry = next(FORWARD_ZONE, &me, &row);
	ledger_check(ledger, &me, 1000);
	ledger_done(ledger, entry, &row, &written, 2000, 2000);
	save();
	assert_int_equal(ledger_next_ms(ledger, FORWARD_ZONE), 2000 + LEDGER_CHECK_MS);
	assert_int_equal(send_due(REVERSE_ZONE, 2000, &written), 1);
	ledger_check(ledger, &me, 3000);
	assert_int_equal(send_due(FORWARD_ZONE, 3000 + LEDGER_CHECK_MS, &written), 1);
	assert_int_equal(send_due(REVERSE_ZONE, 3000 + LEDGER_CHECK_MS, &written), 1);
	assert_true(ledger_next_ms(ledger, FORWARD_ZONE) == UINT64_MAX);
}

/* A and AAAA of one machine: the second begins with the DHCID that the first one wrote. */
static void families_of_one_machine_share_what_is_known_of_the_name(void **state)
{
	struct intent a = make(INTENT_FORWARD, "me.corp.example", "10.0.0.1", 1);
	struct intent aaaa = make(INTENT_FORWARD, "me.corp.example", "2001:db8::1", 1);
	struct intent_mark mark = written;
	struct ledger_row row;

	apply(a, true);
	apply(aaaa, true);
	save();
	mark.dhcid[5] = 0x77;
	next(FORWARD_ZONE, &a, &row);
	ledger_done(ledger, ledger_find(ledger, &a), &row, &mark, 1, 1);
	save();
	next(FORWARD_ZONE, &aaaa, &row);
	assert_true(row.mark.written);
	assert_int_equal(row.mark.dhcid[5], 0x77);
	mark.dhcid[5] = 0x88; /* another DHCID guards the name by now */
	ledger_done(ledger, ledger_find(ledger, &aaaa), &row, &mark, 2, 2);
	ledger_row(ledger_find(ledger, &a), &row);
	assert_int_equal(row.mark.dhcid[5], 0x88);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nothing_is_sent_before_it_is_on_disk),
		CASE(failed_save_is_tried_again),
		CASE(unchanged_intent_causes_no_traffic),
		CASE(removed_intent_leaves_after_dns_and_disk_agree),
		CASE(newer_change_during_flight_is_sent_next),
		CASE(ptr_follows_its_new_name),
		CASE(ptr_goes_alone_where_the_name_is_in_no_zone),
		CASE(unwanted_name_in_no_zone_goes_at_once),
		CASE(move_settles_the_old_address_with_the_new),
		CASE(name_of_another_lease_is_tried_when_that_one_goes),
		CASE(conflict_is_told_once_and_tried_slowly),
		CASE(quarantined_one_lets_the_others_pass),
		CASE(failed_one_goes_to_the_end_of_the_line),
		CASE(new_target_of_an_address_settles_the_old_one),
		CASE(limit_per_name_is_kept),
		CASE(dirty_rows_from_disk_are_sent_clean_ones_are_not),
		CASE(walk_meets_each_entry_once),
		CASE(unchanged_intents_are_refreshed_on_the_interval),
		CASE(refresh_counts_from_the_confirmation_also_over_a_restart),
		CASE(adopted_name_is_looked_at_once_more),
		CASE(check_sends_name_and_ptr_again_also_when_they_are_in_flight),
		CASE(families_of_one_machine_share_what_is_known_of_the_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
