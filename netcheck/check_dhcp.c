/* SPDX-License-Identifier: ISC */
#include "netcheck/check_dhcp.h"

#include "netcheck/judge_dhcp.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

struct check_dhcp {
	struct check_tools *tools;
	check_done *done;
	void *user;
	struct probe_dhcp *probe;
	struct event *refused; /* where the probe could not start */
	struct err err;
	char where[96];
	char no_inform[128];
	struct judge_dhcp seen;
};

void check_dhcp_free(struct check_dhcp *check)
{
	if (!check)
		return;
	probe_dhcp_cancel(check->probe);
	if (check->refused)
		event_free(check->refused);
	free(check);
}

static void on_offer(enum dhcp_ask ask, const struct dhcp_offer *offer, struct addr source,
		     void *user)
{
	struct check_dhcp *check = user;

	judge_dhcp_note(&check->seen, ask, offer, source);
}

static void give(struct check_dhcp *check, const char *id, enum result_state state,
		 const char *subject, const char *words)
{
	struct result *result = result_about(id, state, subject);

	if (result)
		result_set(&result->text, "%s", words);
	check->tools->sink(result, check->tools->user);
}

static void on_bad(struct addr source, const char *words, void *user)
{
	char subject[ADDR_TEXT + 16], addr[ADDR_TEXT];

	snprintf(subject, sizeof(subject), "DHCP server %s", addr_print(source, addr));
	give(user, "NC410", RESULT_WARNING, subject, words);
}

static void on_end(void *user)
{
	struct check_dhcp *check = user;

	check->probe = NULL;
	judge_dhcp(&check->seen, check->tools->sink, check->tools->user);
	check->done(check->user);
}

static const struct probe_dhcp_calls calls = {
	.on_offer = on_offer, .on_bad = on_bad, .on_end = on_end};

static void on_refused(evutil_socket_t fd, short what, void *user)
{
	struct check_dhcp *check = user;
	char subject[sizeof(check->where) + 8];

	snprintf(subject, sizeof(subject), "DHCP %s", check->where);
	give(check, "NC409", RESULT_UNKNOWN, subject, check->err.text);
	check->done(check->user);
}

static void say_where(const struct probe_dhcp_question *question, char *ret, size_t size)
{
	char server[ADDR_TEXT], relay[ADDR_TEXT];

	if (question->interface[0])
		snprintf(ret, size, "on %s", question->interface);
	else
		snprintf(ret, size, "at %s, as relay %s", addr_print(question->server, server),
			 addr_print(question->relay, relay));
}

int check_dhcp_start(struct check_dhcp **ret, struct check_tools *tools,
		     const struct check_dhcp_wanted *wanted, check_done *done, void *user)
{
	struct check_dhcp *check = calloc(1, sizeof(*check));

	if (!check)
		return -ENOMEM;
	check->tools = tools;
	check->done = done;
	check->user = user;
	check->seen.suffixes = wanted->suffixes;
	check->seen.suffix_count = wanted->suffix_count;
	check->seen.name = wanted->question.name;
	check->seen.where = check->where;
	say_where(&wanted->question, check->where, sizeof(check->where));
	if (probe_dhcp_start(&check->probe, tools->base, &wanted->question, &calls, check,
			     &check->err)) {
		check->refused = evtimer_new(tools->base, on_refused, check);
		if (!check->refused || event_add(check->refused, &(struct timeval){0})) {
			check_dhcp_free(check);
			return -ENOMEM;
		}
	} else if (probe_dhcp_no_inform(check->probe)) {
		snprintf(check->no_inform, sizeof(check->no_inform), "%s",
			 probe_dhcp_no_inform(check->probe));
		check->seen.no_inform = check->no_inform;
	}
	*ret = check;
	return 0;
}
