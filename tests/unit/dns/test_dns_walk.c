/* SPDX-License-Identifier: ISC */
/* Names that no configured zone holds: their zone is found by asking, whatever becomes of it later. */
#include "dns/dns_find.h"
#include "dns/dns_walk.h"
#include "tests/unit/dns/answer.h"
#include "tests/unit/dns/door_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SOA = 6, A = 1, NXDOMAIN = 3, NOTAUTH = 9 };

/* What the one server of this world has, and is resolver for. */
static const char *served[20];
static size_t served_count;
static size_t questions; /* for an SOA */
static size_t updates_of[20];

static struct dns_zone_config domains[2];

/* The index of the longest zone that holds it; served_count = none. */
static size_t served_by(const struct hostname *name)
{
	size_t best = served_count;

	for (size_t i = 0; i < served_count; i++) {
		struct hostname zone = {""};

		memcpy(zone.text, served[i], strlen(served[i]) + 1);
		if (hostname_is_below(name, &zone) &&
		    (best == served_count || strlen(served[i]) > strlen(served[best])))
			best = i;
	}
	return best;
}

static void answer_plainly(const struct name_server_message *message)
{
	unsigned type;
	struct hostname name = answer_question(message, &type), zone = {""};
	size_t index = served_by(&name);
	struct answer answer;

	questions += type == SOA;
	answer_begin(&answer, message);
	if (index < served_count)
		memcpy(zone.text, served[index], strlen(served[index]) + 1);
	if (type == A)
		answer_loopback(&answer, &name);
	else if (type == SOA && index < served_count)
		answer_soa(&answer, hostname_equal(&name, &zone) ? ANSWER_ANSWER : ANSWER_AUTHORITY,
			   &zone);
	else if (type == SOA)
		answer.bytes[3] = NXDOMAIN;
	name_server_answer(message, answer.bytes, answer.length);
}

static void world(struct door *door, const struct name_server_message *message)
{
	unsigned type;
	struct hostname zone = answer_question(message, &type);
	size_t index = served_by(&zone);
	bool known = index < served_count && !strcmp(served[index], zone.text);

	if (door_is_query(message) && !message->bytes[11]) {
		answer_plainly(message);
	} else if (door_is_query(message) || known) {
		updates_of[index] += !door_is_query(message);
		door_answer(door, message, 0);
	} else {
		door_answer(door, message, NOTAUTH);
	}
}

static void serve(const char *zone)
{
	served[served_count++] = zone;
}

static bool all_present(struct door *door)
{
	return door_count(door, LEDGER_PRESENT) == 2 * door->said;
}

static bool walk_failed(struct door *door)
{
	struct hostname owner = {"me1.site.example"};
	const char *words = dns_walk_words(door->dns, &owner);

	return words && strstr(words, "no zone was found") &&
	       door_count(door, LEDGER_IN_NO_ZONE) == 1;
}

static size_t zones_found(const struct door *door)
{
	size_t count = 0;

	for (size_t i = door->dns->configured_count; i < door->dns->zone_count; i++)
		count += door->dns->zones[i].server != NULL;
	return count;
}

/* No zone is configured, two domains are. */
static void begin(struct door *door)
{
	static const char *const names[] = {"example", "10.in-addr.arpa"};

	for (size_t i = 0; i < 2; i++) {
		domains[i] = (struct dns_zone_config){.key = door->key.name};
		snprintf(domains[i].name.text, sizeof(domains[i].name.text), "%s", names[i]);
	}
	served_count = 0;
	questions = 0;
	memset(updates_of, 0, sizeof(updates_of));
	door->config.zones.count = 0;
	door->config.discover.resolvers = (struct config_list){&door->endpoint, 1};
	door->config.discover.below = (struct config_list){domains, 2};
	door->config.discover.max_zones = 8;
	door->config.discover.forget_ms = 3600 * 1000;
	door->script = world;
	door_restart(door);
	door->dns->found_port = door->endpoint.port;
}

static void restart(struct door *door)
{
	door_restart(door);
	door->dns->found_port = door->endpoint.port;
}

static void expect_story(struct door *door, const char *owner, const char *words)
{
	struct hostname name = {""};
	char text[DNS_WALK_TEXT];

	memcpy(name.text, owner, strlen(owner) + 1);
	if (!strstr(dns_walk_print(door->dns, &name, text), words))
		fail_msg("\"%s\" is not in: %s", words, text);
}

