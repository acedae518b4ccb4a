/* SPDX-License-Identifier: ISC */
/*
 * ctl: the parts of amtnetctl: the daemon's answer, rows as a table, the question before something is
 * overwritten, and the offline decoder. They print to the standard streams and return the exit status.
 */
#pragma once

#include "common/rows.h"
#include "common/text.h"

#include <stdbool.h>

enum ctl_status {
	CTL_GOOD = 0,
	CTL_REFUSED = 1,
	CTL_USAGE = 2,
	CTL_NO_DAEMON = 3,
};

/* How the rows are to look. */
struct ctl_format {
	enum rows_format rows; /* ROWS_TABLE, ROWS_JSON or ROWS_CSV */
	const char *sort;      /* column, numbers by size; NULL = as the daemon gave them */
	bool reverse;
};

/* JSON lines, cut in place, in another form; NULL = none. */
enum ctl_status ctl_print_table(char *json_lines, const struct ctl_format *format);

/* Hellos as they come, a line each, until the daemon goes away or the program is ended. */
enum ctl_status ctl_follow_hellos(const char *path, bool json);

/* A hello of raw bytes or of hex digits, from a file or from standard input ("-"). */
enum ctl_status ctl_decode_hello(const char *path, bool json);

/* Asks the daemon at the socket; on CTL_GOOD *ret_rows is its answer without the status line, otherwise
 * the reason was printed. *ret_rows is to be released in any case. */
enum ctl_status ctl_ask(const char *path, const char *line, struct text *ret_rows);

struct ctl_force {
	const char *zone;
	bool yes; /* do not ask */
	const char
		*seen_id; /* only if it still is what this id stands for; NULL = whatever it is */
};
/* Shows what stands under ProvisionServer, asks, and has the daemon replace it. */
enum ctl_status ctl_force(const char *path, const struct ctl_force *force);
