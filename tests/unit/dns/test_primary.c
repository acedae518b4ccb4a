/* SPDX-License-Identifier: ISC */
#include "dns/primary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What the world answers: the first line that fits, by server, name and type. */
struct line {
	const char *server; /* "resolver", or an address */
	const char *name;
	uint16_t type;
	const char *zone, *mname; /* SOA; in the answer where zone is the name */
	const char *data;         /* an address or a name; NULL = nothing there */
	const char *fault;        /* instead of all that */
	bool alias, lame;
};

static struct primary primary;
static const struct line *lines;
static size_t line_count;
static unsigned asked;

static struct hostname name_of(const char *text)
{
	struct hostname name = {""};

	if (text && *text)
		assert_int_equal(hostname_parse(text, &name, NULL), 0);
	return name;
}

static struct endpoint at(const char *text)
{
	struct endpoint endpoint;

	assert_int_equal(endpoint_parse(text, 53, &endpoint), 0);
	return endpoint;
}

static void put_data(struct update_answer *answer, uint16_t type, const char *data)
{
	struct record *record = &answer->records[answer->count++];
	struct hostname target;
	struct addr addr;

	if (type == RECORD_NS) {
		target = name_of(data);
		*record = record_ptr(&target, 60);
	} else {
		assert_int_equal(addr_parse(data, &addr), 0);
		*record = record_address(addr, 60);
	}
	record->type = type;
}

static void answer_by(const struct line *line, struct ask_answer *ret)
{
	struct update_answer *answer = &ret->answer;

	ret->good = !line->fault;
	if (line->fault)
		err_set(&ret->words, 0, "%s", line->fault);
	answer->authoritative = strcmp(line->server, "resolver") != 0 && !line->lame;
	answer->soa.alias = line->alias;
	answer->soa.found = line->zone && !line->alias;
	answer->soa.zone = name_of(line->zone);
	answer->soa.mname = name_of(line->mname);
	answer->soa.in_answer = line->zone && !strcmp(line->zone, line->name);
	if (line->data)
		put_data(answer, line->type, line->data);
}

static void answer(const struct ask_question *question, struct ask_answer *ret)
{
	char server[ENDPOINT_TEXT];

	memset(ret, 0, sizeof(*ret));
	ret->good = true;
	for (size_t i = 0; i < line_count; i++) {
		const struct line *line = &lines[i];

		snprintf(server, sizeof(server), "%s:53", line->server);
		if (question->recurse != !strcmp(line->server, "resolver") ||
		    (!question->recurse && !endpoint_equal(question->server, at(server))) ||
		    strcmp(question->name.text, line->name) || question->type != line->type)
			continue;
		answer_by(line, ret);
		return;
	}
}

static enum primary_result look_for(const char *name, const char *floor, enum primary_goal goal,
				    const struct line *world, size_t count)
{
	const struct endpoint resolvers[] = {at("10.0.0.8"), at("10.0.0.9")};
	struct hostname sought = name_of(name), lowest = name_of(floor);
	struct ask_question question;
	struct ask_answer last;
	enum primary_result result;

	lines = world;
	line_count = count;
	asked = 0;
	primary_begin(&primary, &sought, &lowest, goal, resolvers, 2, 53);
	result = primary_next(&primary, NULL, &question);
	while (result == PRIMARY_ASK) {
		asked++;
		answer(&question, &last);
		result = primary_next(&primary, &last, &question);
	}
	return result;
}

#define LOOK_FOR(name, floor, world) \
	look_for(name, floor, PRIMARY_GOAL_SERVERS, world, sizeof(world) / sizeof(*(world)))
#define LOOK_FOR_ZONE(name, floor, world) \
	look_for(name, floor, PRIMARY_GOAL_ZONE, world, sizeof(world) / sizeof(*(world)))

static void expect_server(size_t i, const char *text)
{
	assert_true(i < primary.count);
	assert_true(endpoint_equal(primary.servers[i], at(text)));
}

#define SOA_BY_RESOLVER(mn)                                                    \
	{                                                                      \
		.server = "resolver", .name = "x.example", .type = RECORD_SOA, \
		.zone = "x.example", .mname = mn                               \
	}
#define ADDRESS(host, address)                                                        \
	{                                                                             \
		.server = "resolver", .name = host, .type = RECORD_A, .data = address \
	}
