/* SPDX-License-Identifier: ISC */
#include "netcheck/explain.h"
#include "netcheck/judge_amt.h"
#include "tests/unit/netcheck/sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BANNER(version)                                                                   \
	"HTTP/1.1 303 See Other\r\nLocation: /logon.htm\r\nContent-Length: 0\r\nServer: " \
	"Intel(R) Active Management Technology " version "\r\n\r\n"

static void banners_of_amt_are_known(void **state)
{
	static const struct {
		const char *text, *version;
		bool amt;
		unsigned status;
	} cases[] = {
		{BANNER("7.1.91"), "7.1.91", true, 303},
		{BANNER("15.0.55.2751"), "15.0.55.2751", true, 303},
		{"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"Digest:"
		 "727734D63A1FC0423736E48DA554E462\", nonce=\"x\",stale=\"false\",qop=\"auth\"\r\n"
		 "server: Intel(R) Active Management Technology 15.0.23.1706\r\n\r\n",
		 "15.0.23.1706", true, 401},
		{"HTTP/1.1 401 x\r\nWWW-Authenticate: Digest realm=\"Intel(R) AMT "
		 "(ID:0000)\"\r\n\r\n",
		 "", true, 401},
		{"HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n", "", false, 200},
		{"HTTP/1.1 401 x\r\nWWW-Authenticate: Digest realm=\"Digest: all\"\r\n\r\n", "",
		 false, 401},
		/* the body is not the head */
		{"HTTP/1.1 200 OK\r\n\r\nServer: Intel(R) Active Management Technology 9\r\n", "",
		 false, 200},
		{"HTTP/1.1 303 See Other\r\nServer: Intel(R) Active Management Technology 7.1", "",
		 false, 303},
	};
	struct amt_banner banner;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		amt_read_banner(cases[i].text, strlen(cases[i].text), &banner);
		assert_true(banner.http);
		assert_int_equal(banner.amt, cases[i].amt);
		assert_int_equal(banner.status, cases[i].status);
		assert_string_equal(banner.version, cases[i].version);
	}
	amt_read_banner("SSH-2.0-OpenSSH_9.2\r\n", 21, &banner);
	assert_false(banner.http || banner.amt);
	amt_read_banner("", 0, &banner);
	assert_false(banner.http);
}

