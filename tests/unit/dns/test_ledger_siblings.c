/* SPDX-License-Identifier: ISC */
/* Intents under one name: what one of them does, and what a crash leaves of it, is seen by the others. */
#include "dns/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct zone zones[] = {{.name = {"corp.example"}}};
static struct ledger *ledger;

static int setup(void **state)
{
	return ledger_new(&ledger, zones, 1, 7);
}

static int teardown(void **state)
{
	ledger_free(ledger);
	return 0;
}

/* me.corp.example at this address, of the machine. */
static struct intent at(const char *address, uint8_t machine)
{
	struct intent intent = {.wanted = true,
				.name = {"me.corp.example"},
				.mac = {.type = 1, .length = 6, .bytes = {2, 0, 0, 0, 0, machine}}};

	assert_int_equal(addr_parse(address, &intent.address), 0);
	return intent;
}

static struct intent_mark mark_of(uint8_t dhcid)
{
	struct intent_mark mark = {.written = true, .dhcid_length = RECORD_DHCID_BYTES};

	mark.dhcid[4] = dhcid;
	return mark;
}

/* The rows that are to be written; the one of `like` in *ret. */
static size_t save(const struct intent *like, struct ledger_row *ret)
{
	struct ledger_entry *entry;
	struct ledger_row row;
	size_t count = 0;

	for (; (entry = ledger_touched(ledger, &row)); count++) {
		if (like && intent_same_key(&row.intent, like))
			*ret = row;
		ledger_saved(ledger, entry, row.generation, true);
	}
	return count;
}

static void apply(struct intent intent, bool wanted)
{
	intent.wanted = wanted;
	assert_int_equal(ledger_apply(ledger, &intent, 5), 1);
	save(NULL, NULL);
}

static struct ledger_entry *next(uint64_t now_ms, struct ledger_row *ret)
{
	struct ledger_entry *entry = ledger_next(ledger, 0, now_ms);

	assert_non_null(entry);
	ledger_row(entry, ret);
	return entry;
}

static void reach(uint64_t now_ms, const struct intent_mark *mark)
{
	struct ledger_row row;
	struct ledger_entry *entry = next(now_ms, &row);

	ledger_done(ledger, entry, &row, mark, now_ms, now_ms);
}

static struct ledger_row row_of(const struct intent *intent)
{
	struct ledger_row row;

	assert_non_null(ledger_find(ledger, intent));
	ledger_row(ledger_find(ledger, intent), &row);
	return row;
}

static void conflict_that_is_due_while_a_sibling_flies_is_not_lost(void **state)
{
	struct intent a = at("10.0.0.1", 1), aaaa = at("2001:db8::1", 2);
	struct intent_mark mark = mark_of(1);
	struct ledger_row row;
	struct ledger_entry *entry;

	apply(a, true);
	ledger_later(ledger, next(1, &row), LEDGER_CONFLICT, LEDGER_TEN_MINUTES, "taken", 1);
	apply(aaaa, true);
	entry = next(600002, &row); /* both are due: one flies, the other waits for it */
	assert_null(ledger_next(ledger, 0, 600002));
	ledger_done(ledger, entry, &row, &mark, 600003, 600003);
	assert_non_null(ledger_next(ledger, 0, 600003));
}

static void one_that_lost_its_name_is_sent_again_after_a_crash(void **state)
{
	struct intent one = at("10.0.0.1", 1), two = at("10.0.0.2", 2);
	struct intent_mark first = mark_of(1), second = mark_of(2);
	struct ledger_row row = {0};

	apply(one, true);
	reach(1, &first);
	save(NULL, NULL);
	apply(two, true);
	reach(2, &second);
	assert_int_equal(save(&one, &row), 2);
	assert_true(row.dirty);
	assert_int_equal(row.state, LEDGER_CONFLICT);
}

static void name_made_anew_brings_back_the_other_family(void **state)
{
	struct intent a = at("10.0.0.1", 1), aaaa = at("2001:db8::1", 1);
	struct intent_mark mark = mark_of(1);
	struct ledger_row row;

	apply(a, true);
	reach(1, &mark);
	apply(aaaa, true);
	mark.anew = true; /* nothing was there: the A is gone as well */
	reach(2, &mark);
	save(NULL, NULL);
	next(3, &row);
	assert_true(intent_same_key(&row.intent, &a));
}

