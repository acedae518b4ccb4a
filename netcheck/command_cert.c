/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"

#include "netcheck/control.h"
#include "netcheck/netcheck.h"

#include <getopt.h>
#include <time.h>

#define LIST_MAX 256

struct cert_arguments {
	struct hostname suffixes[LIST_MAX];
	const char *hellos[LIST_MAX];
	struct check_cert_wanted wanted;
};

static int add_suffix(struct cert_arguments *arguments, const char *text)
{
	size_t *count = &arguments->wanted.suffix_count;
	struct err err = {0};

	if (*count == LIST_MAX)
		return command_fail("cert", "more than %d suffixes", LIST_MAX);
	if (hostname_parse(text, &arguments->suffixes[*count], &err))
		return command_fail("cert", "--suffix: %s", err.text);
	(*count)++;
	return 0;
}

static int add_hello(struct cert_arguments *arguments, const char *path)
{
	if (arguments->wanted.hello_count == LIST_MAX)
		return command_fail("cert", "more than %d hellos", LIST_MAX);
	arguments->hellos[arguments->wanted.hello_count++] = path;
	return 0;
}

static int run_cert(struct cert_arguments *arguments, const struct netcheck_options *options)
{
	struct err err = {0};
	struct netcheck *run;

	arguments->wanted.suffixes = arguments->suffixes;
	arguments->wanted.hellos = arguments->hellos;
	arguments->wanted.now_s = time(NULL);
	if (netcheck_new(&run, "cert", options, &err))
		return command_fail("cert", "%s", err.text);
	netcheck_add_cert(run, &arguments->wanted);
	return command_run_and_free(run, 0, "cert");
}

int command_cert(int argc, char **argv)
{
	static const struct option longs[] = {
		COMMAND_REPORT_OPTIONS,
		{"password-file", required_argument, NULL, 'p'},
		{"suffix", required_argument, NULL, 'x'},
		{"hello", required_argument, NULL, 'o'},
		{"daemon", optional_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	static struct cert_arguments arguments;
	struct netcheck_options options = command_options();
	struct command_report report = {0};
	int c, status = 0;

	while (!status && (c = getopt_long(argc, argv, "jh", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help("cert");
		else if (c == 'p')
			arguments.wanted.password_file = optarg;
		else if (c == 'd')
			arguments.wanted.daemon = optarg ? optarg : CONTROL_SOCKET;
		else if (c == 'x')
			status = add_suffix(&arguments, optarg);
		else if (c == 'o')
			status = add_hello(&arguments, optarg);
		else if (command_report_option(c, "cert", &options, &report))
			status = COMMAND_USAGE;
	}
	if (!status && argc - optind != 1)
		status = command_fail("cert", "one certificate file is needed");
	if (!status) {
		arguments.wanted.file = argv[optind];
		do
			status = run_cert(&arguments, &options);
		while (command_report_again(&report));
	}
	command_report_done(&report);
	return status;
}
