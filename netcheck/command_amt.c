/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"

#include <getopt.h>
#include <string.h>

static int run_amt(const struct netcheck_options *options, const struct target_list *targets)
{
	struct check_amt_group group = {.targets = targets->items, .target_count = targets->count};
	struct err err = {0};
	struct netcheck *run;

	if (netcheck_new(&run, "amt", options, &err))
		return command_fail("amt", "%s", err.text);
	return command_run_and_free(run, netcheck_add_amt(run, &group), "amt");
}

int command_amt(int argc, char **argv)
{
	static const struct option longs[] = {
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
	struct netcheck_options options = command_options();
	struct target_list targets = {0};
	struct err err = {0};
	int c, status = 0;

	while ((c = getopt_long(argc, argv, "jh", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help("amt");
		if (c == '?')
			return COMMAND_USAGE;
		options.json = true;
	}
	if (optind == argc)
		return command_fail("amt", "no target given");
	for (int i = optind; i < argc && !status; i++)
		if (target_add(&targets, argv[i], TARGET_MAX, command_resolve, &err))
			status = command_fail("amt", "%s", err.text);
	if (!status)
		status = run_amt(&options, &targets);
	target_done(&targets);
	return status;
}
