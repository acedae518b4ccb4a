/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_cell.h"

#include "netcheck/explain.h"
#include "netcheck/words.h"

#include <stdio.h>
#include <string.h>

static bool passes(const struct judge_cell *cell)
{
	if (!cell->known || cell->hollow == PROBE_TOKEN_SHUT)
		return false;
	return cell->tcp.state == PROBE_TCP_OPEN || cell->tcp.state == PROBE_TCP_CLOSED;
}

bool judge_cell_is_by(const struct judge_cell *cell, struct addr addr)
{
	return cell->tcp.error.icmp && addr_equal(cell->tcp.error.by, addr);
}

static bool sibling_passes(const struct judge_group *group, size_t at)
{
	size_t first = at - at % group->port_count;

	for (size_t i = first; i < first + group->port_count; i++)
		if (i != at && passes(&group->cells[i]))
			return true;
	return false;
}

struct judgement judge_cell_silence(const struct judge_walk *walk, bool sibling)
{
	const struct judgement dropped = {"NC104", RESULT_FAILURE};
	const struct judgement silent = {"NC106", RESULT_UNKNOWN};

	if (!walk->walked)
		return sibling ? dropped : silent;
	switch (walk->finding.place) {
	case HOP_PLACE_BETWEEN:
		return dropped;
	case HOP_PLACE_EDGE:
		return (struct judgement){"NC105", RESULT_FAILURE};
	case HOP_PLACE_FORGED:
		return (struct judgement){"NC103", RESULT_FAILURE};
	case HOP_PLACE_HOST:
		return silent;
	case HOP_PLACE_AFTER:
	case HOP_PLACE_UNKNOWN:
		break;
	}
	return sibling ? dropped : silent;
}

/* The handshake is one of a device on the way: nobody behind it takes a byte, or who resets is farther than who
 * took the connection. */
static bool is_proxied(const struct judge_cell *cell)
{
	bool forged = cell->walk.walked && cell->walk.finding.place == HOP_PLACE_FORGED;

	return !cell->proven &&
	       (cell->hollow == PROBE_TOKEN_SHUT || (cell->hollow == PROBE_TOKEN_RESET && forged));
}

struct judgement judge_cell(const struct judge_group *group, size_t at)
{
	const struct judge_cell *cell = &group->cells[at];
	bool local = cell->tcp.error.by.family == ADDR_NONE ||
		     judge_cell_is_by(cell, cell->tcp.source);

	switch (cell->tcp.state) {
	case PROBE_TCP_OPEN:
		if (cell->size != PROBE_TOKEN_SIZE_PASSES)
			return (struct judgement){"NC113", RESULT_FAILURE};
		if (is_proxied(cell))
			return (struct judgement){"NC114", cell->hollow == PROBE_TOKEN_SHUT
								   ? RESULT_UNKNOWN
								   : RESULT_WARNING};
		return (struct judgement){cell->proven ? "NC100" : "NC101", RESULT_OK};
	case PROBE_TCP_CLOSED:
		if (cell->walk.walked && cell->walk.finding.place == HOP_PLACE_FORGED)
			return (struct judgement){"NC103", RESULT_FAILURE};
		return (struct judgement){"NC102", RESULT_WARNING};
	case PROBE_TCP_FILTERED:
		return judge_cell_silence(&cell->walk, sibling_passes(group, at));
	case PROBE_TCP_REJECTED:
		if (judge_cell_is_by(cell, cell->tcp.to.addr))
			return (struct judgement){"NC102", RESULT_WARNING};
		if (local)
			return (struct judgement){"NC111", RESULT_UNKNOWN};
		return (struct judgement){"NC107", RESULT_FAILURE};
	case PROBE_TCP_NO_ROUTE:
		if (local)
			return (struct judgement){"NC110", RESULT_UNKNOWN};
		return (struct judgement){"NC109", RESULT_FAILURE};
	case PROBE_TCP_NO_HOST:
		return (struct judgement){"NC108", RESULT_WARNING};
	case PROBE_TCP_FAILED:
		break;
	}
	return (struct judgement){"NC002", RESULT_UNKNOWN};
}

