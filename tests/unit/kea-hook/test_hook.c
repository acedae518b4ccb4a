/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"
#include "kea-hook/hook.h"
#include "lease_daemon.h"

#include <pthread.h>
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
	fixture->query = (struct hook_query){
		.packet = fixture->packet, .size = sizeof(fixture->packet), .classes = 1};
}

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){0};
	lease_daemon_init(&fixture.daemon);
	lease_daemon_listen(&fixture.daemon);
	params_init(&fixture.params);
	assert_int_equal(params_set(&fixture.params, "socket", fixture.daemon.path, NULL), 0);
	assert_int_equal(params_done(&fixture.params, NULL), 0);
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
	.subnet_id = 7,
	.given = {{{ADDR_IP4, {10, 81, 1, 100}}, 3600}},
	.given_count = 1,
	.domain = (const uint8_t *)"Corp.Example",
	.domain_size = 12,
	.has_servers = true,
	.owes_domain = true,
	.owes_servers = true,
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

	assert_true(hook_takes_over(fixture->hook, &fixture->query, NULL));
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &ack, &answer),
			 HOOK_WRITE_FQDN);
	assert_int_equal(answer.length, 21);
	assert_memory_equal(answer.bytes, "\1\xff\xffme01.corp.example.", 21);

	struct lease_record record = lease_daemon_next(&fixture->daemon);
	const struct lease_event *event = &record.event;
	assert_int_equal(record.type, LEASE_EVENT);
	assert_int_equal(event->change, LEASE_COMMITTED);
	assert_int_equal(event->flags, LEASE_FLAG_ME | LEASE_FLAG_FORWARD | LEASE_FLAG_REVERSE);
	assert_true(addr_equal(event->address, ack.given[0].address));
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
			 HOOK_WRITE_FQDN);
	assert_int_equal(counted(fixture, "events"), 0);
}

static void another_client_is_left_to_kea_but_told_of(void **state)
{
	struct fixture *fixture = *state;
	struct lease_bytes answer;

	fixture->query.classes = 0;
	assert_false(hook_takes_over(fixture->hook, &fixture->query, NULL));
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
			 HOOK_WRITE_FQDN | HOOK_SAY_NO_DOMAIN);
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &reply, &answer),
			 HOOK_WRITE_FQDN);
	reply.subnet_id = 8;
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &reply, &answer),
			 HOOK_WRITE_FQDN | HOOK_SAY_NO_DOMAIN);
	assert_int_equal(counted(fixture, "answers-without-option-15"), 3);
	assert_int_equal(counted(fixture, "names-none"), 3);
}

static void missing_name_servers_are_said_once_a_subnet(void **state)
{
	struct fixture *fixture = *state;
	struct hook_reply reply = ack;
	struct lease_bytes answer;

	reply.has_servers = false;
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &reply, &answer),
			 HOOK_WRITE_FQDN | HOOK_SAY_NO_SERVERS);
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &reply, &answer),
			 HOOK_WRITE_FQDN);
	assert_int_equal(counted(fixture, "answers-without-option-6"), 2);

	/* A client that does not ask for it, and a subnet that nobody told. */
	reply.owes_servers = false;
	reply.subnet_id = 9;
	hook_answer(fixture->hook, &fixture->query, &reply, &answer);
	assert_int_equal(counted(fixture, "answers-without-option-6"), 2);
	reply.owes_servers = true;
	reply.subnet_id = 0;
	assert_int_equal(hook_answer(fixture->hook, &fixture->query, &reply, &answer),
			 HOOK_WRITE_FQDN);
	assert_int_equal(counted(fixture, "answers-without-option-6"), 3);
}

