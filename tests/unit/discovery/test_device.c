/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/hello.h"
#include "discovery/device.h"

#include <string.h>

static int set_up(void **state)
{
	struct device_table *table;

	if (device_table_new(&table) < 0)
		return -1;
	*state = table;
	return 0;
}

static int tear_down(void **state)
{
	device_table_free(*state);
	return 0;
}

static struct uuid uuid_of(uint8_t last)
{
	struct uuid uuid = {.bytes = {1, 2, 3}};

	uuid.bytes[15] = last;
	return uuid;
}

static struct addr ip(uint8_t last)
{
	return addr_ip4(0x0a510000u + last);
}

static struct mac mac_of(uint8_t last)
{
	const uint8_t bytes[6] = {0, 1, 2, 3, 4, last};
	struct mac mac;

	assert_int_equal(mac_from_bytes(1, bytes, sizeof(bytes), &mac), 0);
	return mac;
}

static struct device *place(struct device_table *table, struct uuid uuid, struct addr address)
{
	struct device_key key = device_key(uuid, address);
	struct device *device = device_find(table, key);

	if (!device)
		assert_int_equal(device_new(table, key, &device), 0);
	assert_int_equal(device_place(table, device, address), 0);
	return device;
}

static void device_keeps_its_row_when_it_moves(void **state)
{
	struct device *device = place(*state, uuid_of(1), ip(1));

	assert_ptr_equal(place(*state, uuid_of(1), ip(2)), device);
	assert_null(device_at(*state, ip(1)));
	assert_ptr_equal(device_at(*state, ip(2)), device);
	assert_int_equal(device_count(*state), 1);
	assert_ptr_equal(place(*state, uuid_of(1), ip(2)), device);
	assert_ptr_equal(device_find(*state, device_key(uuid_of(1), ip(9))), device);
}

/* Without what all have here: no lease. */
static unsigned flags_of(const struct device_table *table, const struct device *device)
{
	return device_flags(table, device) & ~(unsigned)DEVICE_UNKNOWN_ADDRESS;
}

static void address_without_a_lease_is_flagged_until_there_was_one(void **state)
{
	static const uint8_t bytes[] = {0, 1, 2, 3, 4, 5};
	struct uuid uuid = {{7}};
	struct device *device = place(*state, uuid, ip(1));
	struct mac mac;

	mac_from_bytes(1, bytes, sizeof(bytes), &mac);
	assert_int_equal(device_flags(*state, device), DEVICE_UNKNOWN_ADDRESS);
	device_set_lease(*state, device, mac, "", true);
	assert_int_equal(device_flags(*state, device), 0);
	device_set_lease(*state, device, mac, "", false);
	assert_int_equal(device_flags(*state, device), 0);
}

static void unset_and_test_uuids_are_told_apart_by_address(void **state)
{
	struct uuid zero = {0}, ones;

	memset(&ones, 0xff, sizeof(ones));
	assert_ptr_not_equal(place(*state, zero, ip(1)), place(*state, zero, ip(2)));
	assert_ptr_not_equal(place(*state, ones, ip(1)), place(*state, ones, ip(2)));
	assert_ptr_not_equal(place(*state, hello_test_uuid, ip(1)),
			     place(*state, hello_test_uuid, ip(2)));
	assert_int_equal(device_count(*state), 6);
	assert_int_equal(flags_of(*state, device_find(*state, device_key(ones, ip(2)))),
			 DEVICE_NO_UUID | DEVICE_SAME_ADDRESS);
}

static void two_devices_at_an_address_are_flagged(void **state)
{
	struct device *first = place(*state, uuid_of(1), ip(1));
	struct device *second = place(*state, uuid_of(2), ip(1));

	assert_ptr_equal(device_at(*state, ip(1)), second);
	assert_int_equal(flags_of(*state, first), DEVICE_SAME_ADDRESS);
	assert_int_equal(flags_of(*state, second), DEVICE_SAME_ADDRESS);
	place(*state, uuid_of(1), ip(3));
	assert_int_equal(flags_of(*state, first), 0);
	assert_int_equal(flags_of(*state, second), 0);
}

static void another_mac_at_the_address_ends_the_older_claim(void **state)
{
	struct device *first = place(*state, uuid_of(1), ip(1)), *second;

	device_set_lease(*state, first, mac_of(1), "pc1.corp.example", true);
	second = place(*state, uuid_of(2), ip(1));
	device_set_lease(*state, second, mac_of(2), "pc2.corp.example", true);
	assert_int_equal(flags_of(*state, first), 0);
	assert_int_equal(flags_of(*state, second), 0);
	assert_false(first->leased);
	assert_true(mac_equal(first->mac, mac_of(1)));
}

static void same_name_is_flagged_until_it_is_gone(void **state)
{
	struct device *first = place(*state, uuid_of(1), ip(1));
	struct device *second = place(*state, uuid_of(2), ip(2));
	char text[DEVICE_FLAGS_TEXT];

	device_set_lease(*state, first, mac_of(1), "pc.corp.example", true);
	device_set_lease(*state, second, mac_of(2), "pc.corp.example", true);
	assert_string_equal(device_flags_print(flags_of(*state, first), text), "same-name");
	device_set_lease(*state, second, mac_of(2), "other.corp.example", true);
	assert_int_equal(flags_of(*state, first), 0);
	assert_string_equal(device_name(second), "other.corp.example");
}

static void lease_that_ends_leaves_mac_and_name(void **state)
{
	struct device *device = place(*state, uuid_of(1), ip(1));

	device_set_lease(*state, device, mac_of(1), "pc.corp.example", true);
	device_set_lease(*state, device, (struct mac){0}, "", false);
	assert_false(device->leased);
	assert_true(mac_equal(device->mac, mac_of(1)));
	assert_string_equal(device_name(device), "pc.corp.example");
}

static void every_flag_has_its_word(void **state)
{
	char text[DEVICE_FLAGS_TEXT];

	(void)state;
	assert_string_equal(device_flags_print(0x3f, text),
			    "no-uuid test same-address same-name same-uuid unknown-address");
	assert_string_equal(device_flags_print(0, text), "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(device_keeps_its_row_when_it_moves),
		CASE(address_without_a_lease_is_flagged_until_there_was_one),
		CASE(unset_and_test_uuids_are_told_apart_by_address),
		CASE(two_devices_at_an_address_are_flagged),
		CASE(another_mac_at_the_address_ends_the_older_claim),
		CASE(same_name_is_flagged_until_it_is_gone),
		CASE(lease_that_ends_leaves_mac_and_name),
		CASE(every_flag_has_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
