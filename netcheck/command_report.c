/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"

#include "netcheck/report_change.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <string.h>

#define WATCH_MAX_S 86400

static int read_earlier(struct command_report *report, const char *name, const char *path)
{
	struct err err = {0};

	if (report_baseline_read(report->memory.earlier, path, &err))
		return command_fail(name, "--compare: %s", err.text);
	return 0;
}

/* Results are kept from run to run and compared only where somebody asked for it. */
static int remember(struct command_report *report, const char *name,
		    struct netcheck_options *options)
{
	options->memory = &report->memory;
	if (!report->memory.earlier && report_baseline_new(&report->memory.earlier))
		return command_fail(name, "out of memory");
	return 0;
}

int command_report_option(int c, const char *name, struct netcheck_options *options,
			  struct command_report *report)
{
	switch (c) {
	case COMMAND_JSON:
		options->json = true;
		return 0;
	case COMMAND_NAGIOS:
		options->nagios = true;
		return 0;
	case COMMAND_HTML:
		options->html = optarg;
		return 0;
	case COMMAND_JUNIT:
		options->junit = optarg;
		return 0;
	case COMMAND_COMPARE:
		if (remember(report, name, options))
			return COMMAND_USAGE;
		return read_earlier(report, name, optarg);
	case COMMAND_WATCH:
		report->watch_s = command_number(optarg, WATCH_MAX_S);
		report->memory.watching = true;
		if (report->watch_s)
			return remember(report, name, options);
		return command_fail(name, "--watch takes seconds from 1 to %d", WATCH_MAX_S);
	default:
		return 1;
	}
}

bool command_report_again(const struct command_report *report)
{
	if (!report->watch_s || report->memory.ended)
		return false;
	return poll(NULL, 0, (int)report->watch_s * 1000) == 0 || errno != EINTR;
}

void command_report_done(struct command_report *report)
{
	report_baseline_free(report->memory.earlier);
	report->memory.earlier = NULL;
}
