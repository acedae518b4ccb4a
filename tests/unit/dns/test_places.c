/* SPDX-License-Identifier: ISC */
#include "dns/places.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define HOUR_MS (3600 * 1000)

static const struct hostname domains[] = {
	{"corp.example"}, {"lab.corp.example"}, {"10.in-addr.arpa"}, {"8.b.d.0.1.0.0.2.ip6.arpa"}};
static struct places places;

static int setup(void **state)
{
	places_init(&places, domains, 4);
	return 0;
}

static int teardown(void **state)
{
	places_done(&places);
	return 0;
}

static struct hostname name(const char *text)
{
	struct hostname name;

	assert_int_equal(hostname_parse(text, &name, NULL), 0);
	return name;
}

static int zone_of(const char *text)
{
	struct hostname owner = name(text);

	return places_zone(&places, &owner);
}

static struct place *asked(uint64_t now_ms, const char *text)
{
	struct place *place = places_next(&places, now_ms);

	assert_non_null(place);
	assert_string_equal(place->name.text, text);
	return place;
}

static void the_place_is_the_name_above_within_the_domain(void **state)
{
	static const struct {
		const char *name, *place; /* NULL = none */
	} rows[] = {
		{"pc1.corp.example", "corp.example"},
		{"pc1.site.corp.example", "site.corp.example"},
		{"corp.example", "corp.example"},
		{"lab.corp.example", "lab.corp.example"},
		{"pc1.lab.corp.example", "lab.corp.example"},
		{"pc1.example", NULL},
		{"pc1", NULL},
		{"notcorp.example", NULL},
		{"7.3.2.10.in-addr.arpa", "3.2.10.in-addr.arpa"},
		{"7.3.2.11.in-addr.arpa", NULL},
		{"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.4.3.2.1.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
		 "4.3.2.1.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"},
		{"4.3.2.1.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
		 "3.2.1.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct hostname of = name(rows[i].name), place;
		int r = places_name(&places, &of, &place);

		assert_int_equal(r, rows[i].place ? 0 : -ENOENT);
		if (rows[i].place)
			assert_string_equal(place.text, rows[i].place);
	}
}

static void names_of_one_place_are_asked_about_once(void **state)
{
	struct place *place;
	struct hostname second = {"pc2.site.corp.example"};

	assert_int_equal(zone_of("pc1.site.corp.example"), PLACES_NO_ZONE);
	assert_int_equal(zone_of("pc2.site.corp.example"), PLACES_NO_ZONE);
	assert_int_equal(places_next_ms(&places), 0);
	place = asked(1, "site.corp.example");
	assert_null(places_next(&places, 1));
	assert_true(places_found(&places, place, 5, 1, 77));
	assert_int_equal(zone_of("pc1.site.corp.example"), 5);
	assert_int_equal(places_find(&places, &second)->zone, 5);
	assert_int_equal(places_find(&places, &second)->found_ms, 77);
}

static void a_look_alone_makes_no_place(void **state)
{
	struct hostname of = {"pc1.corp.example"};

	assert_null(places_find(&places, &of));
	assert_int_equal(places.count, 0);
}

static void what_was_found_holds_for_an_hour(void **state)
{
	struct place *place;

	zone_of("pc1.corp.example");
	assert_true(places_found(&places, asked(1, "corp.example"), 2, 1000, 1));
	assert_int_equal(places_next_ms(&places), 1000 + HOUR_MS);
	assert_null(places_next(&places, 999 + HOUR_MS));
	place = asked(1000 + HOUR_MS, "corp.example");
	assert_false(places_found(&places, place, 2, 1000 + HOUR_MS, 2));
	assert_int_equal(place->found_ms, 1);
}

static void what_is_not_found_again_keeps_its_zone(void **state)
{
	struct place *place;

	zone_of("pc1.corp.example");
	place = asked(1, "corp.example");
	places_found(&places, place, 2, 1, 1);
	places_ask_again(&places, NULL);
	assert_true(places_failed(&places, asked(2, "corp.example"), "no answer", 2));
	assert_int_equal(zone_of("pc1.corp.example"), 2);
	assert_string_equal(place->words, "no answer");
	assert_false(places_found(&places, asked(2 + 5000, "corp.example"), 2, 5002, 5));
	assert_null(place->words);
}

static void it_is_asked_again_soon_and_then_each_minute(void **state)
{
	static const uint64_t waits[] = {5000, 5000, 5000, 60000, 60000};
	uint64_t now_ms = 1;

	zone_of("pc1.corp.example");
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		bool first = places_failed(&places, asked(now_ms, "corp.example"), "none", now_ms);

		assert_int_equal(first, i == 0);
		assert_int_equal(places_next_ms(&places), now_ms + waits[i]);
		now_ms += waits[i];
	}
}

