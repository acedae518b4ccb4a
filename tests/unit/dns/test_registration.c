/* SPDX-License-Identifier: ISC */
/* Each case plays the answers of a scripted name server and compares the requests that came. */
#include "registration_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void new_name_is_created_in_one_step(void **state)
{
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_CREATE);
	assert_string_equal(request.update.zone.text, "corp.example");
	assert_int_equal(request.update.count, 3);
	has(0, UPDATE_NAME_UNUSED, 0);
	has(1, UPDATE_ADD, RECORD_A);
	has(2, UPDATE_ADD, RECORD_DHCID);
	assert_int_equal(request.update.items[1].record.ttl, 1200);
	ends(NOERROR, REGISTRATION_OVER);
	assert_true(registration.mark.written);
	assert_false(registration.mark.adopted);
	assert_int_equal(registration.mark.dhcid_length, RECORD_DHCID_BYTES);
}

static void check_mode_replaces_under_its_own_dhcid(void **state)
{
	struct record mine = dhcid_of(1);

	begin(DNS_CHECK_WITH_DHCID);
	sends(NULL, REGISTRATION_CREATE);
	after(YXDOMAIN, REGISTRATION_REPLACE);
	has(0, UPDATE_NAME_IN_USE, 0);
	has(1, UPDATE_RRSET_IS, RECORD_DHCID);
	assert_true(record_equal_data(&request.update.items[1].record, &mine));
	has(2, UPDATE_DELETE_RRSET, RECORD_A);
	has(3, UPDATE_ADD, RECORD_A);
	ends(NOERROR, REGISTRATION_OVER);
}

static void check_mode_leaves_another_clients_name(void **state)
{
	begin(DNS_CHECK_WITH_DHCID);
	sends(NULL, REGISTRATION_CREATE);
	after(YXDOMAIN, REGISTRATION_REPLACE);
	ends(NXRRSET, REGISTRATION_CONFLICT);
	assert_non_null(strstr(registration.words.text, "me.corp.example is not ours"));
}

/* The server applied our create, and we died before we knew: the replay ends in success. */
static void replay_after_a_crash_ends_in_success(void **state)
{
	struct record mine = dhcid_of(1);
	struct server_outcome look = found(&mine);

	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_CREATE);
	after(YXDOMAIN, REGISTRATION_LOOK);
	sends(&look, REGISTRATION_REPLACE);
	ends(NOERROR, REGISTRATION_OVER);
	assert_true(registration.mark.written);
	assert_false(registration.mark.adopted);
}

static void same_machine_is_adopted_by_its_other_identity(void **state)
{
	struct record by_mac = dhcid_of(1);
	struct server_outcome look = found(&by_mac);

	intent.client_id = (struct lease_bytes){.length = 4, .bytes = {0, 'a', 'b', 'c'}};
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_CREATE);
	after(YXDOMAIN, REGISTRATION_LOOK);
	sends(&look, REGISTRATION_LOOK_ADDRESS);
	assert_int_equal(request.type, RECORD_A);
	after(NOERROR, REGISTRATION_REPLACE);
	assert_true(record_equal_data(&request.update.items[1].record, &by_mac));
	ends(NOERROR, REGISTRATION_OVER);
	assert_true(registration.mark.adopted);
}

static void other_machines_name_is_a_conflict(void **state)
{
	struct record other = dhcid_of(9);
	struct server_outcome looks[] = {found(&other), found(NULL)};

	for (size_t i = 0; i < 2; i++) {
		begin(DNS_SAME_MACHINE);
		sends(NULL, REGISTRATION_CREATE);
		after(YXDOMAIN, REGISTRATION_LOOK);
		assert_int_equal(registration_next(&registration, &looks[i], &request),
				 REGISTRATION_CONFLICT);
	}
}

static void known_name_is_replaced_at_once(void **state)
{
	struct record mine = dhcid_of(1);

	mark = (struct intent_mark){.written = true, .dhcid_length = RECORD_DHCID_BYTES};
	memcpy(mark.dhcid, mine.rdata, RECORD_DHCID_BYTES);
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_REPLACE);
	after(NXDOMAIN, REGISTRATION_CREATE);
	ends(NOERROR, REGISTRATION_OVER);
}

static void name_that_keeps_changing_is_left_for_later(void **state)
{
	struct record mine = dhcid_of(1);
	struct server_outcome look = found(&mine);

	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_CREATE);
	after(YXDOMAIN, REGISTRATION_LOOK);
	sends(&look, REGISTRATION_REPLACE);
	after(NXDOMAIN, REGISTRATION_CREATE);
	ends(YXDOMAIN, REGISTRATION_RACE);
}

static void no_check_mode_asks_nothing(void **state)
{
	begin(DNS_NO_CHECK_WITH_DHCID);
	sends(NULL, REGISTRATION_SEIZE);
	has(0, UPDATE_DELETE_RRSET, RECORD_A);
	has(2, UPDATE_DELETE_RRSET, RECORD_DHCID);
	ends(NOERROR, REGISTRATION_OVER);
	assert_true(registration.mark.written);
}

