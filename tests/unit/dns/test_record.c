/* SPDX-License-Identifier: ISC */
#include "dns/record.h"

#include "common/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct hostname host(const char *text)
{
	struct hostname name;

	assert_int_equal(hostname_parse(text, &name, NULL), 0);
	return name;
}

static struct lease_bytes bytes_of(const char *hex)
{
	struct lease_bytes bytes = {0};
	size_t length;

	assert_int_equal(text_unhex(hex, strlen(hex), bytes.bytes, sizeof bytes.bytes, &length), 0);
	bytes.length = (uint8_t)length;
	return bytes;
}

static struct mac mac_of(const char *text)
{
	struct mac mac;

	assert_int_equal(mac_parse(text, &mac), 0);
	return mac;
}

static void assert_printed(const struct record *record, const char *expected)
{
	char text[RECORD_TEXT];

	assert_string_equal(record_print(record, text), expected);
}

/* RFC 4701 3.6.1 to 3.6.3. */
static const struct vector {
	enum record_dhcid_type type;
	const char *identifier, *name, *printed;
} vectors[] = {
	{RECORD_DHCID_DUID, "00 01 00 06 41 2d f1 66 01 02 03 04 05 06", "chi6.example.com",
	 "DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="},
	{RECORD_DHCID_CLIENT_ID, "01 07 08 09 0a 0b 0c", "chi.example.com",
	 "DHCID AAEBOSD+XR3Os/0LozeXVqcNc7FwCfQdWL3b/NaiUDlW2No="},
	{RECORD_DHCID_HTYPE, "01 01 02 03 04 05 06", "client.example.com",
	 "DHCID AAABxLmlskllE0MVjd57zHcWmEH3pCQ6VytcKD//7es/deY="},
};

static void dhcid_equals_the_vectors_of_rfc_4701(void **state)
{
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		struct lease_bytes identifier = bytes_of(vectors[i].identifier);
		struct hostname name = host(vectors[i].name);
		struct record record;

		assert_int_equal(record_dhcid(vectors[i].type, identifier.bytes, identifier.length,
					      &name, 60, &record),
				 0);
		assert_int_equal(record.length, RECORD_DHCID_BYTES);
		assert_int_equal(record.ttl, 60);
		assert_printed(&record, vectors[i].printed);
	}
}

static void empty_identifier_makes_no_dhcid(void **state)
{
	struct hostname name = host("a.example");
	struct mac none = {0};
	struct record record;

	assert_int_equal(record_dhcid(RECORD_DHCID_DUID, "", 0, &name, 0, &record), -EINVAL);
	assert_int_equal(record_dhcid_for_client(none, NULL, &name, 0, &record), -EINVAL);
}

static void name_in_dhcid_is_lower_case(void **state)
{
	struct hostname lower = host("me.example"), upper = host("ME.Example.");
	struct record a, b;

	record_dhcid(RECORD_DHCID_HTYPE, "\1abcdef", 7, &lower, 0, &a);
	record_dhcid(RECORD_DHCID_HTYPE, "\1abcdef", 7, &upper, 0, &b);
	assert_true(record_equal_data(&a, &b));
}

static void client_gets_the_dhcid_type_that_rfc_4701_chooses(void **state)
{
	static const struct {
		const char *client_id;
		uint8_t type;
	} cases[] = {
		{"", RECORD_DHCID_HTYPE},
		{"01 00 11 22 33 44 55", RECORD_DHCID_CLIENT_ID},
		{"ff 00 00 00 01 00 03 00 01 00 11 22 33 44 55", RECORD_DHCID_DUID},
		{"ff 00 00 00 01", RECORD_DHCID_CLIENT_ID}, /* no DUID follows */
		{"ff", RECORD_DHCID_CLIENT_ID},
	};
	struct hostname name = host("me.example");

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lease_bytes client_id = bytes_of(cases[i].client_id);
		struct record record;

		assert_int_equal(record_dhcid_for_client(mac_of("00:11:22:33:44:55"), &client_id,
							 &name, 0, &record),
				 0);
		assert_int_equal(record.rdata[1], cases[i].type);
	}
}

static void duid_is_hashed_without_type_and_iaid(void **state)
{
	struct lease_bytes client_id = bytes_of(
		"ff 00 00 00 07 00 01 00 06 41 2d f1 66 01 02 03 04 05 06");
	struct hostname name = host(vectors[0].name);
	struct record record;

	assert_int_equal(record_dhcid_for_client((struct mac){0}, &client_id, &name, 0, &record),
			 0);
	assert_printed(&record, vectors[0].printed);
}

