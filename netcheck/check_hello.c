/* SPDX-License-Identifier: ISC */
#include "netcheck/check_hello.h"

#include "common/hello.h"
#include "netcheck/control.h"
#include "netcheck/judge_hello.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEWEST "200" /* hellos that are looked at; others may arrive meanwhile */

struct check_hello {
	struct check_tools *tools;
	const char *daemon;
	check_done *done;
	void *user;
	struct probe_hello *probe;
	struct probe_hello_outcome outcome;
	struct judge_hello_record recorded;
};

void check_hello_free(struct check_hello *check)
{
	if (!check)
		return;
	probe_hello_cancel(check->probe);
	free(check);
}

/* The row of our own hello, by its number. */
static int look_at_row(const char *const *values, void *user, struct err *err)
{
	struct check_hello *check = user;
	char number[16], uuid[UUID_TEXT];

	snprintf(number, sizeof(number), "%u", check->outcome.number);
	if (strcmp(values[0], uuid_print(hello_test_uuid, uuid)) || strcmp(values[1], number))
		return 0;
	check->recorded.found = true;
	if (addr_parse(values[2], &check->recorded.from))
		check->recorded.from = (struct addr){0};
	return 0;
}

/* The socket is of this machine: the answer is there at once. */
static void ask_daemon(struct check_hello *check)
{
	static const char *const columns[] = {"uuid", "retry", "address", NULL};
	struct err err = {0};

	if (!check->daemon || check->outcome.state != PROBE_HELLO_ACCEPTED)
		return;
	check->recorded.asked = true;
	if (control_ask(check->daemon, "hellos " NEWEST, columns, look_at_row, check, &err))
		check->recorded.words = err;
	judge_hello_recorded(&check->outcome, &check->recorded, check->tools->sink,
			     check->tools->user);
}

static void conclude(struct check_hello *check, const struct hop_finding *finding)
{
	judge_hello(&check->outcome, finding, check->tools->sink, check->tools->user);
	ask_daemon(check);
	check->done(check->user);
}

static void on_walk(const struct probe_hop_outcome *outcome, void *user)
{
	struct hop_finding finding = hop_compare(&outcome->test, &outcome->control);

	conclude(user, &finding);
}

static void on_hello(const struct probe_hello_outcome *outcome, void *user)
{
	struct check_hello *check = user;
	struct probe_hop_question question = {.to = outcome->to.addr,
					      .port = outcome->to.port,
					      .control_port = CHECK_CONTROL_PORT,
					      .rounds = 3};
	bool silent = outcome->state == PROBE_HELLO_FAILED && outcome->error.error == ETIMEDOUT;

	check->probe = NULL;
	check->outcome = *outcome;
	if (silent && check->tools->walks_left &&
	    !probe_hop_add(check->tools->walker, &question, on_walk, check))
		check->tools->walks_left--;
	else
		conclude(check, NULL);
}

int check_hello_start(struct check_hello **ret, struct check_tools *tools, struct endpoint server,
		      const char *daemon, check_done *done, void *user)
{
	struct check_hello *check = calloc(1, sizeof(*check));
	int r;

	if (!check)
		return -ENOMEM;
	check->tools = tools;
	check->daemon = daemon;
	check->done = done;
	check->user = user;
	r = probe_hello_start(&check->probe, tools->base, server, PROBE_HELLO_CONNECT_MS,
			      PROBE_HELLO_ACCEPT_MS, on_hello, check);
	if (r) {
		free(check);
		return r;
	}
	*ret = check;
	return 0;
}
