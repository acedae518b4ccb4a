/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"

#include "common/hello.h"
#include "netcheck/control.h"
#include "netcheck/explain.h"
#include "netcheck/netcheck.h"
#include "netcheck/scan.h"

#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* https://no-color.org: set, and not empty. */
static bool is_colour_wanted(void)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color);
}

struct netcheck_options command_options(void)
{
	return (struct netcheck_options){
		.colour = is_colour_wanted(),
		.progress = isatty(STDERR_FILENO),
		.scan = scan_defaults,
		.out = stdout,
	};
}

unsigned command_number(const char *text, unsigned most)
{
	unsigned long value;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return 0;
	value = strtoul(text, &end, 10);
	return *end || value > most ? 0 : (unsigned)value;
}

int command_resolve(const char *name, struct addr *ret, size_t size, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *found = NULL, *item;
	struct endpoint endpoint;
	size_t count = 0;
	int r;

	r = getaddrinfo(name, NULL, &hints, &found);
	if (r)
		return err_set(err, -EINVAL, "%s", gai_strerror(r));
	for (item = found; item && count < size; item = item->ai_next)
		if (!endpoint_from_sockaddr(item->ai_addr, &endpoint))
			ret[count++] = endpoint.addr;
	freeaddrinfo(found);
	return count ? (int)count : err_set(err, -EINVAL, "the name has no address");
}

int command_run_and_free(struct netcheck *run, int r, const char *name)
{
	int status;

	if (r)
		status = command_fail(name, "cannot start: %s", strerror(-r));
	else
		status = netcheck_run(run);
	netcheck_free(run);
	return status;
}

/* "name:port" or "name"; the port in *port stays where none is given. */
static int resolve_server(const char *text, struct addr *ret, size_t size, uint16_t *port,
			  struct err *err)
{
	const char *colon = strchr(text, ':');
	char name[HOSTNAME_MAX + 1];
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	unsigned number;

	if (length >= sizeof(name))
		return err_set(err, -EINVAL, "the name is too long");
	memcpy(name, text, length);
	name[length] = '\0';
	if (colon) {
		number = command_number(colon + 1, 65535);
		if (!number)
			return err_set(err, -EINVAL, "the port is not a number from 1 to 65535");
		*port = (uint16_t)number;
	}
	return command_resolve(name, ret, size, err);
}

static int add_hellos(struct netcheck *run, const char *text, const char *daemon, struct err *err)
{
	struct endpoint server = {.port = HELLO_PORT};
	struct addr found[16];
	int count, r = 0;

	if (!endpoint_parse(text, HELLO_PORT, &server))
		return netcheck_add_hello(run, server, daemon);
	count = resolve_server(text, found, 16, &server.port, err);
	if (count < 0)
		return count;
	for (int i = 0; i < count && !r; i++) {
		server.addr = found[i];
		r = netcheck_add_hello(run, server, daemon);
	}
	return r;
}

static int run_hello(const struct netcheck_options *options, const char *server, const char *daemon)
{
	struct err err = {0};
	struct netcheck *run;

	if (netcheck_new(&run, "hello", options, &err))
		return command_fail("hello", "%s", err.text);
	if (add_hellos(run, server, daemon, &err)) {
		netcheck_free(run);
		return command_fail("hello", "%s: %s", server, err.text);
	}
	return command_run_and_free(run, 0, "hello");
}

int command_hello(int argc, char **argv)
{
	static const struct option longs[] = {COMMAND_REPORT_OPTIONS,
					      {"daemon", optional_argument, NULL, 'd'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	struct netcheck_options options = command_options();
	struct command_report report = {0};
	const char *daemon = NULL;
	int c, status = 0;

	while (!status && (c = getopt_long(argc, argv, "jh", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help("hello");
		else if (c == 'd')
			daemon = optarg ? optarg : CONTROL_SOCKET;
		else if (command_report_option(c, "hello", &options, &report))
			status = COMMAND_USAGE;
	}
	if (!status && argc - optind != 1)
		status = command_fail("hello", "one server is needed");
	if (!status) {
		do
			status = run_hello(&options, argv[optind], daemon);
		while (command_report_again(&report));
	}
	command_report_done(&report);
	return status;
}

static int load_site(const char *path, struct site_config *ret)
{
	struct config_errors *errors = calloc(1, sizeof(*errors));
	int r;

	if (!errors)
		return -ENOMEM;
	r = config_load(path, &site_config_table, ret, errors);
	for (size_t i = 0; i < errors->count; i++)
		fprintf(stderr, "%s\n", errors->items[i].text);
	if (errors->more)
		fprintf(stderr, "and %zu more errors\n", errors->more);
	free(errors);
	return r;
}

static int run_site(struct netcheck_options *options, const struct site_config *site)
{
	char what[128];
	struct err err = {0};
	struct netcheck *run;

	snprintf(what, sizeof(what), "site %s", site->name);
	options->scan.pace.rate = (unsigned)site->rate;
	if (netcheck_new(&run, what, options, &err))
		return command_fail("site", "%s", err.text);
	return command_run_and_free(run, netcheck_add_site(run, site), "site");
}

int command_site(int argc, char **argv)
{
	static const struct option longs[] = {
		COMMAND_REPORT_OPTIONS, {"help", no_argument, NULL, 'h'}, {0}};
	struct netcheck_options options = command_options();
	struct command_report report = {0};
	struct site_config site;
	int c, status = 0;

	while (!status && (c = getopt_long(argc, argv, "jh", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help("site");
		status = command_report_option(c, "site", &options, &report) ? COMMAND_USAGE : 0;
	}
	if (!status && argc - optind != 1)
		status = command_fail("site", "one site file is needed");
	if (!status && load_site(argv[optind], &site))
		status = COMMAND_USAGE;
	if (!status) {
		do
			status = run_site(&options, &site);
		while (command_report_again(&report));
		config_free(&site_config_table, &site);
	}
	command_report_done(&report);
	return status;
}

static void print_explanation(const struct explain *kind)
{
	printf("%s  %s\n\n  %s\n", kind->id, kind->title, kind->meaning);
	if (*kind->remedy)
		printf("  What helps: %s\n", kind->remedy);
}

int command_explain(int argc, char **argv)
{
	const struct explain *kind;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return command_help("explain");
	for (size_t i = 0; argc == 1 && (kind = explain_at(i)); i++)
		printf("%s  %s\n", kind->id, kind->title);
	for (int i = 1; i < argc; i++) {
		kind = explain_find(argv[i]);
		if (!kind)
			return command_fail(
				"explain",
				"\"%s\" is no finding; `amtnet-check explain` lists them", argv[i]);
		print_explanation(kind);
	}
	return 0;
}
