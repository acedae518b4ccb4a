/* SPDX-License-Identifier: ISC */
/*
 * resolvers: which resolvers the machine asks, by the file that says so. Reads that file at each call, as it
 * may change.
 */
#pragma once

#include "common/endpoint.h"

#include <stddef.h>

#define RESOLVERS_FILE "/etc/resolv.conf"
#define RESOLVERS_MAX 3 /* as resolv.conf(5) */

/* The `nameserver` lines of a file as resolv.conf(5), port 53. How many; 0 where there is no such file. */
size_t resolvers_read(const char *path, struct endpoint ret[RESOLVERS_MAX]);
