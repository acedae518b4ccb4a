/* SPDX-License-Identifier: ISC */
/* What differs by conflict mode, zone and lease, played as in test_registration.c. */
#include "registration_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void adopt(const char *host_address)
{
	struct record by_mac = dhcid_of(1);
	struct server_outcome look = found(&by_mac), look_address = address_found(host_address);

	intent.client_id = (struct lease_bytes){.length = 4, .bytes = {0, 'a', 'b', 'c'}};
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_CREATE);
	after(YXDOMAIN, REGISTRATION_LOOK);
	sends(&look, REGISTRATION_LOOK_ADDRESS);
	if (strcmp(host_address, "10.81.1.100")) {
		assert_int_equal(registration_next(&registration, &look_address, &request),
				 REGISTRATION_KEEP);
		mark = registration.mark;
		begin(DNS_SAME_MACHINE);
		sends(NULL, REGISTRATION_REPLACE);
	} else {
		sends(&look_address, REGISTRATION_REPLACE);
	}
	ends(NOERROR, REGISTRATION_OVER);
	assert_true(registration.mark.adopted);
	mark = registration.mark;
	intent.wanted = false;
	begin(DNS_SAME_MACHINE);
}

static void displaced_address_is_put_back(void **state)
{
	struct record theirs = address_found("10.81.1.50").answer.records[0];

	adopt("10.81.1.50");
	sends(NULL, REGISTRATION_PUT_BACK);
	assert_int_equal(request.update.count, 4);
	has(0, UPDATE_RRSET_IS, RECORD_DHCID);
	has(1, UPDATE_RRSET_IS, RECORD_A);
	has(2, UPDATE_DELETE_RECORD, RECORD_A);
	has(3, UPDATE_ADD, RECORD_A);
	assert_true(record_equal_data(&request.update.items[3].record, &theirs));
	ends(NOERROR, REGISTRATION_OVER);
	assert_true(addr_equal(registration.put_back, mark.displaced));
	/* the host has put itself there meanwhile: only ours goes, if it is there */
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_PUT_BACK);
	after(NXRRSET, REGISTRATION_DROP);
	ends(NOERROR, REGISTRATION_OVER);
}

/* Its end will be told by nobody, so it does not count as ended. */
static void address_that_no_lease_was_told_for_is_put_back_by_the_last_one(void **state)
{
	struct machine_table *machines = NULL;

	assert_int_equal(machine_table_new(&machines, 3), 0);
	rules.machines = machines;
	adopt("10.81.1.50");
	assert_true(mark.unleased);
	sends(NULL, REGISTRATION_PUT_BACK);
	ends(NOERROR, REGISTRATION_OVER);
	assert_int_equal(registration.put_back.family, ADDR_NONE); /* not to be looked after */
	machine_table_free(machines);
}

/* The other server has put its DHCID there anew; the address is noted already. */
static void address_that_is_kept_is_displaced_at_once(void **state)
{
	struct record by_mac = dhcid_of(1);
	struct server_outcome look = found(&by_mac), look_address = address_found("10.81.1.50");

	adopt("10.81.1.50");
	intent.wanted = true;
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_REPLACE);
	after(NXRRSET, REGISTRATION_LOOK);
	sends(&look, REGISTRATION_LOOK_ADDRESS);
	sends(&look_address, REGISTRATION_REPLACE);
	ends(NOERROR, REGISTRATION_OVER);
	assert_true(addr_equal(registration.mark.displaced, addr_ip4(0x0a510132)));
}

static void address_of_a_host_that_was_heard_of_goes_with_the_last_one(void **state)
{
	struct machine_table *machines = NULL;

	assert_int_equal(machine_table_new(&machines, 3), 0);
	rules.machines = machines;
	machine_host_began(machines, intent.mac, addr_ip4(0x0a510132), 1);
	adopt("10.81.1.50");
	assert_false(mark.unleased);
	machine_host_ended(machines, intent.mac, addr_ip4(0x0a510132), 2);
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_DROP);
	after(NOERROR, REGISTRATION_DROP_ID);
	machine_table_free(machines);
}

static void shared_address_of_an_adopted_name_displaces_nothing(void **state)
{
	adopt("10.81.1.100");
	sends(NULL, REGISTRATION_DROP);
	ends(NOERROR, REGISTRATION_OVER);
}

