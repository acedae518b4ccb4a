/* SPDX-License-Identifier: ISC */
/*
 * check: what the checks of one run share. A check is a flow (ports, dns, names, hello): it asks the
 * probes, hands the answers to its judge, and gives the results to the sink. The door owns it all.
 */
#pragma once

#include "netcheck/lookups.h"
#include "netcheck/probe_hop.h"
#include "netcheck/result.h"
#include "netcheck/scan.h"

/* Takes the result over; NULL means that the heap refused one. */
typedef void check_sink(struct result *result, void *user);
typedef void check_done(void *user);

#define CHECK_WALKS_MAX 32 /* per run: each takes one to three seconds, one after the other */
#define CHECK_CONTROL_PORT 443

/* Told of each endpoint's state as it becomes known. */
typedef void check_seen(const struct probe_tcp_outcome *outcome, void *user);

struct check_tools {
	struct event_base *base;
	struct scan *scan;
	struct probe_hop *walker;
	struct lookups *lookups;
	unsigned walks_left;
	unsigned walks_refused; /* silent ports whose path was not walked for that limit */
	uint64_t planned;       /* endpoints that the scan will be asked for */
	check_sink *sink;
	check_seen *seen;
	void *user; /* of both */
};