static void a_tag_has_the_name_once_the_subnets_domain_is_known(void **state)
{
	struct fixture *fixture = *state;
	struct hook_reply offer = ack;
	struct lease_bytes answer;
	struct hook_tag tag;

	assert_true(hook_decide_tag(fixture->hook, &fixture->query, 7, &tag));
	assert_string_equal(tag.by, "class");
	assert_true(tag.keep);
	assert_string_equal(tag.name.text, "");
	assert_true(tag.forward && tag.reverse);

	offer.acknowledges = false;
	hook_answer(fixture->hook, &fixture->query, &offer, &answer);
	assert_true(hook_decide_tag(fixture->hook, &fixture->query, 7, &tag));
	assert_false(tag.keep);
	assert_string_equal(tag.name.text, "me01.corp.example");

	/* Two domains in one subnet: nobody knows which this answer will have. */
	offer.domain = (const uint8_t *)"lab.example";
	offer.domain_size = 11;
	hook_answer(fixture->hook, &fixture->query, &offer, &answer);
	assert_true(hook_decide_tag(fixture->hook, &fixture->query, 7, &tag));
	assert_false(tag.keep);
	assert_string_equal(tag.name.text, "");
}

static void a_client_left_to_kea_has_no_tag(void **state)
{
	struct fixture *fixture = *state;
	struct hook_tag tag;

	fixture->query.classes = 0;
	assert_true(hook_decide_tag(fixture->hook, &fixture->query, 7, &tag));
	assert_null(tag.by);
}

static void a_name_for_keas_books_is_never_empty(void **state)
{
	struct fixture *fixture = *state;
	struct hostname name;

	assert_true(hook_takes_over(fixture->hook, &fixture->query, &name));
	assert_string_equal(name.text, "me01");
	fixture->packet[HEAD] = 255;
	assert_true(hook_takes_over(fixture->hook, &fixture->query, &name));
	assert_string_equal(name.text, "me-020000000001");
	fixture->packet[2] = 0; /* no hardware address for the template */
	assert_true(hook_takes_over(fixture->hook, &fixture->query, &name));
	assert_string_equal(name.text, "me");
}

static void a_repair_is_counted_by_kind(void **state)
{
	static const uint8_t both[] = {81, 4, 9, 0, 0, 'a', 255};
	struct fixture *fixture = *state;

	memcpy(fixture->packet + HEAD, both, sizeof(both));
	hook_repair(fixture->hook, false, fixture->packet, sizeof(fixture->packet));
	hook_repair(fixture->hook, false, fixture->packet, sizeof(fixture->packet));
	assert_int_equal(fixture->packet[HEAD + 2], 1);
	assert_int_equal(counted(fixture, "repaired-n-and-s"), 1);
	assert_int_equal(counted(fixture, "repaired-truncated"), 0);
	fixture->packet[HEAD + 1] = 1; /* the shim makes room for what is asked for */
	assert_int_equal(hook_repair(fixture->hook, false, fixture->packet, HEAD + 7), 2);
	hook_repair_truncated(fixture->hook, fixture->packet, HEAD + 7, 2);
	assert_int_equal(fixture->packet[HEAD + 1], 3);
	assert_int_equal(counted(fixture, "repaired-truncated"), 1);
}

/* The event says what came, once; the answer follows what the repair made of it. */
static void an_event_has_the_option_as_it_came(void **state)
{
	static const uint8_t both[] = {81, 4, 9, 0, 0, 'a', 255};
	struct fixture *fixture = *state;
	struct lease_bytes answer;
	struct lease_event event;

	memcpy(fixture->packet + HEAD, both, sizeof(both));
	hook_repair(fixture->hook, false, fixture->packet, sizeof(fixture->packet));
	hook_answer(fixture->hook, &fixture->query, &ack, &answer);
	event = lease_daemon_next(&fixture->daemon).event;
	assert_memory_equal(&event.option81_received, both + 1, 5); /* length, value */
	assert_int_equal(event.option81_answered.bytes[0], 1);

	hook_answer(fixture->hook, &fixture->query, &ack, &answer);
	assert_int_equal(lease_daemon_next(&fixture->daemon).event.option81_received.bytes[0], 1);
}

