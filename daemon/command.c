/* SPDX-License-Identifier: ISC */
#include "daemon/command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELLOS_DEFAULT 50
#define HELLOS_MAX 100000

/* An answer that takes its time. */
struct later {
	struct text *out;
	void (*done)(void *user);
	void *user;
};

struct command {
	const char *name;
	const char *argument; /* for help; NULL = takes none */
	const char *help;
	/* One of the two. `begin`: 0 = on_later comes, or a negative errno with the sentence. */
	int (*run)(const struct command_parts *parts, const char *argument, enum rows_format format,
		   struct text *out);
	int (*begin)(const struct command_parts *parts, const char *argument,
		     enum rows_format format, struct later *later, struct err *err);
};

static void say_error(struct text *out, const struct err *err)
{
	text_clear(out);
	text_add(out, "error: %s\n", err->text);
}

static void on_later(int result, const struct err *err, void *user)
{
	struct later *later = user;

	if (result < 0)
		say_error(later->out, err);
	later->done(later->user);
	free(later);
}

/* The next word of *rest, cut out of it into `ret`; false at the end. A longer one does not fit any option. */
static bool next_word(const char **rest, char *ret, size_t size)
{
	size_t length;

	*rest += strspn(*rest, " \t");
	length = strcspn(*rest, " \t");
	snprintf(ret, size, "%.*s", (int)length, *rest);
	*rest += length;
	return length > 0;
}

static int run_status(const struct command_parts *parts, const char *argument,
		      enum rows_format format, struct text *out)
{
	static const char *const columns[] = {"name", "value", NULL};
	struct db_counters db = db_counters(parts->db);
	struct rows *rows = NULL;

	if (rows_new(&rows, format, columns, out) < 0)
		return -ENOMEM;
	rows_text(rows, "version");
	rows_text(rows, AMTNET_VERSION);
	rows_text(rows, "uptime-s");
	rows_number(rows, (int64_t)((parts->now_ms - parts->started_ms) / 1000));
	dns_print_status(parts->dns, rows);
	discovery_print_status(parts->discovery, rows);
	rows_text(rows, "db.commits");
	rows_number(rows, (int64_t)db.commits);
	rows_text(rows, "db.waiting");
	rows_number(rows, db.waiting);
	rows_text(rows, "db.failed-commits");
	rows_number(rows, (int64_t)db.failed_commits);
	rows_text(rows, "db.refused");
	rows_number(rows, (int64_t)db.refused);
	rows_end(rows);
	rows_free(rows);
	return 0;
}

static int run_devices(const struct command_parts *parts, const char *argument,
		       enum rows_format format, struct text *out)
{
	return discovery_print_devices(parts->discovery, argument, format, out);
}

static int run_names(const struct command_parts *parts, const char *argument,
		     enum rows_format format, struct text *out)
{
	return dns_print_names(parts->dns, argument, format, out);
}

/* "force ZONE [SEEN-ID]": what the operator was shown, so that nothing else is overwritten. */
static int run_force(const struct command_parts *parts, const char *argument,
		     enum rows_format format, struct text *out)
{
	char zone[HOSTNAME_MAX + 2] = "", id[9] = "", more = '\0';
	struct err err = {0};
	int words = sscanf(argument, "%254s %8[0-9a-f] %c", zone, id, &more);

	if (words != 1 && words != 2)
		err_set(&err, -EINVAL, "force takes a zone, and the seen-id of its row");
	else if (!dns_force_provision_server(parts->dns, zone, (uint32_t)strtoul(id, NULL, 16),
					     &err))
		return dns_print_provision_server(parts->dns, zone, format, out);
	text_clear(out);
	text_add(out, "error: provision-server: ");
	text_add_clean(out, err.text, strlen(err.text));
	text_add(out, "\n");
	return 0;
}

static int run_provision_server(const struct command_parts *parts, const char *argument,
				enum rows_format format, struct text *out)
{
	if (argument && !strncmp(argument, "force ", 6))
		return run_force(parts, argument + 6, format, out);
	return dns_print_provision_server(parts->dns, argument, format, out);
}

