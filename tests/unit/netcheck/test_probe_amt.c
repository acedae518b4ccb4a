/* SPDX-License-Identifier: ISC */
/* Hosts are asked for AMT's signs of life: processes on loopback stand in for them. */
#include "netcheck/check_amt.h"
#include "netcheck/explain.h"
#include "netcheck/probe_amt.h"
#include "tests/unit/netcheck/sink.h"

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
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BANNER(version)                                                                   \
	"HTTP/1.1 303 See Other\r\nLocation: /logon.htm\r\nContent-Length: 0\r\nServer: " \
	"Intel(R) Active Management Technology " version "\r\n\r\n"

/* A stand-in for a PC: a process with one listening socket per address and port, and what it says. */
struct service {
	unsigned host; /* last octet of its address */
	uint16_t port;
	const char *says; /* NULL = nothing */
	size_t length;
	bool tls;
	unsigned mute; /* so many connections are held without a word first */
	bool old;      /* what firmware of 2008 speaks: TLS 1.0 alone, an RSA key of 1024 bits */
};

enum { AMT_HOST = 1, SETUP_HOST, WEB_HOST, OFF_HOST, OLD_HOST, SLOW_HOST, ODD_HOST };
#define HOSTS 5
#define REDIRECTION "\x11\0\0\0\x01\0\0\0\0\0\0\0"

static const struct service services[] = {
	{AMT_HOST, 16992, BANNER("11.8.50"), sizeof(BANNER("11.8.50")) - 1, false},
	{AMT_HOST, 16993, BANNER("11.8.50"), sizeof(BANNER("11.8.50")) - 1, true},
	{AMT_HOST, 16995, REDIRECTION "\0", 13, true},
	{SETUP_HOST, 16993, NULL, 0, true},
	{OLD_HOST, 16993, BANNER("4.2.60"), sizeof(BANNER("4.2.60")) - 1, true, .old = true},
	{SLOW_HOST, 16992, BANNER("9.1"), sizeof(BANNER("9.1")) - 1, .mute = 1},
	{ODD_HOST, 16992, BANNER("9.1"), sizeof(BANNER("9.1")) - 1, .mute = 99},
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
	for (unsigned count = 0;; count++) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && count >= service->mute)
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

static struct probe_amt_outcome probed;

static void on_probed(const struct probe_amt_outcome *seen, void *user)
{
	probed = *seen;
	event_base_loopbreak(user);
}

static void probe_http(unsigned host)
{
	struct event_base *base = event_base_new();
	struct probe_amt *probe;
	struct addr addr;

	assert_int_equal(addr_parse(address_of(host), &addr), 0);
	assert_int_equal(probe_amt_start(&probe, base, addr, PROBE_AMT_HTTP, 400, on_probed, base),
			 0);
	event_base_dispatch(base);
	event_base_free(base);
}

static void silence_is_blamed_on_size_only_when_it_comes_back(void **state)
{
	probe_http(SLOW_HOST); /* an answer to the second, and to the third as well */
	assert_true(probed.connected && probed.length > 0);
	assert_false(probed.full_size_lost);
	probe_http(ODD_HOST); /* nothing, in small packets either */
	assert_true(probed.connected);
	assert_int_equal(probed.length, 0);
	assert_int_equal(probed.error.error, ETIMEDOUT);
	assert_false(probed.full_size_lost);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_host_is_told_for_what_it_is, forget),
		cmocka_unit_test(silence_is_blamed_on_size_only_when_it_comes_back),
		cmocka_unit_test_teardown(no_target_is_no_hang, forget),
	};

	return cmocka_run_group_tests_name("probe_amt", tests, begin, end);
}