/* A DUID that the host OS was seen with makes its DHCID the machine's. */
static void identity_that_was_seen_for_the_machine_is_adopted(void **state)
{
	struct lease_bytes host = {.length = 12, .bytes = {255, 0, 0, 0, 1, 0, 1, 7, 7, 7, 7, 7}};
	struct mac other = {.type = 1, .length = 6, .bytes = {2, 9, 9, 9, 9, 9}};
	struct machine_table *machines = NULL;
	struct server_outcome look;
	struct record dhcid;

	assert_int_equal(machine_table_new(&machines, 3), 0);
	assert_int_equal(record_dhcid_for_client(other, &host, &intent.name, 60, &dhcid), 0);
	look = found(&dhcid);
	rules.machines = machines;
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_CREATE);
	after(YXDOMAIN, REGISTRATION_LOOK);
	assert_int_equal(registration_next(&registration, &look, &request), REGISTRATION_CONFLICT);
	machine_saw(machines, intent.mac, intent.address, &host, false);
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_CREATE);
	after(YXDOMAIN, REGISTRATION_LOOK);
	sends(&look, REGISTRATION_LOOK_ADDRESS);
	machine_table_free(machines);
}

static void check_exists_mode_takes_any_name_with_a_dhcid(void **state)
{
	begin(DNS_CHECK_EXISTS_WITH_DHCID);
	sends(NULL, REGISTRATION_CREATE);
	after(YXDOMAIN, REGISTRATION_TAKE);
	assert_int_equal(request.update.count, 6);
	has(0, UPDATE_NAME_IN_USE, 0);
	has(1, UPDATE_RRSET_IN_USE, RECORD_DHCID);
	has(2, UPDATE_DELETE_RRSET, RECORD_A);
	has(3, UPDATE_ADD, RECORD_A);
	has(4, UPDATE_DELETE_RRSET, RECORD_DHCID);
	has(5, UPDATE_ADD, RECORD_DHCID);
	ends(NOERROR, REGISTRATION_OVER);
	assert_false(registration.mark.adopted);
}

static void check_exists_mode_leaves_names_without_a_dhcid(void **state)
{
	begin(DNS_CHECK_EXISTS_WITH_DHCID);
	sends(NULL, REGISTRATION_CREATE);
	after(YXDOMAIN, REGISTRATION_TAKE);
	ends(NXRRSET, REGISTRATION_CONFLICT);
	assert_non_null(strstr(registration.words.text, "made by hand"));
}

/* Another client may have taken the name over, and left our other family's address there. */
static void check_exists_mode_removes_its_address_and_its_own_dhcid_only(void **state)
{
	struct record mine = dhcid_of(1);

	intent.wanted = false;
	begin(DNS_CHECK_EXISTS_WITH_DHCID);
	sends(NULL, REGISTRATION_DROP);
	has(0, UPDATE_RRSET_IN_USE, RECORD_DHCID);
	has(1, UPDATE_DELETE_RECORD, RECORD_A);
	after(NOERROR, REGISTRATION_DROP_ID);
	has(0, UPDATE_RRSET_IS, RECORD_DHCID);
	assert_true(record_equal_data(&request.update.items[0].record, &mine));
	ends(NXRRSET, REGISTRATION_OVER);
}

static void mode_without_dhcid_writes_none_and_removes_by_value(void **state)
{
	begin(DNS_NO_CHECK_WITHOUT_DHCID);
	sends(NULL, REGISTRATION_SEIZE);
	assert_int_equal(request.update.count, 2);
	has(0, UPDATE_DELETE_RRSET, RECORD_A);
	has(1, UPDATE_ADD, RECORD_A);
	ends(NOERROR, REGISTRATION_OVER);
	mark = registration.mark;
	intent.wanted = false;
	begin(DNS_NO_CHECK_WITHOUT_DHCID);
	sends(NULL, REGISTRATION_DROP);
	assert_int_equal(request.update.count, 1);
	has(0, UPDATE_DELETE_RECORD, RECORD_A);
	ends(NOERROR, REGISTRATION_OVER);
	intent.kind = INTENT_REVERSE;
	intent.wanted = true;
	begin(DNS_NO_CHECK_WITHOUT_DHCID);
	sends(NULL, REGISTRATION_POINT);
	assert_int_equal(request.update.count, 2);
}

static void marker_mode_guards_by_txt(void **state)
{
	struct record mine = dhcid_of(1), marker = record_marker(&mine);
	struct server_outcome look;

	begin(DNS_MARKER);
	sends(NULL, REGISTRATION_CREATE);
	has(2, UPDATE_ADD, RECORD_TXT);
	assert_true(record_equal_data(&request.update.items[2].record, &marker));
	after(YXDOMAIN, REGISTRATION_LOOK);
	assert_int_equal(request.type, RECORD_TXT);
	look = found(&marker);
	sends(&look, REGISTRATION_REPLACE);
	has(1, UPDATE_RRSET_IS, RECORD_TXT);
	ends(NOERROR, REGISTRATION_OVER);
	assert_memory_equal(registration.mark.dhcid, mine.rdata, RECORD_DHCID_BYTES);
	mark = registration.mark;
	intent.wanted = false;
	begin(DNS_MARKER);
	sends(NULL, REGISTRATION_DROP);
	has(0, UPDATE_RRSET_IS, RECORD_TXT);
	after(NOERROR, REGISTRATION_DROP_ID);
	has(3, UPDATE_DELETE_RRSET, RECORD_TXT);
	intent.kind = INTENT_REVERSE;
	begin(DNS_MARKER);
	sends(NULL, REGISTRATION_UNPOINT);
	assert_int_equal(request.update.count, 2); /* nothing about DHCID */
}

