/* SPDX-License-Identifier: ISC */
/*
 * netcheck: the door of the readiness checks. A run is told what to check, runs it in one event loop
 * (all checks at once, within one rate limit), writes the report, and gives the exit status. Ctrl-C
 * ends it early with the report of what is known. Needs no privilege, no daemon and no Kea.
 *
 *   check  site file ─ target ─ probe_* ─ judge_* ─ result ─ verdict ─ report ══ terminal, JSON
 */
#pragma once

#include "common/prefix.h"
#include "netcheck/check_amt.h"
#include "netcheck/check_cert.h"
#include "netcheck/check_dhcp.h"
#include "netcheck/check_dns.h"
#include "netcheck/check_kea.h"
#include "netcheck/check_pair.h"
#include "netcheck/check_permit.h"
#include "netcheck/scan.h"
#include "netcheck/site.h"
#include "netcheck/space.h"
#include "netcheck/target.h"
#include "netcheck/verdict.h"

#include <stdbool.h>
#include <stdio.h>

struct report_baseline;

/* What outlives a run. */
struct netcheck_memory {
	struct report_baseline
		*earlier; /* results to compare with; those of this run replace them */
	bool watching;    /* from the second run on only changes are shown */
	bool ended;       /* set when a signal ended a run */
};

struct netcheck_options {
	bool json;
	bool nagios; /* one line instead of text */
	bool colour;
	const char *html;               /* file to write besides; NULL = none */
	const char *junit;              /* the same */
	struct netcheck_memory *memory; /* borrowed, NULL = none */
	struct scan_options scan;
	FILE *out;
	FILE *states;  /* one line per endpoint: address, port, state; NULL = none */
	bool progress; /* a line on standard error while it works */
};

struct netcheck;

/* `what` stands in the last line ("site corp"); borrowed. 0 or negative errno with the sentence. */
int netcheck_new(struct netcheck **ret, const char *what, const struct netcheck_options *options,
		 struct err *err);
void netcheck_free(struct netcheck *run);

/* What to check; all arguments are borrowed until netcheck_free. 0 or negative errno. */
int netcheck_add_ports(struct netcheck *run, const struct target_list *targets,
		       const struct target_ports *ports);
/* Many of them, in constant memory: what is found is counted per subnet. `quick` walks no path;
 * `resume` is the file to go on from, or NULL. With the sentence. */
int netcheck_add_sweep(struct netcheck *run, const struct space *space,
		       const struct target_ports *ports, bool quick, const char *resume,
		       struct err *err);
int netcheck_add_path(struct netcheck *run, struct endpoint to, uint16_t control_port);
int netcheck_add_dns(struct netcheck *run, const struct check_dns_wanted *wanted);
int netcheck_add_permit(struct netcheck *run, const struct check_permit_wanted *wanted);
/* `daemon`: the control socket of the amtnetd behind the server, NULL = not to be asked. */
int netcheck_add_hello(struct netcheck *run, struct endpoint server, const char *daemon);
int netcheck_add_dhcp(struct netcheck *run, const struct check_dhcp_wanted *wanted);
int netcheck_add_pair(struct netcheck *run, const struct check_pair_wanted *wanted);
int netcheck_add_amt(struct netcheck *run, const struct check_amt_group *group);
/* The results of these two are there at once. */
void netcheck_add_cert(struct netcheck *run, const struct check_cert_wanted *wanted);
void netcheck_add_kea(struct netcheck *run, const struct check_kea_wanted *wanted);
int netcheck_add_site(struct netcheck *run, const struct site_config *site);

/* Runs to the end or to the first SIGINT or SIGTERM, reports, and returns the exit status (enum
 * verdict). */
int netcheck_run(struct netcheck *run);
