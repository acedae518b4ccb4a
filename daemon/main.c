/* SPDX-License-Identifier: ISC */
/*
 * amtnetd: reads the command line, the configuration, and hands over to daemon.c.
 * Exit status: 0 stopped as asked, 1 could not run, 2 usage, 3 the configuration has errors.
 */
#include "common/log.h"
#include "common/output.h"
#include "daemon/daemon.h"
#include "daemon/ready.h"
#include "daemon/sandbox.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
	EXIT_RUN = 1,
	EXIT_USAGE = 2,
	EXIT_CONFIG = 3,
};

enum what {
	RUN,
	TEST,
	PRINT,
};

static const char usage[] =
	"usage: amtnetd [-c FILE] [-t | -T] [-v]\n"
	"  -c FILE   configuration, " SETTINGS_PATH " when not given\n"
	"  -t        check the configuration and exit\n"
	"  -T        check the configuration, print it as it takes effect, and exit\n"
	"  -v        log at level debug\n"
	"  --keys    print every configuration key with its meaning and exit\n"
	"  --version, --help\n"
	"Exit status: 0 good, 1 could not run, 2 usage, 3 errors in the configuration.\n";

static int report(const char *path, const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		fprintf(stderr, "%s\n", errors->items[i].text);
	if (errors->more)
		fprintf(stderr, "%s: %zu more errors\n", path, errors->more);
	fprintf(stderr, "amtnetd: %zu error%s in %s, nothing was started\n",
		errors->count + errors->more, errors->count + errors->more == 1 ? "" : "s", path);
	return EXIT_CONFIG;
}

static struct settings *load(const char *path, int *ret_status)
{
	struct config_errors *errors = calloc(1, sizeof(*errors));
	struct settings *settings = NULL;

	*ret_status = EXIT_RUN;
	if (errors && settings_new(&settings, path, errors) < 0)
		*ret_status = report(path, errors);
	free(errors);
	return settings;
}

/* A storm of hellos is many connections: the soft limit of 1024 is for programs that use select(). */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int run(const char *path, struct settings *settings, bool verbose)
{
	struct daemon *daemon = NULL;
	struct err err = {0};

	if (verbose)
		settings->log.level = LOG_LEVEL_DEBUG;
	log_setup((enum log_level)settings->log.level, ready_is_journal());
	signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	if (sandbox_enter(&err) < 0) {
		log_error("sandbox", "%s", err.text);
		settings_free(settings);
		return EXIT_RUN;
	}
	if (daemon_new(&daemon, path, settings, &err) < 0) {
		log_error("daemon", "cannot start: %s", err.text);
		return EXIT_RUN;
	}
	int result = daemon_run(daemon);
	daemon_free(daemon);
	log_info("daemon", "stopped");
	return result < 0 ? EXIT_RUN : EXIT_SUCCESS;
}

struct command_line {
	const char *path;
	enum what what;
	bool verbose;
};

/* The exit status when there is nothing left to do, -1 otherwise. */
static int parse_command_line(int argc, char **argv, struct command_line *ret)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"test", no_argument, NULL, 't'},
		{"print", no_argument, NULL, 'T'},        {"verbose", no_argument, NULL, 'v'},
		{"keys", no_argument, NULL, 'K'},         {"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},         {0},
	};

	for (int option; (option = getopt_long(argc, argv, "c:tTvh", options, NULL)) != -1;) {
		switch (option) {
		case 'c':
			ret->path = optarg;
			break;
		case 't':
			ret->what = TEST;
			break;
		case 'T':
			ret->what = PRINT;
			break;
		case 'v':
			ret->verbose = true;
			break;
		case 'K':
			config_print_keys(&settings_table, stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("amtnetd " AMTNET_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "amtnetd: \"%s\" is one word too many\n%s", argv[optind], usage);
		return EXIT_USAGE;
	}
	return -1;
}

static int begin(int argc, char **argv)
{
	struct command_line line = {.path = SETTINGS_PATH, .what = RUN};
	int status = parse_command_line(argc, argv, &line);

	if (status >= 0)
		return status;
	struct settings *settings = load(line.path, &status);
	if (!settings)
		return status;
	if (line.what == RUN)
		return run(line.path, settings, line.verbose);
	if (line.what == PRINT)
		config_print(&settings_table, settings, stdout);
	else
		printf("amtnetd: %s is good\n", line.path);
	settings_free(settings);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	return output_end("amtnetd", begin(argc, argv), EXIT_RUN);
}
