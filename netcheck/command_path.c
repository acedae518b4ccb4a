/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"

#include <getopt.h>

int command_path(int argc, char **argv)
{
	static const struct option longs[] = {{"json", no_argument, NULL, 'j'},
					      {"with", required_argument, NULL, 'w'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	struct netcheck_options options = command_options();
	unsigned control_port = CHECK_CONTROL_PORT;
	struct endpoint to = {0};
	struct err err = {0};
	struct netcheck *run;
	int c;

	while ((c = getopt_long(argc, argv, "jw:h", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help("path");
		else if (c == 'j')
			options.json = true;
		else if (c == 'w' && !(control_port = command_number(optarg, 65535)))
			return command_fail("path", "--with takes a port from 1 to 65535");
		else if (c == '?')
			return COMMAND_USAGE;
	}
	if (argc - optind != 2)
		return command_fail("path", "an address and a port are needed");
	to.port = (uint16_t)command_number(argv[optind + 1], 65535);
	if (!to.port || to.port == control_port)
		return command_fail("path", "the port is a number from 1 to 65535, and not the one "
					    "that it is compared with");
	if (addr_parse(argv[optind], &to.addr) &&
	    command_resolve(argv[optind], &to.addr, 1, &err) < 0)
		return command_fail("path", "%s: %s", argv[optind], err.text);
	if (netcheck_new(&run, "path", &options, &err))
		return command_fail("path", "%s", err.text);
	return command_run_and_free(run, netcheck_add_path(run, to, (uint16_t)control_port),
				    "path");
}
