/* SPDX-License-Identifier: ISC */
#include "netcheck/door.h"

#include "common/clock.h"
#include "netcheck/report.h"

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

void netcheck_show_report(struct netcheck *run)
{
	struct report_summary summary = {.what = run->what,
					 .took_ms = clock_mono_ms() - run->started_ms,
					 .results = &run->results};
	struct text line;

	results_sort(&run->results);
	for (size_t i = 0; !run->options.json && i < run->results.count; i++) {
		text_init(&line, REPORT_LINE_MAX);
		report_text_result(run->results.items[i], run->options.colour, &line);
		write_out(run, &line);
	}
	text_init(&line, REPORT_LINE_MAX);
	if (run->options.json)
		report_json_summary(&summary, &line);
	else
		report_text_summary(&summary, run->options.colour, &line);
	write_out(run, &line);
}