static void marker_mode_leaves_a_foreign_txt_alone(void **state)
{
	struct record txt = record_txt("v=spf1 -all", 60);
	struct server_outcome look = found(&txt);

	begin(DNS_MARKER);
	sends(NULL, REGISTRATION_CREATE);
	after(YXDOMAIN, REGISTRATION_LOOK);
	assert_int_equal(registration_next(&registration, &look, &request), REGISTRATION_CONFLICT);
}

static void ttl_follows_the_lease_within_its_bounds(void **state)
{
	static const struct {
		uint32_t lifetime_s, ttl;
	} cases[] = {{0, 600}, {900, 600}, {3600, 1200}, {10800, 3600}, {86400, 3600}};

	rules.ttl_s = 0;
	rules.ttl_min_s = 600;
	rules.ttl_max_s = 3600;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		intent.lifetime_s = cases[i].lifetime_s;
		begin(DNS_SAME_MACHINE);
		sends(NULL, REGISTRATION_CREATE);
		assert_int_equal(request.update.items[1].record.ttl, cases[i].ttl);
		assert_int_equal(request.update.items[2].record.ttl, cases[i].ttl);
	}
}

static void verify_asks_after_a_change_and_believes_the_answer(void **state)
{
	struct server_outcome there = address_found("10.81.1.100"),
			      other = address_found("10.81.1.1");

	rules.verify = true;
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_CREATE);
	after(NOERROR, REGISTRATION_VERIFY);
	assert_true(request.query);
	assert_int_equal(request.type, RECORD_A);
	assert_int_equal(registration_next(&registration, &there, &request), REGISTRATION_OVER);
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_CREATE);
	after(NOERROR, REGISTRATION_VERIFY);
	assert_int_equal(registration_next(&registration, &other, &request), REGISTRATION_RACE);
	assert_non_null(strstr(registration.words.text, "does not have the record"));
	intent.wanted = false;
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_DROP);
	after(NOERROR, REGISTRATION_DROP_ID);
	after(NOERROR, REGISTRATION_VERIFY);
	ends(NXDOMAIN, REGISTRATION_OVER);
}

static void classless_zone_has_the_ptr_under_its_own_name(void **state)
{
	intent.kind = INTENT_REVERSE;
	rules.zone = (struct zone){.name = {"64-26.1.81.10.in-addr.arpa"}};
	assert_int_equal(prefix_parse("10.81.1.64/26", &rules.zone.range, NULL), 0);
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_POINT);
	assert_string_equal(request.update.items[0].name.text, "100.64-26.1.81.10.in-addr.arpa");
	assert_string_equal(request.update.zone.text, "64-26.1.81.10.in-addr.arpa");
}

/* A DHCPv6 client is its DUID; that of an RFC 4361 client id is the same. */
static void families_with_one_duid_share_one_dhcid(void **state)
{
	struct lease_bytes duid = {.length = 7, .bytes = {0, 1, 7, 7, 7, 7, 7}};
	struct lease_bytes id = {.length = 12, .bytes = {255, 0, 0, 0, 1, 0, 1, 7, 7, 7, 7, 7}};
	struct record v4;

	intent.client_id = id;
	begin(DNS_CHECK_WITH_DHCID);
	v4 = registration.mine;
	assert_int_equal(addr_parse("2001:db8::1", &intent.address), 0);
	intent.client_id = duid;
	intent.mac.length = 0;
	begin(DNS_CHECK_WITH_DHCID);
	assert_true(record_equal_data(&registration.mine, &v4));
	assert_int_equal(v4.rdata[1], RECORD_DHCID_DUID);
}