/* A REQUEST of DHCPv6: DUID-LL, option 39 "S, me01"; two addresses are given. */
static void a_dhcpv6_answer_tells_of_each_address(void **state)
{
	static const uint8_t request[] = {3, 0, 0, 1, 0, 1,  0, 10, 0, 3, 0,   1,   2,   0,
					  0, 0, 0, 1, 0, 39, 0, 6,  1, 4, 'm', 'e', '0', '1'};
	struct fixture *fixture = *state;
	struct hook_query query = {.ip6 = true,
				   .packet = request,
				   .size = sizeof(request),
				   .classes = 1,
				   .mac = {1, 6, {2, 0, 0, 0, 0, 1}}};
	struct hook_reply reply = {.acknowledges = true,
				   .subnet_id = 9,
				   .given = {{{ADDR_IP6, {0x20, 1, [15] = 1}}, 100},
					     {{ADDR_IP6, {0x20, 1, [15] = 2}}, 200}},
				   .given_count = 2,
				   .domain = (const uint8_t *)"\4Corp\7example",
				   .domain_size = 14,
				   .has_servers = true};
	struct lease_bytes answer;

	assert_int_equal(hook_answer(fixture->hook, &query, &reply, &answer), HOOK_WRITE_FQDN);
	assert_int_equal(answer.length, 20);
	assert_memory_equal(answer.bytes, "\1\4me01\4corp\7example\0", 20);
	for (uint8_t i = 1; i <= 2; i++) {
		struct lease_record record = lease_daemon_next(&fixture->daemon);

		assert_int_equal(record.event.address.family, ADDR_IP6);
		assert_int_equal(record.event.address.bytes[15], i);
		assert_int_equal(record.event.lifetime_s, i * 100);
		assert_string_equal(record.event.name.text, "me01.corp.example");
		assert_int_equal(record.event.client_id.length, 10);
		assert_int_equal(record.event.mac.length, 6);
	}
}

static void the_end_of_a_tagged_lease_names_what_was_registered(void **state)
{
	struct fixture *fixture = *state;
	struct hook_ended ended = {.change = LEASE_EXPIRED,
				   .address = ack.given[0].address,
				   .flags = LEASE_FLAG_ME | LEASE_FLAG_FORWARD,
				   .name = {"me01.corp.example"}};

	hook_end(fixture->hook, NULL, &ended);
	struct lease_record record = lease_daemon_next(&fixture->daemon);
	assert_int_equal(record.event.flags, LEASE_FLAG_ME | LEASE_FLAG_FORWARD);
	assert_string_equal(record.event.name.text, "me01.corp.example");
}

static void what_the_daemon_learned_is_asked(void **state)
{
	struct lease_learned told = {.flags = LEASE_LEARNED_FIRST | LEASE_LEARNED_LAST,
				     .count = 1,
				     .macs = {{2, 0, 0, 0, 0, 1}}};
	struct fixture *fixture = *state;
	struct lease_bytes answer;

	hook_free(fixture->hook);
	lease_daemon_hang_up(&fixture->daemon);
	assert_int_equal(params_set(&fixture->params, "take-over", "learned", NULL), 0);
	assert_int_equal(hook_new(&fixture->hook, &fixture->params, "2.2.0", NULL), 0);
	struct lease_record hello = lease_daemon_greet(&fixture->daemon);
	assert_false(hook_takes_over(fixture->hook, &fixture->query, NULL));
	lease_daemon_tell_learned(&fixture->daemon, hello.boot_id, &told);
	/* It is read before the ACK behind it; that shows in the status. */
	hook_answer(fixture->hook, &fixture->query, &ack, &answer);
	(void)lease_daemon_next(&fixture->daemon);
	lease_daemon_ack(&fixture->daemon, hello.boot_id, 1);
	for (uint64_t until_ms = clock_mono_ms() + 10000; counted(fixture, "acknowledged") < 1;)
		assert_true(clock_mono_ms() < until_ms);
	assert_true(hook_takes_over(fixture->hook, &fixture->query, NULL));
	assert_int_equal(counted(fixture, "learned"), 1);
}

