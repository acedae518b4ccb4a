/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_amt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The line that a responder says to whatever it does not understand. */
static bool note_responder(struct judge_amt *seen, const uint8_t *bytes, size_t length)
{
	if (token_parse_answer(bytes, length, &seen->responder))
		return false;
	seen->is_responder = true;
	return true;
}

static void note_banner(struct judge_amt *seen, const struct probe_amt_outcome *outcome)
{
	struct amt_banner banner;

	amt_read_banner(outcome->bytes, outcome->length, &banner);
	seen->ports[outcome->kind].foreign = outcome->length > 0 && !banner.amt &&
					     !note_responder(seen, outcome->bytes, outcome->length);
	if (banner.http && !seen->banner.amt)
		seen->banner = banner;
}

static void note_redirection(struct judge_amt *seen, const struct probe_amt_outcome *outcome)
{
	struct amt_redirection redirection;

	amt_read_redirection(outcome->bytes, outcome->length, &redirection);
	seen->ports[outcome->kind].foreign = outcome->length > 0 && !redirection.amt &&
					     !note_responder(seen, outcome->bytes, outcome->length);
	if (redirection.amt)
		seen->redirection = redirection;
}

static void note_ping(struct judge_amt *seen, const struct probe_amt_outcome *outcome)
{
	struct judge_amt_port *port = &seen->ports[PROBE_AMT_PING];

	amt_read_pong(outcome->bytes, outcome->length, PROBE_AMT_TAG, &seen->pong);
	if (seen->pong.rmcp && outcome->length > AMT_PONG_BYTES)
		(void)note_responder(seen, outcome->bytes + AMT_PONG_BYTES,
				     outcome->length - AMT_PONG_BYTES);
	if (seen->pong.rmcp)
		port->state = PROBE_TCP_OPEN;
	else if (outcome->error.error == ECONNREFUSED)
		port->state = PROBE_TCP_CLOSED;
	else
		port->state = PROBE_TCP_FILTERED;
	port->foreign = seen->pong.rmcp && !seen->pong.amt;
}

void judge_amt_note(struct judge_amt *seen, const struct probe_amt_outcome *outcome)
{
	struct judge_amt_port *port = &seen->ports[outcome->kind];

	port->state = outcome->connected
			      ? PROBE_TCP_OPEN
			      : probe_tcp_classify(&outcome->error, outcome->to.addr.family);
	port->full_size_lost = outcome->full_size_lost;
	if (outcome->tls_version[0] && !seen->tls) {
		seen->tls = true;
		snprintf(seen->tls_version, sizeof(seen->tls_version), "%s", outcome->tls_version);
	}
	switch (outcome->kind) {
	case PROBE_AMT_HTTP:
	case PROBE_AMT_HTTPS:
		note_banner(seen, outcome);
		break;
	case PROBE_AMT_REDIRECTION:
	case PROBE_AMT_REDIRECTION_TLS:
		note_redirection(seen, outcome);
		break;
	case PROBE_AMT_PING:
		note_ping(seen, outcome);
		break;
	case PROBE_AMT_KINDS:
		break;
	}
}

static const char *print_version(const struct judge_amt *seen, char ret[48])
{
	if (seen->banner.amt && seen->banner.version[0])
		snprintf(ret, 48, "AMT %s", seen->banner.version);
	else if (seen->pong.major)
		snprintf(ret, 48, "AMT %u.%u", seen->pong.major, seen->pong.minor);
	else
		snprintf(ret, 48, "AMT");
	return ret;
}

/* "16992 closed, 16993 open, 16994 closed, 16995 open, udp/623 pong" */
static void print_ports(const struct judge_amt *seen, struct result *result)
{
	char text[256] = "";
	size_t used = 0;

	for (int kind = 0; kind < PROBE_AMT_PING; kind++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%u %s, ",
					 probe_amt_port(kind),
					 probe_tcp_state_name(seen->ports[kind].state));
	result_set(&result->evidence, "%sudp/623 %s%s%s", text,
		   seen->pong.rmcp                                         ? "pong"
		   : seen->ports[PROBE_AMT_PING].state == PROBE_TCP_CLOSED ? "closed"
									   : "silent",
		   seen->tls ? ", " : "", seen->tls ? seen->tls_version : "");
}

static bool any_port(const struct judge_amt *seen, enum probe_tcp_state state)
{
	for (int kind = 0; kind < PROBE_AMT_PING; kind++)
		if (seen->ports[kind].state == state)
			return true;
	return false;
}

static bool any_foreign(const struct judge_amt *seen)
{
	for (int kind = 0; kind < PROBE_AMT_PING; kind++)
		if (seen->ports[kind].foreign)
			return true;
	return false;
}

static struct result *judge_present(const struct judge_amt *seen, const char *subject)
{
	enum amt_state state = seen->pong.amt ? seen->pong.state : AMT_STATE_UNKNOWN;
	bool talks = seen->banner.amt || seen->redirection.amt;
	struct result *result;
	char version[48];

	/* The firmware's web server answers only once it is configured; a pong may lag behind. */
	if (talks || state == AMT_CONFIGURED)
		result = result_about("NC600", RESULT_OK, subject);
	else if (state == AMT_IN_SETUP)
		result = result_about("NC602", RESULT_OK, subject);
	else
		result = result_about("NC601", RESULT_OK, subject);
	if (!result)
		return NULL;
	print_version(seen, version);
	if (talks || state == AMT_CONFIGURED)
		result_set(&result->text, "%s, configured, %s", version,
			   any_port(seen, PROBE_TCP_OPEN) ? seen->tls ? "TLS" : "without TLS"
							  : "but its ports do not answer");
	else
		result_set(&result->text, "%s, %s", version, amt_state_name(state));
	return result;
}

