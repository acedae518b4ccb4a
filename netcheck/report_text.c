/* SPDX-License-Identifier: ISC */
#include "netcheck/report.h"

#include "netcheck/explain.h"
#include "netcheck/matrix.h"

#include <inttypes.h>
#include <string.h>

static const struct {
	const char *word;
	const char *colour;
} states[] = {
	[RESULT_OK] = {"OK  ", "\033[32m"},
	[RESULT_WARNING] = {"WARN", "\033[33m"},
	[RESULT_UNKNOWN] = {"????", "\033[35m"},
	[RESULT_FAILURE] = {"FAIL", "\033[31m"},
};

static void add_word(struct text *out, const char *before, const char *word)
{
	if (!word || !*word)
		return;
	text_add(out, "%s", before);
	text_add_clean(out, word, strlen(word));
}

static void add_line(struct text *out, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	text_add(out, "     %s: ", name);
	text_add_clean(out, text, strlen(text));
	text_add(out, "\n");
}

void report_text_result(const struct result *result, bool colour, struct text *out)
{
	text_add(out, "%s%s%s %s", colour ? states[result->state].colour : "",
		 states[result->state].word, colour ? "\033[0m" : "", result->kind->id);
	add_word(out, " ", result->group);
	add_word(out, " ", result->subject);
	add_word(out, result->port_state ? " " : ": ", result->text);
	text_add(out, "\n");
	if (result->state == RESULT_OK)
		return;
	add_line(out, "seen", result->evidence);
	if (result->state != RESULT_WARNING) /* `explain` has it for those */
		add_line(out, "means", result->kind->meaning);
	add_line(out, "fix", result->fix ? result->fix : result->kind->remedy);
	report_request(result, "     ", out);
}

/* Every line of the table ends with its last word. */
static void add_cell(const struct matrix_cell *cell, bool last, bool colour, struct text *out)
{
	bool painted = colour && cell->worst;

	text_add(out, "  %s%-*s%s", painted ? states[cell->state].colour : "", last ? 0 : 8,
		 matrix_word(cell), painted ? "\033[0m" : "");
}

void report_text_matrix(const struct results *results, bool colour, struct text *out)
{
	struct matrix matrix;
	int width = 6;

	if (matrix_fill(&matrix, results)) {
		out->bad = true;
		return;
	}
	for (size_t row = 0; row < matrix.row_count; row++)
		if ((int)strlen(matrix.rows[row].name) > width)
			width = (int)strlen(matrix.rows[row].name);
	if (matrix.row_count > 1 || matrix.port_count > 1) {
		text_add(out, "  %-*s", width, "");
		for (size_t port = 0; port < matrix.port_count; port++)
			text_add(out, "  %-*u", port + 1 == matrix.port_count ? 0 : 8,
				 matrix.ports[port]);
		text_add(out, "\n");
		for (size_t row = 0; row < matrix.row_count; row++) {
			text_add(out, "  %-*s", width, matrix.rows[row].name);
			for (size_t port = 0; port < matrix.port_count; port++)
				add_cell(&matrix.rows[row].cells[port],
					 port + 1 == matrix.port_count, colour, out);
			text_add(out, "\n");
		}
	}
	matrix_done(&matrix);
}

static void add_count(struct text *out, size_t count, const char *one, const char *many)
{
	text_add(out, "%zu %s", count, count == 1 ? one : many);
}

void report_text_summary(const struct report_summary *summary, bool colour, struct text *out)
{
	static const enum result_state colours[] = {
		[VERDICT_READY] = RESULT_OK,
		[VERDICT_WARNINGS] = RESULT_WARNING,
		[VERDICT_NOT_READY] = RESULT_FAILURE,
		[VERDICT_UNKNOWN] = RESULT_UNKNOWN,
	};
	enum verdict verdict = verdict_of(summary->results);
	const size_t *counts = summary->results->states;

	text_add(out, "amtnet-check: ");
	text_add_clean(out, summary->what, strlen(summary->what));
	text_add(out, " %s%s%s (", colour ? states[colours[verdict]].colour : "",
		 verdict_words(verdict), colour ? "\033[0m" : "");
	add_count(out, summary->results->count, "check", "checks");
	text_add(out, ", ");
	add_count(out, counts[RESULT_WARNING], "warning", "warnings");
	text_add(out, ", ");
	add_count(out, counts[RESULT_FAILURE], "failure", "failures");
	if (counts[RESULT_UNKNOWN])
		text_add(out, ", %zu unknown", counts[RESULT_UNKNOWN]);
	if (summary->results->refused)
		text_add(out, ", %zu results dropped", summary->results->refused);
	text_add(out, ", %" PRIu64 ".%" PRIu64 " s)\n", summary->took_ms / 1000,
		 summary->took_ms % 1000 / 100);
}
