/* SPDX-License-Identifier: ISC */
#include "netcheck/check_hello.h"

#include "netcheck/judge_hello.h"

#include <errno.h>
#include <stdlib.h>

struct check_hello {
	struct check_tools *tools;
	check_done *done;
	void *user;
	struct probe_hello *probe;
	struct probe_hello_outcome outcome;
};

void check_hello_free(struct check_hello *check)
{
	if (!check)
		return;
	probe_hello_cancel(check->probe);
	free(check);
}

static void conclude(struct check_hello *check, const struct hop_finding *finding)
{
	judge_hello(&check->outcome, finding, check->tools->sink, check->tools->user);
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
					      .rounds = 2};
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
		      check_done *done, void *user)
{
	struct check_hello *check = calloc(1, sizeof(*check));
	int r;

	if (!check)
		return -ENOMEM;
	check->tools = tools;
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
