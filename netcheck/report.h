/* SPDX-License-Identifier: ISC */
/*
 * report: results as text for people or as JSON lines for programs. JSON lines are written as results
 * come in, so that an interrupted run leaves what it knew; text comes sorted at the end, worst first.
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
	const struct results *results;
};

#define REPORT_LINE_MAX 8192

/* One result in one or two lines; `colour` for terminals. */
void report_text_result(const struct result *result, bool colour, struct text *out);
/* "amtnet-check: site corp READY (12 checks, 0 warnings, 0 failures, 0.8 s)" */
void report_text_summary(const struct report_summary *summary, bool colour, struct text *out);

/* {"type":"result","schema":1,...} and {"type":"summary",...}, one line each. */
void report_json_result(const struct result *result, struct text *out);
void report_json_summary(const struct report_summary *summary, struct text *out);