static void every_identity_of_the_machine_is_ours(void **state)
{
	struct mac mac = mac_of("00:11:22:33:44:55"), other_mac = mac_of("00:11:22:33:44:66");
	struct lease_bytes duid = bytes_of("ff 00 00 00 01 00 03 00 01 00 11 22 33 44 55");
	struct lease_bytes vendor = bytes_of("00 61 62 63"),
			   plain = bytes_of("01 00 11 22 33 44 55");
	struct hostname name = host("me.example"), other_name = host("you.example");
	struct lease_bytes none = {0};
	struct record record;

	record_dhcid_for_client(mac, &none, &name, 0, &record);
	assert_true(record_dhcid_is_machine(&record, mac, NULL, &name));
	assert_true(record_dhcid_is_machine(&record, mac, &duid, &name));
	assert_false(record_dhcid_is_machine(&record, other_mac, &duid, &name));
	assert_false(record_dhcid_is_machine(&record, mac, &duid, &other_name));

	record_dhcid_for_client(mac, &plain, &name, 0, &record);
	assert_true(record_dhcid_is_machine(&record, mac, &none, &name));
	assert_false(record_dhcid_is_machine(&record, other_mac, &none, &name));

	record_dhcid_for_client(mac, &duid, &name, 0, &record);
	assert_true(record_dhcid_is_machine(&record, mac, &duid, &name));
	assert_false(record_dhcid_is_machine(&record, mac, &none, &name));

	record_dhcid_for_client(mac, &vendor, &name, 0, &record);
	assert_true(record_dhcid_is_machine(&record, mac, &vendor, &name));
	assert_false(record_dhcid_is_machine(&record, mac, &duid, &name));

	/* no identity at all matches nothing, not even an empty record */
	memset(&record, 0, sizeof record);
	assert_false(record_dhcid_is_machine(&record, (struct mac){0}, &none, &name));
}

static void records_print_as_a_zone_file_has_them(void **state)
{
	struct hostname name = host("me01.corp.example");
	struct record a = record_address(addr_ip4(0x0a510164), 60), ptr = record_ptr(&name, 60);
	struct record txt = record_txt("v=amtps1;owner=\"x\"\n", 60);
	struct addr ip6;
	struct record aaaa;

	assert_int_equal(addr_parse("2001:db8::1", &ip6), 0);
	aaaa = record_address(ip6, 60);
	assert_printed(&a, "A 10.81.1.100");
	assert_printed(&aaaa, "AAAA 2001:db8::1");
	assert_printed(&ptr, "PTR me01.corp.example.");
	assert_printed(&txt, "TXT \"v=amtps1;owner=\"x\"\\x0a\"");
}

static void data_that_fits_no_form_prints_as_bytes(void **state)
{
	struct record record = {.type = RECORD_A, .length = 3, .rdata = {1, 2, 3}};

	assert_printed(&record, "A \\# 3 010203");
	record.type = RECORD_PTR;
	assert_printed(&record, "PTR \\# 3 010203");
	record.type = RECORD_TXT;
	record.rdata[0] = 3;
	assert_printed(&record, "TXT \\# 3 030203");
	record.type = 65;
	assert_printed(&record, "? \\# 3 030203");
	record.length = 0;
	assert_printed(&record, "? \\# 0 ");
}

static void text_is_cut_at_255(void **state)
{
	char text[300];
	struct record record;
	char printed[RECORD_TEXT];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	record = record_txt(text, 0);
	assert_int_equal(record.length, 256);
	assert_int_equal(record.rdata[0], 255);
	memset(record.rdata + 1, '\n', 255); /* the longest print */
	assert_true(strlen(record_print(&record, printed)) < RECORD_TEXT);
}

static void equal_data_ignores_ttl_but_not_type(void **state)
{
	struct record a = record_txt("x", 1), b = record_txt("x", 2);

	assert_true(record_equal_data(&a, &b));
	b.type = RECORD_DHCID;
	assert_false(record_equal_data(&a, &b));
}

static void marker_holds_the_dhcid_and_nothing_else_does(void **state)
{
	struct hostname name = {"me.example"};
	struct record dhcid, marker, back, other = record_txt("v=spf1 -all", 60);
	char text[RECORD_TEXT];

	assert_int_equal(record_dhcid(RECORD_DHCID_HTYPE, "\1\2\3\4\5\6\7", 7, &name, 60, &dhcid),
			 0);
	marker = record_marker(&dhcid);
	assert_int_equal(marker.ttl, 60);
	assert_int_equal(strncmp(record_print(&marker, text), "TXT \"v=amtdhcid1;AAAB", 21), 0);
	assert_true(record_from_marker(&marker, &back));
	assert_true(record_equal_data(&back, &dhcid));
	assert_false(record_from_marker(&other, &back));
	assert_false(record_from_marker(&dhcid, &back));
	marker.rdata[20] = '*';
	assert_false(record_from_marker(&marker, &back));
	marker = record_marker(&dhcid);
	marker.length--;
	assert_false(record_from_marker(&marker, &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dhcid_equals_the_vectors_of_rfc_4701),
		cmocka_unit_test(empty_identifier_makes_no_dhcid),
		cmocka_unit_test(name_in_dhcid_is_lower_case),
		cmocka_unit_test(client_gets_the_dhcid_type_that_rfc_4701_chooses),
		cmocka_unit_test(duid_is_hashed_without_type_and_iaid),
		cmocka_unit_test(every_identity_of_the_machine_is_ours),
		cmocka_unit_test(records_print_as_a_zone_file_has_them),
		cmocka_unit_test(data_that_fits_no_form_prints_as_bytes),
		cmocka_unit_test(text_is_cut_at_255),
		cmocka_unit_test(equal_data_ignores_ttl_but_not_type),
		cmocka_unit_test(marker_holds_the_dhcid_and_nothing_else_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