static void a_person_asks_about_what_lies_around(void **state)
{
	struct hostname what = {"site.corp.example"};

	zone_of("pc1.corp.example");
	zone_of("pc1.site.corp.example");
	zone_of("pc1.deep.site.corp.example");
	zone_of("pc1.other.corp.example");
	for (struct place *place; (place = places_next(&places, 1));)
		places_found(&places, place, 1, 1, 1);
	places_ask_again(&places, &what);
	asked(2, "corp.example");
	asked(2, "site.corp.example");
	asked(2, "deep.site.corp.example");
	assert_null(places_next(&places, 2));
}

static void a_zone_that_is_in_doubt_has_its_places_asked_about(void **state)
{
	zone_of("pc1.corp.example");
	zone_of("pc1.site.corp.example");
	places_found(&places, asked(1, "corp.example"), 1, 1, 1);
	places_found(&places, asked(1, "site.corp.example"), 2, 1, 1);
	places_ask_zone(&places, 2);
	places_failed(&places, asked(2, "site.corp.example"), "none", 2);
	places_ask_zone(&places, 2); /* it has its own pause now */
	assert_null(places_next(&places, 2));
}

static void what_is_unused_for_long_is_forgotten(void **state)
{
	struct hostname of = {"pc1.corp.example"};

	zone_of("pc1.corp.example");
	zone_of("pc1.site.corp.example");
	for (struct place *place; (place = places_next(&places, 1));)
		places_found(&places, place, 1, 1, 1);
	assert_int_equal(places_forget(&places, 1000, 500), 0);
	zone_of("pc1.site.corp.example");
	assert_int_equal(places_forget(&places, 1499, 500), 0);
	zone_of("pc1.site.corp.example");
	assert_int_equal(places_forget(&places, 1500, 500), 1);
	assert_null(places_find(&places, &of));
	assert_int_equal(places.count, 1);
	assert_int_equal(zone_of("pc1.site.corp.example"), 1);
}

static void what_is_asked_about_is_not_forgotten(void **state)
{
	struct place *place;

	zone_of("pc1.corp.example");
	place = asked(1, "corp.example");
	places_forget(&places, 1, 10);
	assert_int_equal(places_forget(&places, 1000, 10), 0);
	places_found(&places, place, 1, 1000, 1);
	assert_int_equal(places_forget(&places, 2000, 10), 1);
}

static void the_table_has_an_end(void **state)
{
	char text[60];

	for (unsigned i = 0; i <= PLACES_MAX; i++) {
		snprintf(text, sizeof(text), "pc.site%u.corp.example", i);
		assert_int_equal(zone_of(text), PLACES_NO_ZONE);
	}
	assert_int_equal(places.count, PLACES_MAX);
	assert_int_equal(places.refused, 1);
}

