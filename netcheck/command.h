/* SPDX-License-Identifier: ISC */
/*
 * command: the subcommands of amtnet-check. Each reads its own options with getopt_long and gives the
 * exit status: 0 ready, 1 ready with warnings, 2 not ready, 3 could not tell or wrong usage.
 */
#pragma once

#include "common/addr.h"
#include "common/err.h"
#include "netcheck/check.h"
#include "netcheck/netcheck.h"

#include <stddef.h>

#define COMMAND_USAGE 3 /* exit status for wrong usage and bad configuration */

/* argv[0] is the subcommand's name. */
typedef int command_run(int argc, char **argv);

struct command {
	const char *name;
	const char *arguments;
	const char *help;    /* one sentence */
	const char *options; /* lines for --help */
	command_run *run;
};

extern const struct command command_table[]; /* ends with a NULL name */

command_run command_ports;
command_run command_path;
command_run command_dns;
command_run command_hello;
command_run command_site;
command_run command_explain;
command_run command_respond;
command_run command_pair;
command_run command_dhcp;
command_run command_amt;
command_run command_cert;
command_run command_kea;

/* What every command starts from: text to standard output, coloured on a terminal, the default pace. */
struct netcheck_options command_options(void);

/* Prints "amtnet-check NAME: SENTENCE" and how to get help; returns COMMAND_USAGE. */
int command_fail(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints the help of one command to standard output; returns 0. */
int command_help(const char *name);

/* What all runs have in common: how they report, and whether they go on. */
struct command_report {
	struct netcheck_memory memory;
	unsigned watch_s; /* 0 = once */
};

enum {
	COMMAND_JSON = 'j',
	COMMAND_NAGIOS = 512,
	COMMAND_HTML,
	COMMAND_JUNIT,
	COMMAND_COMPARE,
	COMMAND_WATCH
};

/* For a table of getopt_long(). */
#define COMMAND_REPORT_OPTIONS                                                                    \
	{"json", no_argument, NULL, COMMAND_JSON}, {"nagios", no_argument, NULL, COMMAND_NAGIOS}, \
		{"html", required_argument, NULL, COMMAND_HTML},                                  \
		{"junit", required_argument, NULL, COMMAND_JUNIT},                                \
		{"compare", required_argument, NULL, COMMAND_COMPARE},                            \
	{                                                                                         \
		"watch", required_argument, NULL, COMMAND_WATCH                                   \
	}
#define COMMAND_REPORT_HELP                                                \
	"  --json             JSON lines instead of text\n"                \
	"  --nagios           one line as Nagios and Icinga read it\n"     \
	"  --html FILE        write an HTML report besides\n"              \
	"  --junit FILE       write a JUnit report besides\n"              \
	"  --compare FILE     show what changed since a run with --json\n" \
	"  --watch SECONDS    run again and again, show what changes\n"

/* Takes one of them. 0, 1 when `c` is another one, or COMMAND_USAGE after a sentence. */
int command_report_option(int c, const char *name, struct netcheck_options *options,
			  struct command_report *report);
/* After a run: true when it is time for the next one, which may take a while. */
bool command_report_again(const struct command_report *report);
void command_report_done(struct command_report *report);

/* A plain number of 1 to `most`; 0 for anything else. */
unsigned command_number(const char *text, unsigned most);
/* With r != 0 says why it cannot start; otherwise runs. Frees the run; gives the exit status. */
int command_run_and_free(struct netcheck *run, int r, const char *name);

/* The first line of the file, without its end: the code of a pair. 0, or COMMAND_USAGE after it has been
 * said what is wrong. */
int command_read_code(const char *name, const char *path, char *ret, size_t size);

/* Names by the system's resolver, for targets on the command line (target_resolve). */
int command_resolve(const char *name, struct addr *ret, size_t size, struct err *err);
