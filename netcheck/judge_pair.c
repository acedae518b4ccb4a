/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_pair.h"

#include "netcheck/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* "responder 10.81.20.20", with a port where it is about one. */
__attribute__((format(printf, 5, 6))) static struct result *about(struct endpoint with,
								  uint16_t port, const char *id,
								  enum result_state state,
								  const char *format, ...)
{
	char subject[ADDR_TEXT + 32], text[512], addr[ADDR_TEXT];
	struct result *result;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (port)
		snprintf(subject, sizeof(subject), "%s tcp/%u", addr_print(with.addr, addr), port);
	else
		snprintf(subject, sizeof(subject), "responder %s", addr_print(with.addr, addr));
	result = result_about(id, state, subject);
	if (result) {
		result->target = with.addr;
		result->port = port;
		result_set(&result->text, "%s", text);
	}
	return result;
}

void judge_pair_ready(struct endpoint with, struct addr source, const struct pair_ready *ready,
		      check_sink *sink, void *user)
{
	char ours[ADDR_TEXT], theirs[ADDR_TEXT], seen[ADDR_TEXT];
	bool source_changed = !addr_equal(ready->peer, source);
	bool target_changed = !addr_equal(ready->own, with.addr);
	struct result *result;

	if (!source_changed && !target_changed)
		result = about(with, 0, "NC800", RESULT_OK, "paired with %s, addresses unchanged",
			       ready->name);
	else
		result = about(with, 0, "NC801", RESULT_WARNING,
			       "paired with %s, addresses are translated: it sees us as %s (we are "
			       "%s), and itself as %s",
			       ready->name, addr_print(ready->peer, seen), addr_print(source, ours),
			       addr_print(ready->own, theirs));
	sink(result, user);
}

void judge_pair_unreachable(struct endpoint with, const struct dial_error *error, check_sink *sink,
			    void *user)
{
	enum probe_tcp_state state = probe_tcp_classify(error, with.addr.family);

	sink(about(with, with.port, "NC802", RESULT_UNKNOWN, "control connection %s",
		   probe_tcp_state_name(state)),
	     user);
}

void judge_pair_ended(struct endpoint with, enum pair_talk_end end, check_sink *sink, void *user)
{
	static const char *const words[] = {
		[PAIR_TALK_CLOSED] = "the responder closed the control connection",
		[PAIR_TALK_SILENT] = "the control connection stands, but nothing comes",
		[PAIR_TALK_FOREIGN] = "something else listens there",
		[PAIR_TALK_SEAL] = "the codes differ",
	};

	sink(about(with, with.port, "NC802", RESULT_UNKNOWN, "%s", words[end]), user);
}

void judge_pair_port(struct endpoint with, enum probe_tcp_state state, const struct pair_port *seen,
		     check_sink *sink, void *user)
{
	struct result *result;

	if (state == PROBE_TCP_OPEN && seen->proven)
		result = about(with, seen->port, "NC810", RESULT_OK,
			       "both ends agree: the connection arrives and is answered");
	else if (state == PROBE_TCP_OPEN && !seen->accepted && seen->half_open)
		result = about(with, seen->port, "NC814", RESULT_FAILURE,
			       "open from here, but at the responder %u SYN%s arrived, and nothing "
			       "after %s",
			       seen->half_open, seen->half_open == 1 ? "" : "s",
			       seen->half_open == 1 ? "it" : "them");
	else if (state == PROBE_TCP_OPEN && !seen->accepted)
		result = about(with, seen->port, "NC813", RESULT_FAILURE,
			       "open from here, but nothing arrived at the responder");
	else if (state == PROBE_TCP_OPEN)
		result = about(with, seen->port, "NC814", RESULT_FAILURE,
			       "connections arrive, data does not");
	else if (seen->half_open || seen->accepted)
		result = about(with, seen->port, "NC812", RESULT_FAILURE,
			       "%s from here, but %u SYNs arrived: the answers are lost",
			       probe_tcp_state_name(state), seen->half_open + seen->accepted);
	else
		result = about(with, seen->port, "NC811", RESULT_FAILURE,
			       "%s from here, and nothing arrived at the responder",
			       probe_tcp_state_name(state));
	if (result)
		result->port_state = probe_tcp_state_name(state);
	sink(result, user);
}

void judge_pair_hello(struct endpoint with, struct endpoint server, const struct pair_hello *hello,
		      check_sink *sink, void *user)
{
	char to[ENDPOINT_TEXT], source[ADDR_TEXT], took[32];
	struct result *result;

	endpoint_print(server, to);
	addr_print(hello->source, source);
	if (hello->state == PAIR_HELLO_ACCEPTED)
		result = about(with, 0, "NC820", RESULT_OK,
			       "its hello to %s, from %s: accepted, %s", to, source,
			       words_rtt(hello->us, took));
	else
		result = about(with, 0, "NC821",
			       hello->state == PAIR_HELLO_FAILED ? RESULT_UNKNOWN : RESULT_FAILURE,
			       "its hello to %s, from %s: %s", to, source,
			       pair_hello_state_name(hello->state));
	sink(result, user);
}
