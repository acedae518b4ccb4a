/* SPDX-License-Identifier: ISC */
/*
 * inbox_socket: the listening SOCK_SEQPACKET socket file: takes the place of one that a crash left,
 * never of a living daemon's and never of another kind of file. Touches the file system.
 */
#pragma once

#include "common/err.h"
#include "common/lease.h"

#include <stdbool.h>

/* A listening descriptor; the file has mode 0660 and belongs to `group` (NULL = the process' own).
 * -ENAMETOOLONG, -EEXIST (not a socket), -EADDRINUSE (somebody listens there), -ENOENT (no such group or
 * directory), -EPERM, ..., with the sentence. */
int inbox_socket_open(const char *path, const char *group, struct err *err);
/* To one hook, without waiting. True when the record went out; false = it does not read, or is gone. */
bool inbox_socket_send(int fd, const struct lease_record *record);
