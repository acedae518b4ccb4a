/* SPDX-License-Identifier: ISC */
#include "netcheck/check_path.h"

#include "netcheck/route.h"
#include "netcheck/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 3

struct check_path {
	struct check_tools *tools;
	check_done *done;
	void *user;
	struct addr source;
};

void check_path_free(struct check_path *check)
{
	free(check);
}

/* The hop that refused the port by ICMP, 0 = none. */
static unsigned rejected_at(const struct hop_path *path)
{
	for (unsigned i = 0; i < path->tried; i++)
		if (path->hops[i].kind == HOP_ICMP)
			return i + 1;
	return 0;
}

static struct result *judge(const struct hop_finding *finding)
{
	switch (finding->place) {
	case HOP_PLACE_BETWEEN:
		return result_new("NC104", RESULT_FAILURE);
	case HOP_PLACE_EDGE:
		return result_new("NC105", RESULT_FAILURE);
	case HOP_PLACE_FORGED:
		return finding->accepted ? result_about("NC114", RESULT_WARNING, "")
					 : result_new("NC103", RESULT_FAILURE);
	case HOP_PLACE_HOST:
		return result_new("NC112", RESULT_OK);
	case HOP_PLACE_AFTER:
	case HOP_PLACE_UNKNOWN:
		break;
	}
	return result_new("NC106", RESULT_UNKNOWN);
}

/* "1 10.61.0.2 0.1 ms, 2 *, 3 10.61.2.2 0.3 ms" */
static void print_hops(const struct hop_path *path, char *ret, size_t size)
{
	unsigned last = hop_reach(path);
	size_t at = 0;

	ret[0] = '\0';
	for (unsigned i = 0; i < path->tried && i < last && at < size; i++) {
		const struct hop *hop = &path->hops[i];
		char addr[ADDR_TEXT], rtt[32];

		if (hop->kind == HOP_SILENT)
			at += (size_t)snprintf(ret + at, size - at, "%s%u *", i ? ", " : "", i + 1);
		else
			at += (size_t)snprintf(ret + at, size - at, "%s%u %s %s", i ? ", " : "",
					       i + 1, addr_print(hop->by, addr),
					       words_rtt(hop->rtt_us, rtt));
	}
	if (!last)
		snprintf(ret, size, "no hop answers");
}

static void set_evidence(const struct probe_hop_outcome *outcome, struct result *result)
{
	char test[1024], control[1024];

	print_hops(&outcome->test, test, sizeof(test));
	print_hops(&outcome->control, control, sizeof(control));
	result_set(&result->evidence, "port %u: %s; port %u: %s; %u probes", outcome->question.port,
		   test, outcome->question.control_port, control, outcome->sent);
}

static void set_rejected(const struct probe_hop_outcome *outcome, unsigned hop,
			 struct result *result, struct hop_finding *ret)
{
	struct addr by = outcome->test.hops[hop - 1].by;
	char who[96];

	*ret = (struct hop_finding){.place = HOP_PLACE_FORGED, .last = 1, .next_addr = by};
	result_set(&result->text, "rejected by %s",
		   words_hop(hop_of(&outcome->control, by), by, who));
}

static void on_walk(const struct probe_hop_outcome *outcome, void *user)
{
	struct check_path *check = user;
	const struct probe_hop_question *question = &outcome->question;
	struct hop_finding finding = hop_compare(&outcome->test, &outcome->control);
	unsigned rejected = rejected_at(&outcome->test);
	struct prefix to = {.addr = question->to, .length = (uint8_t)(addr_size(question->to) * 8)};
	struct result *result = rejected ? result_new("NC107", RESULT_FAILURE) : judge(&finding);
	char text[WORDS_TEXT], addr[ADDR_TEXT];

	if (result) {
		result->target = question->to;
		result->port = question->port;
		result_set(&result->subject, "%s tcp/%u", addr_print(question->to, addr),
			   question->port);
		if (rejected)
			set_rejected(outcome, rejected, result, &finding);
		else if (finding.place == HOP_PLACE_HOST)
			result_set(&result->text, "answered by the PC itself, at hop %u",
				   finding.last);
		else
			result_set(&result->text, "%s", words_place(&finding, "the PC", text));
		set_evidence(outcome, result);
		if (result->state == RESULT_FAILURE)
			result->rule = (struct result_rule){.from = check->source, .to = to};
		if (result->state == RESULT_FAILURE)
			result_set(&result->fix, "%s",
				   words_fix(&finding, check->source, to, question->port, text));
	}
	check->tools->sink(result, check->tools->user);
	check->done(check->user);
}

/* Our own address on the way, for the remedy. */
static struct addr source_of(struct addr to)
{
	struct route_answer answer = {0};
	struct route *route;

	if (route_new(&route))
		return answer.from;
	(void)route_get(route, to, &answer);
	route_free(route);
	return answer.from;
}

int check_path_start(struct check_path **ret, struct check_tools *tools, struct endpoint to,
		     uint16_t control_port, check_done *done, void *user)
{
	const struct probe_hop_question question = {
		.to = to.addr, .port = to.port, .control_port = control_port, .rounds = ROUNDS};
	struct check_path *check = calloc(1, sizeof(*check));
	int r;

	if (!check)
		return -ENOMEM;
	*check = (struct check_path){
		.tools = tools, .done = done, .user = user, .source = source_of(to.addr)};
	r = probe_hop_add(tools->walker, &question, on_walk, check);
	if (r)
		check_path_free(check);
	else
		*ret = check;
	return r;
}
