/* SPDX-License-Identifier: ISC */
#include "netcheck/dhcp.h"
#include "netcheck/explain.h"
#include "netcheck/judge_dhcp.h"
#include "tests/unit/netcheck/sink.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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
	struct dhcp_question discover = {
		.xid = 0x01020304, .mac = {1, 6, {2, 0, 0, 0, 0, 9}}, .name = name_of("me.ex")};
	uint8_t bytes[DHCP_PACKET_MAX];

	assert_int_equal(dhcp_print_question(&discover, bytes), 300);
	assert_memory_equal(bytes, "\1\1\6\0\1\2\3\4\0\0\x80\0", 12);
	assert_memory_equal(bytes + 28, discover.mac.bytes, 6);
	assert_memory_equal(bytes + 236, "\x63\x82\x53\x63\x35\1\1", 7);
	assert_non_null(memmem(bytes, 300, fqdn_ascii, sizeof(fqdn_ascii)));
	discover.ask = DHCP_WIRE;
	discover.relay = addr_ip4(0xc0000201);
	discover.link = addr_ip4(0xc0000241);
	dhcp_print_question(&discover, bytes);
	assert_memory_equal(bytes + 3, "\1", 1);
	assert_memory_equal(bytes + 10, "\0\0", 2);
	assert_memory_equal(bytes + 24, "\xc0\0\2\1", 4);
	assert_non_null(memmem(bytes, 300, fqdn_wire, sizeof(fqdn_wire)));
	assert_non_null(memmem(bytes, 300, link, sizeof(link)));
}

static void an_inform_asks_for_nothing_but_words(void **state)
{
	struct dhcp_question question = {.xid = 0x01020304,
					 .mac = {1, 6, {2, 0, 0, 0, 0, 9}},
					 .ask = DHCP_INFORM,
					 .name = name_of("me.ex"),
					 .client = addr_ip4(0xc0000263)};
	uint8_t bytes[DHCP_PACKET_MAX];

	assert_int_equal(dhcp_print_question(&question, bytes), 300);
	/* no broadcast flag: the answer comes to ciaddr */
	assert_memory_equal(bytes, "\1\1\6\0\1\2\3\4\0\0\0\0\xc0\0\2\x63\0\0\0\0", 20);
	assert_memory_equal(bytes + 236, "\x63\x82\x53\x63\x35\1\x8", 7);
	question.ask = DHCP_WIRE; /* a DISCOVER has no address, whatever was filled in */
	dhcp_print_question(&question, bytes);
	assert_memory_equal(bytes + 12, "\0\0\0\0", 4);
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
	assert_false(offer.informs);
	bytes[242] = 5; /* an ACK */
	assert_int_equal(dhcp_read_offer(bytes, length, &offer, NULL), 0);
	assert_true(offer.informs);
	bytes[242] = 6; /* a NAK */
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

static struct judge_dhcp seen;

/* The ids of the results about what is in `seen`, in order; `seen` is empty then. */
static const char *judge_seen(void)
{
	static const struct hostname suffix = {"corp.ex"};
	static char ids[128];

	forget(NULL);
	ids[0] = '\0';
	seen.where = "on eth0";
	seen.suffixes = &suffix;
	seen.suffix_count = 1;
	judge_dhcp(&seen, take, NULL);
	seen = (struct judge_dhcp){0};
	for (size_t i = 0; i < results.count; i++)
		snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%s%s", i ? " " : "",
			 results.items[i]->kind->id);
	return ids;
}

static const char *judge_offers(const struct dhcp_offer *ascii, const struct dhcp_offer *wire)
{
	if (ascii)
		judge_dhcp_note(&seen, DHCP_ASCII, ascii, ascii->server);
	if (wire)
		judge_dhcp_note(&seen, DHCP_WIRE, wire, wire->server);
	return judge_seen();
}

static void note_all(const struct dhcp_offer *offer)
{
	judge_dhcp_note(&seen, DHCP_ASCII, offer, offer->server);
	judge_dhcp_note(&seen, DHCP_WIRE, offer, offer->server);
}