/* The bytes of a hexadecimal text; their number. */
static size_t read_hex(const char *hex, uint8_t ret[64])
{
	size_t length = strlen(hex) / 2;

	for (size_t k = 0; k < length; k++) {
		char byte[3] = {hex[2 * k], hex[2 * k + 1], '\0'};

		ret[k] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return length;
}

static void pongs_count_when_all_four_bytes_are_intels(void **state)
{
	static const struct {
		const char *hex;
		bool rmcp, amt;
		unsigned port, major, minor;
		enum amt_state state;
	} cases[] = {
		{"0600ff06000011be4041001000000157426060020120000000000000", true, true, 16992, 6,
		 0, AMT_CONFIGURED},
		{"0600ff06000011be40410010000001574261000201200b0800000000", true, true, 16993, 11,
		 8, AMT_CONFIGURED},
		{"0600ff06000011be40410010000001570000000001200c0000000000", true, true, 0, 12, 0,
		 AMT_NOT_CONFIGURED},
		{"0600ff06000011be40410000010000011be00000000810000000000", true, false, 0, 0, 0,
		 AMT_STATE_UNKNOWN},
		/* one byte of Intel's number alone */
		{"0600ff06000011be4041001000000057426060020120000000000000", true, false, 0, 0, 0,
		 AMT_STATE_UNKNOWN},
		/* the tag of another ping */
		{"0600ff06000011be4042001000000157426060020120000000000000", false, false, 0, 0, 0,
		 AMT_STATE_UNKNOWN},
		{"0600ff06000011be4041001000000157", true, false, 0, 0, 0, AMT_STATE_UNKNOWN},
		{"0600ff06000011be40410010", false, false, 0, 0, 0, AMT_STATE_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[64];
		size_t length = read_hex(cases[i].hex, bytes);
		struct amt_pong pong;

		amt_read_pong(bytes, length, 0x41, &pong);
		assert_int_equal(pong.rmcp, cases[i].rmcp);
		assert_int_equal(pong.amt, cases[i].amt);
		assert_int_equal(pong.port, cases[i].port);
		assert_int_equal(pong.major, cases[i].major);
		assert_int_equal(pong.minor, cases[i].minor);
		assert_int_equal(pong.state, cases[i].state);
	}
}

static void only_a_ping_is_a_ping(void **state)
{
	static const struct {
		const char *hex;
		bool ping;
	} cases[] = {
		{"06000006000011be80410000", true},
		{"0600ff06000011be80410000", true},    /* ASF's own sequence number */
		{"06000006000011be804100", false},     /* cut */
		{"06000006000011be8041000000", false}, /* with more behind it */
		{"06000006000011be40410000", false},   /* a pong */
		{"06000006000011be80410010", false},   /* says that data follow */
		{"06000006000001be80410000", false},   /* not ASF */
		{"06000007000011be80410000", false},   /* IPMI */
		{"05000006000011be80410000", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[64], tag = 0;
		size_t length = read_hex(cases[i].hex, bytes);

		assert_int_equal(amt_read_ping(bytes, length, &tag), cases[i].ping);
		assert_int_equal(tag, cases[i].ping ? 0x41 : 0);
	}
}

static void our_pong_is_not_taken_for_amts(void **state)
{
	uint8_t bytes[AMT_PONG_BYTES];
	struct amt_pong pong;

	amt_print_pong(0x41, bytes);
	amt_read_pong(bytes, sizeof(bytes), 0x41, &pong);
	assert_true(pong.rmcp);
	assert_false(pong.amt);
}

static void redirection_answers_are_told_from_noise(void **state)
{
	static const uint8_t agreed[] = {0x11, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 'x', 'y'};
	static const uint8_t refused[] = {0x11, 1, 0, 0};
	struct amt_redirection seen;

	amt_read_redirection(agreed, sizeof(agreed), &seen);
	assert_true(seen.amt && seen.agreed);
	amt_read_redirection(agreed, sizeof(agreed) - 1, &seen);
	assert_false(seen.amt);
	amt_read_redirection(refused, sizeof(refused), &seen);
	assert_true(seen.amt && !seen.agreed);
	amt_read_redirection("HTTP/1.1 400\r\n", 14, &seen);
	assert_false(seen.amt);
	amt_read_redirection(refused, 3, &seen);
	assert_false(seen.amt);
}

static void lost_size_has_a_finding_of_its_own(void **state)
{
	struct judge_amt seen = {.target = addr_ip4(0xc0000201), .banner.amt = true};

	seen.ports[PROBE_AMT_HTTPS] = (struct judge_amt_port){.state = PROBE_TCP_OPEN,
							      .full_size_lost = true};
	judge_amt(&seen, take, NULL);
	assert_int_equal(results.count, 2);
	assert_string_equal(results.items[1]->kind->id, "NC113");
	assert_string_equal(results.items[1]->subject, "192.0.2.1 tcp/16993");
	assert_string_equal(results.items[1]->port_state, "open");
}

static void what_the_daemon_knows_tells_two_causes_apart(void **state)
{
	static const struct amt_pong there = {true, true, 0, AMT_NOT_CONFIGURED, 12, 0}, none,
				     configured = {true, true, 16993, AMT_CONFIGURED, 12, 0};
	static const struct {
		const struct amt_pong *pong;
		enum probe_tcp_state ports;
		struct judge_amt_known known;
		const char *id;
	} cases[] = {
		{&there, PROBE_TCP_CLOSED, {.asked = true, .named = true}, "NC607"},
		{&there, PROBE_TCP_CLOSED, {.asked = true, .named = true, .hellos = 2}, "NC601"},
		{&there, PROBE_TCP_CLOSED, {.named = true}, "NC601"},
		{&none, PROBE_TCP_CLOSED, {.asked = true, .hellos = 1}, "NC608"},
		{&none, PROBE_TCP_FILTERED, {.asked = true, .hellos = 1}, "NC608"},
		{&none, PROBE_TCP_CLOSED, {.asked = true}, "NC609"},
		{&none, PROBE_TCP_CLOSED, {.asked = true, .named = true}, "NC604"},
		{&none, PROBE_TCP_FILTERED, {.asked = true}, "NC606"},
		{&none, PROBE_TCP_CLOSED, {.asked = false}, "NC604"},
		{&configured, PROBE_TCP_OPEN, {.asked = true}, "NC600"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct judge_amt seen = {.pong = *cases[i].pong,
					 .known = cases[i].known,
					 .target = addr_ip4(0xc0000201)};

		for (int kind = 0; kind < PROBE_AMT_KINDS; kind++)
			seen.ports[kind].state = cases[i].ports;
		forget(NULL);
		judge_amt(&seen, take, NULL);
		assert_string_equal(results.items[0]->kind->id, cases[i].id);
	}
}

static void a_responder_is_told_from_a_pc(void **state)
{
	struct probe_amt_outcome outcome = {
		.kind = PROBE_AMT_PING, .to.addr = addr_ip4(0xc0000201), .length = AMT_PONG_BYTES};
	struct judge_amt seen = {.target = outcome.to.addr};

	amt_print_pong(PROBE_AMT_TAG, outcome.bytes);
	outcome.length += token_print_answer("-", addr_ip4(0xc0000263), "branch-1",
					     (char *)outcome.bytes + AMT_PONG_BYTES, 128);
	judge_amt_note(&seen, &outcome);
	judge_amt(&seen, take, NULL);
	assert_string_equal(results.items[0]->kind->id, "NC610");
	assert_int_equal(results.items[0]->state, RESULT_WARNING);
	assert_string_equal(results.items[0]->text,
			    "a responder (branch-1), not a PC: presence pings pass both ways; it "
			    "sees us as 192.0.2.99");
	forget(NULL);
	seen = (struct judge_amt){.target = outcome.to.addr};
	for (int kind = 0; kind < PROBE_AMT_PING; kind++) {
		struct probe_amt_outcome told = {.kind = kind, .connected = true};

		told.length = token_print_answer("-", addr_ip4(0xc0000263), "branch-1",
						 (char *)told.bytes, 128);
		judge_amt_note(&seen, &told);
	}
	judge_amt(&seen, take, NULL);
	assert_string_equal(results.items[0]->text,
			    "a responder (branch-1), not a PC; it sees us as 192.0.2.99");
	seen = (struct judge_amt){.target = outcome.to.addr};
	/* What ends early, or comes with Intel's number, is not one of ours. */
	forget(NULL);
	outcome.length--;
	judge_amt_note(&seen, &outcome);
	judge_amt(&seen, take, NULL);
	assert_string_equal(results.items[0]->kind->id, "NC605");
	outcome.length++;
	memcpy(outcome.bytes + 12, "\0\0\x01\x57", 4);
	forget(NULL);
	judge_amt_note(&seen, &outcome);
	judge_amt(&seen, take, NULL);
	assert_string_equal(results.items[0]->kind->id, "NC601");
}

static void a_pong_tells_the_state(void **state)
{
	static const struct {
		struct amt_pong pong;
		const char *id, *text;
	} cases[] = {
		{{true, true, 0, AMT_NOT_CONFIGURED, 12, 0}, "NC601", "AMT 12.0, not configured"},
		{{true, true, 16993, AMT_IN_SETUP, 12, 0}, "NC602", "AMT 12.0, in setup"},
		{{true, true, 16993, AMT_CONFIGURED, 12, 0},
		 "NC600",
		 "AMT 12.0, configured, but its ports do not answer"},
		{{true, false, 0, AMT_STATE_UNKNOWN, 0, 0},
		 "NC605",
		 "a presence pong, but not with Intel's number 343"},
		{{false, false, 0, AMT_STATE_UNKNOWN, 0, 0}, "NC606", "nothing answers"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct judge_amt seen = {.pong = cases[i].pong, .target = addr_ip4(0xc0000201)};

		for (int kind = 0; kind < PROBE_AMT_KINDS; kind++)
			seen.ports[kind].state = PROBE_TCP_FILTERED;
		forget(NULL);
		judge_amt(&seen, take, NULL);
		assert_int_equal(results.count, 1);
		assert_string_equal(results.items[0]->kind->id, cases[i].id);
		assert_string_equal(results.items[0]->text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(banners_of_amt_are_known),
		cmocka_unit_test(pongs_count_when_all_four_bytes_are_intels),
		cmocka_unit_test(only_a_ping_is_a_ping),
		cmocka_unit_test(our_pong_is_not_taken_for_amts),
		cmocka_unit_test(redirection_answers_are_told_from_noise),
		cmocka_unit_test_teardown(lost_size_has_a_finding_of_its_own, forget),
		cmocka_unit_test_teardown(what_the_daemon_knows_tells_two_causes_apart, forget),
		cmocka_unit_test_teardown(a_responder_is_told_from_a_pc, forget),
		cmocka_unit_test_teardown(a_pong_tells_the_state, forget),
	};

	return cmocka_run_group_tests_name("amt", tests, NULL, NULL);
}
