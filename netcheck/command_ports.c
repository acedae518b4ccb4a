/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"

#include "netcheck/control.h"
#include "netcheck/leases.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define EACH_MAX 1024 /* endpoints that get a result of their own */
#define RATE_MAX 1000000
#define WAIT_MAX_MS 60000

enum {
	OPTION_TRIES = 256,
	OPTION_WAIT,
	OPTION_SUBNET_RATE,
	OPTION_RAW,
	OPTION_QUICK,
	OPTION_STATES,
	OPTION_RESUME,
	OPTION_YES
};

struct ports_arguments {
	struct netcheck_options options;
	struct command_report report;
	struct target_ports ports;
	struct space space;
	struct target_list list; /* the same, where there are few */
	bool quick;
	bool waits; /* --wait was given */
	bool really;
	const char *resume;
};

/* Who states a rate has decided for the whole run; the limits per subnet are for those who did not. */
static int read_rate(struct ports_arguments *arguments, const char *text)
{
	struct scan_pace_options *pace = &arguments->options.scan.pace;

	pace->rate = command_number(text, RATE_MAX);
	pace->start_rate = pace->subnet_rate = pace->link_rate = pace->unanswered = 0;
	return pace->rate ? 0
			  : command_fail("ports", "--rate takes a number from 1 to %d", RATE_MAX);
}

static int read_subnet_rate(struct ports_arguments *arguments, const char *text)
{
	struct scan_pace_options *pace = &arguments->options.scan.pace;

	pace->subnet_rate = pace->link_rate = command_number(text, RATE_MAX);
	return pace->subnet_rate
		       ? 0
		       : command_fail("ports", "--subnet-rate takes a number from 1 to %d",
				      RATE_MAX);
}

static int read_wait(struct ports_arguments *arguments, const char *text)
{
	arguments->waits = true;
	arguments->options.scan.pace.final_ms = command_number(text, WAIT_MAX_MS);
	if (arguments->options.scan.pace.final_ms || !strcmp(text, "0"))
		return 0;
	return command_fail("ports", "--wait takes milliseconds from 0 to %d", WAIT_MAX_MS);
}

static int open_states(struct ports_arguments *arguments, const char *path)
{
	arguments->options.states = fopen(path, "ae");
	if (arguments->options.states)
		return 0;
	return command_fail("ports", "--states: %s: %s", path, strerror(errno));
}

static int read_number_option(int c, struct ports_arguments *arguments)
{
	struct scan_options *scan = &arguments->options.scan;

	switch (c) {
	case 'r':
		return read_rate(arguments, optarg);
	case OPTION_SUBNET_RATE:
		return read_subnet_rate(arguments, optarg);
	case OPTION_WAIT:
		return read_wait(arguments, optarg);
	case 'f':
		scan->in_flight = command_number(optarg, SCAN_IN_FLIGHT_MAX);
		return scan->in_flight
			       ? 0
			       : command_fail("ports", "--in-flight takes a number from 1 to %d",
					      SCAN_IN_FLIGHT_MAX);
	case OPTION_TRIES:
		scan->pace.tries = command_number(optarg, SCAN_PACE_TRIES_MAX);
		return scan->pace.tries
			       ? 0
			       : command_fail("ports", "--tries takes a number from 1 to %d",
					      SCAN_PACE_TRIES_MAX);
	default:
		return COMMAND_USAGE;
	}
}

static int read_option(int c, struct ports_arguments *arguments)
{
	struct err err = {0};
	int r = command_report_option(c, "ports", &arguments->options, &arguments->report);

	if (r != 1)
		return r;
	switch (c) {
	case 'p':
		return target_parse_ports(optarg, &arguments->ports, &err)
			       ? command_fail("ports", "--ports: %s", err.text)
			       : 0;
	case OPTION_RAW:
		arguments->options.scan.raw = true;
		return 0;
	case OPTION_QUICK:
		arguments->quick = true;
		return 0;
	case OPTION_STATES:
		return open_states(arguments, optarg);
	case OPTION_RESUME:
		arguments->resume = optarg;
		return 0;
	case OPTION_YES:
		arguments->really = true;
		return 0;
	default:
		return read_number_option(c, arguments);
	}
}

static int add_target(struct space *space, const char *text, struct err *err)
{
	int r;

	if (text[0] == '@')
		return space_add_file(space, text + 1, command_resolve, err);
	if (strcmp(text, "leases") && strncmp(text, "leases:", 7))
		return space_add(space, text, command_resolve, err);
	r = leases_add(space, text[6] ? text + 7 : CONTROL_SOCKET, err);
	return r < 0 ? r : 0;
}

