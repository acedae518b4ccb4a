/* SPDX-License-Identifier: ISC */
/*
 * A scripted name server on loopback: each step says what becomes of one UDP question. TCP on the same
 * port answers in full.
 */
#include "netcheck/probe_dns.h"

#include <errno.h>
#include <event2/event.h>
#include <ldns/ldns.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum step {
	STEP_ANSWER,
	STEP_SILENCE,
	STEP_WRONG_ID,
	STEP_WRONG_NAME,
	STEP_WRONG_TYPE,
	STEP_TRUNCATED,
	STEP_RUBBISH, /* the right id, then nothing that can be read */
	STEP_END,
};

static struct event_base *base;
static struct endpoint server;
static int udp, tcp;
static const enum step *script;
static const char *zone[8]; /* records of the answer; none: `rcode` alone */
static ldns_pkt_rcode rcode;
static bool tcp_hangs;
static unsigned asked, asked_tcp;

static struct probe_dns_answer answer;
static const struct probe_dns_options quick = {.tries = 3, .wait_ms = 60, .tcp_ms = 200};

/* The answer to the question in `bytes`, or a spoilt one. */
static size_t build(const uint8_t *bytes, size_t size, enum step step, uint8_t **ret)
{
	ldns_pkt *query, *reply;
	ldns_rr *question;
	size_t length;

	assert_int_equal(ldns_wire2pkt(&query, bytes, size), LDNS_STATUS_OK);
	question = ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(query), 0));
	if (step == STEP_WRONG_NAME) {
		ldns_rdf_deep_free(ldns_rr_owner(question));
		ldns_rr_set_owner(question, ldns_dname_new_frm_str("other.example."));
	}
	if (step == STEP_WRONG_TYPE)
		ldns_rr_set_type(question, LDNS_RR_TYPE_TXT);
	reply = ldns_pkt_new();
	ldns_pkt_set_id(reply, (uint16_t)(ldns_pkt_id(query) + (step == STEP_WRONG_ID)));
	ldns_pkt_set_qr(reply, true);
	ldns_pkt_set_aa(reply, true);
	ldns_pkt_set_tc(reply, step == STEP_TRUNCATED);
	ldns_pkt_set_rcode(reply, rcode);
	ldns_pkt_push_rr(reply, LDNS_SECTION_QUESTION, question);
	for (size_t i = 0; i < 8 && zone[i] && step != STEP_TRUNCATED; i++) {
		ldns_rr *rr;

		assert_int_equal(ldns_rr_new_frm_str(&rr, zone[i], 300, NULL, NULL),
				 LDNS_STATUS_OK);
		ldns_pkt_push_rr(reply, LDNS_SECTION_ANSWER, rr);
	}
	assert_int_equal(ldns_pkt2wire(ret, reply, &length), LDNS_STATUS_OK);
	ldns_pkt_free(query);
	ldns_pkt_free(reply);
	if (step == STEP_RUBBISH)
		length = 14;
	return length;
}

static void on_udp(evutil_socket_t fd, short what, void *user)
{
	struct sockaddr_storage from;
	socklen_t from_size = sizeof(from);
	uint8_t bytes[512], *reply;
	ssize_t got;
	size_t length;

	got = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &from_size);
	assert_true(got > 0);
	asked++;
	do {
		if (*script == STEP_SILENCE)
			break;
		length = build(bytes, (size_t)got, *script, &reply);
		assert_int_equal(sendto(fd, reply, length, 0, (struct sockaddr *)&from, from_size),
				 length);
		free(reply);
	} while (*script >= STEP_WRONG_ID && *script <= STEP_WRONG_TYPE && *++script != STEP_END);
	if (*script != STEP_END)
		script++;
}

static void on_tcp_question(evutil_socket_t fd, short what, void *user)
{
	uint8_t bytes[512], head[2], *reply;
	size_t length;
	ssize_t got;

	got = recv(fd, bytes, sizeof(bytes), 0);
	assert_true(got > 2);
	length = build(bytes + 2, (size_t)got - 2, STEP_ANSWER, &reply);
	head[0] = (uint8_t)(length >> 8);
	head[1] = (uint8_t)length;
	assert_int_equal(send(fd, head, 2, 0), 2);
	assert_int_equal(send(fd, reply, length, 0), length);
	free(reply);
	close(fd);
}

static void on_tcp(evutil_socket_t listener, short what, void *user)
{
	int fd = accept(listener, NULL, NULL);

	assert_true(fd >= 0);
	asked_tcp++;
	if (tcp_hangs)
		close(fd);
	else
		assert_int_equal(event_base_once(base, fd, EV_READ, on_tcp_question, NULL, NULL),
				 0);
}

static void on_answer(const struct probe_dns_question *question, const struct probe_dns_answer *got,
		      void *user)
{
	answer = *got;
	event_base_loopbreak(base);
}

static void ask(const char *name, enum probe_dns_type type, const enum step *steps)
{
	struct probe_dns_question question = {.server = server, .type = type};
	struct probe_dns *probe;

	script = steps;
	asked = asked_tcp = 0;
	memset(&answer, 0, sizeof(answer));
	assert_int_equal(hostname_parse(name, &question.name, NULL), 0);
	assert_int_equal(probe_dns_start(&probe, base, &question, &quick, on_answer, NULL), 0);
	event_base_dispatch(base);
}

