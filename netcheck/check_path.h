/* SPDX-License-Identifier: ISC */
/*
 * check_path: where one port of one host is lost, and nothing else: walks the path of the port and of
 * another one to compare with, hop by hop.
 */
#pragma once

#include "netcheck/check.h"

struct check_path;

/* `done` is called exactly once, after the result. 0 or negative errno. */
int check_path_start(struct check_path **ret, struct check_tools *tools, struct endpoint to,
		     uint16_t control_port, check_done *done, void *user);
void check_path_free(struct check_path *check);