#define SOA_BY(address, mn)                                                                      \
	{                                                                                        \
		.server = address, .name = "x.example", .type = RECORD_SOA, .zone = "x.example", \
		.mname = mn                                                                      \
	}
#define NS(host)                                                                           \
	{                                                                                  \
		.server = "resolver", .name = "x.example", .type = RECORD_NS, .data = host \
	}

static void primary_is_mname_if_it_answers_for_the_zone(void **state)
{
	static const struct line world[] = {SOA_BY_RESOLVER("p.x.example"),
					    ADDRESS("p.x.example", "10.0.0.1"),
					    SOA_BY("10.0.0.1", "p.x.example")};

	assert_int_equal(LOOK_FOR("x.example", "x.example", world), PRIMARY_FOUND);
	assert_string_equal(primary.zone.text, "x.example");
	assert_int_equal(primary.count, 1);
	expect_server(0, "10.0.0.1:53");
	assert_false(primary.by_ns);
}

static void placeholder_mname_gives_way_to_the_ns_set(void **state)
{
	static const struct line world[] = {SOA_BY_RESOLVER("hidden.invalid"), NS("ns.x.example"),
					    ADDRESS("ns.x.example", "10.0.0.2"),
					    SOA_BY("10.0.0.2", "hidden.invalid")};

	assert_int_equal(LOOK_FOR("x.example", "x.example", world), PRIMARY_FOUND);
	expect_server(0, "10.0.0.2:53");
	assert_true(primary.by_ns);
}

static void mname_that_is_silent_or_lame_gives_way_to_the_ns_set(void **state)
{
	struct line world[] = {SOA_BY_RESOLVER("p.x.example"),
			       ADDRESS("p.x.example", "10.0.0.1"),
			       NS("ns.x.example"),
			       ADDRESS("ns.x.example", "10.0.0.2"),
			       SOA_BY("10.0.0.2", "p.x.example"),
			       {.server = "10.0.0.1",
				.name = "x.example",
				.type = RECORD_SOA,
				.fault = "10.0.0.1:53: no answer over UDP"}};

	assert_int_equal(LOOK_FOR("x.example", "x.example", world), PRIMARY_FOUND);
	expect_server(0, "10.0.0.2:53");
	world[5] = (struct line)SOA_BY("10.0.0.1", "p.x.example");
	world[5].lame = true;
	assert_int_equal(LOOK_FOR("x.example", "x.example", world), PRIMARY_FOUND);
	assert_int_equal(primary.count, 1);
	expect_server(0, "10.0.0.2:53");
}

/* The resolver still has the old SOA, whose server is a secondary now. */
static void another_mname_of_the_server_itself_is_followed(void **state)
{
	static const struct line world[] = {
		SOA_BY_RESOLVER("old.x.example"), ADDRESS("old.x.example", "10.0.0.1"),
		SOA_BY("10.0.0.1", "new.x.example"), ADDRESS("new.x.example", "10.0.0.3"),
		SOA_BY("10.0.0.3", "new.x.example")};

	assert_int_equal(LOOK_FOR("x.example", "x.example", world), PRIMARY_FOUND);
	assert_int_equal(primary.count, 1);
	expect_server(0, "10.0.0.3:53");
}

static void names_that_lead_round_come_to_an_end(void **state)
{
	static const struct line world[] = {
		SOA_BY_RESOLVER("a.x.example"), ADDRESS("a.x.example", "10.0.0.1"),
		SOA_BY("10.0.0.1", "b.x.example"), ADDRESS("b.x.example", "10.0.0.2"),
		SOA_BY("10.0.0.2", "a.x.example")};

	assert_int_equal(LOOK_FOR("x.example", "x.example", world), PRIMARY_FOUND);
	assert_true(asked < 20);
}

static void longest_zone_wins(void **state)
{
	static const struct line world[] = {{.server = "resolver",
					     .name = "pc.sub.x.example",
					     .type = RECORD_SOA,
					     .zone = "sub.x.example",
					     .mname = "p.x.example"},
					    ADDRESS("p.x.example", "10.0.0.1"),
					    {.server = "10.0.0.1",
					     .name = "sub.x.example",
					     .type = RECORD_SOA,
					     .zone = "sub.x.example",
					     .mname = "p.x.example"}};

	assert_int_equal(LOOK_FOR("pc.sub.x.example", "x.example", world), PRIMARY_FOUND);
	assert_string_equal(primary.zone.text, "sub.x.example");
}

