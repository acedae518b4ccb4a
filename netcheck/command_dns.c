/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"

#include "common/config_secret.h"
#include "common/tsig.h"
#include "netcheck/netcheck.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 64

/* What the options of `dns` fill; `wanted` points into the arrays. */
struct dns_arguments {
	struct hostname suffixes[LIST_MAX];
	struct endpoint servers[LIST_MAX];
	struct addr expected[LIST_MAX];
	struct check_dns_host hosts[LIST_MAX];
	struct check_dns_wanted wanted;
	/* Whether a key may register names. */
	struct hostname zones[LIST_MAX];
	const char *key_name;
	enum tsig_algorithm algorithm;
	struct config_secret secret;
	struct tsig_key *key;
	struct check_permit_wanted permit;
	struct command_report report;
};

static int add_servers(struct dns_arguments *arguments, char *list)
{
	size_t *count = &arguments->wanted.server_count;
	char *rest = NULL;

	for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		if (*count == LIST_MAX)
			return command_fail("dns", "more than %d name servers", LIST_MAX);
		if (endpoint_parse(word, 53, &arguments->servers[*count]))
			return command_fail("dns", "--server: \"%s\" is not an address", word);
		(*count)++;
	}
	return 0;
}

static int add_expected(struct dns_arguments *arguments, char *list)
{
	size_t *count = &arguments->wanted.expected_count;
	char *rest = NULL;

	for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		if (*count == LIST_MAX)
			return command_fail("dns", "more than %d expected addresses", LIST_MAX);
		if (addr_parse(word, &arguments->expected[*count]))
			return command_fail("dns", "--expect: \"%s\" is not an address", word);
		(*count)++;
	}
	return 0;
}

static int add_name(const char *option, const char *text, struct hostname *names, size_t *count)
{
	struct err err = {0};

	if (*count == LIST_MAX)
		return command_fail("dns", "%s: more than %d names", option, LIST_MAX);
	if (hostname_parse(text, &names[*count], &err))
		return command_fail("dns", "%s: %s", option, err.text);
	(*count)++;
	return 0;
}

static int add_host(struct dns_arguments *arguments, char *text)
{
	struct check_dns_host *host = &arguments->hosts[arguments->wanted.host_count];
	char *equals = strchr(text, '=');
	struct err err = {0};

	if (arguments->wanted.host_count == LIST_MAX)
		return command_fail("dns", "more than %d hosts", LIST_MAX);
	if (!equals)
		return command_fail("dns", "--host takes FQDN=ADDR");
	*equals = '\0';
	if (hostname_parse(text, &host->name, &err))
		return command_fail("dns", "--host: %s", err.text);
	if (addr_parse(equals + 1, &host->addr))
		return command_fail("dns", "--host: \"%s\" is not an address", equals + 1);
	arguments->wanted.host_count++;
	return 0;
}

static int read_algorithm(struct dns_arguments *arguments, const char *text)
{
	for (int i = 0; tsig_algorithm_names[i]; i++)
		if (!strcmp(tsig_algorithm_names[i], text)) {
			arguments->algorithm = (enum tsig_algorithm)i;
			return 0;
		}
	return command_fail("dns",
			    "--algorithm: \"%s\" is none of hmac-sha256, hmac-sha384, "
			    "hmac-sha512, hmac-sha1",
			    text);
}

static int read_key_option(int c, struct dns_arguments *arguments)
{
	struct err err = {0};

	switch (c) {
	case 'k':
		arguments->key_name = optarg;
		return 0;
	case 'a':
		return read_algorithm(arguments, optarg);
	case 'f':
		config_secret_done(&arguments->secret);
		if (config_secret_load(optarg, &arguments->secret, &err))
			return command_fail("dns", "--secret-file: %s", err.text);
		return 0;
	case 'z':
		return add_name("--zone", optarg, arguments->zones, &arguments->permit.name_count);
	case 'p':
		if (endpoint_parse(optarg, 53, &arguments->permit.primary))
			return command_fail("dns", "--primary: \"%s\" is not an address", optarg);
		return 0;
	default:
		return 1;
	}
}

