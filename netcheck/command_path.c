/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"

#include <getopt.h>

static int run_path(const struct netcheck_options *options, struct endpoint to,
		    unsigned control_port)
{
	struct err err = {0};
	struct netcheck *run;

	if (netcheck_new(&run, "path", options, &err))
		return command_fail("path", "%s", err.text);
	return command_run_and_free(run, netcheck_add_path(run, to, (uint16_t)control_port),
				    "path");
}

static int read_endpoint(char *const *words, unsigned control_port, struct endpoint *ret)
{
	struct err err = {0};

	ret->port = (uint16_t)command_number(words[1], 65535);
	if (!ret->port || ret->port == control_port)
		return command_fail("path", "the port is a number from 1 to 65535, and not the one "
					    "that it is compared with");
	if (addr_parse(words[0], &ret->addr) && command_resolve(words[0], &ret->addr, 1, &err) < 0)
		return command_fail("path", "%s: %s", words[0], err.text);
	return 0;
}

int command_path(int argc, char **argv)
{
	static const struct option longs[] = {COMMAND_REPORT_OPTIONS,
					      {"with", required_argument, NULL, 'w'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	struct netcheck_options options = command_options();
	unsigned control_port = CHECK_CONTROL_PORT;
	struct command_report report = {0};
	struct endpoint to = {0};
	int c, status = 0;

	while (!status && (c = getopt_long(argc, argv, "jw:h", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help("path");
		if (c == 'w') {
			control_port = command_number(optarg, 65535);
			if (!control_port)
				status = command_fail("path",
						      "--with takes a port from 1 to 65535");
		} else if (command_report_option(c, "path", &options, &report)) {
			status = COMMAND_USAGE;
		}
	}
	if (!status && argc - optind != 2)
		status = command_fail("path", "an address and a port are needed");
	if (!status)
		status = read_endpoint(argv + optind, control_port, &to);
	if (!status) {
		do
			status = run_path(&options, to, control_port);
		while (command_report_again(&report));
	}
	command_report_done(&report);
	return status;
}
