/* SPDX-License-Identifier: ISC */
/* Servers that answer NOTIMP: to several updates in one message, or to DHCID. */
#include "tests/unit/dns/door_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool all_present(struct door *door)
{
	return door_count(door, LEDGER_PRESENT) == 2 * door->said;
}

static bool circuit_is_open(struct door *door)
{
	return door->dns->zones[0].pace.state == PACE_OPEN;
}

static void one_at_a_time(struct door *door, const struct name_server_message *message)
{
	/* With DHCID an update to add has two records, a PTR four. */
	size_t records = (size_t)message->bytes[8] << 8 | message->bytes[9];
	bool several = !door_is_query(message) && records > 4;

	door_answer(door, message, several ? 4 : 0);
}

static void server_that_takes_one_update_a_message_gets_one(void **state)
{
	struct door *door = *state;

	door->script = one_at_a_time;
	for (unsigned number = 1; number <= 60; number++)
		door_commit(door, number);
	door_wait(door, all_present, "all are there, one by one");
	assert_true(door->dns->zones[0].single_until_ms > 0);
	assert_int_equal(door->dns->zones[0].pace.state, PACE_GOOD);
}

static void knows_no_dhcid(struct door *door, const struct name_server_message *message)
{
	door_answer(door, message, door_is_query(message) ? 0 : 4);
}

#define ADVICE                                                                                    \
	"NOTIMP: the server does not know this record type or kind of message; a server without " \
	"DHCID needs conflict-mode: marker for the zone, or no-check-without-dhcid where any "    \
	"name may be taken"

static bool names_say_so(struct door *door)
{
	struct text text;
	bool said;

	text_init(&text, 1 << 16);
	assert_int_equal(dns_print_names(door->dns, NULL, ROWS_TABLE, &text), 0);
	said = strstr(text.bytes, ADVICE);
	text_done(&text);
	return said;
}

static bool status_says(struct door *door, const char *what)
{
	static const char *const columns[] = {"name", "value", NULL};
	struct rows *rows;
	struct text text;
	bool said;

	text_init(&text, 1 << 16);
	assert_int_equal(rows_new(&rows, ROWS_TABLE, columns, &text), 0);
	dns_print_status(door->dns, rows);
	rows_end(rows);
	rows_free(rows);
	said = strstr(text.bytes, what);
	text_done(&text);
	return said;
}

static bool circuit_is_closed(struct door *door)
{
	return door->dns->zones[0].pace.state == PACE_GOOD;
}

static void server_without_dhcid_opens_the_circuit_and_the_words_say_what_it_needs(void **state)
{
	struct door *door = *state;

	door->script = knows_no_dhcid;
	for (unsigned number = 1; number <= 20; number++)
		door_commit(door, number);
	door_wait(door, circuit_is_open, "the circuit is open");
	door_wait(door, names_say_so, "the words name the mode");
	assert_true(status_says(door, "alarm.dns.zone.example"));
	assert_true(status_says(door, ADVICE));
	assert_int_equal(door_count(door, LEDGER_QUARANTINE), 0);
	assert_int_equal(ledger_count(door->dns->ledger), 40);
	door->script = NULL;
	dns_retry(door->dns, NULL);
	door_wait(door, circuit_is_closed, "the server takes updates");
	assert_false(status_says(door, "alarm."));
}

static void server_that_takes_no_markers_either_is_not_blamed_for_dhcid(void **state)
{
	struct door *door = *state;

	door->config.conflict_mode = DNS_MARKER;
	door_restart(door);
	door->script = knows_no_dhcid;
	door_commit(door, 1);
	door_wait(door, circuit_is_open, "the circuit is open");
	assert_true(status_says(door, "NOTIMP: the server does not know"));
	assert_false(status_says(door, "needs conflict-mode"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_set_up, door_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(server_that_takes_one_update_a_message_gets_one),
		TEST(server_without_dhcid_opens_the_circuit_and_the_words_say_what_it_needs),
		TEST(server_that_takes_no_markers_either_is_not_blamed_for_dhcid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
