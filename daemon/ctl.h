/* SPDX-License-Identifier: ISC */
/*
 * ctl: the parts of amtnetctl: rows as a table, and the offline decoder. They print to the standard
 * streams and return the exit status.
 */
#pragma once

#include <stdbool.h>

enum ctl_status {
	CTL_GOOD = 0,
	CTL_REFUSED = 1,
	CTL_USAGE = 2,
	CTL_NO_DAEMON = 3,
};

/* JSON lines, cut in place, as an aligned table. */
enum ctl_status ctl_print_table(char *json_lines);

/* A hello of raw bytes or of hex digits, from a file or from standard input ("-"). */
enum ctl_status ctl_decode_hello(const char *path, bool json);
