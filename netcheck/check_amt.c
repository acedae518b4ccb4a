/* SPDX-License-Identifier: ISC */
#include "netcheck/check_amt.h"

#include "common/hello.h"
#include "netcheck/control.h"
#include "netcheck/judge_amt.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One address while it is asked. */
struct host {
	struct check_amt *check;
	struct addr addr;
	struct probe_amt *probes[PROBE_AMT_KINDS];
	struct judge_amt seen;
	unsigned left; /* probes that have not answered; 0 = the place is free */
};

struct check_amt {
	struct check_tools *tools;
	struct check_amt_group group;
	check_done *done;
	void *user;
	struct event *begin; /* from the loop, so that `done` never comes from inside of start */
	size_t next;         /* of the targets */
	unsigned busy;
	struct host hosts[CHECK_AMT_HOSTS];
};

static void fill(struct check_amt *check);

void check_amt_free(struct check_amt *check)
{
	if (!check)
		return;
	for (size_t i = 0; i < CHECK_AMT_HOSTS; i++)
		for (size_t k = 0; k < PROBE_AMT_KINDS; k++)
			probe_amt_cancel(check->hosts[i].probes[k]);
	if (check->begin)
		event_free(check->begin);
	free(check);
}

static int take_device(const char *const *values, void *user, struct err *err)
{
	struct judge_amt_known *known = user;
	char uuid[UUID_TEXT];

	if (!strcmp(values[0], uuid_print(hello_test_uuid, uuid)))
		return 0; /* one of ours */
	known->hellos += (unsigned)strtoul(values[1], NULL, 10);
	snprintf(known->last, sizeof(known->last), "%s", values[2]);
	return 0;
}

static int take_name(const char *const *values, void *user, struct err *err)
{
	struct judge_amt_known *known = user;

	known->named = known->named || !strcmp(values[0], "A") || !strcmp(values[0], "AAAA");
	return 0;
}

/* The socket is of this machine: the answer is there at once. */
static void ask_daemon(struct host *host)
{
	static const char *const device[] = {"uuid", "hello-count", "last-hello", NULL};
	static const char *const name[] = {"type", NULL};
	struct judge_amt_known *known = &host->seen.known;
	char addr[ADDR_TEXT], command[ADDR_TEXT + 16];
	struct err err = {0};

	if (!host->check->group.daemon || !judge_amt_is_open(&host->seen))
		return;
	addr_print(host->seen.target, addr);
	snprintf(command, sizeof(command), "devices %s", addr);
	known->asked = !control_ask(host->check->group.daemon, command, device, take_device, known,
				    &err);
	snprintf(command, sizeof(command), "names value=%s", addr);
	known->asked = known->asked && !control_ask(host->check->group.daemon, command, name,
						    take_name, known, &err);
}

static void on_answer(const struct probe_amt_outcome *outcome, void *user)
{
	struct host *host = user;
	struct check_amt *check = host->check;

	host->probes[outcome->kind] = NULL;
	judge_amt_note(&host->seen, outcome);
	if (--host->left)
		return;
	ask_daemon(host);
	judge_amt(&host->seen, check->tools->sink, check->tools->user);
	check->busy--;
	fill(check);
}

static void ask(struct host *host, struct addr addr)
{
	struct check_amt *check = host->check;

	host->seen = (struct judge_amt){.group = check->group.name, .target = addr};
	host->left = PROBE_AMT_KINDS;
	check->busy++;
	for (int kind = 0; kind < PROBE_AMT_KINDS; kind++) {
		struct probe_amt_outcome failed = {
			.kind = kind, .to.addr = addr, .error.error = ENOMEM};

		if (!probe_amt_start(&host->probes[kind], check->tools->base, addr, kind,
				     PROBE_AMT_WAIT_MS, on_answer, host))
			continue;
		judge_amt_note(&host->seen, &failed);
		host->left--;
	}
	if (host->left)
		return;
	check->busy--;
	judge_amt(&host->seen, check->tools->sink, check->tools->user);
}

static void fill(struct check_amt *check)
{
	for (size_t i = 0; i < CHECK_AMT_HOSTS && check->next < check->group.target_count; i++)
		if (!check->hosts[i].left)
			ask(&check->hosts[i], check->group.targets[check->next++]);
	if (!check->busy && check->next == check->group.target_count)
		check->done(check->user);
}

static void on_begin(evutil_socket_t fd, short what, void *user)
{
	fill(user);
}

int check_amt_start(struct check_amt **ret, struct check_tools *tools,
		    const struct check_amt_group *group, check_done *done, void *user)
{
	struct check_amt *check = calloc(1, sizeof(*check));

	if (!check)
		return -ENOMEM;
	check->tools = tools;
	check->group = *group;
	check->done = done;
	check->user = user;
	for (size_t i = 0; i < CHECK_AMT_HOSTS; i++)
		check->hosts[i].check = check;
	check->begin = evtimer_new(tools->base, on_begin, check);
	if (!check->begin || event_add(check->begin, &(struct timeval){0})) {
		check_amt_free(check);
		return -ENOMEM;
	}
	*ret = check;
	return 0;
}