static void set_zone(ldns_pkt_rcode code, const char *first, const char *second, const char *third)
{
	rcode = code;
	zone[0] = first;
	zone[1] = second;
	zone[2] = third;
	zone[3] = NULL;
}

static const enum step answers[] = {STEP_ANSWER, STEP_END};

static void an_address_is_found(void **state)
{
	set_zone(LDNS_RCODE_NOERROR, "provisionserver.corp.example. 300 IN A 10.81.1.2",
		 "provisionserver.corp.example. 60 IN A 10.81.1.3", NULL);
	ask("ProvisionServer.corp.example", PROBE_DNS_A, answers);
	assert_int_equal(answer.kind, PROBE_DNS_ANSWER);
	assert_int_equal(answer.addr_count, 2);
	assert_true(addr_equal(answer.addrs[0], addr_ip4(0x0a510102)));
	assert_int_equal(answer.ttl_s, 60);
	assert_true(answer.authoritative);
	assert_int_equal(answer.tries, 1);
}

static void a_zones_negative_time_is_the_smaller_one(void **state)
{
	set_zone(LDNS_RCODE_NOERROR, "a.example. 900 IN SOA ns.example. x.example. 1 2 3 4 600",
		 NULL, NULL);
	ask("a.example", PROBE_DNS_SOA, answers);
	assert_int_equal(answer.kind, PROBE_DNS_ANSWER);
	assert_int_equal(answer.negative_s, 600);
	assert_false(answer.alias);
	set_zone(LDNS_RCODE_NOERROR, "a.example. 300 IN SOA ns.example. x.example. 1 2 3 4 600",
		 NULL, NULL);
	ask("a.example", PROBE_DNS_SOA, answers);
	assert_int_equal(answer.negative_s, 300);
}

static void a_cname_is_followed_and_strangers_are_not_taken(void **state)
{
	set_zone(LDNS_RCODE_NOERROR, "a.example. 300 IN CNAME b.example.",
		 "c.example. 300 IN A 10.0.0.9", "b.example. 300 IN A 10.0.0.1");
	ask("a.example", PROBE_DNS_A, answers);
	assert_int_equal(answer.kind, PROBE_DNS_ANSWER);
	assert_int_equal(answer.addr_count, 1);
	assert_true(addr_equal(answer.addrs[0], addr_ip4(0x0a000001)));
	assert_true(answer.alias);
	set_zone(LDNS_RCODE_NOERROR, "a.example. 300 IN CNAME a.example.", NULL, NULL);
	ask("a.example", PROBE_DNS_A, answers);
	assert_int_equal(answer.kind, PROBE_DNS_NODATA);
}

static void a_pointer_is_found(void **state)
{
	set_zone(LDNS_RCODE_NOERROR, "100.20.81.10.in-addr.arpa. 300 IN PTR PC-1.corp.example.",
		 NULL, NULL);
	ask("100.20.81.10.in-addr.arpa", PROBE_DNS_PTR, answers);
	assert_int_equal(answer.name_count, 1);
	assert_string_equal(answer.names[0].text, "pc-1.corp.example");
}

static void negative_answers_are_told_apart(void **state)
{
	static const struct {
		ldns_pkt_rcode rcode;
		enum probe_dns_kind kind;
	} cases[] = {
		{LDNS_RCODE_NOERROR, PROBE_DNS_NODATA},  {LDNS_RCODE_NXDOMAIN, PROBE_DNS_NXDOMAIN},
		{LDNS_RCODE_REFUSED, PROBE_DNS_REFUSED}, {LDNS_RCODE_SERVFAIL, PROBE_DNS_SERVFAIL},
		{LDNS_RCODE_NOTIMPL, PROBE_DNS_OTHER},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_zone(cases[i].rcode, NULL, NULL, NULL);
		ask("a.example", PROBE_DNS_A, answers);
		assert_int_equal(answer.kind, cases[i].kind);
	}
}

static void silence_is_tried_three_times(void **state)
{
	static const enum step silent[] = {STEP_SILENCE, STEP_SILENCE, STEP_SILENCE, STEP_END};

	ask("a.example", PROBE_DNS_A, silent);
	assert_int_equal(answer.kind, PROBE_DNS_SILENT);
	assert_int_equal(asked, 3);
}

static void a_lost_question_is_asked_again(void **state)
{
	static const enum step lossy[] = {STEP_SILENCE, STEP_ANSWER, STEP_END};

	set_zone(LDNS_RCODE_NOERROR, "a.example. 300 IN A 10.0.0.1", NULL, NULL);
	ask("a.example", PROBE_DNS_A, lossy);
	assert_int_equal(answer.kind, PROBE_DNS_ANSWER);
	assert_int_equal(answer.tries, 2);
}

