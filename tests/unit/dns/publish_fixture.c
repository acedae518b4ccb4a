/* SPDX-License-Identifier: ISC */
#include "publish_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

struct publish publish;
struct publish_request request;
uint64_t now_ms;

static struct server_outcome outcome; /* large */

struct addr fixture_addr(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

int fixture_reset(void **state)
{
	struct publish_goal goal = {.zone = {"corp.example"},
				    .name = {"provisionserver.corp.example"},
				    .count = 1,
				    .ttl = 300,
				    .interval_ms = 60000,
				    .owner = "core1"};

	goal.addresses[0] = fixture_addr("192.0.2.1");
	publish_init(&publish, &goal);
	now_ms = 1000;
	return 0;
}

int fixture_reset_cold(void **state)
{
	fixture_reset(state);
	publish.goal.failover = PUBLISH_COLD;
	return 0;
}

static bool answer(int rcode)
{
	outcome.rcode = rcode;
	outcome.class = rcode ? SERVER_DECISION : SERVER_DONE;
	return publish_next(&publish, &outcome, now_ms, &request);
}

bool play(int rcode)
{
	memset(&outcome, 0, sizeof(outcome));
	return answer(rcode);
}

bool play_resent(int rcode)
{
	memset(&outcome, 0, sizeof(outcome));
	outcome.resent = true;
	return answer(rcode);
}

static bool play_record(const struct record *record)
{
	memset(&outcome, 0, sizeof(outcome));
	outcome.answer.count = 1;
	outcome.answer.records[0] = *record;
	return answer(NOERROR);
}

static void look(uint16_t type)
{
	assert_true(request.query);
	assert_int_equal(request.type, type);
	assert_string_equal(request.name.text, "provisionserver.corp.example");
}

bool looks(const char *a, const char *txt)
{
	int none = a || txt ? NOERROR : NXDOMAIN;
	struct record record;

	look(RECORD_A);
	if (a) {
		record = record_address(fixture_addr(a), 300);
		assert_true(play_record(&record));
	} else {
		assert_true(play(none));
	}
	look(RECORD_AAAA);
	assert_true(play(none));
	look(RECORD_TXT);
	if (txt) {
		record = record_txt(txt, 300);
		assert_true(play_record(&record));
	} else {
		assert_true(play(none));
	}
	look(RECORD_CNAME);
	return play(none);
}

bool looks_cname(void)
{
	const struct hostname target = {"core.corp.example"};
	struct record record = record_ptr(&target, 300);

	record.type = RECORD_CNAME;
	for (int i = 0; i < 3; i++)
		assert_true(play(NOERROR));
	look(RECORD_CNAME);
	return play_record(&record);
}

void has(size_t index, enum update_step step, uint16_t type)
{
	assert_false(request.query);
	assert_true(index < request.update.count);
	assert_int_equal(request.update.items[index].step, step);
	if (type)
		assert_int_equal(request.update.items[index].record.type, type);
}

void adds_marker(const char *text)
{
	struct record marker = record_txt(text, 300);
	const struct update_item *last = &request.update.items[request.update.count - 1];

	assert_int_equal(last->step, UPDATE_ADD);
	assert_true(record_equal_data(&last->record, &marker));
}

void create(void)
{
	publish_begin(&publish, &request);
	assert_true(looks(NULL, NULL));
	assert_int_equal(publish.step, PUBLISH_CREATE);
	assert_false(play(NOERROR));
	assert_int_equal(publish.state, PUBLISH_PRESENT);
}
