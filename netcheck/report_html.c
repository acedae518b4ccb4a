/* SPDX-License-Identifier: ISC */
#include "netcheck/report.h"

#include "common/clock.h"
#include "netcheck/explain.h"
#include "netcheck/matrix.h"
#include "netcheck/report_markup.h"

#include <inttypes.h>

/* One file that anyone can mail: nothing is loaded from anywhere. */
static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<style>\n"
	":root{color-scheme:light dark;--ok:#1a7f37;--warning:#9a6700;--unknown:#8250df;"
	"--failure:#cf222e;--line:#8884;--soft:#8881}\n"
	"@media(prefers-color-scheme:dark){:root{--ok:#3fb950;--warning:#d29922;--unknown:#a371f7;"
	"--failure:#f85149}}\n"
	"body{font:16px/1.45 system-ui,sans-serif;max-width:75rem;margin:0 auto;padding:1rem}\n"
	"h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.15rem;margin:1.6rem 0 .5rem}\n"
	"table{border-collapse:collapse}.wide{overflow-x:auto}\n"
	"th,td{border:1px solid var(--line);padding:.25rem "
	".6rem;text-align:left;white-space:nowrap}\n"
	"thead th{background:var(--soft)}\n"
	"tbody th{white-space:normal;overflow-wrap:anywhere;min-width:6rem}\n"
	"span.ok,td.ok{color:var(--ok)}span.warning,td.warning{color:var(--warning)}"
	"span.unknown,td.unknown{color:var(--unknown)}"
	"span.failure,td.failure{color:var(--failure)}\n"
	"td.failure,td.unknown{font-weight:600}\n"
	"article{border:1px solid var(--line);border-left:.4rem solid;border-radius:.3rem;"
	"padding:.5rem .9rem;margin:.7rem 0}\n"
	"article.failure{border-left-color:var(--failure)}"
	"article.warning{border-left-color:var(--warning)}"
	"article.unknown{border-left-color:var(--unknown)}\n"
	"article{overflow-wrap:anywhere}article "
	"h3{font-size:1rem;margin:.1rem 0}article p{margin:.4rem 0}\n"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem .8rem;margin:.4rem 0}\n"
	"dt{opacity:.75}dd{margin:0}\n"
	"pre{background:var(--soft);padding:.5rem;overflow-x:auto;white-space:pre-wrap}\n"
	"@media(max-width:40rem){body{padding:.6rem}dl{grid-template-columns:1fr}"
	"dt{margin-top:.3rem}th,td{padding:.2rem .35rem;font-size:.9rem}}\n"
	"</style>\n";

static const char *const words[] = {[RESULT_OK] = "OK",
				    [RESULT_WARNING] = "Warning",
				    [RESULT_UNKNOWN] = "Could not tell",
				    [RESULT_FAILURE] = "Failure"};

static void add_title(const struct report_summary *summary, struct text *out)
{
	enum verdict verdict = verdict_of(summary->results);
	static const enum result_state states[] = {[VERDICT_READY] = RESULT_OK,
						   [VERDICT_WARNINGS] = RESULT_WARNING,
						   [VERDICT_NOT_READY] = RESULT_FAILURE,
						   [VERDICT_UNKNOWN] = RESULT_UNKNOWN};
	const size_t *counts = summary->results->states;
	char when[CLOCK_TEXT];

	text_add(out, "<title>amtnet-check: ");
	report_markup_add(out, summary->what);
	text_add(out, " %s</title></head><body>\n<h1>", verdict_words(verdict));
	report_markup_add(out, summary->what);
	text_add(out, ": <span class=\"%s\">%s</span></h1>\n", result_state_name(states[verdict]),
		 verdict_words(verdict));
	text_add(out,
		 "<p>%zu checks: %zu failures, %zu could not tell, %zu warnings, %zu good; %s, "
		 "%" PRIu64 ".%" PRIu64 " s</p>\n",
		 summary->results->count, counts[RESULT_FAILURE], counts[RESULT_UNKNOWN],
		 counts[RESULT_WARNING], counts[RESULT_OK], clock_print(summary->wall_ms, when),
		 summary->took_ms / 1000, summary->took_ms % 1000 / 100);
}