static void foreign_answers_are_ignored_and_counted(void **state)
{
	static const enum step foreign[] = {STEP_WRONG_ID, STEP_WRONG_NAME, STEP_WRONG_TYPE,
					    STEP_ANSWER, STEP_END};

	set_zone(LDNS_RCODE_NOERROR, "a.example. 300 IN A 10.0.0.1", NULL, NULL);
	ask("a.example", PROBE_DNS_A, foreign);
	assert_int_equal(answer.kind, PROBE_DNS_ANSWER);
	assert_int_equal(answer.ignored, 3);
	assert_int_equal(answer.tries, 1);
}

static void a_truncated_answer_is_fetched_by_tcp(void **state)
{
	static const enum step truncated[] = {STEP_TRUNCATED, STEP_END};

	set_zone(LDNS_RCODE_NOERROR, "a.example. 300 IN A 10.0.0.1", NULL, NULL);
	ask("a.example", PROBE_DNS_A, truncated);
	assert_int_equal(answer.kind, PROBE_DNS_ANSWER);
	assert_true(answer.tcp);
	assert_int_equal(asked_tcp, 1);
}

static void a_tcp_that_hangs_up_is_said(void **state)
{
	static const enum step truncated[] = {STEP_TRUNCATED, STEP_END};

	tcp_hangs = true;
	ask("a.example", PROBE_DNS_A, truncated);
	tcp_hangs = false;
	assert_int_equal(answer.kind, PROBE_DNS_UNREACHABLE);
}

static void rubbish_is_no_answer(void **state)
{
	static const enum step rubbish[] = {STEP_RUBBISH, STEP_END};

	ask("a.example", PROBE_DNS_A, rubbish);
	assert_int_equal(answer.kind, PROBE_DNS_BAD);
}

static void a_port_without_server_is_unreachable(void **state)
{
	struct endpoint kept = server;
	struct sockaddr_storage sockaddr;
	socklen_t size = endpoint_to_sockaddr((struct endpoint){.addr = server.addr}, &sockaddr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	/* A number that TCP holds and UDP does not. */
	assert_int_equal(bind(fd, (struct sockaddr *)&sockaddr, size), 0);
	size = sizeof(sockaddr);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sockaddr, &size), 0);
	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&sockaddr, &server), 0);
	ask("a.example", PROBE_DNS_A, answers);
	server = kept;
	assert_int_equal(answer.kind, PROBE_DNS_UNREACHABLE);
	assert_int_equal(answer.error, ECONNREFUSED);
	close(fd);
}

static void a_question_may_be_cancelled(void **state)
{
	struct probe_dns_question question = {.server = server, .type = PROBE_DNS_A};
	struct probe_dns *probe;

	assert_int_equal(probe_dns_start(&probe, base, &question, &quick, on_answer, NULL), 0);
	probe_dns_cancel(probe);
}

static struct event *events[2];

/* UDP and TCP on one number: takes a number from TCP and tries it for UDP until both are free. */
static int open_server(void **state)
{
	struct sockaddr_storage sockaddr;
	socklen_t size;

	base = event_base_new();
	for (unsigned i = 0; base && i < 50; i++) {
		size = endpoint_to_sockaddr((struct endpoint){.addr = addr_ip4(0x7f000001)},
					    &sockaddr);
		tcp = socket(AF_INET, SOCK_STREAM, 0);
		udp = socket(AF_INET, SOCK_DGRAM, 0);
		if (bind(tcp, (struct sockaddr *)&sockaddr, size) || listen(tcp, 8))
			return -1;
		size = sizeof(sockaddr);
		if (getsockname(tcp, (struct sockaddr *)&sockaddr, &size))
			return -1;
		if (!bind(udp, (struct sockaddr *)&sockaddr, size)) {
			events[0] = event_new(base, udp, EV_READ | EV_PERSIST, on_udp, NULL);
			events[1] = event_new(base, tcp, EV_READ | EV_PERSIST, on_tcp, NULL);
			return endpoint_from_sockaddr((struct sockaddr *)&sockaddr, &server) ||
			       event_add(events[0], NULL) || event_add(events[1], NULL);
		}
		close(tcp);
		close(udp);
	}
	return -1;
}

static int close_server(void **state)
{
	event_free(events[0]);
	event_free(events[1]);
	event_base_free(base);
	close(tcp);
	close(udp);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_found),
		cmocka_unit_test(a_zones_negative_time_is_the_smaller_one),
		cmocka_unit_test(a_cname_is_followed_and_strangers_are_not_taken),
		cmocka_unit_test(a_pointer_is_found),
		cmocka_unit_test(negative_answers_are_told_apart),
		cmocka_unit_test(silence_is_tried_three_times),
		cmocka_unit_test(a_lost_question_is_asked_again),
		cmocka_unit_test(foreign_answers_are_ignored_and_counted),
		cmocka_unit_test(a_truncated_answer_is_fetched_by_tcp),
		cmocka_unit_test(a_tcp_that_hangs_up_is_said),
		cmocka_unit_test(rubbish_is_no_answer),
		cmocka_unit_test(a_port_without_server_is_unreachable),
		cmocka_unit_test(a_question_may_be_cancelled),
	};

	return cmocka_run_group_tests(tests, open_server, close_server);
}