static int read_targets(int argc, char **argv, struct ports_arguments *arguments)
{
	struct space *space = &arguments->space;
	struct err err = {0};

	if (optind >= argc)
		return command_fail("ports", "no target given");
	for (int i = optind; i < argc; i++)
		if (add_target(space, argv[i], &err))
			return command_fail("ports", "%s", err.text);
	if (space_close(space, &err))
		return command_fail("ports", "%s", err.text);
	if (!space->total)
		return command_fail("ports", "the targets name no address");
	if (space->total > SPACE_UNASKED_MAX && !arguments->really)
		return command_fail(
			"ports",
			"%llu addresses: a prefix too large? More than %d need --yes-really",
			(unsigned long long)space->total, SPACE_UNASKED_MAX);
	if (space->repeated)
		fprintf(stderr, "amtnet-check: targets overlap: %llu addresses are named twice\n",
			(unsigned long long)space->repeated);
	return 0;
}

/* Few endpoints are looked at one by one, many are counted per subnet. */
static int add(struct netcheck *run, struct ports_arguments *arguments, struct err *err)
{
	const struct space *space = &arguments->space;
	char text[ADDR_TEXT];

	if (arguments->quick || arguments->resume ||
	    space->total * arguments->ports.count > EACH_MAX)
		return netcheck_add_sweep(run, space, &arguments->ports, arguments->quick,
					  arguments->resume, err);
	target_done(&arguments->list);
	for (uint64_t i = 0; i < space->total; i++)
		if (target_add(&arguments->list, addr_print(space_at(space, i), text), EACH_MAX,
			       NULL, err))
			return -ENOMEM;
	return netcheck_add_ports(run, &arguments->list, &arguments->ports);
}

static int run_ports(struct ports_arguments *arguments)
{
	struct scan_options *scan = &arguments->options.scan;
	struct err err = {0};
	struct netcheck *run;
	int r;

	if (scan->raw && scan->in_flight == SCAN_IN_FLIGHT)
		scan->in_flight = SCAN_IN_FLIGHT_RAW;
	r = netcheck_new(&run, "ports", &arguments->options, &err);
	if (r == -EPERM && scan->raw) {
		fprintf(stderr,
			"amtnet-check: %s; going on with connect(), which finds the same "
			"states\n",
			err.text);
		scan->raw = false;
		scan->in_flight = SCAN_IN_FLIGHT;
		r = netcheck_new(&run, "ports", &arguments->options, &err);
	}
	if (r)
		return command_fail("ports", "%s", err.text);
	r = add(run, arguments, &err);
	if (r && err.text[0]) {
		netcheck_free(run);
		return command_fail("ports", "%s", err.text);
	}
	return command_run_and_free(run, r, "ports");
}

static const struct option longs[] = {
	COMMAND_REPORT_OPTIONS,
	{"ports", required_argument, NULL, 'p'},
	{"rate", required_argument, NULL, 'r'},
	{"subnet-rate", required_argument, NULL, OPTION_SUBNET_RATE},
	{"in-flight", required_argument, NULL, 'f'},
	{"tries", required_argument, NULL, OPTION_TRIES},
	{"wait", required_argument, NULL, OPTION_WAIT},
	{"raw", no_argument, NULL, OPTION_RAW},
	{"quick", no_argument, NULL, OPTION_QUICK},
	{"states", required_argument, NULL, OPTION_STATES},
	{"resume", required_argument, NULL, OPTION_RESUME},
	{"yes-really", no_argument, NULL, OPTION_YES},
	{"help", no_argument, NULL, 'h'},
	{0},
};

int command_ports(int argc, char **argv)
{
	struct ports_arguments arguments = {
		.options = command_options(),
		.ports = {.items = {16992, 16993, 16994, 16995}, .count = 4}};
	struct scan_pace_options *pace = &arguments.options.scan.pace;
	int c, status = 0;

	pace->tries = 0;
	while (!status && (c = getopt_long(argc, argv, "jp:r:f:h", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help("ports");
		status = read_option(c, &arguments);
	}
	if (!pace->tries)
		pace->tries = arguments.quick ? 2 : scan_defaults.pace.tries;
	if (arguments.quick && !arguments.waits)
		pace->final_ms = 0; /* as measured */
	if (!status)
		status = read_targets(argc, argv, &arguments);
	if (!status) {
		do
			status = run_ports(&arguments);
		while (command_report_again(&arguments.report));
	}
	command_report_done(&arguments.report);
	if (arguments.options.states)
		fclose(arguments.options.states);
	target_done(&arguments.list);
	space_done(&arguments.space);
	return status;
}
