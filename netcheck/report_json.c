/* SPDX-License-Identifier: ISC */
#include "netcheck/report.h"

#include "common/rows.h"
#include "netcheck/explain.h"

#define SCHEMA 1

static const char *verdict_id(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_READY:
		return "ready";
	case VERDICT_WARNINGS:
		return "warnings";
	case VERDICT_NOT_READY:
		return "not-ready";
	case VERDICT_UNKNOWN:
		break;
	}
	return "unknown";
}

void report_json_result(const struct result *result, struct text *out)
{
	static const char *const columns[] = {"type",    "schema",    "id",       "state",
					      "group",   "target",    "port",     "port-state",
					      "subject", "text",      "evidence", "meaning",
					      "fix",     "rule-from", "rule-to",  NULL};
	char target[ADDR_TEXT], from[ADDR_TEXT], to[PREFIX_TEXT];
	bool rule = result->rule.from.family != ADDR_NONE;
	struct rows *rows;

	if (rows_new(&rows, ROWS_JSON, columns, out)) {
		out->bad = true;
		return;
	}
	rows_text(rows, "result");
	rows_number(rows, SCHEMA);
	rows_text(rows, result->kind->id);
	rows_text(rows, result_state_name(result->state));
	rows_text(rows, result->group);
	rows_text(rows, result->target.family ? addr_print(result->target, target) : NULL);
	if (result->port)
		rows_number(rows, result->port);
	else
		rows_text(rows, NULL);
	rows_text(rows, result->port_state);
	rows_text(rows, result->subject);
	rows_text(rows, result->text);
	rows_text(rows, result->evidence);
	rows_text(rows, result->kind->meaning);
	rows_text(rows, result->fix);
	rows_text(rows, rule ? addr_print(result->rule.from, from) : NULL);
	rows_text(rows, rule ? prefix_print(result->rule.to, to) : NULL);
	rows_end(rows);
	rows_free(rows);
}

void report_json_summary(const struct report_summary *summary, struct text *out)
{
	static const char *const columns[] = {"type",        "schema",  "what",     "verdict",
					      "exit-status", "checks",  "warnings", "failures",
					      "unknown",     "dropped", "took-ms",  NULL};
	enum verdict verdict = verdict_of(summary->results);
	const size_t *counts = summary->results->states;
	struct rows *rows;

	if (rows_new(&rows, ROWS_JSON, columns, out)) {
		out->bad = true;
		return;
	}
	rows_text(rows, "summary");
	rows_number(rows, SCHEMA);
	rows_text(rows, summary->what);
	rows_text(rows, verdict_id(verdict));
	rows_number(rows, verdict);
	rows_number(rows, (int64_t)summary->results->count);
	rows_number(rows, (int64_t)counts[RESULT_WARNING]);
	rows_number(rows, (int64_t)counts[RESULT_FAILURE]);
	rows_number(rows, (int64_t)counts[RESULT_UNKNOWN]);
	rows_number(rows, (int64_t)summary->results->refused);
	rows_number(rows, (int64_t)summary->took_ms);
	rows_end(rows);
	rows_free(rows);
}
