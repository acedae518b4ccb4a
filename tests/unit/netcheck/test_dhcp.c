/* SPDX-License-Identifier: ISC */
#include "netcheck/dhcp.h"
#include "netcheck/explain.h"
#include "netcheck/judge_dhcp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct results results;

static void take(struct result *result, void *user)
{
	results_take(&results, result);
}

static int forget(void **state)
{
	results_done(&results);
	return 0;
}

static struct hostname name_of(const char *text)
{
	struct hostname name;

	assert_int_equal(hostname_parse(text, &name, NULL), 0);
	return name;
}

static void a_discover_is_what_an_me_sends(void **state)
{
	static const uint8_t fqdn_ascii[] = {81, 8, 1, 0, 0, 'm', 'e', '.', 'e', 'x'};
	static const uint8_t fqdn_wire[] = {81, 10, 5, 0, 0, 2, 'm', 'e', 2, 'e', 'x', 0};
	static const uint8_t link[] = {82, 6, 5, 4, 192, 0, 2, 65, 255};
	struct dhcp_discover discover = {
		.xid = 0x01020304, .mac = {1, 6, {2, 0, 0, 0, 0, 9}}, .name = name_of("me.ex")};
	uint8_t bytes[DHCP_PACKET_MAX];

	assert_int_equal(dhcp_print_discover(&discover, bytes), 300);
	assert_memory_equal(bytes, "\1\1\6\0\1\2\3\4\0\0\x80\0", 12);
	assert_memory_equal(bytes + 28, discover.mac.bytes, 6);
	assert_memory_equal(bytes + 236, "\x63\x82\x53\x63\x35\1\1", 7);
	assert_non_null(memmem(bytes, 300, fqdn_ascii, sizeof(fqdn_ascii)));
	discover.encoding = DHCP_WIRE;
	discover.relay = addr_ip4(0xc0000201);
	discover.link = addr_ip4(0xc0000241);
	dhcp_print_discover(&discover, bytes);
	assert_memory_equal(bytes + 3, "\1", 1);
	assert_memory_equal(bytes + 10, "\0\0", 2);
	assert_memory_equal(bytes + 24, "\xc0\0\2\1", 4);
	assert_non_null(memmem(bytes, 300, fqdn_wire, sizeof(fqdn_wire)));
	assert_non_null(memmem(bytes, 300, link, sizeof(link)));
}

/* An offer with these options behind "this is an offer"; its length. */
static size_t make_offer(const void *options, size_t length, uint8_t ret[DHCP_PACKET_MAX])
{
	memset(ret, 0, 240);
	memcpy(ret, "\2\1\6\0\1\2\3\4", 8);
	memcpy(ret + 16, "\xc0\0\2\5", 4);
	memcpy(ret + 28, "\2\0\0\0\0\x9", 6);
	memcpy(ret + 236, "\x63\x82\x53\x63\x35\1\2", 7);
	memcpy(ret + 243, options, length);
	return 243 + length;
}

#define READ(options, offer, err) \
	dhcp_read_offer(bytes, make_offer(options, sizeof(options) - 1, bytes), offer, err)

static void an_offer_is_read_with_all_its_parts(void **state)
{
	uint8_t bytes[DHCP_PACKET_MAX];
	struct dhcp_offer offer;
	struct err err = {0};

	assert_int_equal(READ("\x36\4\xc0\0\2\1\xf\x20"
			      "corp.ex\xff",
			      &offer, &err),
			 -EINVAL);
	assert_string_equal(err.text, "option 15 runs over the end of the packet");
	assert_int_equal(READ("\x36\4\xc0\0\2\1\x33\4\0\0\xe\x10\6\x8\xc0\0\2\2\xc0\0\2\3\0\0"
			      "\xf\7corp.ex\x51\4\1\xff\xffm\x51\4e.ex\xff junk",
			      &offer, &err),
			 0);
	assert_int_equal(offer.xid, 0x01020304);
	assert_true(addr_equal(offer.server, addr_ip4(0xc0000201)));
	assert_true(addr_equal(offer.address, addr_ip4(0xc0000205)));
	assert_int_equal(offer.lifetime_s, 3600);
	assert_int_equal(offer.server_count, 2);
	assert_true(addr_equal(offer.servers[1], addr_ip4(0xc0000203)));
	assert_true(offer.has_domain && offer.has_servers && !offer.odd_servers);
	assert_int_equal(offer.domain.length, 7);
	assert_memory_equal(offer.fqdn.bytes, "\1\xff\xffme.ex", 8);
	assert_int_equal(offer.fqdn.length, 8);
}

static void options_in_file_and_sname_count_when_overloaded(void **state)
{
	uint8_t bytes[DHCP_PACKET_MAX];
	struct dhcp_offer offer;
	size_t length = make_offer("\x34\1\3\xff", 4, bytes);

	memcpy(bytes + 108, "\xf\4file\xff", 7);
	memcpy(bytes + 44, "\6\4\xc0\0\2\2\xff", 7);
	assert_int_equal(dhcp_read_offer(bytes, length, &offer, NULL), 0);
	assert_memory_equal(offer.domain.bytes, "file", 4);
	assert_int_equal(offer.server_count, 1);
	bytes[245] = 1; /* file only */
	assert_int_equal(dhcp_read_offer(bytes, length, &offer, NULL), 0);
	assert_int_equal(offer.server_count, 0);
}

