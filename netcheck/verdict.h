/* SPDX-License-Identifier: ISC */
/*
 * verdict: all results in one word and one exit status. The statuses are the Nagios codes, so that
 * one scheme serves scripts, CI and monitoring. Pure.
 */
#pragma once

#include "netcheck/result.h"

enum verdict { /* the value is the exit status */
	       VERDICT_READY = 0,
	       VERDICT_WARNINGS = 1,
	       VERDICT_NOT_READY = 2,
	       VERDICT_UNKNOWN = 3,
};

/* A failure outweighs what could not be told, which outweighs warnings. No result at all is unknown. */
enum verdict verdict_of(const struct results *results);

/* "READY", "READY WITH WARNINGS", "NOT READY", "COULD NOT TELL". */
const char *verdict_words(enum verdict verdict);