static void removal_takes_the_address_then_the_dhcid(void **state)
{
	intent.wanted = false;
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_DROP);
	assert_int_equal(request.update.count, 2);
	has(0, UPDATE_RRSET_IS, RECORD_DHCID);
	has(1, UPDATE_DELETE_RECORD, RECORD_A);
	after(NOERROR, REGISTRATION_DROP_ID);
	has(1, UPDATE_RRSET_UNUSED, RECORD_A);
	has(2, UPDATE_RRSET_UNUSED, RECORD_AAAA);
	has(3, UPDATE_DELETE_RRSET, RECORD_DHCID);
	ends(NXRRSET, REGISTRATION_OVER); /* the other family is still there */
	assert_false(registration.mark.written);
}

static void adopted_name_is_never_deleted(void **state)
{
	struct record other = dhcid_of(1);

	mark = (struct intent_mark){
		.written = true, .adopted = true, .dhcid_length = RECORD_DHCID_BYTES};
	memcpy(mark.dhcid, other.rdata, RECORD_DHCID_BYTES);
	intent.wanted = false;
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_DROP);
	ends(NOERROR, REGISTRATION_OVER);
}

static void removal_of_what_is_not_ours_is_over(void **state)
{
	static const int rcodes[] = {NXDOMAIN, NXRRSET};

	for (size_t i = 0; i < 2; i++) {
		mark.written = true;
		intent.wanted = false;
		begin(DNS_CHECK_WITH_DHCID);
		sends(NULL, REGISTRATION_DROP);
		ends(rcodes[i], REGISTRATION_OVER);
	}
}

/* Adopted, then died before it was noted; the removal must find the DHCID that guards the name. */
static void removal_looks_for_an_adoption_that_was_not_noted(void **state)
{
	struct record by_mac = dhcid_of(1);
	struct server_outcome look = found(&by_mac);

	intent.client_id = (struct lease_bytes){.length = 4, .bytes = {0, 'a', 'b', 'c'}};
	intent.wanted = false;
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_DROP);
	after(NXRRSET, REGISTRATION_LOOK);
	sends(&look, REGISTRATION_DROP);
	assert_true(record_equal_data(&request.update.items[0].record, &by_mac));
	ends(NOERROR, REGISTRATION_OVER);
}

static void reverse_is_set_and_removed_by_value(void **state)
{
	intent.kind = INTENT_REVERSE;
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_POINT);
	assert_string_equal(request.update.items[0].name.text, "100.1.81.10.in-addr.arpa");
	has(0, UPDATE_DELETE_RRSET, RECORD_PTR);
	has(1, UPDATE_ADD, RECORD_PTR);
	has(2, UPDATE_DELETE_RRSET, RECORD_DHCID);
	has(3, UPDATE_ADD, RECORD_DHCID);
	ends(NOERROR, REGISTRATION_OVER);
	intent.wanted = false;
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_UNPOINT);
	assert_int_equal(request.update.count, 3);
	has(0, UPDATE_RRSET_IS, RECORD_PTR);
	has(1, UPDATE_DELETE_RRSET, RECORD_PTR); /* what others put at the name stays */
	has(2, UPDATE_DELETE_RRSET, RECORD_DHCID);
	ends(NXRRSET, REGISTRATION_OVER);
}

static void second_family_uses_aaaa(void **state)
{
	assert_int_equal(addr_parse("2001:db8::1", &intent.address), 0);
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_CREATE);
	has(1, UPDATE_ADD, RECORD_AAAA);
}

static void client_without_identity_is_refused(void **state)
{
	intent.mac.length = 0;
	assert_int_equal(registration_begin(&registration, &intent, &mark, &rules), -22);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(new_name_is_created_in_one_step, reset),
		cmocka_unit_test_setup(check_mode_replaces_under_its_own_dhcid, reset),
		cmocka_unit_test_setup(check_mode_leaves_another_clients_name, reset),
		cmocka_unit_test_setup(replay_after_a_crash_ends_in_success, reset),
		cmocka_unit_test_setup(same_machine_is_adopted_by_its_other_identity, reset),
		cmocka_unit_test_setup(other_machines_name_is_a_conflict, reset),
		cmocka_unit_test_setup(known_name_is_replaced_at_once, reset),
		cmocka_unit_test_setup(name_that_keeps_changing_is_left_for_later, reset),
		cmocka_unit_test_setup(no_check_mode_asks_nothing, reset),
		cmocka_unit_test_setup(removal_takes_the_address_then_the_dhcid, reset),
		cmocka_unit_test_setup(adopted_name_is_never_deleted, reset),
		cmocka_unit_test_setup(removal_of_what_is_not_ours_is_over, reset),
		cmocka_unit_test_setup(removal_looks_for_an_adoption_that_was_not_noted, reset),
		cmocka_unit_test_setup(reverse_is_set_and_removed_by_value, reset),
		cmocka_unit_test_setup(second_family_uses_aaaa, reset),
		cmocka_unit_test_setup(client_without_identity_is_refused, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
