/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"

#include <getopt.h>

#define SUFFIXES_MAX 256

struct kea_arguments {
	struct hostname suffixes[SUFFIXES_MAX];
	size_t suffix_count;
};

static int add_suffix(struct kea_arguments *arguments, const char *text)
{
	struct err err = {0};

	if (arguments->suffix_count == SUFFIXES_MAX)
		return command_fail("kea", "more than %d suffixes", SUFFIXES_MAX);
	if (hostname_parse(text, &arguments->suffixes[arguments->suffix_count], &err))
		return command_fail("kea", "--suffix: %s", err.text);
	arguments->suffix_count++;
	return 0;
}

static int run_kea(const struct kea_arguments *arguments, const struct netcheck_options *options,
		   char *const *files)
{
	struct check_kea_wanted wanted = {.suffixes = arguments->suffixes,
					  .suffix_count = arguments->suffix_count};
	struct err err = {0};
	struct netcheck *run;

	if (netcheck_new(&run, "kea", options, &err))
		return command_fail("kea", "%s", err.text);
	for (; *files; files++) {
		wanted.file = *files;
		netcheck_add_kea(run, &wanted);
	}
	return command_run_and_free(run, 0, "kea");
}

int command_kea(int argc, char **argv)
{
	static const struct option longs[] = {COMMAND_REPORT_OPTIONS,
					      {"suffix", required_argument, NULL, 'x'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	static struct kea_arguments arguments;
	struct netcheck_options options = command_options();
	struct command_report report = {0};
	int c, status = 0;

	while (!status && (c = getopt_long(argc, argv, "jh", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help("kea");
		else if (c == 'x')
			status = add_suffix(&arguments, optarg);
		else if (command_report_option(c, "kea", &options, &report))
			status = COMMAND_USAGE;
	}
	if (!status && optind == argc)
		status = command_fail("kea", "a configuration file is needed");
	if (!status) {
		do
			status = run_kea(&arguments, &options, argv + optind);
		while (command_report_again(&report));
	}
	command_report_done(&report);
	return status;
}