/* Machine 1 has the lease, then machine 2 under the same name: what stands there is machine 1's. */
static void next_holder_of_an_address_learns_what_the_former_left(void **state)
{
	struct intent one = at("10.0.0.1", 1), two = at("10.0.0.1", 2);
	struct intent_mark mark = mark_of(1);
	struct ledger_row row;

	apply(one, true);
	reach(1, &mark);
	apply(two, true);
	row = row_of(&two);
	assert_false(row.mark.written);
	assert_int_equal(row.mark.dhcid_length, RECORD_DHCID_BYTES);
	assert_int_equal(row.mark.dhcid[4], 1);
}

static void answer_to_a_former_holder_is_not_the_next_ones(void **state)
{
	struct intent one = at("10.0.0.1", 1), two = at("10.0.0.1", 2);
	struct intent_mark mark = mark_of(1);
	struct ledger_row row;
	struct ledger_entry *entry;

	apply(one, true);
	entry = next(1, &row);
	apply(two, true);
	ledger_done(ledger, entry, &row, &mark, 2, 2);
	row = row_of(&two);
	assert_false(row.mark.written);
	assert_int_equal(row.mark.dhcid[4], 1);
	save(NULL, NULL);
	ledger_again(ledger, next(3, &row), "no answer", 3);
	mark = mark_of(2);
	reach(4, &mark);
	assert_true(row_of(&two).mark.written);
}

static void check_that_is_due_outlives_a_crash(void **state)
{
	struct intent a = at("10.0.0.1", 1);
	struct intent_mark mark = mark_of(1);
	struct ledger_row row = {0};

	apply(a, true);
	reach(1, &mark);
	save(NULL, NULL);
	ledger_check(ledger, &a, 10);
	assert_int_equal(save(&a, &row), 1);
	assert_true(row.dirty);
	assert_null(ledger_next(ledger, 0, 10 + LEDGER_CHECK_MS - 1));
	assert_non_null(ledger_next(ledger, 0, 10 + LEDGER_CHECK_MS));
}

/* An update whose answer never came may have taken the place of one that is present. */
static void end_of_an_unconfirmed_one_sends_the_present_one_again(void **state)
{
	struct intent one = at("10.0.0.1", 1), two = at("10.0.0.2", 2);
	struct intent_mark mark = mark_of(1), nothing = {0};
	struct ledger_row row;

	apply(one, true);
	reach(1, &mark);
	apply(two, true);
	ledger_again(ledger, next(2, &row), "no answer", 2);
	apply(two, false);
	reach(3, &nothing);
	save(NULL, NULL);
	next(4, &row);
	assert_true(intent_same_key(&row.intent, &one));
}

/* Else a crash right after the message would leave nobody who knows what stood there. */
static void what_is_about_to_be_displaced_is_on_disk_first(void **state)
{
	struct intent me = at("10.0.0.1", 1);
	struct intent_mark mark = mark_of(7);
	struct ledger_entry *entry;
	struct ledger_row row, saved = {.generation = 0};

	mark.adopted = true;
	mark.displaced = addr_ip4(0x0a000009);
	apply(me, true);
	entry = next(1, &row);
	ledger_keep(ledger, entry, row.generation, &mark);
	assert_null(ledger_next(ledger, 0, 1));
	assert_int_equal(save(&me, &saved), 1);
	assert_true(addr_equal(saved.mark.displaced, mark.displaced));
	assert_true(saved.dirty);
	entry = next(1, &row);
	assert_true(row.mark.written && addr_equal(row.mark.displaced, mark.displaced));
	/* who had the name is still about: it is looked at once more */
	ledger_done(ledger, entry, &row, &mark, 1, 1);
	assert_int_equal(ledger_next_ms(ledger, 0), 1 + LEDGER_CHECK_MS);
}

static void newer_wish_is_not_told_what_an_older_one_found(void **state)
{
	struct intent me = at("10.0.0.1", 1);
	struct intent_mark mark = mark_of(7);
	struct ledger_entry *entry;
	struct ledger_row row;

	apply(me, true);
	entry = next(1, &row);
	apply(at("10.0.0.1", 2), true);
	ledger_keep(ledger, entry, row.generation, &mark);
	assert_false(row_of(&me).mark.written);
	next(1, &row);
	assert_int_equal(row.intent.mac.bytes[5], 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(conflict_that_is_due_while_a_sibling_flies_is_not_lost),
		CASE(one_that_lost_its_name_is_sent_again_after_a_crash),
		CASE(name_made_anew_brings_back_the_other_family),
		CASE(next_holder_of_an_address_learns_what_the_former_left),
		CASE(answer_to_a_former_holder_is_not_the_next_ones),
		CASE(check_that_is_due_outlives_a_crash),
		CASE(end_of_an_unconfirmed_one_sends_the_present_one_again),
		CASE(what_is_about_to_be_displaced_is_on_disk_first),
		CASE(newer_wish_is_not_told_what_an_older_one_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
