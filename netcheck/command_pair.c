/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"

#include "common/hello.h"
#include "netcheck/pair_seal.h"
#include "netcheck/pair_serve.h"

#include <getopt.h>
#include <string.h>

struct pair_arguments {
	char code[PAIR_CODE_MAX];
	struct target_ports ports;
	struct endpoint hellos[CHECK_PAIR_HELLOS];
	struct check_pair_wanted wanted;
	struct command_report report;
};

int command_read_code(const char *name, const char *path, char *ret, size_t size)
{
	struct err err = {0};

	if (!pair_seal_read_code(path, ret, size, &err))
		return 0;
	return command_fail(name, "--code-file: %s", err.text);
}

static int read_with(struct pair_arguments *arguments, const char *text)
{
	struct endpoint *with = &arguments->wanted.with;
	struct err err = {0};

	if (!endpoint_parse(text, PAIR_PORT, with))
		return 0;
	with->port = PAIR_PORT;
	if (command_resolve(text, &with->addr, 1, &err) > 0)
		return 0;
	return command_fail("pair", "--with: %s: %s", text, err.text);
}

static int add_hello(struct pair_arguments *arguments, const char *text)
{
	size_t *count = &arguments->wanted.hello_count;

	if (*count == CHECK_PAIR_HELLOS)
		return command_fail("pair", "more than %d servers", CHECK_PAIR_HELLOS);
	if (endpoint_parse(text, HELLO_PORT, &arguments->hellos[*count]))
		return command_fail("pair", "--hello: \"%s\" is no address", text);
	(*count)++;
	return 0;
}

static int read_option(int c, struct pair_arguments *arguments, struct netcheck_options *options)
{
	struct err err = {0};

	switch (c) {
	case 'w':
		return read_with(arguments, optarg);
	case 'c':
		return command_read_code("pair", optarg, arguments->code, PAIR_CODE_MAX);
	case 'p':
		if (target_parse_ports(optarg, &arguments->ports, &err))
			return command_fail("pair", "--ports: %s", err.text);
		return 0;
	case 'o':
		return add_hello(arguments, optarg);
	default:
		return command_report_option(c, "pair", options, &arguments->report) ? COMMAND_USAGE
										     : 0;
	}
}

static int run_pair(struct pair_arguments *arguments, const struct netcheck_options *options)
{
	struct err err = {0};
	struct netcheck *run;

	if (!arguments->wanted.with.port)
		return command_fail("pair", "no --with given");
	if (!arguments->code[0])
		return command_fail("pair", "no --code-file given");
	arguments->wanted.code = arguments->code;
	arguments->wanted.ports = arguments->ports.items;
	arguments->wanted.port_count = arguments->ports.count;
	arguments->wanted.hellos = arguments->hellos;
	if (netcheck_new(&run, "pair", options, &err))
		return command_fail("pair", "%s", err.text);
	return command_run_and_free(run, netcheck_add_pair(run, &arguments->wanted), "pair");
}

int command_pair(int argc, char **argv)
{
	static const struct option longs[] = {
		COMMAND_REPORT_OPTIONS,
		{"with", required_argument, NULL, 'w'},
		{"code-file", required_argument, NULL, 'c'},
		{"ports", required_argument, NULL, 'p'},
		{"hello", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	static struct pair_arguments arguments = {
		.ports = {.items = {16992, 16993, 16994, 16995}, .count = 4}};
	struct netcheck_options options = command_options();
	int c, status = 0;

	while (!status && (c = getopt_long(argc, argv, "jh", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help("pair");
		status = read_option(c, &arguments, &options);
	}
	if (!status && optind < argc)
		status = command_fail("pair", "\"%s\" is no option", argv[optind]);
	if (!status) {
		do
			status = run_pair(&arguments, &options);
		while (command_report_again(&arguments.report));
	}
	command_report_done(&arguments.report);
	explicit_bzero(arguments.code, sizeof(arguments.code));
	return status;
}
