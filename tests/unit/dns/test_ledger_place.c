/* SPDX-License-Identifier: ISC */
/* Names in no configured zone go where their place is. */
#include "dns/ledger.h"
#include "dns/places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { CONFIGURED, PARENT, CHILD };

static const struct zone zones[] = {{.name = {"fixed.corp.example"}}};
static const struct hostname domains[] = {{"corp.example"}};
static const struct intent_mark written = {
	.written = true, .dhcid_length = RECORD_DHCID_BYTES, .dhcid = {1}};
static struct places places;
static struct ledger *ledger;

static int setup(void **state)
{
	places_init(&places, domains, 1);
	return ledger_new(&ledger, zones, 1, 7) || ledger_use_places(ledger, &places, 2);
}

static int teardown(void **state)
{
	ledger_free(ledger);
	places_done(&places);
	return 0;
}

static struct intent make(const char *name)
{
	struct intent intent = {.address = addr_ip4(0x0a000001), .wanted = true};

	intent.mac = (struct mac){.type = 1, .length = 6, .bytes = {2, 0, 0, 0, 0, 1}};
	snprintf(intent.name.text, sizeof(intent.name.text), "%s", name);
	return intent;
}

static void save(void)
{
	struct ledger_entry *entry;
	struct ledger_row row;

	while ((entry = ledger_touched(ledger, &row)))
		ledger_saved(ledger, entry, row.generation, true);
}

static void want(struct intent intent, bool wanted)
{
	intent.wanted = wanted;
	ledger_apply(ledger, &intent, 5);
	save();
}

static struct ledger_row row_of(const struct intent *intent)
{
	struct ledger_row row;

	assert_non_null(ledger_find(ledger, intent));
	ledger_row(ledger_find(ledger, intent), &row);
	return row;
}

/* Every place that is asked about is in this zone; how many names could not go there. */
static size_t find(int zone)
{
	struct place *place;
	size_t waits = 0;

	places_ask_again(&places, NULL);
	while ((place = places_next(&places, 1)))
		places_found(&places, place, zone, 1, 1);
	for (unsigned part = 0; part < LEDGER_PARTS; part++)
		waits += ledger_place(ledger, part, 1000, 2000);
	save();
	return waits;
}

static struct ledger_row sent_to(int zone, const struct intent *intent, struct ledger_entry **ret)
{
	struct ledger_row row;

	*ret = ledger_next(ledger, zone, 1000);
	assert_non_null(*ret);
	ledger_row(*ret, &row);
	assert_true(intent_same_key(&row.intent, intent));
	return row;
}

static void reach(int zone, const struct intent *intent)
{
	struct ledger_entry *entry;
	struct ledger_row row = sent_to(zone, intent, &entry);

	ledger_done(ledger, entry, &row, row.intent.wanted ? &written : &(struct intent_mark){0},
		    1000, 9);
	save();
}

static void a_name_waits_until_its_zone_is_found(void **state)
{
	struct intent me = make("me.site.corp.example");

	want(me, true);
	assert_int_equal(row_of(&me).state, LEDGER_IN_NO_ZONE);
	assert_int_equal(find(PARENT), 0);
	assert_int_equal(row_of(&me).state, LEDGER_WANTED);
	assert_int_equal(ledger_count_zone(ledger, PARENT), 1);
	reach(PARENT, &me);
	assert_int_equal(row_of(&me).state, LEDGER_PRESENT);
}

static void a_configured_zone_goes_before(void **state)
{
	struct intent me = make("me.fixed.corp.example");

	want(me, true);
	assert_int_equal(places.count, 0);
	reach(CONFIGURED, &me);
}

static void a_later_name_of_the_place_needs_no_search(void **state)
{
	struct intent one = make("one.corp.example"), two = make("two.corp.example");

	want(one, true);
	find(PARENT);
	want(two, true);
	reach(PARENT, &one);
	reach(PARENT, &two);
}

