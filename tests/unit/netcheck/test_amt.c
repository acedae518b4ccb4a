/* SPDX-License-Identifier: ISC */
#include "netcheck/check_amt.h"
#include "netcheck/explain.h"
#include "netcheck/judge_amt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* A stand-in for a PC: a process with one listening socket per address and port, and what it says. */
struct service {
	unsigned host; /* last octet of its address */
	uint16_t port;
	const char *says; /* NULL = nothing */
	size_t length;
	bool tls;
	bool old; /* what firmware of 2008 speaks: TLS 1.0 alone, an RSA key of 1024 bits */
};

enum { AMT_HOST = 1, SETUP_HOST, WEB_HOST, OFF_HOST, OLD_HOST };
#define HOSTS 5
#define REDIRECTION "\x11\0\0\0\x01\0\0\0\0\0\0\0"

static const struct service services[] = {
	{AMT_HOST, 16992, BANNER("11.8.50"), sizeof(BANNER("11.8.50")) - 1, false},
	{AMT_HOST, 16993, BANNER("11.8.50"), sizeof(BANNER("11.8.50")) - 1, true},
	{AMT_HOST, 16995, REDIRECTION "\0", 13, true},
	{SETUP_HOST, 16993, NULL, 0, true},
	{OLD_HOST, 16993, BANNER("4.2.60"), sizeof(BANNER("4.2.60")) - 1, true, true},
	{WEB_HOST, 16992, "HTTP/1.1 200 OK\r\nServer: web\r\n\r\n", 33, false},
};
#define SERVICES (sizeof(services) / sizeof(services[0]))

static pid_t servants[SERVICES];

/* On loopback, in a network of this process's own: two runs at once do not meet. */
static const char *address_of(unsigned host)
{
	static char text[8][32];

	snprintf(text[host], sizeof(text[host]), "127.%u.%u.%u", 64 + (unsigned)getpid() / 256 % 64,
		 (unsigned)getpid() % 256, host);
	return text[host];
}

static SSL_CTX *make_context(bool old)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_RSA_gen(old ? 1024 : 2048);
	X509 *cert = X509_new();

	if (old) {
		SSL_CTX_set_security_level(context, 0);
		SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(context, TLS1_VERSION);
	}
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_sign(cert, key, old ? EVP_sha1() : EVP_sha256());
	SSL_CTX_use_certificate(context, cert);
	SSL_CTX_use_PrivateKey(context, key);
	return context;
}

static void serve_one(int fd, const struct service *service, SSL_CTX *context)
{
	SSL *session = context ? SSL_new(context) : NULL;
	char heard[512];

	if (session) {
		SSL_set_fd(session, fd);
		if (SSL_accept(session) == 1 && SSL_read(session, heard, sizeof(heard)) > 0 &&
		    service->says)
			SSL_write(session, service->says, (int)service->length);
		SSL_free(session);
	} else if (recv(fd, heard, sizeof(heard), 0) > 0 && service->says) {
		send(fd, service->says, service->length, MSG_NOSIGNAL);
	}
	close(fd);
}

static pid_t serve(const struct service *service)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(service->port)};
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	SSL_CTX *context;
	pid_t pid;

	inet_pton(AF_INET, address_of(service->host), &at.sin_addr);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 8), 0);
	pid = fork();
	if (pid) {
		close(listener);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	context = service->tls ? make_context(service->old) : NULL;
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			serve_one(fd, service, context);
	}
}

static int begin(void **state)
{
	for (size_t i = 0; i < SERVICES; i++)
		servants[i] = serve(&services[i]);
	return 0;
}

static int end(void **state)
{
	for (size_t i = 0; i < SERVICES; i++) {
		kill(servants[i], SIGKILL);
		waitpid(servants[i], NULL, 0);
	}
	return 0;
}

static void stop(void *user)
{
	event_base_loopbreak(user);
}

static const struct result *result_of(unsigned host)
{
	const char *text = address_of(host);

	for (size_t i = 0; i < results.count; i++)
		if (!strcmp(results.items[i]->subject, text))
			return results.items[i];
	fail_msg("no result about %s", text);
	return NULL;
}

static void each_host_is_told_for_what_it_is(void **state)
{
	struct check_tools tools = {.base = event_base_new(), .sink = take};
	struct check_amt_group group = {.name = "branch", .target_count = HOSTS};
	struct check_amt *check;
	struct addr targets[HOSTS];

	for (size_t i = 0; i < HOSTS; i++)
		assert_int_equal(addr_parse(address_of((unsigned)i + 1), &targets[i]), 0);
	group.targets = targets;
	assert_int_equal(check_amt_start(&check, &tools, &group, stop, tools.base), 0);
	assert_int_equal(event_base_dispatch(tools.base), 0);
	check_amt_free(check);
	event_base_free(tools.base);
	assert_int_equal(results.count, HOSTS);
	assert_string_equal(result_of(AMT_HOST)->kind->id, "NC600");
	assert_string_equal(result_of(AMT_HOST)->text, "AMT 11.8.50, configured, TLS");
	assert_string_equal(result_of(AMT_HOST)->group, "branch");
	assert_string_equal(result_of(AMT_HOST)->evidence,
			    "16992 open, 16993 open, 16994 closed, 16995 open, udp/623 closed, "
			    "TLSv1.3");
	assert_string_equal(result_of(SETUP_HOST)->kind->id, "NC602");
	assert_int_equal(result_of(SETUP_HOST)->state, RESULT_WARNING);
	assert_string_equal(result_of(WEB_HOST)->kind->id, "NC603");
	assert_string_equal(result_of(OFF_HOST)->kind->id, "NC604");
	assert_string_equal(result_of(OLD_HOST)->text, "AMT 4.2.60, configured, TLS");
	assert_non_null(strstr(result_of(OLD_HOST)->evidence, "TLSv1"));
	assert_null(strstr(result_of(OLD_HOST)->evidence, "TLSv1."));
}

static void no_target_is_no_hang(void **state)
{
	struct check_tools tools = {.base = event_base_new(), .sink = take};
	struct check_amt_group group = {0};
	struct check_amt *check;

	assert_int_equal(check_amt_start(&check, &tools, &group, stop, tools.base), 0);
	event_base_dispatch(tools.base);
	check_amt_free(check);
	event_base_free(tools.base);
	assert_int_equal(results.count, 0);
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
			    "a responder (branch-1), not a PC: presence pings pass both ways, and "
			    "it sees us as 192.0.2.99");
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
		cmocka_unit_test_teardown(each_host_is_told_for_what_it_is, forget),
		cmocka_unit_test_teardown(no_target_is_no_hang, forget),
		cmocka_unit_test_teardown(what_the_daemon_knows_tells_two_causes_apart, forget),
		cmocka_unit_test_teardown(a_responder_is_told_from_a_pc, forget),
		cmocka_unit_test_teardown(a_pong_tells_the_state, forget),
	};

	return cmocka_run_group_tests_name("amt", tests, begin, end);
}
