/* SPDX-License-Identifier: ISC */
/*
 * amtnetctl: sends one line to the daemon's control socket and prints the rows, as an aligned table or as
 * JSON lines; decodes a hello from a file without a daemon.
 * Exit status: 0 good, 1 the daemon said no, 2 usage, 3 no daemon.
 */
#include "daemon/ctl.h"

#include "common/output.h"
#include "common/text.h"
#include "daemon/settings.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: amtnetctl [-s SOCKET] [--json | --csv] [--sort COLUMN [--reverse]] COMMAND "
	"[ARGUMENT]\n"
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
	"  device KEY              all about the device of a UUID, MAC, full name or address\n"
	"  hellos [COUNT]          the newest hellos; --follow: as they come\n"
	"  roots [HASH...]         lists of root hashes in hellos, and whether one is in them\n"
	"  relay                   one row per core: what waits, what fails, since when and why\n"
	"  relay retry [CORE]      what waits goes at once, also what was quarantined\n"
	"  hello decode FILE|-     a hello packet in words; needs no daemon\n"
	"  help                    what the daemon knows\n"
	"Exit status: 0 good, 1 the daemon said no, 2 usage, 3 no daemon at the socket.\n";

/* `words` joined by blanks, in the form that the control protocol wants. */
static int build_line(char *ret, size_t size, char **words, int count)
{
	struct text line;
	int result = 0;

	text_init(&line, size - 1);
	text_add(&line, "json");
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

/* What the options say. */
struct wish {
	const char *socket;
	struct ctl_format format;
	bool follow;
};

static enum ctl_status ask_daemon(const struct wish *wish, char **words, int count)
{
	char line[1024];
	struct text rows;
	enum ctl_status status;

	if (build_line(line, sizeof(line), words, count) < 0) {
		fputs("amtnetctl: the command is too long, or has a line break in it\n", stderr);
		return CTL_USAGE;
	}
	status = ctl_ask(wish->socket, line, &rows);
	if (status == CTL_GOOD && wish->format.rows == ROWS_JSON && !wish->format.sort)
		fputs(rows.length ? rows.bytes : "", stdout);
	else if (status == CTL_GOOD)
		status = ctl_print_table(rows.bytes, &wish->format);
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

static const struct option options[] = {
	{"socket", required_argument, NULL, 's'},
	{"json", no_argument, NULL, 'j'},
	{"csv", no_argument, NULL, 'c'},
	{"sort", required_argument, NULL, 'o'},
	{"reverse", no_argument, NULL, 'r'},
	{"follow", no_argument, NULL, 'f'},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

/* 0, or -EINVAL. What ends the program at once is done here. */
static int take_option(int option, const char *value, struct wish *wish)
{
	switch (option) {
	case 's':
		wish->socket = value;
		return 0;
	case 'j':
		wish->format.rows = ROWS_JSON;
		return 0;
	case 'c':
		wish->format.rows = ROWS_CSV;
		return 0;
	case 'o':
		wish->format.sort = value;
		return 0;
	case 'r':
		wish->format.reverse = true;
		return 0;
	case 'f':
		wish->follow = true;
		return 0;
	case 'V':
		puts("amtnetctl " AMTNET_VERSION);
		exit(CTL_GOOD);
	case 'h':
		fputs(usage, stdout);
		exit(CTL_GOOD);
	default:
		return -EINVAL;
	}
}

/* Options of ours that stand behind the command, where people add them; others belong to the
 * command. Returns how many words are left. */
static int take_late_options(char **words, int count, struct wish *wish)
{
	int left = 0;

	for (int i = 0; i < count; i++) {
		const struct option *option = options;

		while (option->name &&
		       (strncmp(words[i], "--", 2) != 0 || strcmp(words[i] + 2, option->name) != 0))
			option++;
		if (option->name && (!option->has_arg || i + 1 < count))
			take_option(option->val, option->has_arg ? words[++i] : NULL, wish);
		else
			words[left++] = words[i];
	}
	return left;
}

static enum ctl_status run(const struct wish *wish, char **words, int count)
{
	struct ctl_force force;

	if (count == 3 && strcmp(words[0], "hello") == 0 && strcmp(words[1], "decode") == 0)
		return ctl_decode_hello(words[2], wish->format.rows == ROWS_JSON);
	if (parse_force(words, count, &force))
		return ctl_force(wish->socket, &force);
	if (wish->follow && (strcmp(words[0], "hellos") != 0 || count > 1)) {
		fputs("amtnetctl: --follow goes with hellos alone\n", stderr);
		return CTL_USAGE;
	}
	if (wish->follow)
		return ctl_follow_hellos(wish->socket, wish->format.rows == ROWS_JSON);
	return ask_daemon(wish, words, count);
}

int main(int argc, char **argv)
{
	struct wish wish = {.socket = SETTINGS_CONTROL_SOCKET, .format.rows = ROWS_TABLE};
	int result = 0, count;

	for (int option;
	     result == 0 && (option = getopt_long(argc, argv, "+s:jh", options, NULL)) != -1;)
		result = take_option(option, optarg, &wish);
	count = take_late_options(argv + optind, argc - optind, &wish);
	if (result < 0 || count == 0) {
		fputs(usage, stderr);
		return CTL_USAGE;
	}
	return output_end("amtnetctl", (int)run(&wish, argv + optind, count), CTL_REFUSED);
}
