/* SPDX-License-Identifier: ISC */
#include "publish_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* What stands in DNS. */
static struct {
	const char *name;
	struct record record;
} world[64];
static size_t world_count;

static void put(const char *name, struct record record)
{
	world[world_count].name = name;
	world[world_count++].record = record;
}

void world_clear(void)
{
	world_count = 0;
}

void address_ttl(const char *text, uint32_t ttl)
{
	put(NAME, record_address(fixture_addr(text), ttl));
}

void address(const char *text)
{
	address_ttl(text, 300);
}

void entry(const char *text)
{
	put(NAME, record_txt(text, 300));
}

void life(const char *owner, unsigned epoch)
{
	static char names[8][64];
	static size_t at;
	char text[64], *name = names[at++ % 8];

	snprintf(name, 64, "%s._amtps." NAME, owner);
	snprintf(text, sizeof(text), "v=amtps1;owner=%s;epoch=%u", owner, epoch);
	put(name, record_txt(text, 300));
}

void both(unsigned mine, unsigned theirs)
{
	world_clear();
	address("192.0.2.1");
	address("192.0.2.2");
	entry(MINE);
	entry(THEIRS);
	life("core1", mine);
	life("core2", theirs);
}

/* Answers the queries; true when an update follows. */
static bool answer_queries(bool more)
{
	static struct server_outcome outcome;

	while (more && request.query) {
		memset(&outcome, 0, sizeof(outcome));
		for (size_t i = 0; i < world_count; i++) {
			if (!strcmp(world[i].name, request.name.text) &&
			    world[i].record.type == request.type)
				outcome.answer.records[outcome.answer.count++] = world[i].record;
		}
		more = publish_next(&publish, &outcome, now_ms, &request);
	}
	return more;
}

bool begin(void)
{
	publish_begin(&publish, &request);
	return answer_queries(true);
}

bool take(void)
{
	return answer_queries(play(NOERROR));
}

void find(enum update_step step, const char *name, const char *text)
{
	struct record record = {.type = RECORD_TXT};

	if (text && strchr(text, '='))
		record = record_txt(text, 0);
	else if (text)
		record = record_address(fixture_addr(text), 0);
	for (size_t i = 0; i < request.update.count; i++) {
		const struct update_item *item = &request.update.items[i];

		if (item->step == step && !strcmp(item->name.text, name) &&
		    (text ? record_equal_data(&item->record, &record)
			  : item->record.type == record.type))
			return;
	}
	fail_msg("step %d of %s %s is missing", step, name, text ? text : "(all)");
}

bool finds(enum update_step step, const char *text)
{
	struct record record = record_address(fixture_addr(text), 0);

	for (size_t i = 0; i < request.update.count; i++) {
		if (request.update.items[i].step == step &&
		    record_equal_data(&request.update.items[i].record, &record))
			return true;
	}
	return false;
}

int reset(void **state)
{
	fixture_reset(state);
	publish.goal.failover = PUBLISH_HOT;
	world_clear();
	return 0;
}

int reset_both(void **state)
{
	reset(state);
	both(4, 7);
	assert_true(begin());
	assert_int_equal(publish.step, PUBLISH_RENEW);
	assert_false(take());
	both(5, 7);
	assert_int_equal(publish.state, PUBLISH_PRESENT);
	return 0;
}

uint64_t silence(unsigned epoch, enum publish_step *ret)
{
	uint64_t began = now_ms;

	for (unsigned mine = 5; now_ms < began + 20 * INTERVAL;) {
		now_ms += publish_wait_ms(&publish, now_ms);
		both(mine, epoch);
		if (!begin())
			continue;
		*ret = publish.step;
		if (publish.step != PUBLISH_RENEW)
			return now_ms - began;
		mine++;
		if (take()) {
			*ret = publish.step;
			return now_ms - began;
		}
	}
	*ret = PUBLISH_REST;
	return now_ms - began;
}
