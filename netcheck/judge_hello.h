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

/* What the daemon behind the server knows of the hello. */
struct judge_hello_record {
	bool asked;
	struct err words; /* why it could not be asked; "" = it was */
	bool found;
	struct addr from; /* where it came from, as the daemon saw it */
};

/* A second result, for a hello that was accepted. */
void judge_hello_recorded(const struct probe_hello_outcome *outcome,
			  const struct judge_hello_record *record, check_sink *sink, void *user);
