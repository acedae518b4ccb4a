/* SPDX-License-Identifier: ISC */
#include "daemon/call_back.h"

#include "common/clock.h"
#include "common/resolvers.h"
#include "discovery/gate.h"
#include "netcheck/lookups.h"
#include "netcheck/probe_tcp.h"

#include <event2/event.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* A core waits 10 s and more. The second try tells a filtered port from a lost packet, and waits for
 * a router to find out that a host is absent, which takes it 3.05 s. */
static const uint32_t port_waits_ms[] = {1000, 3300};

struct call_back {
	struct event_base *base;
	struct lookups *lookups;
	const char *resolv_conf;
	LIST_HEAD(checks, check) checks;
};

struct check {
	LIST_ENTRY(check) link;
	struct call_back *call_back;
	struct addr address;
	struct endpoint servers[RESOLVERS_MAX];
	size_t server_count, server_at;
	struct gate_answers answers;
	int fd; /* of the try under way; -1 = none */
	struct event *event;
	size_t tries;
	bool has_port, has_names;
	void (*done)(const struct gate_answers *answers, void *task);
	void *task;
};

int call_back_new(struct call_back **ret, struct event_base *base, const char *resolv_conf)
{
	struct call_back *call_back = calloc(1, sizeof(*call_back));

	if (!call_back)
		return -ENOMEM;
	call_back->base = base;
	call_back->resolv_conf = resolv_conf;
	LIST_INIT(&call_back->checks);
	if (lookups_new(&call_back->lookups, base, &probe_dns_defaults) < 0) {
		free(call_back);
		return -ENOMEM;
	}
	*ret = call_back;
	return 0;
}

static void check_free(struct check *check)
{
	LIST_REMOVE(check, link);
	if (check->event)
		event_free(check->event);
	if (check->fd >= 0)
		dial_close(check->fd);
	free(check);
}

void call_back_free(struct call_back *call_back)
{
	if (!call_back)
		return;
	lookups_free(call_back->lookups);
	while (!LIST_EMPTY(&call_back->checks))
		check_free(LIST_FIRST(&call_back->checks));
	free(call_back);
}

static void finish_when_whole(struct check *check)
{
	if (!check->has_port || !check->has_names)
		return;
	check->done(&check->answers, check->task);
	check_free(check);
}

/* The port. */

static void port_done(struct check *check, const struct dial_error *error)
{
	switch (probe_tcp_classify(error, check->address.family)) {
	case PROBE_TCP_OPEN:
		check->answers.port = GATE_OPEN;
		break;
	case PROBE_TCP_CLOSED:
		check->answers.port = GATE_CLOSED;
		break;
	case PROBE_TCP_FILTERED:
		check->answers.port = GATE_FILTERED;
		break;
	case PROBE_TCP_REJECTED:
	case PROBE_TCP_NO_ROUTE:
	case PROBE_TCP_NO_HOST:
	case PROBE_TCP_FAILED:
		check->answers.port = GATE_NO_WAY;
		check->answers.error = error->error;
		break;
	}
	check->has_port = true;
	finish_when_whole(check);
}

static void on_port(evutil_socket_t fd, short what, void *user);

/* 0 when an answer will come; else *ret_error has it already. */
static int try_port(struct check *check, struct dial_error *ret_error)
{
	const struct endpoint to = {.addr = check->address, .port = GATE_PORT};
	uint32_t wait_ms = port_waits_ms[check->tries++];
	const struct timeval wait = clock_timeval(wait_ms);
	int result = dial_tcp(to, 0, &check->fd, ret_error);

	if (result < 0) {
		check->fd = -1;
		return result;
	}
	check->event = event_new(check->call_back->base, check->fd, EV_WRITE, on_port, check);
	if (check->event && event_add(check->event, &wait) == 0)
		return 0;
	ret_error->error = ENOMEM;
	return -ENOMEM;
}

static void on_port(evutil_socket_t fd, short what, void *user)
{
	struct check *check = user;
	struct dial_error error = {.error = ETIMEDOUT};

	if (what & EV_WRITE)
		dial_result(fd, &error);
	event_free(check->event);
	check->event = NULL;
	dial_close(check->fd);
	check->fd = -1;
	if ((what & EV_WRITE) || check->tries == sizeof(port_waits_ms) / sizeof(port_waits_ms[0]) ||
	    try_port(check, &error) < 0)
		port_done(check, &error);
}

/* The names. */

static enum gate_lookup lookup_of(const struct probe_dns_answer *answer)
{
	if (answer->kind == PROBE_DNS_ANSWER)
		return GATE_NAME;
	return answer->kind == PROBE_DNS_SILENT ? GATE_SILENT : GATE_NO_NAME;
}

static void names_done(struct check *check)
{
	check->has_names = true;
	finish_when_whole(check);
}

static int ask(struct check *check, const char *name, enum probe_dns_type type,
	       probe_dns_done *on_answer)
{
	struct probe_dns_question question = {.server = check->servers[check->server_at],
					      .type = type};

	if (hostname_parse(name, &question.name, NULL) < 0)
		return -EINVAL;
	return lookups_add(check->call_back->lookups, &question, on_answer, check);
}

static void on_forward(const struct probe_dns_question *question,
		       const struct probe_dns_answer *answer, void *user)
{
	struct check *check = user;

	(void)question;
	check->answers.forward = lookup_of(answer);
	for (size_t i = 0; i < answer->addr_count && i < GATE_NAMES_MAX; i++)
		check->answers.addrs[check->answers.addr_count++] = answer->addrs[i];
	names_done(check);
}

static int ask_reverse(struct check *check);

static void on_reverse(const struct probe_dns_question *question,
		       const struct probe_dns_answer *answer, void *user)
{
	struct check *check = user;
	bool ip6 = check->address.family == ADDR_IP6;

	(void)question;
	if ((answer->kind == PROBE_DNS_SILENT || answer->kind == PROBE_DNS_UNREACHABLE) &&
	    ++check->server_at < check->server_count && ask_reverse(check) == 0)
		return;
	check->answers.reverse = lookup_of(answer);
	if (check->answers.reverse == GATE_NAME && answer->name_count > 0) {
		check->answers.name = answer->names[0];
		if (ask(check, answer->names[0].text, ip6 ? PROBE_DNS_AAAA : PROBE_DNS_A,
			on_forward) == 0)
			return;
		check->answers.forward = GATE_SILENT;
	}
	names_done(check);
}

static int ask_reverse(struct check *check)
{
	char name[ADDR_REVERSE_TEXT];

	return ask(check, addr_print_reverse(check->address, name), PROBE_DNS_PTR, on_reverse);
}

int call_back_check(struct addr address,
		    void (*done)(const struct gate_answers *answers, void *task), void *task,
		    void *user)
{
	struct call_back *call_back = user;
	struct check *check = calloc(1, sizeof(*check));
	struct dial_error error = {0};

	if (!check)
		return -ENOMEM;
	check->call_back = call_back;
	check->fd = -1;
	check->address = address;
	check->done = done;
	check->task = task;
	check->server_count = resolvers_read(call_back->resolv_conf, check->servers);
	LIST_INSERT_HEAD(&call_back->checks, check, link);
	if (try_port(check, &error) < 0) {
		check_free(check);
		return error.error ? -error.error : -EIO;
	}
	/* Names that cannot be asked for are as good as unanswered ones. */
	check->has_names = check->server_count == 0;
	if (!check->has_names && ask_reverse(check) < 0) {
		check->answers.reverse = GATE_SILENT;
		check->has_names = true;
	}
	return 0;
}