/* Takes the "ok" back. `from` is the person's; it is cleaned. */
static int refuse(struct text *out, const char *sentence, const char *from)
{
	text_clear(out);
	text_add(out, "error: %s \"", sentence);
	text_add_clean(out, from, strlen(from));
	text_add(out, "\"\n");
	return 0;
}

static bool parse_number(const char *text, long long most, long long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *ret >= 0 && *ret <= most;
}

static int run_hellos(const struct command_parts *parts, const char *argument,
		      enum rows_format format, struct text *out)
{
	long long count = HELLOS_DEFAULT, after = 0;
	bool good = true;

	if (argument && strncmp(argument, "after ", 6) == 0) {
		count = HELLOS_MAX;
		good = parse_number(argument + 6, INT64_MAX, &after);
	} else if (argument) {
		good = parse_number(argument, HELLOS_MAX, &count) && count > 0;
	}
	if (!good)
		return refuse(out, "hellos takes a number from 1 to 100000, or after ID, not",
			      argument);
	return discovery_print_hellos(parts->discovery, (unsigned)count, after, format, out);
}

static int run_roots(const struct command_parts *parts, const char *argument,
		     enum rows_format format, struct text *out)
{
	int result = discovery_print_roots(parts->discovery, argument, format, out);

	if (result == -EINVAL)
		return refuse(out, "roots takes up to 8 hashes in hex digits, not", argument);
	return result;
}

static int run_device(const struct command_parts *parts, const char *argument,
		      enum rows_format format, struct text *out)
{
	int result = -ENOENT;

	if (argument)
		result = discovery_print_device(parts->discovery, argument, format, out);
	if (result == -ENOENT)
		return refuse(out, "no device has the UUID, MAC, full name or address",
			      argument ? argument : "");
	return result;
}

static int run_relay(const struct command_parts *parts, const char *argument,
		     enum rows_format format, struct text *out)
{
	const char *core = NULL;

	if (argument && strncmp(argument, "retry", 5) == 0 && strchr(" ", argument[5])) {
		core = argument[5] ? argument + 6 : NULL;
		if (discovery_relay_retry(parts->discovery, core) < 0 && core)
			return refuse(out, "no core is called", core);
	} else if (argument) {
		return refuse(out, "relay takes nothing, or retry [CORE], not", argument);
	}
	return discovery_print_relay(parts->discovery, format, out);
}

static int begin_name(const struct command_parts *parts, const char *argument,
		      enum rows_format format, struct later *later, struct err *err)
{
	struct dns_story_order order = {
		.format = format, .out = later->out, .done = on_later, .user = later};

	if (!argument)
		return err_set(err, -EINVAL, "name takes a full name: name me01.corp.example");
	if (hostname_parse(argument, &order.name, err) < 0)
		return -EINVAL;
	return dns_story(parts->dns, &order, err);
}

static int run_retry(const struct command_parts *parts, const char *argument,
		     enum rows_format format, struct text *out)
{
	static const char *const columns[] = {"name", "value", NULL};
	struct hostname what;
	struct rows *rows = NULL;
	struct err err = {0};

	if (argument && hostname_parse(argument, &what, &err) < 0) {
		say_error(out, &err);
		return 0;
	}
	if (rows_new(&rows, format, columns, out) < 0)
		return -ENOMEM;
	rows_text(rows, "tried-now");
	rows_number(rows, (int64_t)dns_retry(parts->dns, argument ? &what : NULL));
	rows_end(rows);
	rows_free(rows);
	return 0;
}

static int begin_reconcile(const struct command_parts *parts, const char *argument,
			   enum rows_format format, struct later *later, struct err *err)
{
	struct dns_order order = {
		.format = format, .out = later->out, .done = on_later, .user = later};
	const char *rest = argument ? argument : "";
	char word[32];

	while (next_word(&rest, word, sizeof(word))) {
		if (!strcmp(word, "--dry-run"))
			order.dry_run = true;
		else if (!strcmp(word, "--confirm"))
			order.confirm = true;
		else if (!strcmp(word, "--verify"))
			order.verify = true;
		else
			return err_set(err, -EINVAL,
				       "reconcile takes --dry-run, --confirm and --verify");
	}
	return dns_reconcile(parts->dns, &order, err);
}

