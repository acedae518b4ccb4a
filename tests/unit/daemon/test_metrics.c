/* SPDX-License-Identifier: ISC */
/* The formats as text, and the pages over real HTTP on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/metrics.h"
#include "daemon/metrics_text.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char answer[4096];
static struct text out;

static const char *prometheus(const char *rows)
{
	snprintf(answer, sizeof(answer), "ok\nname\tvalue\n%s", rows);
	text_clear(&out);
	metrics_text_prometheus(answer, &out);
	return out.bytes;
}

static void has(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("no \"%s\" in:\n%s", line, text);
}

static void numbers_keep_their_names(void **state)
{
	const char *text = prometheus("uptime-s\t42\ndns.names.no-zone\t0\nversion\t0.1.0\n"
				      "hello.lag\t-3\nempty\t\nhello.listening\t0.0.0.0:9971\n");

	has(text, "# TYPE amtnet_uptime_s untyped\namtnet_uptime_s 42\n");
	has(text, "\namtnet_dns_names_no_zone 0\n");
	has(text, "\namtnet_hello_lag -3\n");
	assert_null(strstr(text, "version"));
	assert_null(strstr(text, "listening"));
	assert_null(strstr(text, "empty"));
}

static void zones_and_cores_become_labels(void **state)
{
	const char *text = prometheus("dns.zone.corp.example.sent\t7\n"
				      "dns.zone.corp.example.state\tgood\n"
				      "dns.zone.81.10.in-addr.arpa.sent\t9\n"
				      "core.mesh.one.waiting\t1\n"
				      "provision-server.name.p.corp.example.epoch\t3\n"
				      "provision-server.core.2001:db8::1.state\tdown\n");

	has(text, "amtnet_dns_zone_sent{zone=\"corp.example\"} 7\n"
		  "amtnet_dns_zone_sent{zone=\"81.10.in-addr.arpa\"} 9\n");
	has(text, "amtnet_dns_zone_state{zone=\"corp.example\",state=\"good\"} 1\n");
	has(text, "amtnet_core_waiting{core=\"mesh.one\"} 1\n");
	has(text, "amtnet_provision_server_name_epoch{name=\"p.corp.example\"} 3\n");
	has(text, "amtnet_provision_server_core_state{core=\"2001:db8::1\",state=\"down\"} 1\n");
}

static void alarms_are_metrics_whatever_they_say(void **state)
{
	const char *text = prometheus("alarm.provision-server.p.corp.example\tsomeone\n");

	has(text, "amtnet_alarm{source=\"provision-server.p.corp.example\"} 1\n");
}

static void label_values_are_escaped(void **state)
{
	has(prometheus("core.a\"b\\x5c.waiting\t1\n"), "{core=\"a\\\"b\\\\x5c\"} 1\n");
}

static void page_escapes_what_it_shows(void **state)
{
	snprintf(answer, sizeof(answer), "ok\nname\tvalue\na<b>\t&\"x\"\nalarm.z\ty\n");
	text_clear(&out);
	metrics_text_table(answer, &out);
	has(out.bytes, "<tr><th>name</th><th>value</th></tr>");
	has(out.bytes, "<td>a&lt;b&gt;</td><td>&amp;&quot;x&quot;</td>");
	has(out.bytes, "<tr class=alarm><td>alarm.z</td>");
	snprintf(answer, sizeof(answer), "error: <no>\n");
	text_clear(&out);
	metrics_text_table(answer, &out);
	has(out.bytes, "<p>error: &lt;no&gt;</p>");
}

/* Over HTTP ------------------------------------------------------------------------------------- */

static struct event_base *base;
static struct metrics *metrics;
static uint16_t port;

static void answer_line(const char *line, struct text *ret, void *user)
{
	text_add(ret, "ok\nname\tvalue\nasked-%s\t1\n", line);
}

/* A port that was free a moment ago; another is tried where it is not any more. */
static int open_server(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	struct err err = {0};

	base = event_base_new();
	for (int i = 0; i < 20 && !metrics; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		at.sin_port = 0;
		assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
		assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
		port = ntohs(at.sin_port);
		close(fd);
		(void)metrics_new(&metrics, base, port, answer_line, NULL, &err);
	}
	return metrics ? 0 : -1;
}

static int close_server(void **state)
{
	metrics_free(metrics);
	metrics = NULL;
	event_base_free(base);
	return 0;
}

/* The whole answer to a request. */
static const char *ask(const char *request)
{
	static char reply[65536];
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	size_t length = 0;

	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL),
			 (ssize_t)strlen(request));
	for (;;) {
		ssize_t got;

		event_base_loop(base, EVLOOP_NONBLOCK);
		got = recv(fd, reply + length, sizeof(reply) - 1 - length, MSG_DONTWAIT);
		if (got == 0)
			break;
		length += got > 0 ? (size_t)got : 0;
	}
	close(fd);
	reply[length] = '\0';
	return reply;
}

static void metrics_and_page_are_served(void **state)
{
	const char *reply = ask("GET /metrics HTTP/1.0\r\nHost: 127.0.0.1:1\r\n\r\n");

	has(reply, " 200 OK\r\n");
	has(reply, "Content-Type: text/plain; version=0.0.4");
	has(reply, "amtnet_asked_status 1\n");
	reply = ask("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n");
	has(reply, " 200 OK\r\n");
	has(reply, "<td>asked-provision-server</td>");
	has(reply, "Content-Security-Policy: default-src 'none'");
}

static void other_hosts_methods_and_paths_are_refused(void **state)
{
	has(ask("GET /metrics HTTP/1.0\r\nHost: evil.example\r\n\r\n"), " 403 ");
	has(ask("GET / HTTP/1.0\r\nHost: 127.0.0.1.evil.example\r\n\r\n"), " 403 ");
	has(ask("POST / HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"), " 501 ");
	has(ask("GET /devices HTTP/1.0\r\nHost: localhost\r\n\r\n"), " 404 ");
}

static void used_port_is_named(void **state)
{
	struct metrics *second = NULL;
	struct err err = {0};

	assert_true(metrics_new(&second, base, port, answer_line, NULL, &err) < 0);
	has(err.text, "metrics.port ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_keep_their_names),
		cmocka_unit_test(zones_and_cores_become_labels),
		cmocka_unit_test(alarms_are_metrics_whatever_they_say),
		cmocka_unit_test(label_values_are_escaped),
		cmocka_unit_test(page_escapes_what_it_shows),
		cmocka_unit_test_setup_teardown(metrics_and_page_are_served, open_server,
						close_server),
		cmocka_unit_test_setup_teardown(other_hosts_methods_and_paths_are_refused,
						open_server, close_server),
		cmocka_unit_test_setup_teardown(used_port_is_named, open_server, close_server),
	};
	int failed;

	text_init(&out, 1 << 20);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	text_done(&out);
	return failed;
}
