/* SPDX-License-Identifier: ISC */
/*
 * check_hello: whether a provisioning server takes a hello from here. Sends one test hello; where the
 * port is silent or refused, walks the path; then judges.
 */
#pragma once

#include "netcheck/check.h"

struct check_hello;

/* `done` is called exactly once, after the last result. 0 or -ENOMEM. */
int check_hello_start(struct check_hello **ret, struct check_tools *tools, struct endpoint server,
		      check_done *done, void *user);
void check_hello_free(struct check_hello *check);
