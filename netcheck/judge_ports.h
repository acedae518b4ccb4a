/* SPDX-License-Identifier: ISC */
/*
 * judge_ports: from what the probes saw at a group of addresses to results. Either one result per
 * address and port, or, for a subnet, one per port and kind of outcome: ICMP answers are sampled by
 * the routers, so that a verdict belongs to the subnet and not to the single address. Pure.
 */
#pragma once

#include "netcheck/judge_cell.h"

/* Routers answer only some of many probes by ICMP. What they said about one address holds for silent
 * ones too: "no host" for all ports of the address, "no route" for the group, a rejection for the
 * same port of the group. */
void judge_infer(struct judge_group *group);

void judge_ports(const struct judge_group *group, check_sink *sink, void *user);
