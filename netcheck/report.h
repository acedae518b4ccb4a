/* SPDX-License-Identifier: ISC */
/*
 * report: results as text or HTML for people, and as JSON lines, JUnit or a Nagios line for programs.
 * JSON lines (docs/amtnet-check.schema.json) are written as results come in, so that an interrupted
 * run leaves what it knew; the others come sorted at the end, worst first.
 * Everything from outside is cleaned here. Pure: writes into a struct text.
 */
#pragma once

#include "common/text.h"
#include "netcheck/verdict.h"

#include <stdbool.h>
#include <stdint.h>

struct report_summary {
	const char *what; /* "site corp", "ports" */
	uint64_t took_ms;
	uint64_t wall_ms; /* when it ended; for reports that are kept */
	const struct results *results;
};

#define REPORT_LINE_MAX 8192
#define REPORT_FILE_MAX (64 << 20)

/* One result in one line, a problem with what was seen, what it means, the remedy and the rule to ask
 * a firewall's owner for; `colour` for terminals. */
void report_text_result(const struct result *result, bool colour, struct text *out);
/* What to ask a firewall's owner for: two lines to paste into a ticket; nothing where no rule helps. */
void report_request(const struct result *result, const char *indent, struct text *out);
/* Subnets by ports, where there are several of either. */
void report_text_matrix(const struct results *results, bool colour, struct text *out);
/* "amtnet-check: site corp READY (12 checks, 0 warnings, 0 failures, 0.8 s)" */
void report_text_summary(const struct report_summary *summary, bool colour, struct text *out);

/* Whole reports of sorted results: one line for Nagios, JUnit's XML for CI, and one HTML file that loads
 * nothing from anywhere. */
void report_nagios(const struct report_summary *summary, struct text *out);
void report_junit(const struct report_summary *summary, struct text *out);
void report_html(const struct report_summary *summary, struct text *out);

/* {"type":"result","schema":1,...} and {"type":"summary",...}, one line each. */
void report_json_result(const struct result *result, struct text *out);
void report_json_summary(const struct report_summary *summary, struct text *out);
