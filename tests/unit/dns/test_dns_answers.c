/* SPDX-License-Identifier: ISC */
/* Bad answers of a name server, and what the names are afterwards. */
#include "tests/unit/dns/door_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define AHEAD_S 600
#define AT_LENGTH 8 /* in the head of a lease record */

static bool all_present(struct door *door)
{
	return door_count(door, LEDGER_PRESENT) == 2 * door->said;
}

/* What comes instead of the answer, signed by `tsig`. */
static void send_signed(const struct name_server_message *message, int rcode,
			const struct name_server_tsig *tsig)
{
	uint8_t bytes[2048];

	name_server_answer(message, bytes, door_build(message, rcode, tsig, bytes, sizeof(bytes)));
}

static void unsigned_refusal(const struct name_server_message *message)
{
	send_signed(message, 5, NULL);
}

static void wrong_key(const struct name_server_message *message)
{
	struct name_server_tsig tsig = door_tsig();

	tsig.name = "other";
	send_signed(message, 5, &tsig);
}

static void wrong_mac(const struct name_server_message *message)
{
	struct name_server_tsig tsig = door_tsig();

	tsig.secret = "wrong";
	tsig.secret_length = 5;
	send_signed(message, 5, &tsig);
}

static void old_time(const struct name_server_message *message)
{
	struct name_server_tsig tsig = door_tsig();

	tsig.time_s -= 3600;
	send_signed(message, 5, &tsig);
}

static void wrong_id(const struct name_server_message *message)
{
	struct name_server_message other = *message;

	other.bytes[0] ^= 0x55;
	unsigned_refusal(&other);
}

static void truncated(const struct name_server_message *message)
{
	struct name_server_tsig tsig = door_tsig();
	uint8_t bytes[2048];
	size_t length = door_build(message, 0, NULL, bytes, sizeof(bytes));

	bytes[2] |= 2; /* TC */
	length = name_server_sign(&tsig, message->bytes, message->length, 32, bytes, length,
				  sizeof(bytes));
	name_server_answer(message, bytes, length);
}

static void garbage(const struct name_server_message *message)
{
	uint8_t bytes[40];

	memset(bytes, 0xff, sizeof(bytes));
	name_server_answer(message, bytes, sizeof(bytes));
}

static void sixty_four_kib(const struct name_server_message *message)
{
	uint8_t *bytes = calloc(1, UINT16_MAX);

	memcpy(bytes, message->bytes, 12);
	bytes[2] |= 0x80;
	name_server_answer(message, bytes, UINT16_MAX);
	free(bytes);
}

static void another_address(const struct name_server_message *message)
{
	uint8_t bytes[2048];

	if (!message->peer)
		name_server_answer_from_elsewhere(
			message, bytes, door_build(message, 5, NULL, bytes, sizeof(bytes)));
}

static void nothing(const struct name_server_message *message)
{
}

static void closed(const struct name_server_message *message)
{
	if (message->peer)
		name_server_reset(message->peer);
}

static void servfail(const struct name_server_message *message)
{
	struct name_server_tsig tsig = door_tsig();

	send_signed(message, 2, &tsig);
}

static void ten_minutes_ahead(const struct name_server_message *message)
{
	struct name_server_tsig tsig = door_tsig();
	uint64_t server_s = tsig.time_s + AHEAD_S;
	const uint8_t other[6] = {0,
				  0,
				  (uint8_t)(server_s >> 24),
				  (uint8_t)(server_s >> 16),
				  (uint8_t)(server_s >> 8),
				  (uint8_t)server_s};

	tsig.error = 18; /* BADTIME */
	tsig.other = other;
	tsig.other_length = sizeof(other);
	send_signed(message, 9, &tsig);
}

static void (*bad)(const struct name_server_message *message);
static size_t bad_answers; /* so many, then all are well */
static bool told_time[2];

/* A server whose clock is ahead: says so to the first message of each zone, and takes what is then
 * signed by its time. */
static void ahead_then_good(const struct name_server_message *message)
{
	struct name_server_tsig tsig = door_tsig();
	bool reverse = door_has_label(message, "in-addr");

	if (!told_time[reverse]) {
		told_time[reverse] = true;
		bad(message);
		return;
	}
	tsig.time_s += AHEAD_S;
	send_signed(message, 0, &tsig);
}

static void bad_then_good(struct door *door, const struct name_server_message *message)
{
	if (bad == ten_minutes_ahead)
		ahead_then_good(message);
	else if (door->seen <= bad_answers)
		bad(message);
	else
		door_answer(door, message, 0);
}

static const struct {
	const char *name;
	void (*bad)(const struct name_server_message *message);
} passing[] = {
	{"truncated", truncated},
	{"of another id", wrong_id},
	{"unsigned", unsigned_refusal},
	{"signed with another key", wrong_key},
	{"with a wrong MAC", wrong_mac},
	{"signed an hour ago", old_time},
	{"garbage", garbage},
	{"of 64 KiB", sixty_four_kib},
	{"from another address", another_address},
	{"none", nothing},
	{"the end of the connection", closed},
	{"SERVFAIL", servfail},
	{"BADTIME, ten minutes ahead", ten_minutes_ahead},
};

