/* SPDX-License-Identifier: ISC */
#include "netcheck/report.h"

#include "netcheck/explain.h"
#include "netcheck/report_markup.h"

#include <inttypes.h>

static void add_attribute(struct text *out, const char *name, const char *value)
{
	text_add(out, " %s=\"", name);
	report_markup_add(out, value);
	text_add(out, "\"");
}

/* A test case fails as its result does; what could not be told was skipped. */
static void add_case(const struct result *result, struct text *out)
{
	const char *element = result->state == RESULT_FAILURE   ? "failure"
			      : result->state == RESULT_UNKNOWN ? "skipped"
								: NULL;

	text_add(out, "    <testcase");
	add_attribute(out, "classname", result->group ? result->group : "amtnet-check");
	text_add(out, " name=\"%s ", result->kind->id);
	report_markup_add(out, result->subject ? result->subject : result->kind->title);
	text_add(out, "\">");
	if (element) {
		text_add(out, "<%s", element);
		add_attribute(out, "message", result->text ? result->text : result->kind->title);
		text_add(out, ">");
	} else {
		text_add(out, "<system-out>");
		report_markup_add(out, result->text);
		text_add(out, "\n");
	}
	report_markup_add(out, result->kind->meaning);
	if (result->evidence) {
		text_add(out, "\nSeen: ");
		report_markup_add(out, result->evidence);
	}
	if (result->fix) {
		text_add(out, "\nFix: ");
		report_markup_add(out, result->fix);
	}
	text_add(out, "</%s></testcase>\n", element ? element : "system-out");
}

void report_junit(const struct report_summary *summary, struct text *out)
{
	const size_t *counts = summary->results->states;

	text_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite");
	add_attribute(out, "name", summary->what);
	text_add(out,
		 " tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\" errors=\"0\" time=\"%" PRIu64
		 ".%03" PRIu64 "\">\n",
		 summary->results->count, counts[RESULT_FAILURE], counts[RESULT_UNKNOWN],
		 summary->took_ms / 1000, summary->took_ms % 1000);
	for (size_t i = 0; i < summary->results->count; i++)
		add_case(summary->results->items[i], out);
	text_add(out, "  </testsuite>\n</testsuites>\n");
}