static void a_kept_place_is_used_and_asked_about(void **state)
{
	struct hostname kept = {"site.corp.example"}, strange = {"example.org"};

	assert_int_equal(places_load(&places, &kept, 3, 9), 0);
	assert_int_equal(places_load(&places, &strange, 3, 9), -ENOENT);
	assert_int_equal(zone_of("pc1.site.corp.example"), 3);
	assert_false(places_found(&places, asked(1, "site.corp.example"), 3, 1, 20));
	assert_int_equal(zone_of("pc1.site.corp.example"), 3);
}

/* Takes the next change for the disk: it must be this. */
static void expect_change(const char *text, bool gone)
{
	struct place *place = places_changed(&places);

	assert_non_null(place);
	assert_string_equal(place->name.text, text);
	assert_int_equal(place->gone, gone);
	places_saved(&places, place, true);
}

static void find_all(int zone)
{
	for (struct place *place; (place = places_next(&places, 1));)
		places_found(&places, place, zone, 1, 1);
}

static void the_disk_hears_of_a_zone_when_the_names_are_there(void **state)
{
	struct place *place;

	zone_of("pc1.corp.example");
	find_all(1);
	assert_null(places_changed(&places));
	places_settle(&places);
	place = places_changed(&places);
	assert_non_null(place);
	places_saved(&places, place, false);
	expect_change("corp.example", false);
	assert_null(places_changed(&places));
	places_ask_again(&places, NULL);
	find_all(1);
	places_settle(&places);
	assert_null(places_changed(&places));
}

static void the_disk_hears_that_a_place_is_gone(void **state)
{
	zone_of("pc1.corp.example");
	zone_of("pc1.site.corp.example");
	find_all(1);
	places_settle(&places);
	expect_change("corp.example", false);
	expect_change("site.corp.example", false);
	places_forget(&places, 1, 10);
	zone_of("pc1.corp.example");
	places_forget(&places, 20, 10);
	expect_change("site.corp.example", true);
	assert_null(places_changed(&places));
}

static void a_place_that_comes_back_is_not_deleted_after_it(void **state)
{
	struct place *gone;

	zone_of("pc1.corp.example");
	find_all(1);
	places_settle(&places);
	expect_change("corp.example", false);
	places_forget(&places, 1, 10);
	places_forget(&places, 20, 10);
	gone = places_changed(&places);
	assert_true(gone->gone);
	zone_of("pc1.corp.example");
	find_all(2);
	places_settle(&places);
	places_saved(&places, gone, false); /* the disk failed: its turn is after the new one's */
	expect_change("corp.example", false);
	assert_null(places_changed(&places));
}

static void a_place_that_was_never_kept_leaves_no_trace(void **state)
{
	zone_of("pc1.corp.example");
	places_forget(&places, 1, 10);
	assert_int_equal(places_forget(&places, 20, 10), 1);
	assert_null(places_changed(&places));
}

static void what_is_none_any_more_is_struck_from_the_disk(void **state)
{
	struct hostname strange = {"example.org"};

	assert_int_equal(places_strike(&places, &strange), 0);
	expect_change("example.org", true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_place_is_the_name_above_within_the_domain),
		TEST(names_of_one_place_are_asked_about_once),
		TEST(a_look_alone_makes_no_place),
		TEST(what_was_found_holds_for_an_hour),
		TEST(what_is_not_found_again_keeps_its_zone),
		TEST(it_is_asked_again_soon_and_then_each_minute),
		TEST(a_person_asks_about_what_lies_around),
		TEST(a_zone_that_is_in_doubt_has_its_places_asked_about),
		TEST(what_is_unused_for_long_is_forgotten),
		TEST(what_is_asked_about_is_not_forgotten),
		TEST(the_table_has_an_end),
		TEST(a_kept_place_is_used_and_asked_about),
		TEST(the_disk_hears_of_a_zone_when_the_names_are_there),
		TEST(the_disk_hears_that_a_place_is_gone),
		TEST(a_place_that_comes_back_is_not_deleted_after_it),
		TEST(a_place_that_was_never_kept_leaves_no_trace),
		TEST(what_is_none_any_more_is_struck_from_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
