/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"

#include "netcheck/control.h"

#include <getopt.h>
#include <string.h>

static int run_amt(const struct netcheck_options *options, const struct target_list *targets,
		   const char *daemon)
{
	struct check_amt_group group = {
		.targets = targets->items, .target_count = targets->count, .daemon = daemon};
	struct err err = {0};
	struct netcheck *run;

	if (netcheck_new(&run, "amt", options, &err))
		return command_fail("amt", "%s", err.text);
	return command_run_and_free(run, netcheck_add_amt(run, &group), "amt");
}

int command_amt(int argc, char **argv)
{
	static const struct option longs[] = {
		COMMAND_REPORT_OPTIONS,
		{"daemon", optional_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct netcheck_options options = command_options();
	struct command_report report = {0};
	struct target_list targets = {0};
	const char *daemon = NULL;
	struct err err = {0};
	int c, status = 0;

	while (!status && (c = getopt_long(argc, argv, "jh", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help("amt");
		if (c == 'd')
			daemon = optarg ? optarg : CONTROL_SOCKET;
		else if (command_report_option(c, "amt", &options, &report))
			status = COMMAND_USAGE;
	}
	if (!status && optind == argc)
		status = command_fail("amt", "no target given");
	for (int i = optind; i < argc && !status; i++)
		if (target_add(&targets, argv[i], TARGET_MAX, command_resolve, &err))
			status = command_fail("amt", "%s", err.text);
	if (!status) {
		do
			status = run_amt(&options, &targets, daemon);
		while (command_report_again(&report));
	}
	command_report_done(&report);
	target_done(&targets);
	return status;
}