static void in_another_zone_it_is_registered_anew(void **state)
{
	struct intent me = make("me.site.corp.example");

	want(me, true);
	find(PARENT);
	reach(PARENT, &me);
	assert_int_equal(find(CHILD), 0);
	assert_false(row_of(&me).mark.written);
	assert_int_equal(row_of(&me).mark.dhcid_length, 0);
	assert_true(row_of(&me).dirty);
	assert_int_equal(ledger_count_zone(ledger, PARENT), 0);
	assert_null(ledger_next(ledger, PARENT, 1000));
	reach(CHILD, &me);
	assert_true(row_of(&me).mark.written);
	assert_int_equal(find(CHILD), 0);
	assert_false(row_of(&me).dirty);
}

static void what_was_removed_is_removed_in_the_other_zone(void **state)
{
	struct intent me = make("me.site.corp.example");

	want(me, true);
	find(PARENT);
	reach(PARENT, &me);
	want(me, false);
	find(CHILD);
	assert_int_equal(row_of(&me).mark.dhcid_length, RECORD_DHCID_BYTES);
	reach(CHILD, &me);
	assert_null(ledger_find(ledger, &me));
	assert_int_equal(ledger_count_zone(ledger, CHILD), 0);
}

static void what_is_in_flight_moves_when_it_has_landed(void **state)
{
	struct intent me = make("me.site.corp.example");
	struct ledger_entry *entry;
	struct ledger_row row;

	want(me, true);
	find(PARENT);
	row = sent_to(PARENT, &me, &entry);
	assert_int_equal(find(CHILD), 1);
	assert_int_equal(row_of(&me).zone, PARENT);
	ledger_done(ledger, entry, &row, &written, 1000, 9);
	save();
	assert_int_equal(find(CHILD), 0);
	reach(CHILD, &me);
}

/* As after a restart: the row is known before its place is. */
static void what_was_kept_stays_as_it_was_when_its_zone_is_found(void **state)
{
	struct intent me = make("me.site.corp.example");
	struct ledger_row row = {.intent = me, .mark = written, .generation = 4, .changed_ms = 1};

	assert_int_equal(ledger_load(ledger, &row, 1, 1), 0);
	find(PARENT);
	assert_true(row_of(&me).mark.written);
	assert_false(row_of(&me).dirty);
	assert_null(ledger_next(ledger, PARENT, 1000));
}

static void refresh_goes_on_where_the_zone_was_found(void **state)
{
	struct intent me = make("me.site.corp.example");
	struct ledger_row row = {
		.intent = me, .mark = written, .generation = 4, .changed_ms = 1000};

	ledger_set_refresh(ledger, 60000);
	assert_int_equal(ledger_load(ledger, &row, 1, 1), 0);
	find(PARENT);
	assert_int_equal(ledger_next_ms(ledger, PARENT), 1000 + 60000 - 1000);
}

static void an_aside_name_is_due_in_its_new_zone(void **state)
{
	struct intent me = make("me.site.corp.example");
	struct ledger_entry *entry;

	want(me, true);
	find(PARENT);
	sent_to(PARENT, &me, &entry);
	ledger_later(ledger, entry, LEDGER_CONFLICT, LEDGER_TEN_MINUTES, "taken", 1000);
	find(CHILD);
	assert_int_equal(ledger_next_ms(ledger, PARENT), UINT64_MAX);
	reach(CHILD, &me);
}

static void the_zone_of_any_name_can_be_asked(void **state)
{
	struct hostname fixed = {"pc.fixed.corp.example"}, near = {"pc.corp.example"};

	want(make("me.corp.example"), true);
	find(CHILD);
	assert_int_equal(ledger_zone(ledger, &fixed), CONFIGURED);
	assert_int_equal(ledger_zone(ledger, &near), CHILD);
	assert_int_equal(ledger_zone(ledger, &(struct hostname){"pc.example"}), LEDGER_NO_ZONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_waits_until_its_zone_is_found),
		TEST(a_configured_zone_goes_before),
		TEST(a_later_name_of_the_place_needs_no_search),
		TEST(in_another_zone_it_is_registered_anew),
		TEST(what_was_removed_is_removed_in_the_other_zone),
		TEST(what_is_in_flight_moves_when_it_has_landed),
		TEST(what_was_kept_stays_as_it_was_when_its_zone_is_found),
		TEST(refresh_goes_on_where_the_zone_was_found),
		TEST(an_aside_name_is_due_in_its_new_zone),
		TEST(the_zone_of_any_name_can_be_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
