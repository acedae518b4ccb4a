/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/packet.h"

#include <errno.h>
#include <string.h>

#define HEAD 240
#define FILE_AT 108
#define SNAME_AT 44

struct built {
	uint8_t bytes[1500];
	size_t size;
};

static struct built with_options(const void *options, size_t size)
{
	static const uint8_t mac[] = {2, 0, 0, 0, 0, 1}, cookie[] = {0x63, 0x82, 0x53, 0x63};
	struct built built = {.size = HEAD + size};

	built.bytes[0] = 1;
	built.bytes[1] = 1;
	built.bytes[2] = sizeof(mac);
	memcpy(built.bytes + 28, mac, sizeof(mac));
	memcpy(built.bytes + 236, cookie, sizeof(cookie));
	memcpy(built.bytes + HEAD, options, size);
	return built;
}

/* A literal without its zero. */
#define OPTIONS(literal) with_options(literal, sizeof(literal) - 1)

static void the_four_options_are_read_as_they_came(void **state)
{
	struct built built = OPTIONS("\x35\x01\x01\x0c\x02pc\x3c\x04MSFT\x3d\x02\x01\x02"
				     "\x51\x05\x01\x00\x00Me\xff");
	struct packet packet;
	char text[MAC_TEXT];

	assert_int_equal(packet_parse(built.bytes, built.size, &packet), 0);
	assert_string_equal(mac_print(packet.mac, text), "02:00:00:00:00:01");
	assert_int_equal(packet.relay.family, ADDR_NONE);
	assert_int_equal(packet.host_name.length, 2);
	assert_memory_equal(packet.host_name.bytes, "pc", 2);
	assert_int_equal(packet.vendor_class.length, 4);
	assert_memory_equal(packet.vendor_class.bytes, "MSFT", 4);
	assert_int_equal(packet.client_id.length, 2);
	assert_int_equal(packet.option81.length, 5);
	assert_memory_equal(packet.option81.bytes, "\x01\x00\x00Me", 5);
}

static void the_relay_is_giaddr(void **state)
{
	struct built built = OPTIONS("\xff");
	struct packet packet;
	char text[ADDR_TEXT];

	memcpy(built.bytes + 24, "\x0a\x51\x02\x01", 4);
	assert_int_equal(packet_parse(built.bytes, built.size, &packet), 0);
	assert_string_equal(addr_print(packet.relay, text), "10.81.2.1");
}

static void pieces_of_an_option_are_joined(void **state)
{
	struct built built = OPTIONS("\x51\x04\x01\x00\x00M\x00\x0c\x01h\x51\x01"
				     "e\xff");
	struct packet packet;

	assert_int_equal(packet_parse(built.bytes, built.size, &packet), 0);
	assert_int_equal(packet.option81.length, 5);
	assert_memory_equal(packet.option81.bytes, "\x01\x00\x00Me", 5);
}

static void overflowed_options_are_found_in_file_and_sname(void **state)
{
	struct built built = OPTIONS("\x34\x01\x03\xff");
	struct packet packet;

	memcpy(built.bytes + FILE_AT, "\x51\x03\x01\x00\x00\xff", 6);
	memcpy(built.bytes + SNAME_AT, "\x0c\x02pc\xff", 5);
	assert_int_equal(packet_parse(built.bytes, built.size, &packet), 0);
	assert_int_equal(packet.option81.length, 3);
	assert_int_equal(packet.host_name.length, 2);
}

static void without_overload_those_fields_are_no_options(void **state)
{
	struct built built = OPTIONS("\xff");
	struct packet packet;

	memcpy(built.bytes + FILE_AT, "\x51\x03\x01\x00\x00\xff", 6);
	assert_int_equal(packet_parse(built.bytes, built.size, &packet), 0);
	assert_int_equal(packet.option81.length, 0);
}

static void an_option_over_the_end_is_not_read(void **state)
{
	struct built built = OPTIONS("\x0c\x02pc\x51\x09\x01\x00\x00");
	struct packet packet;

	assert_int_equal(packet_parse(built.bytes, built.size, &packet), 0);
	assert_int_equal(packet.host_name.length, 2);
	assert_int_equal(packet.option81.length, 0);
}

static void what_exceeds_a_bound_is_cut(void **state)
{
	struct built built = OPTIONS("");
	struct packet packet;

	for (int i = 0; i < 4; i++) {
		built.bytes[built.size] = i < 2 ? 61 : 60;
		built.bytes[built.size + 1] = 200;
		built.size += 202;
	}
	assert_int_equal(packet_parse(built.bytes, built.size, &packet), 0);
	assert_int_equal(packet.client_id.length, LEASE_CLIENT_ID_MAX);
	assert_int_equal(packet.vendor_class.length, LEASE_VENDOR_CLASS_MAX);
}

static void an_impossible_hardware_length_gives_none(void **state)
{
	struct built built = OPTIONS("\xff");
	struct packet packet;

	built.bytes[2] = 17;
	assert_int_equal(packet_parse(built.bytes, built.size, &packet), 0);
	assert_int_equal(packet.mac.length, 0);
}

static void what_is_no_dhcp_packet_is_refused(void **state)
{
	struct built built = OPTIONS("\xff");
	struct packet packet;

	assert_int_equal(packet_parse(built.bytes, HEAD - 1, &packet), -EINVAL);
	built.bytes[236] = 0;
	assert_int_equal(packet_parse(built.bytes, built.size, &packet), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_four_options_are_read_as_they_came),
		cmocka_unit_test(the_relay_is_giaddr),
		cmocka_unit_test(pieces_of_an_option_are_joined),
		cmocka_unit_test(overflowed_options_are_found_in_file_and_sname),
		cmocka_unit_test(without_overload_those_fields_are_no_options),
		cmocka_unit_test(an_option_over_the_end_is_not_read),
		cmocka_unit_test(what_exceeds_a_bound_is_cut),
		cmocka_unit_test(an_impossible_hardware_length_gives_none),
		cmocka_unit_test(what_is_no_dhcp_packet_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