/* "; 16992 and 16994 pass" for the other ports of the same address. */
static void add_passing(const struct judge_group *group, size_t at, char *text, size_t size)
{
	size_t first = at - at % group->port_count, used = strlen(text), found = 0, last = 0;

	for (size_t i = first; i < first + group->port_count; i++)
		if (i != at && passes(&group->cells[i])) {
			found++;
			last = i;
		}
	for (size_t i = first, shown = 0; i <= last && shown < found && used < size; i++)
		if (i != at && passes(&group->cells[i])) {
			shown++;
			used += (size_t)snprintf(text + used, size - used, "%s%u",
						 shown == 1       ? "; "
						 : shown == found ? " and "
								  : ", ",
						 group->ports[i - first]);
		}
	if (found && used < size)
		snprintf(text + used, size - used, "%s", found == 1 ? " passes" : " pass");
}

static void describe_proxied(const struct judge_cell *cell, char ret[WORDS_TEXT])
{
	bool forged = cell->walk.walked && cell->walk.finding.place == HOP_PLACE_FORGED;
	char place[WORDS_TEXT] = "answered in the name of the PC by a device on the way";

	if (forged)
		words_place(&cell->walk.finding, "the PC", place);
	snprintf(ret, WORDS_TEXT, "open only as a SYN proxy opens every port: %s; %s", place,
		 cell->hollow == PROBE_TOKEN_SHUT ? "nobody behind it takes a byte"
						  : "the PC behind it refuses");
}

static void describe_open(const struct judge_cell *cell, char ret[WORDS_TEXT])
{
	char seen[ADDR_TEXT];

	if (cell->size != PROBE_TOKEN_SIZE_PASSES)
		snprintf(ret, WORDS_TEXT,
			 "open, but packets of full size are lost on the way %s responder %s: "
			 "an MTU black hole",
			 cell->size == PROBE_TOKEN_SIZE_LOST_THERE ? "to" : "back from",
			 cell->responder);
	else if (is_proxied(cell))
		describe_proxied(cell, ret);
	else if (!cell->proven)
		snprintf(ret, WORDS_TEXT, "open, something answers");
	else if (addr_equal(cell->seen, cell->tcp.source))
		snprintf(ret, WORDS_TEXT, "open, proven by responder %s", cell->responder);
	else
		snprintf(ret, WORDS_TEXT, "open, proven by responder %s, which sees us as %s (NAT)",
			 cell->responder, addr_print(cell->seen, seen));
}

static void describe_silence(const struct judge_group *group, size_t at, char ret[WORDS_TEXT])
{
	const struct judge_cell *cell = &group->cells[at];
	char place[WORDS_TEXT];

	if (cell->walk.walked)
		words_place(&cell->walk.finding, "the PC", place);
	else
		snprintf(place, sizeof(place), "path not walked");
	snprintf(ret, WORDS_TEXT, "filtered: %s", place);
	add_passing(group, at, ret, WORDS_TEXT);
}

static void describe_icmp(const struct judge_group *group, size_t at, char ret[WORDS_TEXT])
{
	const struct judge_cell *cell = &group->cells[at];
	const char *name = probe_tcp_state_name(cell->tcp.state);
	bool rejected = cell->tcp.state == PROBE_TCP_REJECTED;
	char icmp[96], who[96];

	words_icmp(&cell->tcp.error, cell->tcp.to.addr.family, icmp);
	if (cell->walk.walked && cell->walk.by_hop)
		words_hop(cell->walk.by_hop, cell->tcp.error.by, who);
	else
		addr_print(cell->tcp.error.by, who);
	if (judge_cell_is_by(cell, cell->tcp.to.addr))
		snprintf(ret, WORDS_TEXT,
			 "closed by the firewall of the host (%s); the path is clear", icmp);
	else if (judge_cell_is_by(cell, cell->tcp.source) && cell->tcp.state == PROBE_TCP_NO_HOST)
		snprintf(ret, WORDS_TEXT,
			 "no-host: nobody at the address in this machine's own network");
	else if (judge_cell_is_by(cell, cell->tcp.source))
		snprintf(ret, WORDS_TEXT, "%s by this machine itself (%s)", name, icmp);
	else
		snprintf(ret, WORDS_TEXT, "%s %s %s%s: %s", name, rejected ? "by" : "as said by",
			 who, rejected ? ", towards the PC" : "", icmp);
	if (rejected)
		add_passing(group, at, ret, WORDS_TEXT);
}

