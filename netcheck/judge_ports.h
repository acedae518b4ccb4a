/* SPDX-License-Identifier: ISC */
/*
 * judge_ports: from what the probes saw at a group of addresses to results. Either one result per
 * address and port, or, for a subnet, one per port and kind of outcome: ICMP answers are sampled by
 * the routers, so that a verdict belongs to the subnet and not to the single address. Pure.
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

/* True for a state that shows that packets of this port reach the host. */
bool judge_passes(const struct judge_cell *cell);

/* Routers answer only some of many probes by ICMP. What they said about one address holds for silent
 * ones too: "no host" for all ports of the address, "no route" for the group, a rejection for the
 * same port of the group. */
void judge_infer(struct judge_group *group);

/* The findings that can be told apart. */
struct judgement {
	const char *id;
	enum result_state state;
};

/* Silence, with what a walk told about it; `sibling`: another port of the same hosts passes. */
struct judgement judge_silence(const struct judge_walk *walk, bool sibling);

void judge_ports(const struct judge_group *group, check_sink *sink, void *user);