#define STORM_THREADS 4
#define STORM_ROUNDS 500 /* all events together are less than the ring holds */

/* Everything that packet threads do, and what an operator asks meanwhile. */
static void *rage(void *argument)
{
	const struct fixture *fixture = argument;
	struct hook *hook = fixture->hook;
	struct hook_query query = fixture->query;
	static const char *const domains[] = {"corp.example", "lab.example"};
	uint8_t packet[sizeof(fixture->packet)];
	struct hook_row rows[HOOK_ROWS];
	struct lease_bytes answer;
	struct hook_reply reply = ack;
	struct hook_tag tag;

	memcpy(packet, fixture->packet, sizeof(packet));
	query.packet = packet;
	for (uint32_t i = 0; i < STORM_ROUNDS; i++) {
		struct hook_ended ended = {.change = LEASE_EXPIRED, .address = addr_ip4(i)};

		reply.subnet_id = i % 50;
		reply.domain = (const uint8_t *)domains[i / 50 % 2];
		reply.domain_size = strlen(domains[i / 50 % 2]);
		hook_repair(hook, false, packet, sizeof(packet));
		hook_takes_over(hook, &query, NULL);
		hook_decide_tag(hook, &query, reply.subnet_id, &tag);
		hook_answer(hook, &query, &reply, &answer);
		hook_end(hook, NULL, &ended);
		if (i % 100 == 0)
			hook_status(hook, rows);
	}
	return NULL;
}

/* For ThreadSanitizer above all; every event is either sent or told as lost. */
static void a_storm_of_threads_loses_no_count(void **state)
{
	const uint64_t all = (uint64_t)STORM_THREADS * STORM_ROUNDS * 2;
	struct fixture *fixture = *state;
	pthread_t threads[STORM_THREADS];
	uint64_t events = 0, lost = 0;

	for (uint32_t i = 0; i < STORM_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, rage, fixture), 0);
	while (events + lost < all) {
		struct lease_record record = lease_daemon_next(&fixture->daemon);

		if (record.type == LEASE_GAP)
			lost += record.lost;
		else
			events++;
		if (record.seq % 100 == 0) /* or the ring fills with what was sent */
			lease_daemon_ack(&fixture->daemon, record.boot_id, record.seq);
	}
	for (uint32_t i = 0; i < STORM_THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(events + lost, all);
	assert_int_equal(counted(fixture, "events"), all);
	assert_int_equal(counted(fixture, "acks-taken-over"), all / 2);
}

static void the_end_of_a_lease_is_told_with_its_identity(void **state)
{
	struct fixture *fixture = *state;
	struct hook_ended ended = {.change = LEASE_RELEASED,
				   .address = ack.given[0].address,
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
	assert_false(hook_takes_over(fixture->hook, &fixture->query, NULL));
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
		CASE(missing_name_servers_are_said_once_a_subnet),
		CASE(a_tag_has_the_name_once_the_subnets_domain_is_known),
		CASE(a_client_left_to_kea_has_no_tag),
		CASE(a_name_for_keas_books_is_never_empty),
		CASE(a_repair_is_counted_by_kind),
		CASE(an_event_has_the_option_as_it_came),
		CASE(a_dhcpv6_answer_tells_of_each_address),
		CASE(the_end_of_a_tagged_lease_names_what_was_registered),
		CASE(what_the_daemon_learned_is_asked),
		CASE(a_storm_of_threads_loses_no_count),
		CASE(the_end_of_a_lease_is_told_with_its_identity),
		CASE(what_is_no_packet_is_counted_and_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
