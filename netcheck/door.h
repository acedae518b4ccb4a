/* SPDX-License-Identifier: ISC */
/*
 * door: a run, as the files of the door see it: netcheck.c starts and ends the checks,
 * netcheck_site.c those of a site file, netcheck_show.c shows what they say. Nobody else includes this.
 */
#pragma once

#include "common/tsig.h"
#include "netcheck/check.h"
#include "netcheck/check_ports.h"
#include "netcheck/netcheck.h"
#include "netcheck/pair_seal.h"
#include "netcheck/progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;

/* One check and how to get rid of it. */
struct netcheck_item {
	void *check;
	void (*free)(void *check);
	void (*interrupt)(void *check); /* results of what is known; NULL = none */
};

/* A subnet of a site, or of the targets on the command line. */
struct netcheck_subnet {
	struct target_list targets; /* owned; of a site */
};

/* What a paired responder of a site is asked with. */
struct netcheck_pair {
	char code[PAIR_CODE_MAX];
	struct endpoint hellos[CHECK_PAIR_HELLOS];
};

struct netcheck {
	const char *what;
	struct netcheck_options options;
	struct check_tools tools;
	struct event *signals[2];
	struct event *clock; /* of the progress line */
	struct progress progress;
	uint64_t open; /* endpoints */
	struct results results;
	struct netcheck_item *items;
	size_t item_count;
	size_t left; /* checks that are not done */
	bool interrupted;
	uint64_t started_ms;
	struct netcheck_subnet *subnets;
	size_t subnet_count;
	struct target_ports ports; /* of a site */
	struct netcheck_pair *pairs;
	struct tsig_key *key; /* of a site; NULL = none */
};

/* Makes room for one more check before it is started, so that none is lost to the heap. 0 or -ENOMEM. */
int netcheck_reserve(struct netcheck *run);
/* The check may be half-built, and NULL when not even that. Gives `r` back. */
int netcheck_keep(struct netcheck *run, struct netcheck_item item, int r);
/* What every check calls when it is done. */
void netcheck_on_done(void *user);
int netcheck_add_group(struct netcheck *run, const struct check_ports_group *group);

/* 0 or -ENOMEM. */
int netcheck_show_start(struct netcheck *run);
void netcheck_show_end(struct netcheck *run);
/* As check_sink and check_seen; `user` is the run. */
void netcheck_show_result(struct result *result, void *user);
void netcheck_show_outcome(const struct probe_tcp_outcome *outcome, void *user);
/* The whole report, or with JSON its last line. */
void netcheck_show_report(struct netcheck *run);
