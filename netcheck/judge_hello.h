/* SPDX-License-Identifier: ISC */
/*
 * judge_hello: from a test hello and, where it did not get through, the walked path to one result.
 * Pure.
 */
#pragma once

#include "netcheck/check.h"
#include "netcheck/probe_hello.h"

/* `finding` is NULL where no path was walked. */
void judge_hello(const struct probe_hello_outcome *outcome, const struct hop_finding *finding,
		 check_sink *sink, void *user);
