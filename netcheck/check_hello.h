/* SPDX-License-Identifier: ISC */
/*
 * check_hello: whether a provisioning server takes a hello from here. Sends one test hello; where the
 * port is silent or refused, walks the path; where the daemon behind it is at hand, asks it whether
 * the hello was recorded; then judges.
 */
#pragma once

#include "netcheck/check.h"

struct check_hello;

/* `daemon` is its control socket (borrowed), NULL = not at hand. `done` is called exactly once, after the last result. 0 or -ENOMEM. */
int check_hello_start(struct check_hello **ret, struct check_tools *tools, struct endpoint server,
		      const char *daemon, check_done *done, void *user);
void check_hello_free(struct check_hello *check);
