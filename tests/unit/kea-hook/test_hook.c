/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/hook.h"
#include "lease_daemon.h"

#include <stdio.h>
#include <string.h>

#define HEAD 240

struct fixture {
	struct lease_daemon daemon;
	struct params params;
	struct hook *hook;
	uint8_t packet[HEAD + 64];
	struct hook_query query;
};

/* A client 02:00:00:00:00:01 that sends option 81: S, "me01". */
static void build_packet(struct fixture *fixture)
{
	static const uint8_t options[] = {81, 7, 1, 0, 0, 'm', 'e', '0', '1', 255};

	fixture->packet[1] = 1;
	fixture->packet[2] = 6;
	memcpy(fixture->packet + 28, "\2\0\0\0\0\1", 6);
	memcpy(fixture->packet + 236, "\x63\x82\x53\x63", 4);
	memcpy(fixture->packet + HEAD, options, sizeof(options));
	fixture->query = (struct hook_query){fixture->packet, sizeof(fixture->packet), true};
}

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){0};
	lease_daemon_init(&fixture.daemon);
	lease_daemon_listen(&fixture.daemon);
	params_init(&fixture.params);
	assert_int_equal(params_set(&fixture.params, "socket", fixture.daemon.path, NULL), 0);
	assert_int_equal(hook_new(&fixture.hook, &fixture.params, "2.2.0", NULL), 0);
	build_packet(&fixture);
	lease_daemon_greet(&fixture.daemon);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	hook_free(fixture->hook);
	lease_daemon_done(&fixture->daemon);
	return 0;
}

static const struct hook_reply ack = {
	.acknowledges = true,
	.address = 0x0a510164,
	.subnet_id = 7,
	.lifetime_s = 3600,
	.domain = (const uint8_t *)"Corp.Example",
	.domain_size = 12,
};

static uint64_t counted(struct fixture *fixture, const char *name)
{
	static struct hook_row rows[HOOK_ROWS];
	size_t count = hook_status(fixture->hook, rows);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].number;
	}
	fail_msg("no row %s", name);
	return 0;
}

static void an_ack_writes_option81_and_sends_an_event(void **state)
{
	struct fixture *fixture = *state;
	struct lease_bytes answer = {0};

	assert_true(hook_takes_over(fixture->hook, &fixture->query));
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &ack, &answer),
			 HOOK_WRITE_OPTION81);
	assert_int_equal(answer.length, 21);
	assert_memory_equal(answer.bytes, "\1\xff\xffme01.corp.example.", 21);

	struct lease_record record = lease_daemon_next(&fixture->daemon);
	const struct lease_event *event = &record.event;
	assert_int_equal(record.type, LEASE_EVENT);
	assert_int_equal(event->change, LEASE_COMMITTED);
	assert_int_equal(event->flags, LEASE_FLAG_ME | LEASE_FLAG_FORWARD | LEASE_FLAG_REVERSE);
	assert_true(addr_equal(event->address, addr_ip4(ack.address)));
	assert_int_equal(event->mac.length, 6);
	assert_string_equal(event->name.text, "me01.corp.example");
	assert_string_equal(event->suffix.text, "corp.example");
	assert_int_equal(event->option81_received.length, 7);
	assert_int_equal(event->option81_answered.length, 21);
	assert_string_equal(event->class_name, "intel-me");
	assert_int_equal(event->subnet_id, 7);
	assert_int_equal(event->lifetime_s, 3600);
}

static void a_renewal_says_so(void **state)
{
	struct fixture *fixture = *state;
	struct hook_reply reply = ack;
	struct lease_bytes answer;

	reply.renews = true;
	hook_answer(fixture->hook, &fixture->query, &reply, &answer);
	assert_int_equal(lease_daemon_next(&fixture->daemon).event.change, LEASE_RENEWED);
}

static void an_offer_writes_option81_and_sends_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct hook_reply reply = ack;
	struct lease_bytes answer;

	reply.acknowledges = false;
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &reply, &answer),
			 HOOK_WRITE_OPTION81);
	assert_int_equal(counted(fixture, "events"), 0);
}

static void another_client_is_left_to_kea_but_told_of(void **state)
{
	struct fixture *fixture = *state;
	struct lease_bytes answer;

	fixture->query.in_class = false;
	assert_false(hook_takes_over(fixture->hook, &fixture->query));
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &ack, &answer), 0);
	struct lease_record record = lease_daemon_next(&fixture->daemon);
	assert_int_equal(record.event.flags, 0);
	assert_string_equal(record.event.name.text, "");
	assert_string_equal(record.event.class_name, "");
	assert_int_equal(counted(fixture, "acks-left-to-kea"), 1);
}

static void a_client_without_option81_gets_none(void **state)
{
	struct fixture *fixture = *state;
	struct lease_bytes answer;

	fixture->packet[HEAD] = 255;
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &ack, &answer), 0);
	struct lease_record record = lease_daemon_next(&fixture->daemon);
	assert_string_equal(record.event.name.text, "me-020000000001.corp.example");
	assert_int_equal(record.event.option81_answered.length, 0);
	assert_int_equal(counted(fixture, "names-from-template"), 1);
}

static void missing_option15_is_said_once_a_subnet(void **state)
{
	struct fixture *fixture = *state;
	struct hook_reply reply = ack;
	struct lease_bytes answer;

	reply.domain = NULL;
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &reply, &answer),
			 HOOK_WRITE_OPTION81 | HOOK_SAY_NO_DOMAIN);
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &reply, &answer),
			 HOOK_WRITE_OPTION81);
	reply.subnet_id = 8;
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &reply, &answer),
			 HOOK_WRITE_OPTION81 | HOOK_SAY_NO_DOMAIN);
	assert_int_equal(counted(fixture, "answers-without-option-15"), 3);
	assert_int_equal(counted(fixture, "names-none"), 3);
}

static void the_end_of_a_lease_is_told_with_its_identity(void **state)
{
	struct fixture *fixture = *state;
	struct hook_ended ended = {.change = LEASE_RELEASED,
				   .address = ack.address,
				   .subnet_id = 7,
				   .mac = {1, 6, {2, 0, 0, 0, 0, 1}},
				   .client_id = {2, {1, 2}}};

	hook_end(fixture->hook, &fixture->query, &ended);
	struct lease_record record = lease_daemon_next(&fixture->daemon);
	assert_int_equal(record.event.change, LEASE_RELEASED);
	assert_int_equal(record.event.flags, LEASE_FLAG_ME);
	assert_int_equal(record.event.client_id.length, 2);
	assert_int_equal(record.event.lifetime_s, 0);

	ended.change = LEASE_EXPIRED;
	hook_end(fixture->hook, NULL, &ended);
	record = lease_daemon_next(&fixture->daemon);
	assert_int_equal(record.event.change, LEASE_EXPIRED);
	assert_int_equal(record.event.flags, 0);
	assert_int_equal(record.event.mac.length, 6);
}

static void what_is_no_packet_is_counted_and_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct lease_bytes answer;

	fixture->query.size = 10;
	assert_false(hook_takes_over(fixture->hook, &fixture->query));
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &ack, &answer), 0);
	assert_int_equal(counted(fixture, "packets-not-read"), 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_ack_writes_option81_and_sends_an_event),
		CASE(a_renewal_says_so),
		CASE(an_offer_writes_option81_and_sends_nothing),
		CASE(another_client_is_left_to_kea_but_told_of),
		CASE(a_client_without_option81_gets_none),
		CASE(missing_option15_is_said_once_a_subnet),
		CASE(the_end_of_a_lease_is_told_with_its_identity),
		CASE(what_is_no_packet_is_counted_and_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