/* Whatever came: afterwards both records of each client are there, and no other name was touched. */
static void expect_all_after(size_t i, unsigned clients, size_t count)
{
	struct door *door;

	assert_int_equal(door_set_up((void **)&door), 0);
	bad = passing[i].bad;
	bad_answers = count;
	told_time[0] = told_time[1] = false;
	door->script = bad_then_good;
	for (unsigned number = 1; number <= clients; number++)
		door_commit(door, number);
	door_wait(door, all_present, passing[i].name);
	assert_int_equal(door_count(door, LEDGER_CONFLICT), 0);
	assert_int_equal(door_count(door, LEDGER_QUARANTINE), 0);
	assert_int_equal(door->dns->zones[0].pace.state, PACE_GOOD);
	door_tear_down((void **)&door);
}

static void bad_answer_to_one_update_costs_time_and_nothing_else(void **state)
{
	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++) {
		if (passing[i].bad != sixty_four_kib) /* no datagram has that */
			expect_all_after(i, 1, 1);
	}
}

/* All tries of the first message: the zone pauses. Most of it goes over TCP. */
static void bad_answers_to_a_batch_cost_time_and_nothing_else(void **state)
{
	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
		expect_all_after(i, 20, 2);
}

static int refusal;

static void refused(struct door *door, const struct name_server_message *message)
{
	struct name_server_tsig tsig = door_tsig();

	tsig.error = refusal > 15 ? (uint16_t)refusal : 0;
	if (refusal > 15)
		tsig.mac_length = 0; /* BADKEY and BADSIG come unsigned */
	send_signed(message, refusal > 15 ? 9 : refusal, &tsig);
}

static bool circuit_is_open(struct door *door)
{
	return door->dns->zones[0].pace.state == PACE_OPEN;
}

/* Frozen or forbidden, not there, unknown key, wrong secret: one alarm, everything stays wanted, and
 * nobody is asked for each name. */
/* What is sent again because the machine was busy elsewhere would be counted as well. */
static const struct server_times patient = {
	.connect_ms = 5000, .answer_ms = 1000, .datagram_ms = 500, .away_ms = 50, .idle_ms = 60000};

static void refused_zone_opens_its_circuit_and_keeps_all_names(void **state)
{
	static const int codes[] = {5, 9, 10, 16, 17};

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		struct door *door;

		assert_int_equal(door_set_up((void **)&door), 0);
		server_pool_set_times(door->dns->servers, patient);
		refusal = codes[i];
		door->script = refused;
		for (unsigned number = 1; number <= 100; number++)
			door_commit(door, number);
		door_wait(door, circuit_is_open, "the circuit is open");
		door_turn(door);
		/* what it takes to know, and what was under way by then */
		assert_true(door->seen <= BATCH_DOUBTS + SERVER_WINDOW_FIRST + 2);
		assert_int_equal(door_count(door, LEDGER_PRESENT), 0);
		assert_int_equal(door_count(door, LEDGER_QUARANTINE), 0);
		assert_int_equal(ledger_count(door->dns->ledger), 200);
		door_tear_down((void **)&door);
	}
}

static void one_is_poison(struct door *door, const struct name_server_message *message)
{
	door_answer(door, message, door_has_label(message, "poison") ? 1 : 0);
}

static bool rest_is_present(struct door *door)
{
	return door_count(door, LEDGER_PRESENT) >= 2 * (door->said - 1);
}

static void poison_record_is_quarantined_and_the_rest_goes_on(void **state)
{
	struct door *door = *state;

	door_commit(door, 250);
	door_wait(door, all_present, "the server takes updates");
	door->script = one_is_poison;
	for (unsigned number = 1; number <= 60; number++)
		door_commit(door, number);
	door_commit_name(door, 61, "poison.example");
	for (unsigned number = 62; number <= 99; number++)
		door_commit(door, number);
	door_wait(door, rest_is_present, "all others are there");
	assert_int_equal(door_count(door, LEDGER_QUARANTINE), 1);
	assert_int_equal(door->dns->zones[0].pace.state, PACE_GOOD);
}

static void one_is_taken(struct door *door, const struct name_server_message *message)
{
	/* The query for its DHCID finds a name without one. */
	door_answer(door, message,
		    door_has_label(message, "taken") && !door_is_query(message) &&
				    !door_has_label(message, "in-addr")
			    ? 6
			    : 0);
}

static bool one_conflict(struct door *door)
{
	return door_count(door, LEDGER_CONFLICT) == 1 && rest_is_present(door);
}

static void taken_name_is_a_conflict_and_the_rest_goes_on(void **state)
{
	struct door *door = *state;

	door->script = one_is_taken;
	for (unsigned number = 1; number <= 60; number++)
		door_commit(door, number);
	door_commit_name(door, 61, "taken.example");
	door_wait(door, one_conflict, "one conflict, all others are there");
}