static void names_are_registered_in_the_zones_that_were_found(void **state)
{
	struct door *door = *state;

	begin(door);
	serve("example");
	serve("site.example");
	serve("10.in-addr.arpa");
	door_commit_name(door, 1, "me1.example");
	door_commit_name(door, 2, "me2.site.example");
	for (unsigned number = 3; number < 20; number++)
		door_commit(door, number);
	door_wait(door, all_present, "all names are there");
	assert_int_equal(zones_found(door), 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(updates_of[i] > 0);
	/* Three places; for each zone one more question to the resolver and one to its server. */
	assert_int_equal(questions, 9);
	expect_story(door, "me2.site.example", "found by walking from site.example up to example");
	expect_story(door, "1.0.0.10.in-addr.arpa", "found by walking from 0.0.10.in-addr.arpa up");
	expect_story(door, "x.example.org", "below no domain of dns.discover.below");
}

static void a_name_waits_until_its_zone_is_there(void **state)
{
	struct door *door = *state;

	begin(door);
	serve("10.in-addr.arpa");
	door_commit_name(door, 1, "me1.site.example");
	door_wait(door, walk_failed, "the walk fails");
	expect_story(door, "me1.site.example", "not found by walking from site.example up to");
	serve("example");
	dns_retry(door->dns, NULL);
	door_wait(door, all_present, "the name is there");
}

static bool site_is_updated(struct door *door)
{
	return updates_of[2] > 0;
}

static void names_move_to_a_new_zone_below(void **state)
{
	struct door *door = *state;

	begin(door);
	serve("example");
	serve("10.in-addr.arpa");
	door_commit_name(door, 1, "me1.site.example");
	door_commit_name(door, 2, "me2.example");
	door_wait(door, all_present, "both are in the zone above");
	assert_int_equal(zones_found(door), 2);
	serve("site.example");
	dns_retry(door->dns, NULL);
	door_wait(door, site_is_updated, "it goes to the zone below");
	door_wait(door, all_present, "it is in the zone below");
	assert_int_equal(zones_found(door), 3);
}

static bool example_is_updated(struct door *door)
{
	return updates_of[0] > 0;
}

static bool moved_up(struct door *door)
{
	return zones_found(door) == 2 && all_present(door);
}

static void names_move_up_when_their_zone_goes(void **state)
{
	struct door *door = *state;

	begin(door);
	serve("example");
	serve("10.in-addr.arpa");
	serve("site.example");
	door_commit_name(door, 1, "me1.site.example");
	door_wait(door, all_present, "it is in the zone below");
	served_count = 2;
	dns_find_start(&door->dns->zones[ledger_zone(door->dns->ledger,
						     &(struct hostname){"me1.site.example"})]);
	door_wait(door, example_is_updated, "it goes to the zone above");
	door_wait(door, moved_up, "it is there, the other zone is forgotten");
}

static void what_was_found_is_there_after_a_restart(void **state)
{
	struct door *door = *state;
	size_t before;

	begin(door);
	serve("example");
	serve("site.example");
	serve("10.in-addr.arpa");
	door_commit_name(door, 1, "me1.site.example");
	door_wait(door, all_present, "it is there");
	door_turn(door); /* and on disk */
	before = updates_of[1];
	restart(door);
	assert_int_equal(door_count(door, LEDGER_PRESENT), 2);
	assert_int_equal(zones_found(door), 2);
	door_turn(door);
	assert_int_equal(updates_of[1], before); /* nothing is sent again */
	served[1] = "other.example";
	restart(door);
	door_wait(door, example_is_updated, "what changed meanwhile is found");
	door_wait(door, moved_up, "and the zone that is no more is forgotten");
}

static bool the_limit_is_told(struct door *door)
{
	const char *words = dns_walk_words(door->dns, &(struct hostname){"me.h.example"});

	return words && strstr(words, "one more than the 8 that dns.discover.max-zones allows");
}

static bool one_waits(struct door *door)
{
	return door_count(door, LEDGER_IN_NO_ZONE) == 1;
}

static void zones_have_a_limit_and_names_of_one_more_wait(void **state)
{
	static const char *const zones[] = {"a.example", "b.example", "c.example", "d.example",
					    "e.example", "f.example", "g.example", "h.example"};
	struct door *door = *state;
	char name[40];

	begin(door);
	for (size_t i = 0; i < 8; i++)
		serve(zones[i]);
	serve("10.in-addr.arpa");
	for (unsigned i = 0; i < 7; i++) {
		snprintf(name, sizeof(name), "me.%s", zones[i]);
		door_commit_name(door, i + 1, name);
	}
	door_wait(door, all_present, "eight zones have names");
	door_commit_name(door, 8, "me.h.example");
	door_wait(door, the_limit_is_told, "there is no room for the ninth");
	door_wait(door, one_waits, "the ninth's name waits"); /* which it does from the disk on */
	assert_int_equal(zones_found(door), 8);
}

static bool nothing_left(struct door *door)
{
	return zones_found(door) == 0;
}

static bool one_is_there(struct door *door)
{
	return door_count(door, LEDGER_PRESENT) == 2;
}

static void a_zone_without_names_is_forgotten(void **state)
{
	struct door *door = *state;

	begin(door);
	door->config.discover.forget_ms = 1000;
	serve("example");
	serve("10.in-addr.arpa");
	door_commit(door, 1);
	door_wait(door, all_present, "it is there");
	assert_int_equal(zones_found(door), 2);
	door_release_name(door, 1, "me1.example");
	door_wait(door, nothing_left, "both zones are forgotten");
	door_turn(door);
	restart(door);
	assert_int_equal(zones_found(door), 0);
	door_commit(door, 2);
	door_wait(door, one_is_there, "they are found again");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_set_up, door_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_are_registered_in_the_zones_that_were_found),
		TEST(a_name_waits_until_its_zone_is_there),
		TEST(names_move_to_a_new_zone_below),
		TEST(names_move_up_when_their_zone_goes),
		TEST(what_was_found_is_there_after_a_restart),
		TEST(zones_have_a_limit_and_names_of_one_more_wait),
		TEST(a_zone_without_names_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