static void describe(const struct judge_group *group, size_t at, char ret[WORDS_TEXT])
{
	const struct judge_cell *cell = &group->cells[at];
	char place[WORDS_TEXT];

	switch (cell->tcp.state) {
	case PROBE_TCP_OPEN:
		describe_open(cell, ret);
		return;
	case PROBE_TCP_CLOSED:
		if (cell->walk.walked && cell->walk.finding.place == HOP_PLACE_FORGED)
			snprintf(ret, WORDS_TEXT, "closed: %s",
				 words_place(&cell->walk.finding, "the PC", place));
		else
			snprintf(ret, WORDS_TEXT, "closed: the path is clear, nothing listens");
		return;
	case PROBE_TCP_FILTERED:
		describe_silence(group, at, ret);
		return;
	case PROBE_TCP_REJECTED:
	case PROBE_TCP_NO_ROUTE:
	case PROBE_TCP_NO_HOST:
		if (cell->tcp.error.icmp) {
			describe_icmp(group, at, ret);
			return;
		}
		break;
	case PROBE_TCP_FAILED:
		break;
	}
	snprintf(ret, WORDS_TEXT, "%s: this machine could not send (%s)",
		 probe_tcp_state_name(cell->tcp.state), strerror(cell->tcp.error.error));
}

static struct prefix single(struct addr addr)
{
	return (struct prefix){.addr = addr, .length = (uint8_t)(addr_size(addr) * 8)};
}

static void set_fix(const struct judge_group *group, const struct judge_cell *cell,
		    struct result *result)
{
	bool subnet = group->prefix.length && !group->each;
	struct prefix to = subnet ? group->prefix : single(cell->tcp.to.addr);
	struct hop_finding finding = cell->walk.finding;
	char text[WORDS_TEXT], by[ADDR_TEXT];

	if (result->state != RESULT_FAILURE)
		return;
	if (cell->size != PROBE_TOKEN_SIZE_PASSES) {
		result_set(&result->fix, "%s", result->kind->remedy);
		return;
	}
	if (cell->tcp.state == PROBE_TCP_NO_ROUTE) {
		result_set(&result->fix, "add the route to %s on %s", prefix_print(to, text),
			   addr_print(cell->tcp.error.by, by));
		return;
	}
	if (cell->tcp.state == PROBE_TCP_REJECTED) {
		finding = (struct hop_finding){
			.place = HOP_PLACE_FORGED, .last = 1, .next_addr = cell->tcp.error.by};
	}
	result->rule = (struct result_rule){.from = cell->tcp.source, .to = to};
	words_fix(&finding, cell->tcp.source, to, cell->tcp.to.port, text);
	if (finding.place == HOP_PLACE_EDGE)
		result_set(&result->fix,
			   "%s; whether it is dropped or its answer lost, a paired run tells: "
			   "amtnet-check respond --pair in its place, pair --with %s here",
			   text, addr_print(cell->tcp.to.addr, by));
	else
		result_set(&result->fix, "%s", text);
}

static void set_evidence(const struct judge_cell *cell, struct result *result)
{
	char rtt[32], target[ADDR_TEXT], answer[160], icmp[96], walk[160] = "";

	if (cell->as.family != ADDR_NONE)
		snprintf(answer, sizeof(answer), "no answer; %s came for %s",
			 words_icmp(&cell->tcp.error, cell->tcp.to.addr.family, icmp),
			 addr_print(cell->as, target));
	else if (cell->tcp.error.icmp)
		snprintf(answer, sizeof(answer), "%s after %s",
			 words_icmp(&cell->tcp.error, cell->tcp.to.addr.family, icmp),
			 words_rtt(cell->tcp.rtt_us, rtt));
	else if (cell->tcp.state == PROBE_TCP_FILTERED)
		snprintf(answer, sizeof(answer), "no answer");
	else
		snprintf(answer, sizeof(answer), "%s after %s",
			 cell->tcp.error.error ? strerror(cell->tcp.error.error) : "connected",
			 words_rtt(cell->tcp.rtt_us, rtt));
	if (cell->walk.walked)
		snprintf(walk, sizeof(walk),
			 "; path walked to %s with %u probes, compared with port %u",
			 addr_print(cell->walk.target, target), cell->walk.sent,
			 cell->walk.control_port);
	result_set(&result->evidence, "%u connection attempt%s, %s%s", cell->tcp.tries,
		   cell->tcp.tries == 1 ? "" : "s", answer, walk);
}

void judge_cell_fill(const struct judge_group *group, size_t at, struct result *result)
{
	const struct judge_cell *cell = &group->cells[at];
	char text[WORDS_TEXT];

	describe(group, at, text);
	result_set(&result->text, "%s", text);
	set_evidence(cell, result);
	set_fix(group, cell, result);
}