/* The longest that DNS can hold, and what may stand in a label. */
static void odd_names_are_registered_as_they_are(void **state)
{
	static const char label[] =
		"a23456789012345678901234567890123456789012345678901234567890123";
	char longest[HOSTNAME_MAX + 1];
	struct door *door = *state;

	snprintf(longest, sizeof(longest), "%s.%s.%s.%.53s.example", label, label, label, label);
	assert_int_equal(strlen(longest), HOSTNAME_MAX);
	door_commit_name(door, 1, longest);
	door_commit_name(door, 2, "xn--mnchen-3ya.example");
	door_commit_name(door, 3, "under_score.example");
	door_wait(door, all_present, "all three are there");
}

/* Sends a record of boot id 8 over `fd`. */
static void stranger_says(int fd, const struct lease_record *record, const char *name)
{
	uint8_t bytes[LEASE_RECORD_MAX + 1], *at;
	size_t length = lease_encode(record, bytes, LEASE_RECORD_MAX), room, more;

	if (name) { /* in place of the one that could be encoded: { tag, length, value } */
		room = strlen(record->event.name.text);
		more = strlen(name) - room;
		at = memmem(bytes, length, record->event.name.text, room);
		assert_non_null(at);
		memmove(at + room + more, at + room, length - (size_t)(at + room - bytes));
		memcpy(at, name, room + more);
		at[-2] = (uint8_t)(room + more);
		length += more;
		bytes[AT_LENGTH] = (uint8_t)length;
		bytes[AT_LENGTH + 1] = (uint8_t)(length >> 8);
	}
	assert_int_equal(send(fd, bytes, length, 0), length);
}

static int stranger;

static bool stranger_is_refused(struct door *door)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	ssize_t got = recv(stranger, bytes, sizeof(bytes), MSG_DONTWAIT);
	struct lease_record record;
	struct err err;

	return got > 0 && lease_decode(bytes, (size_t)got, &record, &err) == 0 &&
	       record.type == LEASE_REFUSED && strstr(record.refused, "name");
}

/* A hook that says a name which DNS cannot hold, or one that would answer for others (a wildcard), is
 * refused in words; nothing of it is wanted, and the other hook's names are registered. */
static void impossible_names_are_refused_and_others_registered(void **state)
{
	static const char most[] = /* 253 octets; one more is too many */
		"a23456789012345678901234567890123456789012345678901234567890123."
		"b23456789012345678901234567890123456789012345678901234567890123."
		"c23456789012345678901234567890123456789012345678901234567890123."
		"d2345678901234567890123456789012345678901234567890123.example";
	static const char *const good[] = {most, "x.example", "y.example"};
	static const char *const wrong[] = {
		"a23456789012345678901234567890123456789012345678901234567890123."
		"b23456789012345678901234567890123456789012345678901234567890123."
		"c23456789012345678901234567890123456789012345678901234567890123."
		"d23456789012345678901234567890123456789012345678901234.example",
		"*.example", "y..xample"};
	struct door *door = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct lease_record hello = {.type = LEASE_HELLO, .boot_id = 8};
	struct lease_record event = {.type = LEASE_EVENT, .boot_id = 8, .seq = 1};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", door->socket);
	event.event.change = LEASE_COMMITTED;
	event.event.flags = LEASE_FLAG_ME | LEASE_FLAG_FORWARD;
	event.event.address = addr_ip4(0x0a000063);
	event.event.mac = (struct mac){.type = 1, .length = 6, .bytes = {2, 0, 0, 0, 0, 99}};
	assert_int_equal(strlen(most), HOSTNAME_MAX);
	assert_int_equal(strlen(wrong[0]), HOSTNAME_MAX + 1);
	for (size_t i = 0; i < 3; i++) {
		snprintf(event.event.name.text, sizeof(event.event.name.text), "%s", good[i]);
		stranger = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		assert_int_equal(connect(stranger, (struct sockaddr *)&address, sizeof(address)),
				 0);
		stranger_says(stranger, &hello, NULL);
		stranger_says(stranger, &event, wrong[i]);
		door_wait(door, stranger_is_refused, wrong[i]);
		close(stranger);
	}
	door_commit(door, 1);
	door_wait(door, all_present, "the other hook's name is there");
	assert_int_equal(ledger_count(door->dns->ledger), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_set_up, door_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_answer_to_one_update_costs_time_and_nothing_else),
		cmocka_unit_test(bad_answers_to_a_batch_cost_time_and_nothing_else),
		cmocka_unit_test(refused_zone_opens_its_circuit_and_keeps_all_names),
		TEST(poison_record_is_quarantined_and_the_rest_goes_on),
		TEST(taken_name_is_a_conflict_and_the_rest_goes_on),
		TEST(odd_names_are_registered_as_they_are),
		TEST(impossible_names_are_refused_and_others_registered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
