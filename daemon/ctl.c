/* SPDX-License-Identifier: ISC */
/*
 * amtnetctl: sends one line to the daemon's control socket and prints the rows, as an aligned table or as
 * JSON lines; decodes a hello from a file without a daemon.
 * Exit status: 0 good, 1 the daemon said no, 2 usage, 3 no daemon.
 */
#include "daemon/ctl.h"

#include "common/text.h"
#include "daemon/settings.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: amtnetctl [-s SOCKET] [--json | --csv] COMMAND [ARGUMENT]\n"
	"  status                  what runs, what waits, what failed\n"
	"  devices [FILTER]        one row per device that said hello\n"
	"  names [FILTER]          one row per wanted DNS name\n"
	"  name NAME               everything about one name, and what DNS says now\n"
	"  retry [ZONE | NAME]     try now what waits\n"
	"  reconcile [--dry-run] [--confirm] [--verify]\n"
	"                          compare the names with Kea's leases, show what differed\n"
	"  provision-server [FILTER]\n"
	"                          the record of each zone, and what each name server serves\n"
	"  provision-server force ZONE [--yes]\n"
	"                          shows what is there, asks, and makes it ours\n"
	"  hellos [COUNT]          the newest hellos\n"
	"  hello decode FILE|-     a hello packet in words; needs no daemon\n"
	"  help                    what the daemon knows\n"
	"Exit status: 0 good, 1 the daemon said no, 2 usage, 3 no daemon at the socket.\n";

/* How the rows are shown; the daemon is asked for JSON where a table is to be made of it. */
enum shown { SHOWN_TABLE, SHOWN_JSON, SHOWN_CSV };

/* `words` joined by blanks, in the form that the control protocol wants. */
static int build_line(char *ret, size_t size, char **words, int count, enum shown shown)
{
	struct text line;
	int result = 0;

	text_init(&line, size - 1);
	text_add(&line, shown == SHOWN_CSV ? "csv" : "json");
	for (int i = 0; i < count; i++)
		text_add(&line, " %s", words[i]);
	text_add(&line, "\n");
	if (line.bad || strcspn(line.bytes, "\n") != line.length - 1)
		result = -EINVAL;
	else
		memcpy(ret, line.bytes, line.length + 1);
	text_done(&line);
	return result;
}

static enum ctl_status ask_daemon(const char *path, char **words, int count, enum shown shown)
{
	char line[1024];
	struct text rows;
	enum ctl_status status;

	if (build_line(line, sizeof(line), words, count, shown) < 0) {
		fputs("amtnetctl: the command is too long, or has a line break in it\n", stderr);
		return CTL_USAGE;
	}
	status = ctl_ask(path, line, &rows);
	if (status == CTL_GOOD && shown != SHOWN_TABLE)
		fputs(rows.length ? rows.bytes : "", stdout);
	else if (status == CTL_GOOD)
		status = ctl_print_table(rows.bytes);
	text_done(&rows);
	return status;
}

/* "provision-server force ZONE [--yes] [--seen-id ID]": true when the words are that. */
static bool parse_force(char **words, int count, struct ctl_force *ret)
{
	*ret = (struct ctl_force){.zone = NULL};
	if (count < 3 || strcmp(words[0], "provision-server") != 0 ||
	    strcmp(words[1], "force") != 0)
		return false;
	ret->zone = words[2];
	for (int i = 3; i < count; i++) {
		if (!strcmp(words[i], "--yes"))
			ret->yes = true;
		else if (!strcmp(words[i], "--seen-id") && i + 1 < count)
			ret->seen_id = words[++i];
		else
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'}, {"json", no_argument, NULL, 'j'},
		{"csv", no_argument, NULL, 'c'},          {"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},         {0},
	};
	const char *path = SETTINGS_CONTROL_SOCKET;
	struct ctl_force force;
	enum shown shown = SHOWN_TABLE;

	for (int option; (option = getopt_long(argc, argv, "+s:jh", options, NULL)) != -1;) {
		switch (option) {
		case 's':
			path = optarg;
			break;
		case 'j':
			shown = SHOWN_JSON;
			break;
		case 'c':
			shown = SHOWN_CSV;
			break;
		case 'V':
			puts("amtnetctl " AMTNET_VERSION);
			return CTL_GOOD;
		case 'h':
			fputs(usage, stdout);
			return CTL_GOOD;
		default:
			fputs(usage, stderr);
			return CTL_USAGE;
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return CTL_USAGE;
	}
	/* An option may also stand last, where people add it. */
	if (argc - optind > 1 &&
	    (strcmp(argv[argc - 1], "--json") == 0 || strcmp(argv[argc - 1], "--csv") == 0)) {
		shown = argv[argc - 1][2] == 'j' ? SHOWN_JSON : SHOWN_CSV;
		argc--;
	}
	if (argc - optind == 3 && strcmp(argv[optind], "hello") == 0 &&
	    strcmp(argv[optind + 1], "decode") == 0)
		return ctl_decode_hello(argv[optind + 2], shown == SHOWN_JSON);
	if (parse_force(argv + optind, argc - optind, &force))
		return ctl_force(path, &force);
	return ask_daemon(path, argv + optind, argc - optind, shown);
}
