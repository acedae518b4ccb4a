/* SPDX-License-Identifier: ISC */
/*
 * control: asks amtnetd's control socket for rows (docs/control-protocol.md) and gives chosen columns of
 * each. Touches that socket, for ten seconds at most.
 */
#pragma once

#include "common/err.h"

#include <stddef.h>

#define CONTROL_SOCKET "/run/amtnet/control.sock"
#define CONTROL_COLUMNS_MAX 8

/* `values` are those of `columns` (NULL-terminated), in that order. Negative ends the reading, with the
 * sentence. */
typedef int control_row(const char *const *values, void *user, struct err *err);

/* 0; or negative errno with the sentence: no daemon, no permission, a column that is not there, or what
 * on_row gave. */
int control_ask(const char *socket, const char *command, const char *const *columns,
		control_row *on_row, void *user, struct err *err);