static int read_dns_option(int c, struct dns_arguments *arguments, struct netcheck_options *options)
{
	struct err err = {0};
	int r;

	switch (c) {
	case 's':
		return add_servers(arguments, optarg);
	case 'x':
		return add_name("--suffix", optarg, arguments->suffixes,
				&arguments->wanted.suffix_count);
	case 'n':
		if (hostname_parse(optarg, &arguments->wanted.label, &err))
			return command_fail("dns", "--name: %s", err.text);
		return 0;
	case 'e':
		return add_expected(arguments, optarg);
	case 'o':
		return add_host(arguments, optarg);
	default:
		r = read_key_option(c, arguments);
		if (r == 1)
			r = command_report_option(c, "dns", options, &arguments->report);
		return r == 1 ? COMMAND_USAGE : r;
	}
}

/* The zones stated, or those of the suffixes. */
static int make_key(struct dns_arguments *arguments)
{
	struct check_permit_wanted *permit = &arguments->permit;
	struct err err = {0};

	if (!arguments->key_name && (arguments->secret.length || permit->name_count))
		return command_fail("dns", "--secret-file and --zone need --key");
	if (!arguments->key_name)
		return 0;
	if (!arguments->secret.length)
		return command_fail("dns", "--key needs --secret-file");
	if (tsig_key_new(&arguments->key, arguments->key_name, arguments->algorithm,
			 arguments->secret.bytes, arguments->secret.length, &err))
		return command_fail("dns", "--key: %s", err.text);
	permit->key = arguments->key;
	permit->stated = permit->name_count;
	permit->names = permit->stated ? arguments->zones : arguments->suffixes;
	permit->name_count = permit->stated ? permit->name_count : arguments->wanted.suffix_count;
	permit->servers = arguments->servers;
	permit->server_count = arguments->wanted.server_count;
	return 0;
}

static int run_dns(struct dns_arguments *arguments, const struct netcheck_options *options)
{
	struct check_dns_wanted *wanted = &arguments->wanted;
	struct err err = {0};
	struct netcheck *run;
	int r = 0;

	if (!wanted->server_count)
		return command_fail("dns", "no --server given");
	if (!wanted->suffix_count && !wanted->host_count && !arguments->permit.name_count)
		return command_fail("dns", "none of --suffix, --host and --zone given");
	wanted->suffixes = arguments->suffixes;
	wanted->servers = arguments->servers;
	wanted->expected = arguments->expected;
	wanted->hosts = arguments->hosts;
	if (netcheck_new(&run, "dns", options, &err))
		return command_fail("dns", "%s", err.text);
	if (wanted->suffix_count || wanted->host_count)
		r = netcheck_add_dns(run, wanted);
	if (!r && arguments->key)
		r = netcheck_add_permit(run, &arguments->permit);
	return command_run_and_free(run, r, "dns");
}

int command_dns(int argc, char **argv)
{
	static const struct option longs[] = {
		COMMAND_REPORT_OPTIONS,
		{"server", required_argument, NULL, 's'},
		{"suffix", required_argument, NULL, 'x'},
		{"name", required_argument, NULL, 'n'},
		{"expect", required_argument, NULL, 'e'},
		{"host", required_argument, NULL, 'o'},
		{"key", required_argument, NULL, 'k'},
		{"algorithm", required_argument, NULL, 'a'},
		{"secret-file", required_argument, NULL, 'f'},
		{"zone", required_argument, NULL, 'z'},
		{"primary", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct netcheck_options options = command_options();
	struct dns_arguments *arguments = calloc(1, sizeof(*arguments));
	int c, status = 0;

	if (!arguments)
		return command_fail("dns", "out of memory");
	(void)hostname_parse("ProvisionServer", &arguments->wanted.label, NULL);
	while (!status && (c = getopt_long(argc, argv, "jh", longs, NULL)) != -1) {
		if (c == 'h') {
			free(arguments);
			return command_help("dns");
		}
		status = read_dns_option(c, arguments, &options);
	}
	if (!status && optind < argc)
		status = command_fail("dns", "\"%s\" is no option", argv[optind]);
	if (!status)
		status = make_key(arguments);
	if (!status) {
		do
			status = run_dns(arguments, &options);
		while (command_report_again(&arguments->report));
	}
	command_report_done(&arguments->report);
	tsig_key_free(arguments->key);
	config_secret_done(&arguments->secret);
	free(arguments);
	return status;
}
