/* SPDX-License-Identifier: ISC */
#include "dns/reconcile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct zone zones[] = {{.name = {"corp.example"}}, {.name = {"10.in-addr.arpa"}}};
static const struct reconcile_scope scope = {
	.families = {true, true}, .share_percent = 20, .names = 5};
static struct ledger *ledger;
static struct leases *leases;
static struct reconcile *listing;
static struct text found; /* "add forward me.x 10.0.0.1; ..." */

static int setup(void **state)
{
	text_init(&found, 1 << 20);
	return ledger_new(&ledger, zones, 2, 7) || leases_new(&leases, 8) ||
	       reconcile_new(&listing, 9);
}

static int teardown(void **state)
{
	reconcile_free(listing);
	ledger_free(ledger);
	leases_free(leases);
	text_done(&found);
	return 0;
}

static struct kea_lease lease(uint32_t address, uint8_t mac, const char *name, uint64_t since_s)
{
	struct kea_lease one = {.address = addr_ip4(0x0a000000 + address),
				.mac = {.type = 1, .length = 6, .bytes = {2, 0, 0, 0, 0, mac}},
				.active = true,
				.since_s = since_s,
				.lifetime_s = 100,
				.tagged = name != NULL,
				.forward = name != NULL,
				.reverse = name != NULL};

	snprintf(one.name.text, sizeof(one.name.text), "%s", name ? name : "");
	return one;
}

static void list(uint32_t address, uint8_t mac, const char *name, uint64_t since_s)
{
	struct kea_lease one = lease(address, mac, name, since_s);

	assert_int_equal(reconcile_add(listing, &one), 0);
}

static void want_kind(enum intent_kind kind, uint32_t address, uint8_t mac, const char *name)
{
	struct intent intent = {.kind = kind,
				.address = addr_ip4(0x0a000000 + address),
				.mac = {.type = 1, .length = 6, .bytes = {2, 0, 0, 0, 0, mac}},
				.wanted = true};

	snprintf(intent.name.text, sizeof(intent.name.text), "%s", name);
	assert_int_equal(ledger_apply(ledger, &intent, 5), 1);
}

static void want(uint32_t address, uint8_t mac, const char *name)
{
	want_kind(INTENT_FORWARD, address, mac, name);
	want_kind(INTENT_REVERSE, address, mac, name);
}

static void note(uint32_t address, const char *name)
{
	struct hostname spoken = {0};

	snprintf(spoken.text, sizeof(spoken.text), "%s", name);
	assert_int_equal(reconcile_event(listing, addr_ip4(0x0a000000 + address), &spoken), 0);
}

static void on_item(const struct reconcile_item *item, void *user)
{
	const struct intent *intent = &item->intent;
	struct intent was = item->was;
	char address[ADDR_TEXT], old[ADDR_TEXT];

	text_add(&found, "%s%s %s %s %s", found.length ? "; " : "",
		 reconcile_action_names[item->action],
		 intent->kind == INTENT_FORWARD ? "forward" : "reverse", intent->name.text,
		 addr_print(intent->address, address) + 5);
	if (item->action == RECONCILE_CHANGE)
		text_add(&found, " was %s %s", was.name.text, addr_print(was.address, old) + 5);
	if (!user)
		return;
	ledger_apply(ledger, intent, 6);
	was.wanted = false;
	if (item->action == RECONCILE_CHANGE && !intent_same_key(&was, intent))
		ledger_apply(ledger, &was, 6);
}

/* All differences; `apply` them as well. */
static void differs(bool apply, const char *expected)
{
	struct reconcile_cursor cursor = {0};

	text_clear(&found);
	while (reconcile_names(listing, ledger, &scope, &cursor, on_item, apply ? ledger : NULL))
		;
	assert_string_equal(found.length ? found.bytes : "", expected);
}

static struct reconcile_verdict judge(void)
{
	struct reconcile_cursor cursor = {0};
	struct reconcile_verdict verdict = {0};

	while (reconcile_judge(listing, ledger, &scope, &cursor, &verdict))
		;
	return verdict;
}

static void what_agrees_is_left_alone(void **state)
{
	want(1, 1, "a.corp.example");
	list(1, 1, "a.corp.example", 50);
	differs(true, "");
	assert_int_equal(judge().known, 1);
}

static void missing_name_is_added(void **state)
{
	list(1, 1, "a.corp.example", 50);
	differs(true, "add forward a.corp.example 0.1; add reverse a.corp.example 0.1");
	differs(true, "");
}

static void lease_that_is_gone_takes_its_name_with_it(void **state)
{
	want(1, 1, "a.corp.example");
	want(2, 2, "b.corp.example");
	list(2, 2, "b.corp.example", 50);
	assert_int_equal(judge().lost, 1);
	differs(true, "remove forward a.corp.example 0.1; remove reverse a.corp.example 0.1");
	differs(true, "");
}