/* The mark tells of another machine that had this address under this name before. */
static void what_a_former_holder_left_goes_first(void **state)
{
	struct record other = dhcid_of(9), mine = dhcid_of(1);

	mark = (struct intent_mark){.dhcid_length = RECORD_DHCID_BYTES};
	memcpy(mark.dhcid, other.rdata, RECORD_DHCID_BYTES);
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_DROP);
	assert_true(record_equal_data(&request.update.items[0].record, &other));
	after(NOERROR, REGISTRATION_DROP_ID);
	after(NXRRSET, REGISTRATION_CREATE);
	assert_true(record_equal_data(&request.update.items[2].record, &mine));
	ends(NOERROR, REGISTRATION_OVER);
	/* where it is gone already, or was adopted, the name itself stays */
	mark.adopted = true;
	begin(DNS_CHECK_WITH_DHCID);
	sends(NULL, REGISTRATION_DROP);
	after(NOERROR, REGISTRATION_CREATE);
	begin(DNS_CHECK_WITH_DHCID);
	sends(NULL, REGISTRATION_DROP);
	after(NXRRSET, REGISTRATION_CREATE);
}

/* The host's DHCP server could not take the DHCID out while our address was there. */
static void last_one_of_the_machine_takes_the_adopted_dhcid_out(void **state)
{
	struct machine_table *machines = NULL;
	struct record host = dhcid_of(1);

	assert_int_equal(machine_table_new(&machines, 3), 0);
	rules.machines = machines;
	mark = (struct intent_mark){
		.written = true, .adopted = true, .dhcid_length = RECORD_DHCID_BYTES};
	memcpy(mark.dhcid, host.rdata, RECORD_DHCID_BYTES);
	intent.wanted = false;
	machine_host_began(machines, intent.mac, intent.address, 1);
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_DROP);
	ends(NOERROR, REGISTRATION_OVER);
	machine_host_ended(machines, intent.mac, intent.address, 2);
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_DROP);
	after(NOERROR, REGISTRATION_DROP_ID);
	ends(NOERROR, REGISTRATION_OVER);
	machine_table_free(machines);
}

/* The name was made anew under our own DHCID, and the answer to that was lost. */
static void removal_looks_where_the_note_is_older_than_the_name(void **state)
{
	struct record old = dhcid_of(9), mine = dhcid_of(1);
	struct server_outcome look = found(&mine);

	mark = (struct intent_mark){.written = true, .dhcid_length = RECORD_DHCID_BYTES};
	memcpy(mark.dhcid, old.rdata, RECORD_DHCID_BYTES);
	intent.wanted = false;
	begin(DNS_SAME_MACHINE);
	sends(NULL, REGISTRATION_DROP);
	after(NXRRSET, REGISTRATION_LOOK);
	sends(&look, REGISTRATION_DROP);
	after(NOERROR, REGISTRATION_DROP_ID);
	begin(DNS_CHECK_WITH_DHCID);
	sends(NULL, REGISTRATION_DROP);
	after(NXRRSET, REGISTRATION_DROP);
	assert_true(record_equal_data(&request.update.items[0].record, &mine));
	ends(NXRRSET, REGISTRATION_OVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(displaced_address_is_put_back, reset),
		cmocka_unit_test_setup(
			address_that_no_lease_was_told_for_is_put_back_by_the_last_one, reset),
		cmocka_unit_test_setup(address_that_is_kept_is_displaced_at_once, reset),
		cmocka_unit_test_setup(address_of_a_host_that_was_heard_of_goes_with_the_last_one,
				       reset),
		cmocka_unit_test_setup(shared_address_of_an_adopted_name_displaces_nothing, reset),
		cmocka_unit_test_setup(identity_that_was_seen_for_the_machine_is_adopted, reset),
		cmocka_unit_test_setup(check_exists_mode_takes_any_name_with_a_dhcid, reset),
		cmocka_unit_test_setup(check_exists_mode_leaves_names_without_a_dhcid, reset),
		cmocka_unit_test_setup(check_exists_mode_removes_its_address_and_its_own_dhcid_only,
				       reset),
		cmocka_unit_test_setup(mode_without_dhcid_writes_none_and_removes_by_value, reset),
		cmocka_unit_test_setup(marker_mode_guards_by_txt, reset),
		cmocka_unit_test_setup(marker_mode_leaves_a_foreign_txt_alone, reset),
		cmocka_unit_test_setup(ttl_follows_the_lease_within_its_bounds, reset),
		cmocka_unit_test_setup(verify_asks_after_a_change_and_believes_the_answer, reset),
		cmocka_unit_test_setup(classless_zone_has_the_ptr_under_its_own_name, reset),
		cmocka_unit_test_setup(families_with_one_duid_share_one_dhcid, reset),
		cmocka_unit_test_setup(what_a_former_holder_left_goes_first, reset),
		cmocka_unit_test_setup(last_one_of_the_machine_takes_the_adopted_dhcid_out, reset),
		cmocka_unit_test_setup(removal_looks_where_the_note_is_older_than_the_name, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
