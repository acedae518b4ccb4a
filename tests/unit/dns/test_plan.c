/* SPDX-License-Identifier: ISC */
#include "dns/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define ALL (LEASE_FLAG_ME | LEASE_FLAG_FORWARD | LEASE_FLAG_REVERSE)

static struct lease_event event(enum lease_change change, uint32_t flags, const char *address,
				uint8_t mac, const char *name)
{
	struct lease_event event = {.change = change, .flags = flags};

	assert_int_equal(addr_parse(address, &event.address), 0);
	event.mac = (struct mac){.type = 1, .length = 6, .bytes = {2, 0, 0, 0, 0, mac}};
	snprintf(event.name.text, sizeof(event.name.text), "%s", name);
	return event;
}

static struct intent intent(enum intent_kind kind, const char *address, uint8_t mac,
			    const char *name)
{
	struct lease_event from = event(LEASE_COMMITTED, ALL, address, mac, name);

	return (struct intent){.kind = kind,
			       .address = from.address,
			       .name = from.name,
			       .mac = from.mac,
			       .wanted = true};
}

/* "+F name address, -R ..." as one line per plan, so that a case is one comparison. */
static void expect(const struct lease_event *event, const struct intent *current, size_t count,
		   const char *expected)
{
	static struct plan plan;
	char text[2000] = "", address[ADDR_TEXT];

	plan_event(event, current, count, &plan);
	for (size_t i = 0; i < plan.count; i++) {
		const struct intent *change = &plan.changes[i];

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%s %s %s",
			 i ? ", " : "", change->wanted ? "+" : "-",
			 change->kind == INTENT_FORWARD ? "F" : "R", change->name.text,
			 addr_print(change->address, address));
	}
	assert_string_equal(text, expected);
}

