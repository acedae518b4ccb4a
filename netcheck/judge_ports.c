/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_ports.h"

#include "netcheck/words.h"

#include <stdlib.h>
#include <string.h>

/* Whether what was said about cell `from` holds for the silent cell `at`. */
static bool holds_for(const struct judge_group *group, size_t at, size_t from)
{
	const struct judge_cell *cell = &group->cells[from];

	if (!cell->tcp.error.icmp || judge_cell_is_by(cell, cell->tcp.source) ||
	    judge_cell_is_by(cell, cell->tcp.to.addr))
		return false;
	switch (cell->tcp.state) {
	case PROBE_TCP_NO_HOST:
		return at / group->port_count == from / group->port_count;
	case PROBE_TCP_NO_ROUTE:
		return true;
	case PROBE_TCP_REJECTED:
		return at % group->port_count == from % group->port_count;
	case PROBE_TCP_OPEN:
	case PROBE_TCP_CLOSED:
	case PROBE_TCP_FILTERED:
	case PROBE_TCP_FAILED:
		break;
	}
	return false;
}

static void take_over(struct judge_group *group, size_t from)
{
	const struct judge_cell *cell = &group->cells[from];
	size_t count = group->target_count * group->port_count;

	for (size_t at = 0; at < count; at++) {
		struct judge_cell *silent = &group->cells[at];

		if (silent->tcp.state != PROBE_TCP_FILTERED || !holds_for(group, at, from))
			continue;
		silent->tcp.state = cell->tcp.state;
		silent->tcp.error = cell->tcp.error;
		silent->as = cell->tcp.to.addr;
	}
}

void judge_infer(struct judge_group *group)
{
	size_t count = group->target_count * group->port_count;

	for (size_t i = 0; i < count; i++)
		if (group->cells[i].tcp.error.icmp && group->cells[i].as.family == ADDR_NONE)
			take_over(group, i);
}

/* True when two cells of one port say the same. */
static bool same(const struct judge_group *group, size_t a, size_t b)
{
	const struct judge_cell *left = &group->cells[a], *right = &group->cells[b];
	const struct hop_finding *one = &left->walk.finding, *two = &right->walk.finding;

	if (strcmp(judge_cell(group, a).id, judge_cell(group, b).id) != 0 ||
	    left->tcp.state != right->tcp.state || left->size != right->size ||
	    left->hollow != right->hollow)
		return false;
	if (left->tcp.error.icmp != right->tcp.error.icmp ||
	    left->walk.walked != right->walk.walked)
		return false;
	if (left->tcp.error.icmp && left->tcp.state != PROBE_TCP_NO_HOST &&
	    !addr_equal(left->tcp.error.by, right->tcp.error.by))
		return false;
	return !left->walk.walked || (one->place == two->place && one->last == two->last &&
				      addr_equal(one->next_addr, two->next_addr));
}

static void set_subject(const struct judge_group *group, size_t at, const bool *member,
			size_t count, struct result *result)
{
	const struct judge_cell *cell = &group->cells[at];
	char addr[ADDR_TEXT], prefix[PREFIX_TEXT], list[WORDS_TEXT];
	struct addr shown[16];
	size_t found = 0;

	if (group->each || group->target_count == 1 || count == 1) {
		result->target = cell->tcp.to.addr;
		result_set(&result->subject, "%s tcp/%u", addr_print(cell->tcp.to.addr, addr),
			   cell->tcp.to.port);
		return;
	}
	for (size_t i = 0; i < group->target_count && found < 16; i++)
		if (member[i])
			shown[found++] = group->targets[i];
	words_addrs(shown, found, list);
	result_set(&result->subject, "%s tcp/%u, %zu of %zu addresses%s%s%s",
		   prefix_print(group->prefix, prefix), cell->tcp.to.port, count,
		   group->target_count, count < group->target_count ? " (" : "",
		   count < group->target_count ? list : "", count < group->target_count ? ")" : "");
}

static struct result *make(const struct judge_group *group, size_t at, const bool *member,
			   size_t count)
{
	const struct judge_cell *cell = &group->cells[at];
	struct judgement judgement = judge_cell(group, at);
	struct result *result = result_new(judgement.id, judgement.state);

	if (!result)
		return NULL;
	result->port = cell->tcp.to.port;
	result->port_state = probe_tcp_state_name(cell->tcp.state);
	if (group->name)
		result_set(&result->group, "%s", group->name);
	set_subject(group, at, member, count, result);
	judge_cell_fill(group, at, result);
	return result;
}

/* One port of a subnet: each kind of outcome becomes one result, with its addresses counted. */
static void judge_port(const struct judge_group *group, size_t port, bool *seen, bool *member,
		       check_sink *sink, void *user)
{
	for (size_t i = 0; i < group->target_count; i++)
		seen[i] = !group->cells[i * group->port_count + port].known;
	for (size_t i = 0; i < group->target_count; i++) {
		size_t at = i * group->port_count + port, count = 0;

		if (seen[i])
			continue;
		memset(member, 0, group->target_count * sizeof(bool));
		for (size_t j = i; j < group->target_count; j++) {
			member[j] = !seen[j] && same(group, at, j * group->port_count + port);
			seen[j] = seen[j] || member[j];
			count += member[j];
		}
		sink(make(group, at, member, count), user);
	}
}

void judge_ports(const struct judge_group *group, check_sink *sink, void *user)
{
	size_t count = group->target_count * group->port_count;
	bool *marks;

	if (group->each) {
		for (size_t i = 0; i < count; i++)
			if (group->cells[i].known)
				sink(make(group, i, NULL, 1), user);
		return;
	}
	marks = calloc(group->target_count, 2 * sizeof(bool));
	if (!marks) {
		sink(NULL, user);
		return;
	}
	for (size_t port = 0; port < group->port_count; port++)
		judge_port(group, port, marks, marks + group->target_count, sink, user);
	free(marks);
}