static void alias_is_no_zone_and_the_next_name_up_is_asked(void **state)
{
	static const struct line world[] = {{.server = "resolver",
					     .name = "pc.x.example",
					     .type = RECORD_SOA,
					     .zone = "elsewhere.test",
					     .mname = "p.elsewhere.test",
					     .alias = true},
					    SOA_BY_RESOLVER("p.x.example"),
					    ADDRESS("p.x.example", "10.0.0.1"),
					    SOA_BY("10.0.0.1", "p.x.example")};

	assert_int_equal(LOOK_FOR("pc.x.example", "x.example", world), PRIMARY_FOUND);
	assert_string_equal(primary.zone.text, "x.example");
}

static void soa_of_no_suffix_of_the_name_is_not_taken(void **state)
{
	static const struct line world[] = {{.server = "resolver",
					     .name = "pc.x.example",
					     .type = RECORD_SOA,
					     .zone = "other.x.example",
					     .mname = "p.x.example"},
					    SOA_BY_RESOLVER("p.x.example"),
					    ADDRESS("p.x.example", "10.0.0.1"),
					    SOA_BY("10.0.0.1", "p.x.example")};

	assert_int_equal(LOOK_FOR("pc.x.example", "x.example", world), PRIMARY_FOUND);
	assert_string_equal(primary.zone.text, "x.example");
}

static void nothing_above_the_floor_is_taken_or_asked(void **state)
{
	static const struct line world[] = {{.server = "resolver",
					     .name = "pc.x.example",
					     .type = RECORD_SOA,
					     .zone = "example",
					     .mname = "p.example"}};

	assert_int_equal(LOOK_FOR("pc.x.example", "x.example", world), PRIMARY_NOT);
	assert_non_null(strstr(primary.words.text, "its SOA is that of example"));
	assert_int_equal(asked, 1);
	assert_int_equal(LOOK_FOR("a.b.x.example", "x.example", world), PRIMARY_NOT);
	assert_int_equal(asked, 3); /* a.b.x.example, b.x.example, x.example */
}

static void resolver_that_fails_is_left_for_the_next(void **state)
{
	static const struct line world[] = {{.server = "resolver",
					     .name = "x.example",
					     .type = RECORD_SOA,
					     .fault = "10.0.0.9:53: SERVFAIL"}};

	assert_int_equal(LOOK_FOR("x.example", "x.example", world), PRIMARY_NOT);
	assert_int_equal(asked, 2); /* both */
	assert_string_equal(primary.words.text, "10.0.0.9:53: SERVFAIL");
}

static void without_a_resolver_the_sentence_says_so(void **state)
{
	struct hostname name = name_of("x.example");
	struct ask_question question;

	primary_begin(&primary, &name, &name, PRIMARY_GOAL_ZONE, NULL, 0, 53);
	assert_int_equal(primary_next(&primary, NULL, &question), PRIMARY_NOT);
	assert_non_null(strstr(primary.words.text, "no resolver is known"));
}

static void the_zone_alone_needs_no_server(void **state)
{
	static const struct line world[] = {
		{"resolver", "a.b.x.example", RECORD_SOA, .zone = "b.x.example", .mname = "ns.y"},
	};

	assert_int_equal(LOOK_FOR_ZONE("a.b.x.example", "x.example", world), PRIMARY_FOUND);
	assert_string_equal(primary.zone.text, "b.x.example");
	assert_int_equal(asked, 1);
	assert_int_equal(LOOK_FOR_ZONE("c.x.example", "x.example", world), PRIMARY_NOT);
	assert_int_equal(asked, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(primary_is_mname_if_it_answers_for_the_zone),
		cmocka_unit_test(placeholder_mname_gives_way_to_the_ns_set),
		cmocka_unit_test(mname_that_is_silent_or_lame_gives_way_to_the_ns_set),
		cmocka_unit_test(another_mname_of_the_server_itself_is_followed),
		cmocka_unit_test(names_that_lead_round_come_to_an_end),
		cmocka_unit_test(longest_zone_wins),
		cmocka_unit_test(the_zone_alone_needs_no_server),
		cmocka_unit_test(alias_is_no_zone_and_the_next_name_up_is_asked),
		cmocka_unit_test(soa_of_no_suffix_of_the_name_is_not_taken),
		cmocka_unit_test(nothing_above_the_floor_is_taken_or_asked),
		cmocka_unit_test(resolver_that_fails_is_left_for_the_next),
		cmocka_unit_test(without_a_resolver_the_sentence_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
