/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_hello.h"

#include "netcheck/explain.h"
#include "netcheck/words.h"

#include <stdio.h>
#include <string.h>

static struct prefix single(struct addr addr)
{
	return (struct prefix){.addr = addr, .length = (uint8_t)(addr_size(addr) * 8)};
}

static void describe_unreachable(struct result *result, enum probe_tcp_state state,
				 const struct probe_hello_outcome *outcome,
				 const struct hop_finding *finding)
{
	struct hop_finding by = {
		.place = HOP_PLACE_FORGED, .last = 1, .next_addr = outcome->error.by};
	char text[WORDS_TEXT], icmp[96], addr[ADDR_TEXT];

	if (state == PROBE_TCP_FILTERED && finding)
		result_set(&result->text, "filtered: %s", words_place(finding, "the server", text));
	else if (outcome->error.icmp)
		result_set(&result->text, "%s: said by %s, %s", probe_tcp_state_name(state),
			   addr_print(outcome->error.by, addr),
			   words_icmp(&outcome->error, outcome->to.addr.family, icmp));
	else
		result_set(&result->text, "%s: %s", probe_tcp_state_name(state),
			   strerror(outcome->error.error));
	if (state == PROBE_TCP_REJECTED)
		finding = &by;
	if (finding && (state == PROBE_TCP_FILTERED || state == PROBE_TCP_REJECTED))
		result_set(&result->fix, "%s",
			   words_fix(finding, outcome->source, single(outcome->to.addr),
				     outcome->to.port, text));
	else
		result_set(&result->fix, "%s", result->kind->remedy);
}

static struct result *judge_failed(const struct probe_hello_outcome *outcome,
				   const struct hop_finding *finding)
{
	enum probe_tcp_state state = probe_tcp_classify(&outcome->error, outcome->to.addr.family);
	bool local = !outcome->error.icmp || addr_equal(outcome->error.by, outcome->source);
	const char *id = "NC304";
	enum result_state bad = RESULT_FAILURE;
	struct result *result;

	if (state == PROBE_TCP_CLOSED)
		id = "NC303";
	else if (state == PROBE_TCP_FAILED)
		id = "NC002", bad = RESULT_UNKNOWN;
	else if (state == PROBE_TCP_NO_ROUTE && local)
		id = "NC110", bad = RESULT_UNKNOWN;
	else if (state == PROBE_TCP_REJECTED && local)
		id = "NC111", bad = RESULT_UNKNOWN;
	result = result_new(id, bad);
	if (!result)
		return NULL;
	result->port_state = probe_tcp_state_name(state);
	if (state == PROBE_TCP_CLOSED) {
		result_set(&result->text, "closed: the path is clear, nothing listens");
		result_set(&result->fix, "%s", result->kind->remedy);
	} else {
		describe_unreachable(result, state, outcome, finding);
	}
	return result;
}

static struct result *judge_state(const struct probe_hello_outcome *outcome,
				  const struct hop_finding *finding)
{
	struct result *result = NULL;
	char accept[32];

	switch (outcome->state) {
	case PROBE_HELLO_ACCEPTED:
		result = result_new("NC300", RESULT_OK);
		if (result)
			result_set(&result->text,
				   "hello accepted (closed by the server after the commit, %s)",
				   words_rtt(outcome->accept_us, accept));
		break;
	case PROBE_HELLO_HELD:
		result = result_new("NC301", RESULT_FAILURE);
		if (result)
			result_set(&result->text,
				   "connected and sent, but the server does not close");
		break;
	case PROBE_HELLO_RESET:
		result = result_new("NC302", RESULT_FAILURE);
		if (result)
			result_set(&result->text, "connected, but reset after the hello was sent");
		break;
	case PROBE_HELLO_FAILED:
		return judge_failed(outcome, finding);
	}
	if (result)
		result->port_state = "open";
	return result;
}

void judge_hello(const struct probe_hello_outcome *outcome, const struct hop_finding *finding,
		 check_sink *sink, void *user)
{
	struct result *result = judge_state(outcome, finding);
	char connect[32], text[ADDR_TEXT];

	if (result) {
		result->target = outcome->to.addr;
		result->port = outcome->to.port;
		result_set(&result->subject, "%s tcp/%u", addr_print(outcome->to.addr, text),
			   outcome->to.port);
		if (result->state > RESULT_OK && !result->fix)
			result_set(&result->fix, "%s", result->kind->remedy);
		if (outcome->state == PROBE_HELLO_FAILED)
			result_set(&result->evidence, "no connection");
		else
			result_set(&result->evidence, "connected after %s",
				   words_rtt(outcome->connect_us, connect));
	}
	sink(result, user);
}

void judge_hello_recorded(const struct probe_hello_outcome *outcome,
			  const struct judge_hello_record *record, check_sink *sink, void *user)
{
	char subject[ENDPOINT_TEXT], from[ADDR_TEXT], source[ADDR_TEXT];
	bool changed = !addr_equal(record->from, outcome->source);
	struct result *result;

	endpoint_print(outcome->to, subject);
	if (record->words.text[0]) {
		result = result_about("NC305", RESULT_UNKNOWN, subject);
		if (result)
			result_set(&result->text, "the daemon could not be asked: %s",
				   record->words.text);
	} else if (!record->found) {
		result = result_about("NC306", RESULT_FAILURE, subject);
		if (result)
			result_set(&result->text, "accepted there, but unknown to the daemon here");
	} else {
		result = changed ? result_about("NC308", RESULT_WARNING, subject)
				 : result_about("NC307", RESULT_OK, subject);
		if (result)
			result_set(&result->text, "recorded by the daemon, from %s%s%s",
				   addr_print(record->from, from), changed ? "; it left as " : "",
				   changed ? addr_print(outcome->source, source) : "");
	}
	sink(result, user);
}
