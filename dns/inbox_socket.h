/* SPDX-License-Identifier: ISC */
/* inbox_socket: what the daemon says to a hook. */
#pragma once

#include "common/lease.h"

#include <stdbool.h>

/* To one hook, without waiting. True when the record went out; false = it does not read, or is gone. */
bool inbox_socket_send(int fd, const struct lease_record *record);