static bool is_set_up(const struct judge_amt *seen)
{
	return seen->banner.amt || seen->redirection.amt ||
	       (seen->pong.amt && seen->pong.state == AMT_CONFIGURED);
}

bool judge_amt_is_open(const struct judge_amt *seen)
{
	return !is_set_up(seen) && !any_foreign(seen) && (seen->pong.amt || !seen->pong.rmcp);
}

/* Why no setup comes about, from what the daemon knows besides; NULL where that tells nothing. A firmware
 * that says hello, or answers a ping, has an address and with it has seen DHCP. */
static struct result *judge_known(const struct judge_amt *seen, const char *subject)
{
	const struct judge_amt_known *known = &seen->known;
	struct result *result = NULL;

	if (!known->asked || !judge_amt_is_open(seen))
		return NULL;
	if (seen->pong.amt && !known->hellos) {
		result = result_about("NC607", RESULT_WARNING, subject);
		if (result)
			result_set(&result->text, "AMT is there, %s, and has sent no hello",
				   amt_state_name(seen->pong.state));
	} else if (!seen->pong.amt && !seen->tls && known->hellos) {
		result = result_about("NC608", RESULT_WARNING, subject);
		if (result)
			result_set(&result->text,
				   "AMT is silent now; its last hello of %u came at %s",
				   known->hellos, known->last);
	} else if (!seen->pong.amt && !seen->tls && !known->named &&
		   (any_port(seen, PROBE_TCP_CLOSED) || any_port(seen, PROBE_TCP_OPEN))) {
		result = result_about("NC609", RESULT_WARNING, subject);
		if (result)
			result_set(&result->text, "the host answers, AMT does not, and no lease of "
						  "it is known for this address");
	}
	return result;
}

/* One of ours, which claims no more than it is. */
static struct result *judge_responder(const struct judge_amt *seen, const char *subject)
{
	struct result *result = result_about("NC610", RESULT_WARNING, subject);
	char addr[ADDR_TEXT];

	if (result)
		result_set(&result->text, "a responder (%s), not a PC%s; it sees us as %s",
			   seen->responder.name,
			   seen->pong.rmcp ? ": presence pings pass both ways" : "",
			   addr_print(seen->responder.seen, addr));
	return result;
}

static struct result *judge_absent(const struct judge_amt *seen, const char *subject)
{
	struct result *result;

	if (seen->is_responder)
		return judge_responder(seen, subject);
	if (any_foreign(seen)) {
		result = result_about("NC603", RESULT_WARNING, subject);
		if (result)
			result_set(&result->text, "something answers, but not as AMT does");
	} else if (seen->pong.rmcp) {
		result = result_about("NC605", RESULT_WARNING, subject);
		if (result)
			result_set(&result->text,
				   "a presence pong, but not with Intel's number 343");
	} else if (seen->tls) {
		result = result_about("NC602", RESULT_WARNING, subject);
		if (result)
			result_set(&result->text,
				   "%s without a word after it, as AMT in setup does; no proof",
				   seen->tls_version);
	} else if (any_port(seen, PROBE_TCP_CLOSED) || any_port(seen, PROBE_TCP_OPEN)) {
		result = result_about("NC604", RESULT_WARNING, subject);
		if (result)
			result_set(
				&result->text, "the host answers, AMT does not%s",
				seen->known.asked
					? "; it has a lease and no hello came, so whether it is "
					  "switched off, late or missed that lease is told by the "
					  "PC only"
					: "");
	} else {
		result = result_about("NC606", RESULT_UNKNOWN, subject);
		if (result)
			result_set(&result->text, "nothing answers");
	}
	return result;
}

static struct result *judge_lost(const struct judge_amt *seen, enum probe_amt_kind kind)
{
	char subject[ADDR_TEXT + 16], addr[ADDR_TEXT];
	struct result *result;

	snprintf(subject, sizeof(subject), "%s tcp/%u", addr_print(seen->target, addr),
		 probe_amt_port(kind));
	result = result_about("NC113", RESULT_FAILURE, subject);
	if (!result)
		return NULL;
	result->target = seen->target;
	result->port = probe_amt_port(kind);
	result->port_state = probe_tcp_state_name(PROBE_TCP_OPEN);
	if (seen->group)
		result_set(&result->group, "%s", seen->group);
	result_set(&result->text,
		   "open, but packets of full size are lost on the way back from the PC: an MTU "
		   "black hole");
	result_set(&result->evidence,
		   "connected twice without an answer; in between, asked for packets of at most "
		   "%d bytes, it answered",
		   DIAL_SMALL_BYTES);
	return result;
}

void judge_amt(const struct judge_amt *seen, check_sink *sink, void *user)
{
	bool present = seen->pong.amt || seen->banner.amt || seen->redirection.amt;
	struct result *result;
	char subject[ADDR_TEXT];

	addr_print(seen->target, subject);
	result = judge_known(seen, subject);
	if (!result)
		result = present ? judge_present(seen, subject) : judge_absent(seen, subject);
	if (result) {
		result->target = seen->target;
		if (seen->group)
			result_set(&result->group, "%s", seen->group);
		print_ports(seen, result);
	}
	sink(result, user);
	for (int kind = 0; kind < PROBE_AMT_PING; kind++)
		if (seen->ports[kind].full_size_lost)
			sink(judge_lost(seen, kind), user);
}