static void what_is_no_offer_is_nobodys_fault(void **state)
{
	uint8_t bytes[DHCP_PACKET_MAX];
	struct dhcp_offer offer;
	size_t length = make_offer("\xff", 1, bytes);

	assert_int_equal(dhcp_read_offer(bytes, length, &offer, NULL), 0);
	for (size_t cut = 0; cut < 243; cut++)
		assert_int_not_equal(dhcp_read_offer(bytes, cut, &offer, NULL), 0);
	bytes[242] = 5; /* an ACK */
	assert_int_equal(dhcp_read_offer(bytes, length, &offer, NULL), -ENOMSG);
	bytes[242] = 2;
	bytes[0] = 1; /* from a client */
	assert_int_equal(dhcp_read_offer(bytes, length, &offer, NULL), -ENOMSG);
	bytes[0] = 2;
	bytes[236] = 0;
	assert_int_equal(dhcp_read_offer(bytes, length, &offer, NULL), -ENOMSG);
}

static struct dhcp_offer good_offer(uint8_t last)
{
	struct dhcp_offer offer = {.server = addr_ip4(0xc0000200u + last),
				   .address = addr_ip4(0xc0000205),
				   .has_domain = true,
				   .domain = {7, "corp.ex"},
				   .has_servers = true,
				   .servers = {addr_ip4(0xc0000202)},
				   .server_count = 1,
				   .fqdn = {13, "\1\xff\xffme.corp.ex"}};

	return offer;
}

/* The ids of the results, in order. */
static const char *judge_offers(const struct dhcp_offer *ascii, const struct dhcp_offer *wire)
{
	static const struct hostname suffix = {"corp.ex"};
	static struct judge_dhcp seen;
	static char ids[128];

	forget(NULL);
	ids[0] = '\0';
	seen = (struct judge_dhcp){.where = "on eth0", .suffixes = &suffix, .suffix_count = 1};
	if (ascii)
		judge_dhcp_note(&seen, DHCP_ASCII, ascii, ascii->server);
	if (wire)
		judge_dhcp_note(&seen, DHCP_WIRE, wire, wire->server);
	judge_dhcp(&seen, take, NULL);
	for (size_t i = 0; i < results.count; i++)
		snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%s%s", i ? " " : "",
			 results.items[i]->kind->id);
	return ids;
}

static void each_fault_of_an_offer_has_its_finding(void **state)
{
	struct dhcp_offer good = good_offer(1), odd = good, other = good_offer(9);

	assert_string_equal(judge_offers(&good, &good), "NC400");
	assert_string_equal(results.items[0]->text,
			    "offers 192.0.2.5, suffix corp.ex, name servers 192.0.2.2, option 81 "
			    "\"S me.corp.ex\"");
	assert_string_equal(judge_offers(NULL, NULL), "NC401");
	assert_string_equal(judge_offers(NULL, &good), "NC406");
	odd.domain.length = 0;
	assert_string_equal(judge_offers(&odd, &odd), "NC402");
	odd.domain = (struct lease_bytes){8, "corp.ex"};
	assert_string_equal(judge_offers(&odd, &odd), "NC402");
	assert_string_equal(results.items[0]->text,
			    "option 15 \"corp.ex\\x00\" is no DNS suffix: it holds a zero byte");
	odd.domain = (struct lease_bytes){8, "corp.ex "};
	assert_string_equal(judge_offers(&odd, &odd), "NC402");
	odd.domain = (struct lease_bytes){8, "other.ex"};
	assert_string_equal(judge_offers(&odd, &odd), "NC404");
	odd = good;
	odd.server_count = 0;
	assert_string_equal(judge_offers(&odd, &odd), "NC403");
	odd = good;
	odd.fqdn.length = 0;
	assert_string_equal(judge_offers(&odd, &good), "NC405");
	odd.fqdn = (struct lease_bytes){13, "\x8\xff\xffme.corp.ex"};
	assert_string_equal(judge_offers(&good, &odd), "NC405");
	odd.fqdn = (struct lease_bytes){21, "\1\xff\xffme.corp.ex.corp.ex"};
	assert_string_equal(judge_offers(&odd, &good), "NC407");
	other.domain = (struct lease_bytes){7, "corp.EX"};
	assert_string_equal(judge_offers(&good, &other), "NC406 NC406 NC408");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_discover_is_what_an_me_sends),
		cmocka_unit_test(an_offer_is_read_with_all_its_parts),
		cmocka_unit_test(options_in_file_and_sname_count_when_overloaded),
		cmocka_unit_test(what_is_no_offer_is_nobodys_fault),
		cmocka_unit_test_teardown(each_fault_of_an_offer_has_its_finding, forget),
	};

	return cmocka_run_group_tests_name("dhcp", tests, NULL, NULL);
}