static int run_help(const struct command_parts *parts, const char *argument,
		    enum rows_format format, struct text *out);

static const struct command commands[] = {
	{"status", NULL, "what runs, what waits, what failed", run_status},
	{"name", "NAME", "everything about one name, and what DNS says now", .begin = begin_name},
	{"retry", "[ZONE | NAME]", "try now what waits", run_retry},
	{"reconcile", "[--dry-run] [--confirm] [--verify]",
	 "compare the names with Kea's leases, and show what differed", .begin = begin_reconcile},
	{"devices", "[FILTER]", "one row per device that said hello", run_devices},
	{"names", "[FILTER]", "one row per wanted DNS name", run_names},
	{"provision-server", "[FILTER | force ZONE [SEEN-ID]]",
	 "the record of each zone, and what each name server serves", run_provision_server},
	{"device", "KEY", "all about the device of a UUID, MAC, full name or address", run_device},
	{"hellos", "[COUNT | after ID]", "the newest hellos", run_hellos},
	{"roots", "[HASH...]", "the root hashes in hellos, and whether one is among them",
	 run_roots},
	{"relay", "[retry [CORE]]", "one row per core; retry: what waits goes at once", run_relay},
	{"help", NULL, "this list", run_help},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int run_help(const struct command_parts *parts, const char *argument,
		    enum rows_format format, struct text *out)
{
	static const char *const columns[] = {"command", "argument", "meaning", NULL};
	struct rows *rows = NULL;

	if (rows_new(&rows, format, columns, out) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < COMMANDS; i++) {
		rows_text(rows, commands[i].name);
		rows_text(rows, commands[i].argument);
		rows_text(rows, commands[i].help);
	}
	rows_end(rows);
	rows_free(rows);
	return 0;
}

static void say_unknown(const char *word, size_t length, struct text *out)
{
	const char *names[COMMANDS + 1] = {NULL};
	char asked[64];

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	text_clean(asked, sizeof(asked), word, length);
	const char *nearest = text_nearest(asked, names);
	if (length == 0)
		text_add(out, "error: no command; try help\n");
	else if (nearest)
		text_add(out, "error: unknown command \"%s\"; did you mean %s?\n", asked, nearest);
	else
		text_add(out, "error: unknown command \"%s\"; try help\n", asked);
}

/* True when the answer is there. */
static bool command_do(const struct command *command, const struct command_parts *parts,
		       const char *argument, enum rows_format format, const struct later *waiting)
{
	struct text *out = waiting->out;
	struct later *later;
	struct err err = {0};

	if (!command->begin) {
		if (command->run(parts, argument, format, out) < 0)
			out->bad = true;
		return true;
	}
	if (!(later = malloc(sizeof(*later)))) {
		out->bad = true;
		return true;
	}
	*later = *waiting;
	if (!command->begin(parts, argument, format, later, &err))
		return false; /* cppcheck-suppress memleak; begin() keeps it */
	free(later);
	say_error(out, &err);
	return true;
}

/* Takes the word for the format off the line. */
static enum rows_format take_format(const char **line)
{
	static const struct {
		const char *word;
		enum rows_format format;
	} formats[] = {{"json ", ROWS_JSON}, {"csv ", ROWS_CSV}};

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		size_t length = strlen(formats[i].word);

		if (strncmp(*line, formats[i].word, length) == 0) {
			*line += length;
			return formats[i].format;
		}
	}
	return ROWS_TSV;
}

bool command_run(const char *line, const struct command_parts *parts, struct text *out,
		 void (*done)(void *user), void *user)
{
	const struct later waiting = {.out = out, .done = done, .user = user};
	enum rows_format format = take_format(&line);

	line += strspn(line, " \t");
	size_t length = strcspn(line, " \t");
	const char *argument = line + length + strspn(line + length, " \t");
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *command = &commands[i];

		if (strlen(command->name) != length || strncmp(line, command->name, length) != 0)
			continue;
		if (*argument && !command->argument) {
			text_add(out, "error: %s takes no argument\n", command->name);
			return true;
		}
		text_add(out, "ok\n");
		return command_do(command, parts, *argument ? argument : NULL, format, &waiting);
	}
	say_unknown(line, length, out);
	return true;
}
