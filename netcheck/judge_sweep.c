/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_sweep.h"

#include "netcheck/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One subnet and port. */
struct view {
	const struct tally *tally;
	const struct tally_row *row;
	size_t port;
	const struct tally_cell *cell;
	const struct judge_walk *walk; /* NULL = not walked */
};

/* Another port of the subnet that passes, best an open one; NULL where there is none. */
static const struct tally_cell *neighbour(const struct tally *tally, const struct tally_row *row,
					  size_t port, uint16_t *ret_port)
{
	const struct tally_cell *best = NULL;

	for (size_t i = 0; i < tally->ports.count; i++) {
		const struct tally_cell *cell = &row->cells[i];

		if (i == port || !tally_passes(cell) || (best && !cell->counts[PROBE_TCP_OPEN]))
			continue;
		best = cell;
		*ret_port = tally->ports.items[i];
		if (cell->counts[PROBE_TCP_OPEN])
			break;
	}
	return best;
}

static struct addr example(const struct tally_cell *cell, enum probe_tcp_state state)
{
	return cell->examples[state][0];
}

size_t judge_suspects(const struct tally *tally, struct judge_suspect *ret, size_t size)
{
	size_t count = 0;

	for (unsigned pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < tally->row_count * tally->ports.count; i++) {
			size_t row = i / tally->ports.count, port = i % tally->ports.count;
			const struct tally_cell *cell = &tally->rows[row].cells[port], *passing;
			struct judge_suspect suspect = {
				.row = row, .port = port, .control_port = CHECK_CONTROL_PORT};

			if (count == size || tally_passes(cell) ||
			    !cell->counts[PROBE_TCP_FILTERED])
				continue;
			passing = neighbour(tally, &tally->rows[row], port, &suspect.control_port);
			if ((passing == NULL) != (pass == 1))
				continue;
			suspect.to.port = tally->ports.items[port];
			suspect.to.addr = example(cell, PROBE_TCP_FILTERED);
			if (passing && passing->counts[PROBE_TCP_OPEN])
				suspect.to.addr = example(passing, PROBE_TCP_OPEN);
			else if (passing)
				suspect.to.addr = example(passing, PROBE_TCP_CLOSED);
			ret[count++] = suspect;
		}
	return count;
}

static bool by_host(const struct tally_cell *cell)
{
	return addr_equal(cell->error.by, example(cell, PROBE_TCP_REJECTED));
}

static bool by_us(const struct tally_cell *cell)
{
	return !cell->error.icmp || addr_equal(cell->error.by, cell->source);
}

static struct judgement judge(const struct view *view)
{
	const struct tally_cell *cell = view->cell;
	const struct judge_walk none = {0};
	uint16_t port;

	if (cell->counts[PROBE_TCP_OPEN])
		return (struct judgement){"NC101", RESULT_OK};
	if (cell->counts[PROBE_TCP_CLOSED] || (cell->counts[PROBE_TCP_REJECTED] && by_host(cell)))
		return (struct judgement){"NC102", RESULT_WARNING};
	if (cell->counts[PROBE_TCP_REJECTED])
		return by_us(cell) ? (struct judgement){"NC111", RESULT_UNKNOWN}
				   : (struct judgement){"NC107", RESULT_FAILURE};
	if (cell->counts[PROBE_TCP_NO_ROUTE])
		return by_us(cell) ? (struct judgement){"NC110", RESULT_UNKNOWN}
				   : (struct judgement){"NC109", RESULT_FAILURE};
	if (cell->counts[PROBE_TCP_FILTERED])
		return judge_cell_silence(view->walk ? view->walk : &none,
					  neighbour(view->tally, view->row, view->port, &port) !=
						  NULL);
	if (cell->counts[PROBE_TCP_NO_HOST])
		return (struct judgement){"NC108", RESULT_WARNING};
	return (struct judgement){"NC002", RESULT_UNKNOWN};
}

/* "3 open, 251 filtered" */
static void count_states(const struct tally_cell *cell, char ret[WORDS_TEXT])
{
	size_t at = 0;

	ret[0] = '\0';
	for (unsigned state = 0; state < PROBE_TCP_STATES && at < WORDS_TEXT; state++)
		if (cell->counts[state])
			at += (size_t)snprintf(ret + at, WORDS_TEXT - at, "%s%" PRIu32 " %s",
					       at ? ", " : "", cell->counts[state],
					       probe_tcp_state_name(state));
}

