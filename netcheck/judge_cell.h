/* SPDX-License-Identifier: ISC */
/*
 * judge_cell: what is known of one port of one address, and what it means: the finding, its sentence, the
 * evidence and the remedy. Other ports of the same address help to tell. Pure.
 */
#pragma once

#include "common/prefix.h"
#include "netcheck/check.h"
#include "netcheck/hop.h"
#include "netcheck/probe_token.h"

#include <stdbool.h>

/* What a walk told about one silent or refused port; shared by the cells that it stands for. */
struct judge_walk {
	bool walked;
	struct hop_finding finding;
	unsigned by_hop;       /* TTL of whoever rejected, 0 = not on the control path */
	uint16_t control_port; /* which port the path was compared with */
	struct addr target;    /* the address that was walked to */
	unsigned sent;
};

struct judge_cell {
	bool known; /* false: no outcome yet, and no result */
	struct probe_tcp_outcome tcp;
	bool proven;      /* the responder answered */
	struct addr seen; /* our address as the responder saw it */
	enum probe_token_size size;
	enum probe_token_hollow hollow;
	char *responder; /* its name, heap, NULL where not proven */
	struct judge_walk walk;
	struct addr as; /* not answered itself: takes the ICMP answer given for this address */
};

struct judge_group {
	const char *name;     /* NULL = none */
	struct prefix prefix; /* for the remedy and the subject of a subnet; length 0 = none */
	bool each;            /* one result per cell */
	const struct addr *targets;
	size_t target_count;
	const uint16_t *ports;
	size_t port_count;
	struct judge_cell *cells; /* target-major: cells[target * port_count + port] */
};

/* The findings that can be told apart. */
struct judgement {
	const char *id;
	enum result_state state;
};

/* Silence, with what a walk told about it; `sibling`: another port of the same hosts passes. */
struct judgement judge_cell_silence(const struct judge_walk *walk, bool sibling);

struct judgement judge_cell(const struct judge_group *group, size_t at);
/* Text, evidence and, for a failure, the remedy. */
void judge_cell_fill(const struct judge_group *group, size_t at, struct result *result);

/* True when it was this address that spoke by ICMP. */
bool judge_cell_is_by(const struct judge_cell *cell, struct addr addr);
