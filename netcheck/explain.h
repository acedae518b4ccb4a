/* SPDX-License-Identifier: ISC */
/*
 * explain: the table of all findings. An id keeps its meaning for ever; a new meaning gets a new id.
 * Pure.
 */
#pragma once

#include <stddef.h>

struct explain {
	const char *id;
	const char *title;   /* a few words */
	const char *meaning; /* what it says about the site */
	const char *remedy;  /* what usually helps; a result may be more precise */
};

extern const struct explain explain_table[];
extern const size_t explain_count;

/* By id, in any case ("nc104"); NULL where unknown. */
const struct explain *explain_find(const char *id);
