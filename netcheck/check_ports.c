/* SPDX-License-Identifier: ISC */
#include "netcheck/check_ports.h"

#include "netcheck/judge_ports.h"
#include "netcheck/probe_token.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define TOKENS_MAX 64    /* under way at a time */
#define WALK_ALL_BELOW 8 /* with fewer bad cells each is walked, otherwise two per port and state */
#define WALKS_PER_KIND 2

struct slot;

struct check_ports {
	struct check_tools *tools;
	struct judge_group group;
	check_done *done;
	void *user;
	size_t cell_count;
	struct slot *slots; /* user pointers of walks and tokens */
	size_t asked;       /* cells named to the scan */
	struct probe_token *tokens[TOKENS_MAX];
	size_t token_count;
	size_t *open; /* cells that want a token, in the order of their answers */
	size_t open_count;
	size_t open_next;
	size_t known_count; /* cells with an outcome */
	size_t walks_left;
	bool walked;
	bool concluded;
};

struct slot {
	struct check_ports *check;
	size_t at;
	size_t token; /* index into tokens while one is under way */
};

void check_ports_free(struct check_ports *check)
{
	if (!check)
		return;
	for (size_t i = 0; i < TOKENS_MAX; i++)
		probe_token_cancel(check->tokens[i]);
	for (size_t i = 0; check->group.cells && i < check->cell_count; i++)
		free(check->group.cells[i].responder);
	free(check->group.cells);
	free(check->slots);
	free(check->open);
	free(check);
}

static bool needs_walk(const struct judge_cell *cell)
{
	const struct dial_error *error = &cell->tcp.error;

	switch (cell->tcp.state) {
	case PROBE_TCP_FILTERED:
	case PROBE_TCP_CLOSED: /* perhaps not by the host */
		return true;
	case PROBE_TCP_REJECTED:
	case PROBE_TCP_NO_ROUTE:
	case PROBE_TCP_NO_HOST:
		return error->icmp && !addr_equal(error->by, cell->tcp.source) &&
		       !addr_equal(error->by, cell->tcp.to.addr);
	case PROBE_TCP_OPEN: /* perhaps by a SYN proxy */
		return cell->hollow != PROBE_TOKEN_SOLID;
	case PROBE_TCP_FAILED:
		break;
	}
	return false;
}

/* Another port of the same address that passes, best an open one. */
static uint16_t control_port(const struct check_ports *check, size_t at)
{
	const struct judge_group *group = &check->group;
	size_t first = at - at % group->port_count;
	uint16_t port = 0;

	for (size_t i = first; i < first + group->port_count; i++) {
		enum probe_tcp_state state = group->cells[i].tcp.state;

		if (i == at || group->cells[i].hollow != PROBE_TOKEN_SOLID)
			continue;
		if (state == PROBE_TCP_OPEN)
			return group->ports[i - first];
		if (state == PROBE_TCP_CLOSED && !port)
			port = group->ports[i - first];
	}
	return port ? port : CHECK_CONTROL_PORT;
}

/* A silent cell that was not walked takes the walk of its neighbour with the same port and state. */
static void share_walks(struct check_ports *check)
{
	struct judge_group *group = &check->group;

	for (size_t i = 0; check->walked && i < check->cell_count; i++) {
		struct judge_cell *cell = &group->cells[i];

		if (cell->walk.walked || !needs_walk(cell))
			continue;
		for (size_t j = i % group->port_count; j < check->cell_count;
		     j += group->port_count)
			if (group->cells[j].walk.walked &&
			    group->cells[j].tcp.state == cell->tcp.state &&
			    addr_equal(group->cells[j].tcp.error.by, cell->tcp.error.by)) {
				cell->walk = group->cells[j].walk;
				break;
			}
	}
}

static void conclude(struct check_ports *check)
{
	check->concluded = true;
	share_walks(check);
	judge_ports(&check->group, check->tools->sink, check->tools->user);
	check->done(check->user);
}

void check_ports_interrupt(struct check_ports *check)
{
	if (check->concluded || !check->group.cells)
		return;
	share_walks(check);
	judge_ports(&check->group, check->tools->sink, check->tools->user);
}

static void on_walk(const struct probe_hop_outcome *outcome, void *user)
{
	struct slot *slot = user;
	struct check_ports *check = slot->check;
	struct judge_cell *cell = &check->group.cells[slot->at];

	cell->walk = (struct judge_walk){
		.walked = true,
		.by_hop = hop_of(&outcome->control, cell->tcp.error.by),
		.control_port = outcome->question.control_port,
		.target = outcome->question.to,
		.sent = outcome->sent,
	};
	check->walked = true;
	if (outcome->question.port)
		cell->walk.finding = hop_compare(&outcome->test, &outcome->control);
	if (--check->walks_left == 0)
		conclude(check);
}

static void walk(struct check_ports *check, size_t at)
{
	struct judge_cell *cell = &check->group.cells[at];
	bool silent = cell->tcp.state == PROBE_TCP_FILTERED;
	bool answered = cell->tcp.state == PROBE_TCP_CLOSED || cell->tcp.state == PROBE_TCP_OPEN;
	struct probe_hop_question question = {
		.to = cell->tcp.to.addr,
		.port = silent || answered ? cell->tcp.to.port : 0,
		.control_port = control_port(check, at),
		.rounds = answered ? 1 : 3,
	};

	if (!check->tools->walks_left ||
	    probe_hop_add(check->tools->walker, &question, on_walk, &check->slots[at])) {
		check->tools->walks_refused++;
		return;
	}
	check->tools->walks_left--;
	check->walks_left++;
}

