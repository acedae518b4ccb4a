/* SPDX-License-Identifier: ISC */
#include "netcheck/door.h"

#include "common/clock.h"
#include "netcheck/report.h"
#include "netcheck/report_change.h"

#include <errno.h>
#include <event2/event.h>

static void write_out(struct netcheck *run, struct text *text)
{
	if (text->bytes && !text->bad) {
		fwrite(text->bytes, 1, text->length, run->options.out);
		fflush(run->options.out);
		if (ferror(run->options.out))
			event_base_loopbreak(run->tools.base); /* nobody reads on */
	}
	text_done(text);
}

void netcheck_show_result(struct result *result, void *user)
{
	struct netcheck *run = user;
	struct text line;

	if (result && run->options.json) {
		text_init(&line, REPORT_LINE_MAX);
		report_json_result(result, &line);
		write_out(run, &line);
	}
	results_take(&run->results, result);
}

void netcheck_show_outcome(const struct probe_tcp_outcome *outcome, void *user)
{
	struct netcheck *run = user;
	char addr[ADDR_TEXT];

	run->open += outcome->state == PROBE_TCP_OPEN;
	if (run->options.states)
		fprintf(run->options.states, "%s\t%u\t%s\n", addr_print(outcome->to.addr, addr),
			outcome->to.port, probe_tcp_state_name(outcome->state));
}

void netcheck_show_end(struct netcheck *run)
{
	if (run->progress.last_us)
		fprintf(stderr, "\r\033[K");
}

static void on_clock(evutil_socket_t fd, short what, void *user)
{
	struct netcheck *run = user;
	struct scan_counters counters = scan_counters(run->tools.scan);
	char line[PROGRESS_TEXT];

	fprintf(stderr, "\r\033[K%s",
		progress_print(&run->progress, &counters, run->tools.planned, run->open,
			       dial_now_us(), line));
}

int netcheck_show_start(struct netcheck *run)
{
	const struct timeval period = {.tv_usec = 500000};

	if (!run->options.progress)
		return 0;
	run->clock = event_new(run->tools.base, -1, EV_PERSIST, on_clock, run);
	return !run->clock || event_add(run->clock, &period) ? -ENOMEM : 0;
}

typedef void write_report(const struct report_summary *summary, struct text *out);

/* Replaces the file in one step, so that a web server never shows half of it. */
static void write_file(const char *path, write_report *write, const struct report_summary *summary)
{
	struct text text;
	char part[4096];
	FILE *file = NULL;
	bool bad;

	if (!path)
		return;
	text_init(&text, REPORT_FILE_MAX);
	write(summary, &text);
	bad = text.bad || (size_t)snprintf(part, sizeof(part), "%s.part", path) >= sizeof(part);
	if (!bad)
		file = fopen(part, "we");
	if (file) {
		bad = fwrite(text.bytes, 1, text.length, file) != text.length;
		bad = fclose(file) || bad || rename(part, path);
	}
	if (!file || bad)
		fprintf(stderr, "amtnet-check: %s cannot be written\n", path);
	text_done(&text);
}

/* The summary, what is wrong, the overview, the rest. */
static void show_text(struct netcheck *run, const struct report_summary *summary)
{
	struct text text;
	bool colour = run->options.colour;

	text_init(&text, REPORT_LINE_MAX);
	report_text_summary(summary, colour, &text);
	write_out(run, &text);
	for (unsigned good = 0; good < 2; good++) {
		for (size_t i = 0; i < run->results.count; i++) {
			const struct result *result = run->results.items[i];

			if ((result->state == RESULT_OK) != (good == 1))
				continue;
			text_init(&text, REPORT_LINE_MAX);
			report_text_result(result, colour, &text);
			write_out(run, &text);
		}
		text_init(&text, REPORT_FILE_MAX);
		if (!good)
			report_text_matrix(&run->results, colour, &text);
		write_out(run, &text);
	}
}

/* What is otherwise than before; true when nothing else is to be shown. */
static bool show_changes(struct netcheck *run)
{
	struct netcheck_memory *memory = run->options.memory;
	FILE *out = run->options.json || run->options.nagios ? stderr : run->options.out;
	char now[CLOCK_TEXT];
	struct text text;
	bool only;

	if (!memory || !memory->earlier)
		return false;
	only = memory->watching && !report_baseline_empty(memory->earlier);
	text_init(&text, REPORT_FILE_MAX);
	if (!report_baseline_empty(memory->earlier) &&
	    (report_changes(memory->earlier, &run->results, &text) || !memory->watching))
		fprintf(out, "%s changes since the earlier run:\n%s",
			clock_print(clock_wall_ms(), now), text.bytes ? text.bytes : "none\n");
	fflush(out);
	text_done(&text);
	if (report_baseline_take(memory->earlier, &run->results))
		fprintf(stderr, "amtnet-check: no memory to keep the results for comparison\n");
	return only;
}

void netcheck_show_report(struct netcheck *run)
{
	struct report_summary summary = {.what = run->what,
					 .took_ms = clock_mono_ms() - run->started_ms,
					 .wall_ms = clock_wall_ms(),
					 .results = &run->results};
	struct text line;

	results_sort(&run->results);
	write_file(run->options.html, report_html, &summary);
	write_file(run->options.junit, report_junit, &summary);
	if (show_changes(run) && !run->options.json && !run->options.nagios)
		return;
	if (!run->options.json && !run->options.nagios) {
		show_text(run, &summary);
		return;
	}
	text_init(&line, REPORT_LINE_MAX);
	if (run->options.nagios)
		report_nagios(&summary, &line);
	else
		report_json_summary(&summary, &line);
	write_out(run, &line);
}
