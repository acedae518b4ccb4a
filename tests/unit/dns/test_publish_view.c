/* SPDX-License-Identifier: ISC */
/* What every server of a zone serves, and which servers those are. */
#include "dns/publish_servers.h"
#include "dns/publish_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define INTERVAL 60000

static uint64_t now_ms;
static struct publish_view view;
static struct publish_view_answer answer; /* large */
static struct server_outcome outcome;     /* large */
static struct publish_servers servers;

static int reset(void **state)
{
	memset(&view, 0, sizeof(view));
	now_ms = 1000;
	return 0;
}

static void serve(const char *address, const char *owner, uint32_t serial)
{
	struct publish_marker marker = {.epoch = 4};
	struct addr addr;

	memset(&answer, 0, sizeof(answer));
	answer.kind = VIEW_ANSWER_FOUND;
	answer.serial = serial;
	assert_int_equal(addr_parse(address, &addr), 0);
	answer.found.a.records[answer.found.a.count++] = record_address(addr, 300);
	memcpy(marker.owner, owner, strlen(owner) + 1);
	answer.found.txt.records[answer.found.txt.count++] = publish_marker_record(&marker, 300);
	publish_view_take(&view, &answer);
}

static void judge(uint32_t primary_serial)
{
	publish_view_judge(&view, "192.0.2.1", "core1", &primary_serial, now_ms, INTERVAL);
	now_ms += INTERVAL;
}

static void same_content_is_right_whatever_the_serial(void **state)
{
	uint32_t serial;

	assert_false(publish_view_knows(&view, &serial));
	serve("192.0.2.1", "core1", 7);
	judge(9);
	assert_int_equal(view.state, VIEW_RIGHT);
	assert_int_equal(view.epoch, 4);
	assert_true(publish_view_knows(&view, &serial));
	assert_int_equal(serial, 7);
}

static void older_copy_lags(void **state)
{
	static const struct {
		uint32_t serial, primary;
		enum publish_view_state state;
	} cases[] = {
		{7, 8, VIEW_LAGS},
		{8, 8, VIEW_DIFFERS},
		{9, 8, VIEW_DIFFERS},
		{UINT32_MAX, 0, VIEW_LAGS}, /* RFC 1982 */
		{0, UINT32_MAX, VIEW_DIFFERS},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		serve("192.0.2.9", "core1", cases[i].serial);
		judge(cases[i].primary);
		assert_int_equal(view.state, cases[i].state);
	}
	assert_string_equal(view.words.text, "serves 192.0.2.9 of core1, not 192.0.2.1");
}

static void another_owner_is_different(void **state)
{
	serve("192.0.2.1", "core2", 8);
	judge(8);
	assert_int_equal(view.state, VIEW_DIFFERS);
}

static void alarm_waits_for_transfers(void **state)
{
	for (int intervals = 0; intervals <= 3; intervals++) {
		serve("192.0.2.9", "core1", 7);
		judge(8);
		assert_int_equal(view.alarm, intervals == 3);
	}
	serve("192.0.2.1", "core1", 8);
	judge(8);
	assert_false(view.alarm);
	for (int intervals = 0; intervals <= 2; intervals++) {
		serve("192.0.2.9", "core1", 9);
		judge(9);
		assert_int_equal(view.alarm, intervals == 2);
	}
}

static void silence_is_an_alarm_after_three_intervals(void **state)
{
	uint32_t serial;

	serve("192.0.2.1", "core1", 7);
	judge(7);
	for (int intervals = 0; intervals <= 3; intervals++) {
		memset(&answer, 0, sizeof(answer));
		answer.kind = VIEW_ANSWER_SILENT;
		err_set(&answer.words, 0, "no answer over UDP");
		publish_view_take(&view, &answer);
		judge(7);
		assert_int_equal(view.state, VIEW_SILENT);
		assert_int_equal(view.alarm, intervals == 3);
	}
	assert_false(publish_view_knows(&view, &serial));
}

static void unchanged_serial_is_judged_by_what_is_wanted_now(void **state)
{
	serve("192.0.2.1", "core1", 7);
	judge(7);
	memset(&answer, 0, sizeof(answer));
	answer.kind = VIEW_ANSWER_SAME;
	publish_view_take(&view, &answer);
	publish_view_judge(&view, "192.0.2.2", "core1", NULL, now_ms, INTERVAL);
	assert_int_equal(view.state, VIEW_DIFFERS);
}

/* Servers --------------------------------------------------------------------------------------- */

static bool reply(const struct record *records, size_t count, struct publish_question *question)
{
	memset(&outcome, 0, sizeof(outcome));
	outcome.answer.count = count;
	for (size_t i = 0; i < count; i++)
		outcome.answer.records[i] = records[i];
	return publish_servers_next(&servers, &outcome, question);
}

static struct record ns(const char *name)
{
	struct hostname host;
	struct record record;

	assert_int_equal(hostname_parse(name, &host, NULL), 0);
	record = record_ptr(&host, 300);
	record.type = RECORD_NS;
	return record;
}

static void every_name_server_is_listed_with_its_addresses(void **state)
{
	const struct hostname zone = {"corp.example"};
	struct record names[] = {ns("ns1.corp.example"), ns("ns2.other.example")};
	struct record a = record_address(addr_ip4(0xc0000201u), 300);
	struct publish_question question;

	publish_servers_begin(&servers, &zone, &question);
	assert_int_equal(question.type, RECORD_NS);
	assert_true(reply(names, 2, &question));
	assert_string_equal(question.name.text, "ns1.corp.example");
	assert_int_equal(question.type, RECORD_A);
	assert_true(reply(&a, 1, &question));
	assert_int_equal(question.type, RECORD_AAAA);
	assert_true(reply(NULL, 0, &question));
	assert_string_equal(question.name.text, "ns2.other.example");
	assert_true(publish_servers_next(&servers, NULL, &question));
	assert_false(publish_servers_next(&servers, NULL, &question));
	assert_int_equal(servers.count, 2);
	assert_int_equal(servers.items[0].server.port, 53);
	assert_int_equal(servers.items[1].server.port, 0);
	assert_string_equal(servers.items[1].name.text, "ns2.other.example");
}

static void more_name_servers_than_fit_are_counted(void **state)
{
	const struct hostname zone = {"corp.example"};
	struct record names[PUBLISH_NS_MAX + 2];
	struct publish_question question;
	char name[32];

	for (int i = 0; i < PUBLISH_NS_MAX + 2; i++) {
		snprintf(name, sizeof(name), "ns%d.corp.example", i);
		names[i] = ns(name);
	}
	publish_servers_begin(&servers, &zone, &question);
	assert_true(reply(names, PUBLISH_NS_MAX + 2, &question));
	while (publish_servers_next(&servers, NULL, &question))
		;
	assert_int_equal(servers.count, PUBLISH_NS_MAX);
	assert_int_equal(servers.left_out, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(same_content_is_right_whatever_the_serial, reset),
		cmocka_unit_test_setup(older_copy_lags, reset),
		cmocka_unit_test_setup(another_owner_is_different, reset),
		cmocka_unit_test_setup(alarm_waits_for_transfers, reset),
		cmocka_unit_test_setup(silence_is_an_alarm_after_three_intervals, reset),
		cmocka_unit_test_setup(unchanged_serial_is_judged_by_what_is_wanted_now, reset),
		cmocka_unit_test_setup(every_name_server_is_listed_with_its_addresses, reset),
		cmocka_unit_test_setup(more_name_servers_than_fit_are_counted, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