static void flags_decide_what_is_wanted(void **state)
{
	static const struct {
		uint32_t flags;
		const char *name, *expected;
	} cases[] = {
		{ALL, "me.x", "+F me.x 10.0.0.1, +R me.x 10.0.0.1"},
		{LEASE_FLAG_ME | LEASE_FLAG_FORWARD, "me.x", "+F me.x 10.0.0.1"},
		{LEASE_FLAG_ME | LEASE_FLAG_REVERSE, "me.x", "+R me.x 10.0.0.1"},
		{LEASE_FLAG_ME, "me.x", ""},
		{LEASE_FLAG_FORWARD | LEASE_FLAG_REVERSE, "me.x", ""}, /* not an ME client */
		{ALL, "", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lease_event given = event(LEASE_COMMITTED, cases[i].flags, "10.0.0.1", 1,
						 cases[i].name);

		expect(&given, NULL, 0, cases[i].expected);
	}
}

static void new_name_replaces_the_old_one(void **state)
{
	struct intent current[] = {intent(INTENT_FORWARD, "10.0.0.1", 1, "old.x"),
				   intent(INTENT_REVERSE, "10.0.0.1", 1, "old.x")};
	struct lease_event given = event(LEASE_RENEWED, ALL, "10.0.0.1", 1, "new.x");

	expect(&given, current, 2,
	       "+F new.x 10.0.0.1, +R new.x 10.0.0.1, -F old.x 10.0.0.1, -R old.x 10.0.0.1");
}

static void new_holder_of_the_address_takes_it_over(void **state)
{
	struct intent current[] = {intent(INTENT_FORWARD, "10.0.0.1", 1, "old.x"),
				   intent(INTENT_REVERSE, "10.0.0.1", 1, "old.x")};
	struct lease_event given = event(LEASE_COMMITTED, 0, "10.0.0.1", 2, "host.x");

	expect(&given, current, 2, "-F old.x 10.0.0.1, -R old.x 10.0.0.1");
}

static void machine_that_moves_leaves_its_old_address(void **state)
{
	struct intent current[] = {intent(INTENT_FORWARD, "10.0.0.1", 1, "me.x"),
				   intent(INTENT_REVERSE, "10.0.0.1", 1, "me.x"),
				   intent(INTENT_FORWARD, "2001:db8::1", 1, "me.x"),
				   intent(INTENT_FORWARD, "10.0.0.9", 9, "me.x")};
	struct lease_event given = event(LEASE_COMMITTED, ALL, "10.0.0.2", 1, "me.x");

	expect(&given, current, 4,
	       "+F me.x 10.0.0.2, +R me.x 10.0.0.2, -F me.x 10.0.0.1, -R me.x 10.0.0.1");
}

static void renewal_with_the_same_data_wants_the_same(void **state)
{
	struct intent current[] = {intent(INTENT_FORWARD, "10.0.0.1", 1, "me.x"),
				   intent(INTENT_REVERSE, "10.0.0.1", 1, "me.x")};
	struct lease_event given = event(LEASE_RENEWED, ALL, "10.0.0.1", 1, "me.x");

	expect(&given, current, 2, "+F me.x 10.0.0.1, +R me.x 10.0.0.1");
}

static void every_end_of_a_lease_removes_its_names(void **state)
{
	static const enum lease_change ends[] = {LEASE_RELEASED, LEASE_EXPIRED, LEASE_DECLINED};
	struct intent current[] = {intent(INTENT_FORWARD, "10.0.0.1", 1, "me.x"),
				   intent(INTENT_REVERSE, "10.0.0.1", 1, "me.x")};

	for (size_t i = 0; i < 3; i++) {
		struct lease_event given = event(ends[i], 0, "10.0.0.1", 1, "");

		expect(&given, current, 2, "-F me.x 10.0.0.1, -R me.x 10.0.0.1");
	}
}

static void end_of_a_former_holder_changes_nothing(void **state)
{
	struct intent current[] = {intent(INTENT_FORWARD, "10.0.0.1", 2, "new.x")};
	struct lease_event given = event(LEASE_EXPIRED, ALL, "10.0.0.1", 1, "old.x");

	expect(&given, current, 1, "");
}

static void end_of_an_unknown_lease_is_cleaned_up_as_the_event_says(void **state)
{
	struct lease_event given = event(LEASE_RELEASED, ALL, "10.0.0.1", 1, "me.x");

	expect(&given, NULL, 0, "-F me.x 10.0.0.1, -R me.x 10.0.0.1");
}

static void more_than_fits_is_cut(void **state)
{
	struct intent current[PLAN_CURRENT_MAX + 8];
	struct lease_event given = event(LEASE_EXPIRED, 0, "10.0.0.1", 1, "");
	static struct plan plan;
	char name[32];

	for (size_t i = 0; i < PLAN_CURRENT_MAX + 8; i++) {
		snprintf(name, sizeof(name), "n%zu.x", i);
		current[i] = intent(INTENT_FORWARD, "10.0.0.1", 1, name);
	}
	plan_event(&given, current, PLAN_CURRENT_MAX + 8, &plan);
	assert_int_equal(plan.count, PLAN_CURRENT_MAX);
}

static void host_of_the_same_machine_leaves_the_mes_names(void **state)
{
	struct intent current[] = {intent(INTENT_FORWARD, "10.0.0.1", 1, "me.x"),
				   intent(INTENT_REVERSE, "10.0.0.1", 1, "me.x"),
				   intent(INTENT_FORWARD, "10.0.0.1", 2, "other.x")};
	struct lease_event given = event(LEASE_COMMITTED, 0, "10.0.0.1", 1, "");

	expect(&given, current, 3, "-F other.x 10.0.0.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_decide_what_is_wanted),
		cmocka_unit_test(new_name_replaces_the_old_one),
		cmocka_unit_test(new_holder_of_the_address_takes_it_over),
		cmocka_unit_test(machine_that_moves_leaves_its_old_address),
		cmocka_unit_test(renewal_with_the_same_data_wants_the_same),
		cmocka_unit_test(every_end_of_a_lease_removes_its_names),
		cmocka_unit_test(end_of_a_former_holder_changes_nothing),
		cmocka_unit_test(end_of_an_unknown_lease_is_cleaned_up_as_the_event_says),
		cmocka_unit_test(more_than_fits_is_cut),
		cmocka_unit_test(host_of_the_same_machine_leaves_the_mes_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