/* What the subnet's port mostly is, for programs. */
static enum probe_tcp_state state_of(const struct tally_cell *cell)
{
	static const enum probe_tcp_state order[] = {
		PROBE_TCP_OPEN,     PROBE_TCP_CLOSED,  PROBE_TCP_REJECTED, PROBE_TCP_NO_ROUTE,
		PROBE_TCP_FILTERED, PROBE_TCP_NO_HOST, PROBE_TCP_FAILED};

	for (size_t i = 0; i < PROBE_TCP_STATES; i++)
		if (cell->counts[order[i]])
			return order[i];
	return PROBE_TCP_FAILED;
}

static void describe(const struct view *view, struct result *result)
{
	const struct tally_cell *cell = view->cell;
	char counts[WORDS_TEXT], more[WORDS_TEXT] = "", by[ADDR_TEXT], icmp[96];
	uint16_t port = 0;

	count_states(cell, counts);
	if (result->state == RESULT_OK) {
		result_set(&result->text, "%s", counts);
		return;
	}
	if (view->walk)
		words_place(&view->walk->finding, "the subnet", more);
	else if (cell->error.icmp)
		snprintf(more, sizeof(more), "%s said %s", addr_print(cell->error.by, by),
			 words_icmp(&cell->error, view->row->prefix.addr.family, icmp));
	else if (cell->counts[PROBE_TCP_FILTERED] &&
		 neighbour(view->tally, view->row, view->port, &port))
		snprintf(more, sizeof(more), "hosts of the subnet answer on %u", port);
	result_set(&result->text, "%s%s%s", counts, *more ? "; " : "", more);
}

static void set_fix(const struct view *view, struct result *result)
{
	const struct tally_cell *cell = view->cell;
	struct hop_finding finding = {0};
	char text[WORDS_TEXT];

	if (result->state != RESULT_FAILURE)
		return;
	if (view->walk)
		finding = view->walk->finding;
	else if (cell->counts[PROBE_TCP_REJECTED])
		finding = (struct hop_finding){
			.place = HOP_PLACE_FORGED, .last = 1, .next_addr = cell->error.by};
	result->rule = (struct result_rule){.from = cell->source, .to = view->row->prefix};
	result_set(&result->fix, "%s",
		   words_fix(&finding, cell->source, view->row->prefix,
			     view->tally->ports.items[view->port], text));
}

static struct result *make(const struct view *view)
{
	struct judgement judgement = judge(view);
	struct result *result = result_new(judgement.id, judgement.state);
	char prefix[PREFIX_TEXT], target[ADDR_TEXT];

	if (!result)
		return NULL;
	prefix_print(view->row->prefix, prefix);
	result->port = view->tally->ports.items[view->port];
	result->port_state = probe_tcp_state_name(state_of(view->cell));
	result_set(&result->group, "%s", prefix);
	result_set(&result->subject, "tcp/%u, %" PRIu32 " addresses", result->port,
		   tally_all(view->cell));
	describe(view, result);
	set_fix(view, result);
	if (view->walk)
		result_set(&result->evidence,
			   "path walked to %s with %u probes, compared with port %u",
			   addr_print(view->walk->target, target), view->walk->sent,
			   view->walk->control_port);
	return result;
}

static const struct judge_walk *walk_of(const struct judge_suspect *suspects, size_t count,
					size_t row, size_t port)
{
	for (size_t i = 0; i < count; i++)
		if (suspects[i].row == row && suspects[i].port == port && suspects[i].walk.walked)
			return &suspects[i].walk;
	return NULL;
}

void judge_sweep(const struct tally *tally, const struct judge_suspect *suspects,
		 size_t suspect_count, check_sink *sink, void *user)
{
	for (size_t row = 0; row < tally->row_count; row++)
		for (size_t port = 0; port < tally->ports.count; port++) {
			struct view view = {
				.tally = tally,
				.row = &tally->rows[row],
				.port = port,
				.cell = &tally->rows[row].cells[port],
				.walk = walk_of(suspects, suspect_count, row, port),
			};

			if (tally_all(view.cell))
				sink(make(&view), user);
		}
}
