/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define SUFFIXES_MAX 64

struct dhcp_arguments {
	struct hostname suffixes[SUFFIXES_MAX];
	struct check_dhcp_wanted wanted;
	bool named;
	struct command_report report;
};

static int read_addr(const char *option, const char *text, struct addr *ret)
{
	if (addr_parse(text, ret) == 0 && ret->family == ADDR_IP4)
		return 0;
	return command_fail("dhcp", "%s: \"%s\" is no IPv4 address", option, text);
}

static int add_suffix(struct dhcp_arguments *arguments, const char *text)
{
	size_t *count = &arguments->wanted.suffix_count;
	struct err err = {0};

	if (*count == SUFFIXES_MAX)
		return command_fail("dhcp", "more than %d suffixes", SUFFIXES_MAX);
	if (hostname_parse(text, &arguments->suffixes[*count], &err))
		return command_fail("dhcp", "--suffix: %s", err.text);
	(*count)++;
	return 0;
}

static int set_interface(struct probe_dhcp_question *question, const char *name)
{
	if (!*name || strlen(name) >= sizeof(question->interface))
		return command_fail("dhcp", "--interface: \"%s\" is no interface", name);
	snprintf(question->interface, sizeof(question->interface), "%s", name);
	return 0;
}

static int read_option(int c, struct dhcp_arguments *arguments, struct netcheck_options *options)
{
	struct probe_dhcp_question *question = &arguments->wanted.question;
	struct err err = {0};

	switch (c) {
	case 'i':
		return set_interface(question, optarg);
	case 's':
		return read_addr("--server", optarg, &question->server);
	case 'r':
		return read_addr("--relay", optarg, &question->relay);
	case 'l':
		return read_addr("--subnet", optarg, &question->link);
	case 'x':
		return add_suffix(arguments, optarg);
	case 'm':
		if (mac_parse(optarg, &question->mac))
			return command_fail("dhcp", "--mac: \"%s\" is no Ethernet address", optarg);
		return 0;
	case 'n':
		arguments->named = true;
		if (hostname_parse(optarg, &question->name, &err))
			return command_fail("dhcp", "--name: %s", err.text);
		return 0;
	default:
		return command_report_option(c, "dhcp", options, &arguments->report) ? COMMAND_USAGE
										     : 0;
	}
}

static int check_arguments(struct dhcp_arguments *arguments)
{
	struct probe_dhcp_question *question = &arguments->wanted.question;
	bool relayed = question->server.family || question->relay.family;

	if (!relayed && !question->interface[0])
		return command_fail("dhcp", "either --interface, or --server and --relay");
	if (relayed && question->interface[0])
		return command_fail("dhcp",
				    "--interface asks on a link, --server as a relay: not both");
	if (relayed && !(question->server.family && question->relay.family))
		return command_fail("dhcp", "--server and --relay go together");
	if (question->link.family && !relayed)
		return command_fail("dhcp", "--subnet needs --server and --relay");
	if (!arguments->named)
		(void)hostname_parse("amtnet-check", &question->name, NULL);
	if (!arguments->named && arguments->wanted.suffix_count)
		(void)hostname_join(&question->name, &arguments->suffixes[0], &question->name);
	arguments->wanted.suffixes = arguments->suffixes;
	return 0;
}

static int run_dhcp(const struct dhcp_arguments *arguments, const struct netcheck_options *options)
{
	struct err err = {0};
	struct netcheck *run;

	if (netcheck_new(&run, "dhcp", options, &err))
		return command_fail("dhcp", "%s", err.text);
	return command_run_and_free(run, netcheck_add_dhcp(run, &arguments->wanted), "dhcp");
}

int command_dhcp(int argc, char **argv)
{
	static const struct option longs[] = {
		COMMAND_REPORT_OPTIONS,
		{"interface", required_argument, NULL, 'i'},
		{"server", required_argument, NULL, 's'},
		{"relay", required_argument, NULL, 'r'},
		{"subnet", required_argument, NULL, 'l'},
		{"suffix", required_argument, NULL, 'x'},
		{"mac", required_argument, NULL, 'm'},
		{"name", required_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	static struct dhcp_arguments arguments;
	struct netcheck_options options = command_options();
	int c, status = 0;

	while (!status && (c = getopt_long(argc, argv, "jh", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help("dhcp");
		status = read_option(c, &arguments, &options);
	}
	if (!status && optind < argc)
		status = command_fail("dhcp", "\"%s\" is no option", argv[optind]);
	if (!status)
		status = check_arguments(&arguments);
	if (!status) {
		do
			status = run_dhcp(&arguments, &options);
		while (command_report_again(&arguments.report));
	}
	command_report_done(&arguments.report);
	return status;
}