static void changed_lease_is_one_change_per_record(void **state)
{
	struct reconcile_verdict verdict;

	want(1, 1, "a.corp.example");
	list(1, 1, "b.corp.example", 50);
	verdict = judge();
	assert_int_equal(verdict.change, 1);
	assert_int_equal(verdict.add, 1);
	assert_int_equal(verdict.remove, 1);
	differs(true, "add forward b.corp.example 0.1; "
		      "change reverse b.corp.example 0.1 was a.corp.example 0.1; "
		      "remove forward a.corp.example 0.1");
	differs(true, "");
}

static void machine_that_moved_is_not_lost(void **state)
{
	struct reconcile_verdict verdict;

	want(1, 1, "a.corp.example");
	list(9, 1, "a.corp.example", 50);
	verdict = judge();
	assert_int_equal(verdict.lost, 0);
	differs(true, "change forward a.corp.example 0.9 was a.corp.example 0.1; "
		      "add reverse a.corp.example 0.9; remove reverse a.corp.example 0.1");
	differs(true, "");
}

static void address_that_changed_hands_changes_the_owner(void **state)
{
	want(1, 1, "a.corp.example");
	list(1, 2, "a.corp.example", 50);
	differs(true, "change forward a.corp.example 0.1 was a.corp.example 0.1; "
		      "change reverse a.corp.example 0.1 was a.corp.example 0.1");
	differs(true, "");
}

static void of_two_leases_of_one_machine_the_newer_counts(void **state)
{
	want(7, 1, "a.corp.example");
	list(3, 1, "a.corp.example", 60);
	list(7, 1, "a.corp.example", 50);
	list(9, 1, "a.corp.example", 55);
	differs(true, "change forward a.corp.example 0.3 was a.corp.example 0.7; "
		      "add reverse a.corp.example 0.3; remove reverse a.corp.example 0.7");
	differs(true, "");
}

static void two_machines_may_have_one_name(void **state)
{
	list(1, 1, "a.corp.example", 50);
	list(2, 2, "a.corp.example", 60);
	differs(true, "add forward a.corp.example 0.1; add reverse a.corp.example 0.1; "
		      "add forward a.corp.example 0.2; add reverse a.corp.example 0.2");
	differs(true, "");
}

static void flags_of_the_tag_decide_what_is_wanted(void **state)
{
	struct kea_lease one = lease(1, 1, "a.corp.example", 50);

	want(1, 1, "a.corp.example");
	one.reverse = false;
	assert_int_equal(reconcile_add(listing, &one), 0);
	assert_int_equal(judge().lost, 0);
	differs(true, "remove reverse a.corp.example 0.1");
	differs(true, "");
}

static void lease_without_tag_says_nothing(void **state)
{
	want(1, 1, "a.corp.example");
	want(2, 2, "b.corp.example");
	list(1, 1, NULL, 50); /* the same machine */
	list(2, 9, NULL, 50); /* another one has the address */
	differs(true, "remove reverse b.corp.example 0.2; remove forward b.corp.example 0.2");
	differs(true, "");
}

static void lease_that_is_not_active_is_gone(void **state)
{
	struct kea_lease one = lease(1, 1, "a.corp.example", 50);

	want(1, 1, "a.corp.example");
	one.active = false;
	assert_int_equal(reconcile_add(listing, &one), 0);
	assert_int_equal(judge().remove, 2);
}

static void family_that_was_not_listed_is_left_alone(void **state)
{
	struct reconcile_scope only_ip6 = scope;
	struct reconcile_cursor cursor = {0};

	want(1, 1, "a.corp.example");
	only_ip6.families[0] = false;
	while (reconcile_names(listing, ledger, &only_ip6, &cursor, on_item, NULL))
		;
	assert_int_equal(found.length, 0);
}

/* Events go before the listing ------------------------------------------------------------------ */

static void name_committed_while_listing_stays(void **state)
{
	note(5, "new.corp.example");
	want(5, 5, "new.corp.example"); /* its page was read before */
	differs(true, "");
}

static void lease_released_while_listing_does_not_come_back(void **state)
{
	list(1, 1, "a.corp.example", 50);
	note(1, ""); /* a release has no name */
	differs(true, "");
}

static void lease_renamed_while_listing_keeps_the_new_name(void **state)
{
	list(1, 1, "old.corp.example", 50);
	note(1, "new.corp.example");
	want(1, 1, "new.corp.example");
	differs(true, "");
}

static void machine_that_moves_while_listing_is_where_the_event_says(void **state)
{
	list(1, 1, "a.corp.example", 50); /* the old lease lives on in the store */
	note(2, "a.corp.example");
	want(2, 1, "a.corp.example");
	differs(true, "");
}

static void event_between_judging_and_doing_counts_as_well(void **state)
{
	want(1, 1, "a.corp.example");
	list(2, 2, "b.corp.example", 50);
	assert_int_equal(judge().remove, 2);
	note(1, "a.corp.example");
	differs(true, "add forward b.corp.example 0.2; add reverse b.corp.example 0.2");
}

static void events_are_bounded(void **state)
{
	static const struct hostname none;
	int r = 0;

	for (uint32_t i = 0; !r && i <= RECONCILE_EVENTS_MAX + 1; i++)
		r = reconcile_event(listing, addr_ip4(i), &none);
	assert_int_equal(r, -ENOSPC);
}