static void add_matrix(const struct report_summary *summary, struct text *out)
{
	struct matrix matrix;

	if (matrix_fill(&matrix, summary->results)) {
		out->bad = true;
		return;
	}
	if (matrix.row_count) {
		text_add(out, "<h2>Subnets by ports</h2>\n<div class=\"wide\"><table><thead><tr>"
			      "<th>subnet</th>");
		for (size_t port = 0; port < matrix.port_count; port++)
			text_add(out, "<th>%u</th>", matrix.ports[port]);
		text_add(out, "</tr></thead><tbody>\n");
	}
	for (size_t row = 0; row < matrix.row_count; row++) {
		text_add(out, "<tr><th>");
		report_markup_add(out, matrix.rows[row].name);
		text_add(out, "</th>");
		for (size_t port = 0; port < matrix.port_count; port++) {
			const struct matrix_cell *cell = &matrix.rows[row].cells[port];

			text_add(out, "<td class=\"%s\" title=\"",
				 cell->worst ? result_state_name(cell->state) : "");
			report_markup_add(out, cell->worst ? cell->worst->text : NULL);
			text_add(out, "\">%s</td>", matrix_word(cell));
		}
		text_add(out, "</tr>\n");
	}
	if (matrix.row_count)
		text_add(out, "</tbody></table></div>\n");
	matrix_done(&matrix);
}

static void add_entry(struct text *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	text_add(out, "<dt>%s</dt><dd>", name);
	report_markup_add(out, value);
	text_add(out, "</dd>");
}

/* What the owner of a firewall needs, to paste into a ticket. */
static void add_request(const struct result *result, struct text *out)
{
	if (result->rule.from.family == ADDR_NONE)
		return;
	report_request(result, "", out);
	text_add(out, "because: ");
	report_markup_add(out, result->text);
	text_add(out, "\nseen: ");
	report_markup_add(out, result->evidence);
	text_add(out, "\n");
}

static void add_problem(const struct result *result, struct text *out)
{
	const char *state = result_state_name(result->state);
	struct text request;

	text_add(out, "<article class=\"%s\" id=\"%s\"><h3><span class=\"%s\">%s</span> %s ", state,
		 result->kind->id, state, words[result->state], result->kind->id);
	report_markup_add(out, result->group);
	text_add(out, " ");
	report_markup_add(out, result->subject);
	text_add(out, "</h3><p>");
	report_markup_add(out, result->text ? result->text : result->kind->title);
	text_add(out, "</p><dl>");
	add_entry(out, "seen", result->evidence);
	add_entry(out, "means", result->kind->meaning);
	add_entry(out, "fix", result->fix ? result->fix : result->kind->remedy);
	text_add(out, "</dl>");
	text_init(&request, REPORT_LINE_MAX);
	add_request(result, &request);
	if (request.length) {
		text_add(out, "<details><summary>request for the firewall's owner</summary><pre>");
		text_add_bytes(out, request.bytes, request.length);
		text_add(out, "</pre></details>");
	}
	text_done(&request);
	text_add(out, "</article>\n");
}

static void add_rest(const struct report_summary *summary, struct text *out)
{
	const struct results *results = summary->results;

	if (!results->states[RESULT_OK])
		return;
	text_add(out,
		 "<h2>What is good</h2>\n<details><summary>%zu results</summary>"
		 "<div class=\"wide\"><table><tbody>\n",
		 results->states[RESULT_OK]);
	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = results->items[i];

		if (result->state != RESULT_OK)
			continue;
		text_add(out, "<tr><td class=\"ok\">%s</td><td>", result->kind->id);
		report_markup_add(out, result->group);
		text_add(out, "</td><td>");
		report_markup_add(out, result->subject);
		text_add(out, "</td><td>");
		report_markup_add(out, result->text);
		text_add(out, "</td></tr>\n");
	}
	text_add(out, "</tbody></table></div></details>\n");
}

void report_html(const struct report_summary *summary, struct text *out)
{
	const struct results *results = summary->results;

	text_add_bytes(out, head, sizeof(head) - 1);
	add_title(summary, out);
	add_matrix(summary, out);
	if (results->count > results->states[RESULT_OK])
		text_add(out, "<h2>Problems</h2>\n");
	for (size_t i = 0; i < results->count; i++)
		if (results->items[i]->state != RESULT_OK)
			add_problem(results->items[i], out);
	add_rest(summary, out);
	text_add(out, "</body></html>\n");
}
