/* SPDX-License-Identifier: ISC */
#include "netcheck/tally.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct prefix network_of(struct addr addr, unsigned cut)
{
	unsigned width = addr.family == ADDR_IP6 ? 64 : 24;
	struct prefix prefix = {.addr = addr, .length = (uint8_t)(width > cut ? width - cut : 0)};

	for (unsigned bit = prefix.length; bit < addr_size(addr) * 8; bit++)
		prefix.addr.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return prefix;
}

/* Walks the networks that the space touches; stores them where `rows` is not NULL. Their number, or
 * more than TALLY_ROWS_MAX as soon as it is. */
static size_t each_network(const struct space *space, unsigned cut, struct tally_row *rows)
{
	struct prefix last = {0};
	size_t count = 0;

	for (size_t i = 0; i < space->count && count <= TALLY_ROWS_MAX; i++) {
		uint64_t left = space->items[i].count, gone = 0;

		while (gone < left && count <= TALLY_ROWS_MAX) {
			struct addr addr = target_step(space->items[i].first, gone);
			struct prefix network = network_of(addr, cut);
			uint64_t size = prefix_count(network);

			if (!count || network.length != last.length ||
			    !addr_equal(network.addr, last.addr)) {
				if (rows)
					rows[count].prefix = network;
				count++;
				last = network;
			}
			gone += size == UINT64_MAX ? left
						   : size - target_distance(network.addr, addr);
		}
	}
	return count;
}

int tally_new(struct tally **ret, const struct space *space, const struct target_ports *ports)
{
	struct tally *tally = calloc(1, sizeof(*tally));
	unsigned cut = 0;

	if (!tally)
		return -ENOMEM;
	while (each_network(space, cut, NULL) > TALLY_ROWS_MAX)
		cut += 4;
	tally->ports = *ports;
	tally->row_count = each_network(space, cut, NULL);
	tally->rows = calloc(tally->row_count + 1, sizeof(struct tally_row));
	if (!tally->rows) {
		tally_free(tally);
		return -ENOMEM;
	}
	each_network(space, cut, tally->rows);
	for (size_t i = 0; i < tally->row_count; i++) {
		tally->rows[i].cells = calloc(ports->count, sizeof(struct tally_cell));
		if (!tally->rows[i].cells) {
			tally_free(tally);
			return -ENOMEM;
		}
	}
	*ret = tally;
	return 0;
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	for (size_t i = 0; tally->rows && i < tally->row_count; i++)
		free(tally->rows[i].cells);
	free(tally->rows);
	free(tally);
}

static struct tally_cell *cell_of(struct tally *tally, struct addr addr, uint16_t port)
{
	size_t low = 0, high = tally->row_count, at = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(tally->rows[middle].prefix.addr, addr) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (at < tally->ports.count && tally->ports.items[at] != port)
		at++;
	if (!low || at == tally->ports.count || !prefix_contains(tally->rows[low - 1].prefix, addr))
		return NULL;
	return &tally->rows[low - 1].cells[at];
}

static void add_example(struct tally_cell *cell, enum probe_tcp_state state, struct addr addr)
{
	struct addr *examples = cell->examples[state];

	for (size_t i = 0; i < TALLY_EXAMPLES; i++)
		if (examples[i].family == ADDR_NONE) {
			examples[i] = addr;
			return;
		}
}

void tally_take(struct tally *tally, const struct probe_tcp_outcome *outcome)
{
	struct tally_cell *cell = cell_of(tally, outcome->to.addr, outcome->to.port);

	if (!cell)
		return;
	cell->counts[outcome->state]++;
	tally->states[outcome->state]++;
	add_example(cell, outcome->state, outcome->to.addr);
	if (outcome->source.family != ADDR_NONE)
		cell->source = outcome->source;
	if (outcome->error.icmp && !cell->error.icmp)
		cell->error = outcome->error;
}

uint32_t tally_passes(const struct tally_cell *cell)
{
	return cell->counts[PROBE_TCP_OPEN] + cell->counts[PROBE_TCP_CLOSED];
}

uint32_t tally_all(const struct tally_cell *cell)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < PROBE_TCP_STATES; i++)
		sum += cell->counts[i];
	return sum;
}

/* "count ADDRESS PORT STATE NUMBER EXAMPLE [ICMP-TYPE ICMP-CODE BY SOURCE]" */
void tally_print(const struct tally *tally, struct text *out)
{
	char example[ADDR_TEXT], by[ADDR_TEXT], source[ADDR_TEXT];

	for (size_t row = 0; row < tally->row_count; row++)
		for (size_t port = 0; port < tally->ports.count; port++)
			for (unsigned state = 0; state < PROBE_TCP_STATES; state++) {
				const struct tally_cell *cell = &tally->rows[row].cells[port];

				if (!cell->counts[state])
					continue;
				text_add(out, "count %u %s %u %s %u %u %s %s\n",
					 tally->ports.items[port], probe_tcp_state_name(state),
					 cell->counts[state],
					 addr_print(cell->examples[state][0], example),
					 cell->error.type, cell->error.code,
					 addr_print(cell->error.by, by),
					 addr_print(cell->source, source));
			}
}

int tally_parse_line(struct tally *tally, const char *line)
{
	char name[16], example[ADDR_TEXT], by[ADDR_TEXT], source[ADDR_TEXT];
	unsigned port, count, type, code;
	enum probe_tcp_state state;
	struct tally_cell *cell;
	struct addr addr;

	if (sscanf(line, "count %5u %15s %10u %45s %3u %3u %45s %45s", &port, name, &count, example,
		   &type, &code, by, source) != 8 ||
	    port > UINT16_MAX || addr_parse(example, &addr))
		return -EINVAL;
	state = probe_tcp_state_of(name);
	cell = cell_of(tally, addr, (uint16_t)port);
	if (state == PROBE_TCP_STATES || !cell)
		return -EINVAL;
	cell->counts[state] += count;
	tally->states[state] += count;
	add_example(cell, state, addr);
	(void)addr_parse(source, &cell->source);
	if (!addr_parse(by, &cell->error.by))
		cell->error = (struct dial_error){.icmp = true,
						  .type = (uint8_t)type,
						  .code = (uint8_t)code,
						  .by = cell->error.by};
	return 0;
}
