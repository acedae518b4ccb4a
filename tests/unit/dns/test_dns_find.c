/* SPDX-License-Identifier: ISC */
/* A zone without servers: they are found by SOA, whatever the resolver answers at first. */
#include "tests/unit/dns/answer.h"
#include "tests/unit/dns/door_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SOA = 6, A = 1 };

enum bad {
	NOTHING_BAD,
	WRONG_ID,
	WRONG_QUESTION,
	TRUNCATED,
	LAME,
	GARBAGE,
	SERVFAIL,
	REFUSED,
	SILENT,
	BADS,
};

static const char *const bad_names[BADS] = {
	[WRONG_ID] = "of another id", [WRONG_QUESTION] = "to another question",
	[TRUNCATED] = "truncated",    [LAME] = "lame",
	[GARBAGE] = "garbage",        [SERVFAIL] = "SERVFAIL",
	[REFUSED] = "REFUSED",        [SILENT] = "none",
};

static enum bad bad;
static size_t bad_left; /* so many answers, then all are well */

/* As a server that is resolver and primary of everything. */
static void build(const struct name_server_message *message, struct answer *ret)
{
	unsigned type;
	struct hostname name = answer_question(message, &type);

	answer_begin(ret, message);
	if (type == SOA)
		answer_soa(ret, ANSWER_ANSWER, &name);
	else if (type == A)
		answer_loopback(ret, &name);
}

/* False = send nothing. */
static bool spoil(struct answer *answer)
{
	switch (bad) {
	case WRONG_ID:
		answer->bytes[0] ^= 0x55;
		break;
	case WRONG_QUESTION:
		answer->bytes[13] ^= 1;
		break;
	case TRUNCATED:
		answer->bytes[2] |= 2;
		break;
	case LAME:
		answer->bytes[2] &= (uint8_t)~4;
		break;
	case GARBAGE:
		memset(answer->bytes + 12, 0xff, answer->length - 12);
		break;
	case SERVFAIL:
	case REFUSED:
		answer->bytes[3] = bad == SERVFAIL ? 2 : 5;
		break;
	case SILENT:
		return false;
	case NOTHING_BAD:
	case BADS:
		break;
	}
	return true;
}

static void resolver_and_primary(struct door *door, const struct name_server_message *message)
{
	struct answer built;

	if (!door_is_query(message) || message->bytes[11]) { /* signed: an update or its query */
		door_answer(door, message, 0);
		return;
	}
	build(message, &built);
	/* Lame is what the server says of itself, not what the resolver does; cut is nothing but a datagram. */
	if (bad_left && !(bad == LAME && message->bytes[2] & 1) &&
	    !(bad == TRUNCATED && message->peer)) {
		bad_left--;
		if (!spoil(&built))
			return;
	}
	name_server_answer(message, built.bytes, built.length);
}

static bool all_present(struct door *door)
{
	return door_count(door, LEDGER_PRESENT) == 2 * door->said;
}

static bool search_failed(struct door *door)
{
	return door->dns->counters.failed_searches > 0;
}

static bool something_ignored(struct door *door)
{
	return door->dns->counters.ignored_answers > 0;
}

/* The zones of the fixture without their servers. */
static void begin(struct door *door)
{
	for (int i = 0; i < 2; i++)
		door->zones[i].servers = (struct config_list){NULL, 0};
	door->config.discover.resolvers = (struct config_list){&door->endpoint, 1};
	door->script = resolver_and_primary;
	door_restart(door);
	door->dns->found_port = door->endpoint.port;
}

static void expect_words(struct door *door, const char *words)
{
	struct text text;

	text_init(&text, 1 << 16);
	assert_int_equal(dns_print_names(door->dns, NULL, ROWS_TABLE, &text), 0);
	if (!strstr(text.bytes, words))
		fail_msg("\"%s\" is not in: %s", words, text.bytes);
	text_done(&text);
}

static void expect_status(struct door *door, const char *words)
{
	static const char *const columns[] = {"name", "value", NULL};
	struct rows *rows;
	struct text text;

	text_init(&text, 1 << 16);
	assert_int_equal(rows_new(&rows, ROWS_TABLE, columns, &text), 0);
	dns_print_status(door->dns, rows);
	rows_end(rows);
	rows_free(rows);
	if (!strstr(text.bytes, words))
		fail_msg("\"%s\" is not in: %s", words, text.bytes);
	text_done(&text);
}

static void servers_are_found_and_names_registered(void **state)
{
	struct door *door = *state;

	bad = NOTHING_BAD;
	begin(door);
	for (unsigned number = 1; number <= 20; number++)
		door_commit(door, number);
	door_wait(door, all_present, "all names are there");
	expect_status(door, "by SOA, primary ns1.example, since");
}

static void expect_names_after(enum bad which)
{
	bool ignored = which == WRONG_ID || which == WRONG_QUESTION || which == GARBAGE;
	struct door *door;

	assert_int_equal(door_set_up((void **)&door), 0);
	bad = which;
	bad_left = 4; /* of both zones' searches */
	begin(door);
	door_commit(door, 1);
	if (ignored) {
		door_wait(door, something_ignored, bad_names[bad]);
	} else if (bad != SILENT && bad != TRUNCATED) { /* the question is asked again at once */
		door_wait(door, search_failed, bad_names[bad]);
		assert_int_equal(door->done, 0);
	}
	door_wait(door, all_present, bad_names[bad]);
	assert_int_equal(bad_left, 0);
	assert_true(ignored || bad == SILENT || bad == TRUNCATED || bad == LAME ||
		    door->dns->counters.bad_answers > 0);
	assert_int_equal(door_count(door, LEDGER_QUARANTINE), 0);
	door_tear_down((void **)&door);
}

static void bad_answers_are_counted_and_names_wait_for_a_good_one(void **state)
{
	for (enum bad which = WRONG_ID; which < BADS; which++)
		expect_names_after(which);
}

static void names_say_why_they_wait(void **state)
{
	struct door *door = *state;

	bad = REFUSED;
	bad_left = SIZE_MAX;
	begin(door);
	door_commit(door, 1);
	door_wait(door, search_failed, "the search fails");
	expect_words(door, "REFUSED");
	expect_status(door, "not found: ");
	assert_int_equal(door_count(door, LEDGER_WANTED), 2);
}

static void retry_looks_at_once(void **state)
{
	struct door *door = *state;
	uint64_t searches;

	bad = REFUSED;
	bad_left = SIZE_MAX;
	begin(door);
	door_wait(door, search_failed, "the search fails");
	door_turn(door); /* both zones' have */
	searches = door->dns->counters.searches;
	assert_int_equal(searches, 2);
	dns_retry(door->dns, NULL);
	door_turn(door); /* shorter than the pause */
	assert_int_equal(door->dns->counters.searches, searches + 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_set_up, door_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(servers_are_found_and_names_registered),
		cmocka_unit_test(bad_answers_are_counted_and_names_wait_for_a_good_one),
		TEST(names_say_why_they_wait),
		TEST(retry_looks_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
