/* SPDX-License-Identifier: ISC */
/*
 * tally: what a large scan found, per subnet and port: how many addresses in which state, two of each
 * as examples, and who rejected. Subnets are as wide as it takes to have few of them (a /24 or /64,
 * or shorter), so that its size does not grow with the number of addresses. Pure, apart from the
 * heap.
 */
#pragma once

#include "common/prefix.h"
#include "common/text.h"
#include "netcheck/probe_tcp.h"
#include "netcheck/space.h"

#define TALLY_ROWS_MAX 1024
#define TALLY_EXAMPLES 2

struct tally_cell {
	uint32_t counts[PROBE_TCP_STATES];
	struct addr examples[PROBE_TCP_STATES][TALLY_EXAMPLES]; /* ADDR_NONE = none */
	struct dial_error error; /* ICMP of the first that was refused by it */
	struct addr source;      /* own address */
};

struct tally_row {
	struct prefix prefix;
	struct tally_cell *cells; /* one per port */
};

struct tally {
	struct target_ports ports;
	struct tally_row *rows; /* sorted by prefix */
	size_t row_count;
	uint64_t states[PROBE_TCP_STATES]; /* of all */
};

/* 0 or -ENOMEM. */
int tally_new(struct tally **ret, const struct space *space, const struct target_ports *ports);
void tally_free(struct tally *tally);

void tally_take(struct tally *tally, const struct probe_tcp_outcome *outcome);

/* Open and closed: packets of the port reach the host. */
uint32_t tally_passes(const struct tally_cell *cell);
uint32_t tally_all(const struct tally_cell *cell);

/* One line per row and port where something was counted, and back: for a run that is to be resumed.
 * tally_parse_line() adds; 0, or -EINVAL for a line that is none or that names another run. */
void tally_print(const struct tally *tally, struct text *out);
int tally_parse_line(struct tally *tally, const char *line);
