/* SPDX-License-Identifier: ISC */
#include "dns/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct hostname name = {"me.example"};
static struct machine_table *table;

static int setup(void **state)
{
	return machine_table_new(&table, 7);
}

static int teardown(void **state)
{
	machine_table_free(table);
	return 0;
}

static struct mac mac_of(uint32_t number)
{
	struct mac mac = {.type = 1, .length = 6, .bytes = {2}};

	memcpy(mac.bytes + 2, &number, sizeof(number));
	return mac;
}

static struct lease_bytes id_of(uint8_t number)
{
	return (struct lease_bytes){.length = 3, .bytes = {0, 'x', number}};
}

static struct record dhcid_of(const struct lease_bytes *id)
{
	struct record record;

	assert_int_equal(record_dhcid_for_client(mac_of(99), id, &name, 0, &record), 0);
	return record;
}

static void saw(uint32_t number, const struct lease_bytes *id)
{
	machine_saw(table, mac_of(number), addr_ip4(1), id, false);
}

static void every_client_id_that_was_seen_is_the_machines(void **state)
{
	struct lease_bytes ids[] = {id_of(1), id_of(2), id_of(3)};
	struct record dhcid;

	for (size_t i = 0; i < 3; i++)
		saw(1, &ids[i]);
	for (size_t i = 0; i < 3; i++) {
		dhcid = dhcid_of(&ids[i]);
		assert_true(machine_owns(table, mac_of(1), &dhcid, &name));
		assert_false(machine_owns(table, mac_of(2), &dhcid, &name));
	}
	assert_int_equal(machine_count(table), 1);
}

static void hardware_address_is_an_identity_without_having_been_seen(void **state)
{
	static const struct lease_bytes none;
	struct record dhcid;

	assert_int_equal(record_dhcid_for_client(mac_of(5), &none, &name, 0, &dhcid), 0);
	assert_true(machine_owns(table, mac_of(5), &dhcid, &name));
	assert_false(machine_owns(table, mac_of(6), &dhcid, &name));
}

static void duid_of_ip6_is_the_one_of_rfc_4361(void **state)
{
	struct lease_bytes duid = {.length = 4, .bytes = {0, 3, 9, 9}};
	struct lease_bytes id = {.length = 9, .bytes = {255, 0, 0, 0, 1, 0, 3, 9, 9}};
	struct record dhcid = dhcid_of(&id);

	machine_saw(table, mac_of(1), addr_ip6((const uint8_t[16]){0x20, 1}), &duid, false);
	assert_true(machine_owns(table, mac_of(1), &dhcid, &name));
	saw(2, &duid); /* as an option 61 the same bytes are another identity */
	assert_false(machine_owns(table, mac_of(2), &dhcid, &name));
}

static void oldest_client_id_makes_room(void **state)
{
	struct lease_bytes first = id_of(0);
	struct record dhcid = dhcid_of(&first);

	for (uint8_t i = 0; i < MACHINE_IDS_MAX; i++) {
		struct lease_bytes id = id_of(i);

		saw(1, &id);
	}
	saw(1, &first); /* the newest again */
	for (uint8_t i = 10; i < 10 + MACHINE_IDS_MAX - 1; i++) {
		struct lease_bytes id = id_of(i);

		saw(1, &id);
		assert_true(machine_owns(table, mac_of(1), &dhcid, &name));
	}
	first = id_of(20);
	saw(1, &first);
	assert_false(machine_owns(table, mac_of(1), &dhcid, &name));
}

static void oldest_machine_makes_room(void **state)
{
	struct lease_bytes id = id_of(1);
	struct record dhcid = dhcid_of(&id);

	for (uint32_t i = 0; i < MACHINE_MAX + 10; i++) {
		saw(i, &id);
		if (i % 1000 == 0)
			saw(0, &id);
	}
	assert_int_equal(machine_count(table), MACHINE_MAX);
	assert_true(machine_owns(table, mac_of(0), &dhcid, &name));
	assert_false(machine_owns(table, mac_of(1), &dhcid, &name));
}

static void mes_address_is_known_until_its_lease_ends(void **state)
{
	struct addr four = addr_ip4(0x0a000001), other = addr_ip4(0x0a000002);

	assert_int_equal(machine_me(table, mac_of(1), ADDR_IP4).family, ADDR_NONE);
	machine_me_began(table, mac_of(1), four);
	assert_true(addr_equal(machine_me(table, mac_of(1), ADDR_IP4), four));
	assert_int_equal(machine_me(table, mac_of(1), ADDR_IP6).family, ADDR_NONE);
	machine_me_ended(table, mac_of(1), other); /* an older lease of it */
	assert_true(addr_equal(machine_me(table, mac_of(1), ADDR_IP4), four));
	machine_me_ended(table, mac_of(1), four);
	assert_int_equal(machine_me(table, mac_of(1), ADDR_IP4).family, ADDR_NONE);
	machine_me_began(table, (struct mac){0}, four); /* nothing to keep it under */
	assert_int_equal(machine_count(table), 1);
}

static void host_stays_known_after_its_lease(void **state)
{
	struct addr four = addr_ip4(0x0a000001);

	machine_me_began(table, mac_of(1), four);
	assert_false(machine_knows_host(table, mac_of(1)));
	assert_false(machine_knows_host(table, mac_of(2)));
	machine_host_began(table, mac_of(1), four, 0);
	assert_true(machine_knows_host(table, mac_of(1)));
	machine_me_began(table, mac_of(1), four);
	assert_false(machine_has_host(table, mac_of(1)));
	assert_true(machine_knows_host(table, mac_of(1)));
	machine_host_ended(table, mac_of(2), four, 1);
	assert_true(machine_knows_host(table, mac_of(2)));
	assert_false(machine_knows_host(table, (struct mac){0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_client_id_that_was_seen_is_the_machines,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			hardware_address_is_an_identity_without_having_been_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(duid_of_ip6_is_the_one_of_rfc_4361, setup,
						teardown),
		cmocka_unit_test_setup_teardown(oldest_client_id_makes_room, setup, teardown),
		cmocka_unit_test_setup_teardown(oldest_machine_makes_room, setup, teardown),
		cmocka_unit_test_setup_teardown(mes_address_is_known_until_its_lease_ends, setup,
						teardown),
		cmocka_unit_test_setup_teardown(host_stays_known_after_its_lease, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