/* The guard ------------------------------------------------------------------------------------- */

static void fill(uint32_t wanted, uint32_t listed)
{
	char name[40];

	for (uint32_t i = 1; i <= wanted; i++) {
		snprintf(name, sizeof(name), "pc%u.corp.example", (unsigned)i);
		want(i, (uint8_t)i, name);
		if (i <= listed)
			list(i, (uint8_t)i, name, 50);
	}
}

static void guard_lets_a_usual_loss_pass(void **state)
{
	fill(50, 40); /* ten of fifty: not more than 20 percent */
	assert_int_equal(judge().guard, RECONCILE_SAFE);
	assert_int_equal(judge().lost, 10);
}

static void guard_stops_a_shrunken_listing(void **state)
{
	struct reconcile_verdict verdict;

	fill(50, 39);
	verdict = judge();
	assert_int_equal(verdict.guard, RECONCILE_SHRUNK);
	assert_int_equal(verdict.lost, 11);
	assert_string_equal(verdict.words.text,
			    "11 of 50 names are in no lease any more, more than 20 percent");
}

static void guard_lets_a_few_names_of_a_small_site_go(void **state)
{
	fill(6, 2); /* four are fewer than the five that it takes */
	assert_int_equal(judge().guard, RECONCILE_SAFE);
}

static void guard_stops_an_empty_listing_at_any_size(void **state)
{
	fill(1, 0);
	assert_int_equal(judge().guard, RECONCILE_EMPTY);
	list(200, 200, NULL, 50);
	assert_int_equal(judge().guard, RECONCILE_EMPTY);
}

static void guard_has_nothing_against_an_empty_site(void **state)
{
	assert_int_equal(judge().guard, RECONCILE_SAFE);
}

/* Leases ---------------------------------------------------------------------------------------- */

static void on_lease(const struct dns_lease *one, void *user)
{
	char address[ADDR_TEXT];

	text_add(&found, "%s%s %s%s", found.length ? "; " : "",
		 addr_print(one->address, address) + 5, one->until_ms ? one->name.text : "ended",
		 one->me ? " me" : "");
	assert_int_equal(leases_put(leases, one), 0);
}

static void leases_differ(const char *expected)
{
	struct reconcile_cursor cursor = {0};

	text_clear(&found);
	while (reconcile_leases(listing, leases, &scope, &cursor, on_lease, NULL))
		;
	assert_string_equal(found.length ? found.bytes : "", expected);
}

static void known_leases_become_those_of_the_listing(void **state)
{
	struct dns_lease gone = {.address = addr_ip4(0x0a000004), .me = true, .until_ms = 9};
	struct dns_lease spoken = {.address = addr_ip4(0x0a000005), .until_ms = 9};

	assert_int_equal(leases_put(leases, &gone), 0);
	assert_int_equal(leases_put(leases, &spoken), 0);
	note(5, "");
	list(1, 1, "a.corp.example", 50);
	list(2, 2, NULL, 50);
	leases_differ("0.1 a.corp.example me; 0.2 ; 0.4 ended me");
	leases_differ("");
}

static void listing_is_bounded_by_leases_of_me_clients(void **state)
{
	struct kea_lease one = lease(0, 1, "a.corp.example", 50);
	int r = 0;

	one.tagged = false;
	for (uint32_t i = 0; !r && i < RECONCILE_LEASES_MAX + 5; i++) {
		one.address = addr_ip4(0x0b000000 + i);
		r = reconcile_add(listing, &one);
	}
	assert_int_equal(r, 0); /* others are left out */
	one.address = addr_ip4(5);
	one.tagged = true;
	assert_int_equal(reconcile_add(listing, &one), -ENOSPC);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(what_agrees_is_left_alone),
		CASE(missing_name_is_added),
		CASE(lease_that_is_gone_takes_its_name_with_it),
		CASE(changed_lease_is_one_change_per_record),
		CASE(machine_that_moved_is_not_lost),
		CASE(address_that_changed_hands_changes_the_owner),
		CASE(of_two_leases_of_one_machine_the_newer_counts),
		CASE(two_machines_may_have_one_name),
		CASE(flags_of_the_tag_decide_what_is_wanted),
		CASE(lease_without_tag_says_nothing),
		CASE(lease_that_is_not_active_is_gone),
		CASE(family_that_was_not_listed_is_left_alone),
		CASE(name_committed_while_listing_stays),
		CASE(lease_released_while_listing_does_not_come_back),
		CASE(lease_renamed_while_listing_keeps_the_new_name),
		CASE(machine_that_moves_while_listing_is_where_the_event_says),
		CASE(event_between_judging_and_doing_counts_as_well),
		CASE(events_are_bounded),
		CASE(guard_lets_a_usual_loss_pass),
		CASE(guard_stops_a_shrunken_listing),
		CASE(guard_lets_a_few_names_of_a_small_site_go),
		CASE(guard_stops_an_empty_listing_at_any_size),
		CASE(guard_has_nothing_against_an_empty_site),
		CASE(known_leases_become_those_of_the_listing),
		CASE(listing_is_bounded_by_leases_of_me_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
