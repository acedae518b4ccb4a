/* SPDX-License-Identifier: ISC */
#include "netcheck/report.h"

#include "netcheck/explain.h"

#include <inttypes.h>
#include <string.h>

/* The plugin API wants one line, without a bar before the figures. */
static void add_word(struct text *out, const char *word)
{
	for (size_t i = 0; word && word[i]; i++)
		if (word[i] == '|')
			text_add(out, "/");
		else
			text_add_clean(out, word + i, 1);
}

void report_nagios(const struct report_summary *summary, struct text *out)
{
	static const char *const words[] = {[VERDICT_READY] = "OK",
					    [VERDICT_WARNINGS] = "WARNING",
					    [VERDICT_NOT_READY] = "CRITICAL",
					    [VERDICT_UNKNOWN] = "UNKNOWN"};
	const struct results *results = summary->results;
	const struct result *worst = results->count ? results->items[0] : NULL;
	const size_t *counts = results->states;

	text_add(out, "AMTNET %s - ", words[verdict_of(results)]);
	add_word(out, summary->what);
	text_add(out, ": %zu of %zu checks fail", counts[RESULT_FAILURE], results->count);
	if (worst && worst->state != RESULT_OK) {
		text_add(out, "; %s ", worst->kind->id);
		add_word(out, worst->subject);
		text_add(out, " ");
		add_word(out, worst->text);
	}
	text_add(out,
		 " | ok=%zu;;;0;%zu warning=%zu fail=%zu;;1;0 unknown=%zu time=%" PRIu64
		 ".%03" PRIu64 "s\n",
		 counts[RESULT_OK], results->count, counts[RESULT_WARNING], counts[RESULT_FAILURE],
		 counts[RESULT_UNKNOWN], summary->took_ms / 1000, summary->took_ms % 1000);
}
