/* SPDX-License-Identifier: ISC */
#include "netcheck/check_pair.h"

#include "common/clock.h"
#include "netcheck/check_ports.h"
#include "netcheck/judge_pair.h"
#include "netcheck/target.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_MS 4500
#define SCAN_MS 60000
#define HELLO_MS 15000 /* the responder's own limits for a hello, and some more */

enum step {
	STEP_BEGIN, /* waiting for "ready" */
	STEP_SCAN,  /* our own scan runs */
	STEP_SEEN,  /* waiting for what arrived */
	STEP_HELLO, /* waiting for the result of a hello */
};

struct check_pair {
	struct check_tools *tools;
	struct check_tools scan_tools; /* the same, with our own eyes on each state */
	struct check_pair_wanted wanted;
	check_done *done;
	void *user;
	int fd; /* while connecting */
	struct event *event;
	struct dial_error error;
	struct addr source;
	struct pair_talk *talk;
	struct check_ports *ports;
	enum step step;
	enum probe_tcp_state states[TARGET_PORTS_MAX];
	size_t hello; /* that is under way */
};

void check_pair_free(struct check_pair *check)
{
	if (!check)
		return;
	if (check->event)
		event_free(check->event);
	if (check->fd >= 0)
		close(check->fd);
	pair_talk_free(check->talk);
	check_ports_free(check->ports);
	free(check);
}

/* The talk may still be open: the last word has been said. */
static void conclude(struct check_pair *check)
{
	pair_talk_free(check->talk);
	check->talk = NULL;
	check->done(check->user);
}

static void ask_hello(struct check_pair *check)
{
	char words[PAIR_WORDS_MAX];

	if (check->hello == check->wanted.hello_count) {
		conclude(check);
		return;
	}
	check->step = STEP_HELLO;
	pair_print_ask_hello(check->wanted.hellos[check->hello], words);
	pair_talk_wait(check->talk, HELLO_MS);
	pair_talk_say(check->talk, words);
}

static void on_result(struct result *result, void *user)
{
	struct check_pair *check = user;

	check->tools->sink(result, check->tools->user);
}

static void on_state(const struct probe_tcp_outcome *outcome, void *user)
{
	struct check_pair *check = user;

	for (size_t i = 0; i < check->wanted.port_count; i++)
		if (check->wanted.ports[i] == outcome->to.port)
			check->states[i] = outcome->state;
	if (check->tools->seen)
		check->tools->seen(outcome, check->tools->user);
}

static void on_scanned(void *user)
{
	struct check_pair *check = user;

	if (!check->talk) { /* ended meanwhile, which was said */
		check->done(check->user);
		return;
	}
	check->step = STEP_SEEN;
	pair_talk_wait(check->talk, PAIR_TALK_WAIT_MS);
	pair_talk_say(check->talk, "seen");
}

static bool scan(struct check_pair *check)
{
	struct check_ports_group group = {
		.each = true,
		.targets = &check->wanted.with.addr,
		.target_count = 1,
		.ports = check->wanted.ports,
		.port_count = check->wanted.port_count,
	};

	check->step = STEP_SCAN;
	check->scan_tools = *check->tools;
	check->scan_tools.sink = on_result;
	check->scan_tools.seen = on_state;
	check->scan_tools.user = check;
	pair_talk_wait(check->talk, SCAN_MS);
	if (!check_ports_start(&check->ports, &check->scan_tools, &group, on_scanned, check))
		return true;
	check->step = STEP_BEGIN;
	return false;
}

static void on_port(struct check_pair *check, const struct pair_port *seen)
{
	for (size_t i = 0; i < check->wanted.port_count; i++)
		if (check->wanted.ports[i] == seen->port)
			judge_pair_port(check->wanted.with, check->states[i], seen,
					check->tools->sink, check->tools->user);
}

/* During the scan its results are still waited for. */
static void on_end(enum pair_talk_end end, void *user)
{
	struct check_pair *check = user;

	check->talk = NULL;
	judge_pair_ended(check->wanted.with, end, check->tools->sink, check->tools->user);
	if (check->step != STEP_SCAN)
		check->done(check->user);
}

/* What does not belong here comes from no responder. */
static void on_nonsense(struct check_pair *check)
{
	pair_talk_free(check->talk);
	on_end(PAIR_TALK_FOREIGN, check);
}

static void on_words(const char *words, void *user)
{
	struct check_pair *check = user;
	struct pair_ready ready;
	struct pair_hello hello;
	struct pair_port port;

	if (check->step == STEP_BEGIN && !pair_read_ready(words, &ready)) {
		judge_pair_ready(check->wanted.with, check->source, &ready, check->tools->sink,
				 check->tools->user);
		if (!scan(check))
			on_nonsense(check);
	} else if (check->step == STEP_SEEN && !pair_read_port(words, &port)) {
		on_port(check, &port);
	} else if (check->step == STEP_SEEN && !strcmp(words, "end")) {
		ask_hello(check);
	} else if (check->step == STEP_HELLO && !pair_read_hello(words, &hello)) {
		judge_pair_hello(check->wanted.with, check->wanted.hellos[check->hello++], &hello,
				 check->tools->sink, check->tools->user);
		ask_hello(check);
	} else {
		on_nonsense(check);
	}
}

static void on_greeted(void *user)
{
	struct check_pair *check = user;

	pair_talk_say(check->talk, "begin");
}

static const struct pair_talk_calls calls = {
	.on_greeted = on_greeted, .on_words = on_words, .on_end = on_end};

static void refuse(struct check_pair *check)
{
	judge_pair_unreachable(check->wanted.with, &check->error, check->tools->sink,
			       check->tools->user);
	check->done(check->user);
}

static void on_connected(evutil_socket_t fd, short what, void *user)
{
	struct check_pair *check = user;

	if (what & EV_TIMEOUT)
		check->error = (struct dial_error){.error = ETIMEDOUT};
	else
		dial_result(fd, &check->error);
	if (check->error.error || check->error.icmp) {
		refuse(check);
		return;
	}
	check->source = dial_source(fd);
	check->fd = -1; /* the talk's from here on */
	if (pair_talk_new(&check->talk, check->tools->base, fd, check->wanted.code, false, &calls,
			  check)) {
		check->error.error = ENOMEM;
		refuse(check);
	}
}

/* The system refused at once: said from the loop. */
static void on_refused(evutil_socket_t fd, short what, void *user)
{
	refuse(user);
}

int check_pair_start(struct check_pair **ret, struct check_tools *tools,
		     const struct check_pair_wanted *wanted, check_done *done, void *user)
{
	struct check_pair *check = calloc(1, sizeof(*check));
	struct timeval wait = clock_timeval(CONNECT_MS);
	int r;

	if (!check)
		return -ENOMEM;
	check->tools = tools;
	check->wanted = *wanted;
	check->done = done;
	check->user = user;
	r = dial_tcp(wanted->with, 0, &check->fd, &check->error);
	if (r) {
		check->fd = -1;
		wait = (struct timeval){0};
		check->event = evtimer_new(tools->base, on_refused, check);
	} else {
		check->event = event_new(tools->base, check->fd, EV_WRITE, on_connected, check);
	}
	if (!check->event || event_add(check->event, &wait)) {
		check_pair_free(check);
		return -ENOMEM;
	}
	*ret = check;
	return 0;
}