/* How many cells before this one are of the same port and state. */
static size_t walked_before(const struct check_ports *check, size_t at)
{
	const struct judge_group *group = &check->group;
	size_t count = 0;

	for (size_t i = at % group->port_count; i < at && count < WALKS_PER_KIND;
	     i += group->port_count)
		count += group->cells[i].tcp.state == group->cells[at].tcp.state;
	return count;
}

/* A closed port is looked at only where another port of the host is open: when all are closed, that
 * is a PC without AMT, and not a firewall. */
static bool worth_a_walk(const struct check_ports *check, size_t at)
{
	const struct judge_group *group = &check->group;
	size_t first = at - at % group->port_count;

	if (!needs_walk(&group->cells[at]))
		return false;
	if (group->cells[at].tcp.state != PROBE_TCP_CLOSED)
		return true;
	for (size_t i = first; i < first + group->port_count; i++)
		if (group->cells[i].tcp.state == PROBE_TCP_OPEN)
			return true;
	return false;
}

static void start_walks(struct check_ports *check)
{
	size_t bad = 0;

	for (size_t i = 0; i < check->cell_count; i++)
		bad += worth_a_walk(check, i);
	check->walks_left = 1; /* held by this function, so that nothing ends in between */
	for (size_t i = 0; i < check->cell_count; i++)
		if (worth_a_walk(check, i) &&
		    (bad <= WALK_ALL_BELOW || walked_before(check, i) < WALKS_PER_KIND))
			walk(check, i);
	if (--check->walks_left == 0)
		conclude(check);
}

static void advance(struct check_ports *check);

static void on_token(const struct probe_token_outcome *outcome, void *user)
{
	struct slot *slot = user;
	struct check_ports *check = slot->check;
	struct judge_cell *cell = &check->group.cells[slot->at];

	check->tokens[slot->token] = NULL;
	check->token_count--;
	if (outcome->proven) {
		cell->responder = strdup(outcome->answer.name);
		cell->proven = cell->responder != NULL;
		cell->seen = outcome->answer.seen;
		cell->size = outcome->size;
	}
	cell->hollow = outcome->hollow;
	advance(check);
}

static void start_token(struct check_ports *check, size_t at)
{
	struct slot *slot = &check->slots[at];

	for (slot->token = 0; check->tokens[slot->token]; slot->token++)
		;
	if (!probe_token_start(&check->tokens[slot->token], check->tools->base,
			       check->group.cells[at].tcp.to, PROBE_TOKEN_MS, on_token, slot))
		check->token_count++;
}

static void advance(struct check_ports *check)
{
	while (check->open_next < check->open_count && check->token_count < TOKENS_MAX)
		start_token(check, check->open[check->open_next++]);
	if (check->known_count < check->cell_count || check->token_count)
		return;
	judge_infer(&check->group);
	start_walks(check);
}

static void on_outcome(const struct probe_tcp_outcome *outcome, uint64_t tag, void *user)
{
	struct check_ports *check = user;
	struct judge_cell *cell = &check->group.cells[tag];

	check->tools->seen(outcome, check->tools->user);
	cell->tcp = *outcome;
	cell->known = true;
	check->known_count++;
	if (outcome->state == PROBE_TCP_OPEN)
		check->open[check->open_count++] = tag;
	advance(check);
}

static bool next_cell(void *user, struct endpoint *ret, uint64_t *ret_tag)
{
	struct check_ports *check = user;
	const struct judge_group *group = &check->group;

	if (check->asked == check->cell_count)
		return false;
	*ret = (struct endpoint){.addr = group->targets[check->asked / group->port_count],
				 .port = group->ports[check->asked % group->port_count]};
	*ret_tag = check->asked++;
	return true;
}

static int start_probes(struct check_ports *check)
{
	const struct scan_source source = {.next = next_cell, .done = on_outcome, .user = check};

	for (size_t i = 0; i < check->cell_count; i++)
		check->slots[i] = (struct slot){.check = check, .at = i};
	check->tools->planned += check->cell_count;
	return scan_add(check->tools->scan, &source);
}

int check_ports_start(struct check_ports **ret, struct check_tools *tools,
		      const struct check_ports_group *group, check_done *done, void *user)
{
	struct check_ports *check = calloc(1, sizeof(*check));

	if (!check)
		return -ENOMEM;
	check->tools = tools;
	check->done = done;
	check->user = user;
	check->group = (struct judge_group){
		.name = group->name,
		.prefix = group->prefix,
		.each = group->each,
		.targets = group->targets,
		.target_count = group->target_count,
		.ports = group->ports,
		.port_count = group->port_count,
	};
	check->cell_count = group->target_count * group->port_count;
	check->group.cells = calloc(check->cell_count, sizeof(struct judge_cell));
	check->slots = calloc(check->cell_count, sizeof(struct slot));
	check->open = calloc(check->cell_count, sizeof(size_t));
	*ret = check; /* also half-built: probes that are under way know it */
	if (!check->group.cells || !check->slots || !check->open)
		return -ENOMEM;
	return start_probes(check);
}
