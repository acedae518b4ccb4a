/* SPDX-License-Identifier: ISC */
/*
 * unix_socket: a listening socket file. It takes the place of one that a crash left, never that of
 * somebody who listens, and never that of another kind of file. Touches the file system.
 */
#pragma once

#include "common/err.h"

#define UNIX_SOCKET_PATH_MAX 107 /* characters, unix(7) */

/* A descriptor that listens and does not block, of `type` SOCK_STREAM or SOCK_SEQPACKET. The file has
 * mode 0660 and belongs to `group` (NULL = the process' own); nobody else can open it at any moment.
 * -ENAMETOOLONG, -EEXIST (no socket), -EADDRINUSE (somebody listens there), -ENOENT (no such group or
 * directory), -EPERM, ..., with a sentence that begins with the path. */
int unix_socket_listen(const char *path, int type, const char *group, int backlog, struct err *err);
