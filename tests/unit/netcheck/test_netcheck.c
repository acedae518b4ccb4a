/* SPDX-License-Identifier: ISC */
/* Whole runs on loopback: nothing listens where they look, and the answers come at once. */
#include "netcheck/netcheck.h"

#include "netcheck/verdict.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A number that is bound for TCP but not listened on, so that it stays closed. */
static int closed_port(uint16_t *ret)
{
	struct sockaddr_storage sockaddr;
	struct endpoint at = {.addr = addr_ip4(0x7f000001)};
	socklen_t size = endpoint_to_sockaddr(at, &sockaddr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sockaddr, size), 0);
	size = sizeof(sockaddr);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sockaddr, &size), 0);
	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&sockaddr, &at), 0);
	*ret = at.port;
	return fd;
}

static struct netcheck *new_run(const char *what, bool json, FILE *out)
{
	struct netcheck_options options = {.json = json, .scan = scan_defaults, .out = out};
	struct netcheck *run;
	struct err err = {0};

	if (netcheck_new(&run, what, &options, &err))
		fail_msg("%s", err.text);
	return run;
}

static void closed_ports_are_warnings(void **state)
{
	struct target_list targets = {0};
	struct target_ports ports = {.count = 1};
	struct netcheck *run;
	char *said = NULL;
	size_t size;
	FILE *out = open_memstream(&said, &size);
	int fd = closed_port(&ports.items[0]);

	assert_int_equal(target_add(&targets, "127.0.0.1-3", 16, NULL, NULL), 0);
	run = new_run("ports", false, out);
	assert_int_equal(netcheck_add_ports(run, &targets, &ports), 0);
	assert_int_equal(netcheck_run(run), VERDICT_WARNINGS);
	netcheck_free(run);
	fclose(out);
	assert_non_null(strstr(said, "WARN NC102 127.0.0.3 tcp/"));
	assert_non_null(strstr(
		said, "amtnet-check: ports READY WITH WARNINGS (3 checks, 3 warnings, 0 failures"));
	free(said);
	target_done(&targets);
	close(fd);
}

/* The name server's port is closed for UDP and the hello's port for TCP. */
static void a_site_without_servers_is_not_ready(void **state)
{
	static struct config_errors errors;
	struct site_config site;
	struct netcheck *run;
	char *said = NULL, text[512];
	size_t size;
	FILE *out = open_memstream(&said, &size);
	uint16_t port;
	int fd = closed_port(&port);

	snprintf(text, sizeof(text),
		 "name: loop\nprovision-server: {addresses: [127.0.0.1], port: %u}\n"
		 "suffixes: [corp.example]\nname-servers: [\"127.0.0.1:%u\"]\nports: [%u]\nhello: "
		 "true\n"
		 "subnets: [{name: lo, prefix: 127.0.0.0/24, targets: [127.0.0.1, 127.0.0.2]}]\n",
		 port, port, port);
	if (config_parse(text, strlen(text), "s", &site_config_table, &site, &errors))
		fail_msg("%s", errors.items[0].text);
	run = new_run("site loop", true, out);
	assert_int_equal(netcheck_add_site(run, &site), 0);
	assert_int_equal(netcheck_run(run), VERDICT_NOT_READY);
	netcheck_free(run);
	fclose(out);
	config_free(&site_config_table, &site);
	assert_non_null(strstr(said, "\"id\":\"NC205\",\"state\":\"failure\""));
	assert_non_null(strstr(said, "\"id\":\"NC303\",\"state\":\"failure\""));
	assert_non_null(strstr(said, "\"id\":\"NC102\",\"state\":\"warning\",\"group\":\"lo\""));
	assert_non_null(strstr(said, "\"id\":\"NC215\",\"state\":\"unknown\""));
	assert_non_null(strstr(said, "\"id\":\"NC223\",\"state\":\"unknown\""));
	assert_non_null(strstr(said, "\"verdict\":\"not-ready\",\"exit-status\":2,\"checks\":7"));
	free(said);
	close(fd);
}

static void an_interrupted_run_reports_what_it_knows(void **state)
{
	struct target_list targets = {0};
	struct target_ports ports = {.count = 1};
	struct netcheck *run;
	char *said = NULL;
	size_t size;
	FILE *out = open_memstream(&said, &size);
	int fd = closed_port(&ports.items[0]);

	assert_int_equal(target_add(&targets, "127.0.0.1", 16, NULL, NULL), 0);
	run = new_run("ports", false, out);
	assert_int_equal(netcheck_add_ports(run, &targets, &ports), 0);
	raise(SIGINT); /* taken by the run's own event */
	assert_int_equal(netcheck_run(run), VERDICT_UNKNOWN);
	netcheck_free(run);
	fclose(out);
	assert_non_null(strstr(said, "NC001 this run: ended early"));
	assert_non_null(strstr(said, "COULD NOT TELL"));
	free(said);
	target_done(&targets);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed_ports_are_warnings),
		cmocka_unit_test(a_site_without_servers_is_not_ready),
		cmocka_unit_test(an_interrupted_run_reports_what_it_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
