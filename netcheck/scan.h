/* SPDX-License-Identifier: ISC */
/*
 * scan: the port engine. Sources name endpoints, one at a time and only when there is room, so that a
 * run over millions of addresses needs no list of them; the scan asks each by one of two probes, and
 * gives every endpoint exactly one outcome. Both probes end in the same verdict.
 *
 *   source ─ pace ─ probe_tcp (connect, unprivileged) or probe_syn (raw SYN) ─ outcome ─ source
 *
 * A silent port is asked again, with never more than one attempt at a time per endpoint: the first
 * tries wait as long as the round trips of its subnet suggest; the last one, unless told otherwise,
 * waits long enough (3.3 s) for a router to find out that a host is absent, which takes it 3.05 s.
 * Sources take turns; an own network or a subnet whose hosts were asked too quickly rests. When this
 * machine is short of descriptors or ports the scan pauses instead of recording a wrong state.
 */
#pragma once

#include "netcheck/probe_tcp.h"
#include "netcheck/scan_pace.h"

#include <stdbool.h>

struct scan_options {
	struct scan_pace_options pace;
	uint32_t in_flight; /* attempts at a time; lowered to what the descriptor limit allows */
	bool raw;           /* by raw SYN */
};

/* Safe for stateful firewalls and ARP; amtnet-check(1) has the figures. */
extern const struct scan_options scan_defaults;

#define SCAN_IN_FLIGHT 4096
#define SCAN_IN_FLIGHT_RAW 32768
#define SCAN_IN_FLIGHT_MAX 60000

struct scan_source {
	/* The next endpoint and a number of the source's own; false when there is none any more. */
	bool (*next)(void *user, struct endpoint *ret, uint64_t *ret_tag);
	void (*done)(const struct probe_tcp_outcome *outcome, uint64_t tag, void *user);
	void *user;
};

struct scan;

/* 0, -ENOMEM, or with `raw` -EPERM and other errnos of its sockets. */
int scan_new(struct scan **ret, struct event_base *base, const struct scan_options *options);
/* Calls no done any more. */
void scan_free(struct scan *scan);

/* Neither function of the source is called from inside. 0 or -ENOMEM. */
int scan_add(struct scan *scan, const struct scan_source *source);

/* Visits the tags of a source's endpoints that were named and have no outcome yet; `source_user` tells
 * the source. */
typedef void scan_visit(uint64_t tag, void *user);
void scan_unfinished(const struct scan *scan, const void *source_user, scan_visit *visit,
		     void *user);

struct scan_counters {
	uint64_t sent;     /* attempts */
	uint64_t retries;  /* of these, repeated ones */
	uint64_t pauses;   /* times that this machine was short of something */
	uint64_t outcomes; /* endpoints that are done */
	uint32_t waiting;  /* endpoints begun and not done */
	bool held;         /* nothing may leave: too much is unanswered */
};
struct scan_counters scan_counters(const struct scan *scan);