static void note_inform(const struct dhcp_offer *offer)
{
	judge_dhcp_note(&seen, DHCP_INFORM, offer, offer->server);
}

static void an_inform_is_compared_with_the_offer(void **state)
{
	struct dhcp_offer good = good_offer(1), inform = good, standby = good_offer(9);

	inform.informs = standby.informs = true;
	inform.fqdn.length = standby.fqdn.length = 0;
	note_all(&good);
	assert_string_equal(judge_seen(), "NC400");
	assert_string_equal(results.items[0]->evidence, "asked on eth0; no answer to INFORM");
	note_all(&good);
	seen.no_inform = "eth0 has no IPv4 address to ask from";
	assert_string_equal(judge_seen(), "NC400");
	assert_string_equal(
		results.items[0]->evidence,
		"asked on eth0; INFORM not asked: eth0 has no IPv4 address to ask from");
	note_all(&good);
	note_inform(&inform);
	assert_string_equal(judge_seen(), "NC400");
	assert_string_equal(results.items[0]->evidence,
			    "asked on eth0; INFORM answered, without option 81");
	inform.fqdn = good.fqdn;
	inform.domain.length = 0;
	note_all(&good);
	note_inform(&inform);
	assert_string_equal(judge_seen(), "NC411");
	assert_string_equal(results.items[0]->text,
			    "INFORM is answered with no suffix and name servers 192.0.2.2, but it "
			    "offers suffix corp.ex and name servers 192.0.2.2");
	assert_string_equal(results.items[0]->evidence,
			    "asked on eth0; INFORM answered, option 81 \"S me.corp.ex\"");
	/* The idle half of a pair. */
	note_all(&good);
	note_inform(&standby);
	assert_string_equal(judge_seen(), "NC400 NC412");
	assert_int_equal(results.items[1]->state, RESULT_OK);
	standby.server_count = 0;
	note_inform(&standby); /* whichever answers first */
	note_all(&good);
	assert_string_equal(judge_seen(), "NC411 NC400");
	assert_string_equal(results.items[0]->text,
			    "INFORM is answered with suffix corp.ex and no name servers, but "
			    "192.0.2.1 offers suffix corp.ex and name servers 192.0.2.2");
	/* No offer from anybody. */
	note_inform(&standby);
	assert_string_equal(judge_seen(), "NC401 NC412");
	assert_int_equal(results.items[1]->state, RESULT_WARNING);
}

static void servers_that_disagree_are_each_named(void **state)
{
	struct dhcp_offer good = good_offer(1), same = good_offer(2), suffix = good_offer(3),
			  servers = good_offer(4);

	note_all(&good);
	note_all(&same);
	assert_string_equal(judge_seen(), "NC400 NC400");
	suffix.domain = (struct lease_bytes){7, "corp.EX"};
	servers.servers[0] = addr_ip4(0xc0000299);
	note_all(&good);
	note_all(&suffix);
	note_all(&same);
	note_all(&servers);
	assert_string_equal(judge_seen(), "NC400 NC400 NC400 NC400 NC408 NC408");
	assert_string_equal(
		results.items[4]->text,
		"servers disagree: 192.0.2.1 offers suffix corp.ex and name servers "
		"192.0.2.2, 192.0.2.3 offers suffix corp.EX and name servers 192.0.2.2");
	assert_non_null(strstr(results.items[5]->text,
			       "192.0.2.4 offers suffix corp.ex and name servers 192.0.2.153"));
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
		cmocka_unit_test(an_inform_asks_for_nothing_but_words),
		cmocka_unit_test(an_offer_is_read_with_all_its_parts),
		cmocka_unit_test(options_in_file_and_sname_count_when_overloaded),
		cmocka_unit_test(what_is_no_offer_is_nobodys_fault),
		cmocka_unit_test_teardown(an_inform_is_compared_with_the_offer, forget),
		cmocka_unit_test_teardown(servers_that_disagree_are_each_named, forget),
		cmocka_unit_test_teardown(each_fault_of_an_offer_has_its_finding, forget),
	};

	return cmocka_run_group_tests_name("dhcp", tests, NULL, NULL);
}
