/* SPDX-License-Identifier: ISC */
/*
 * judge_permit: whether a key may register names in a zone, from what its primary server said. Pure.
 */
#pragma once

#include "netcheck/check.h"
#include "netcheck/permit.h"

#define JUDGE_PERMIT_TYPES 4

struct judge_permit_type {
	enum permit_type type;
	struct permit_answer answers[2]; /* by enum permit_form */
};

struct judge_permit {
	struct hostname name;   /* that was asked about */
	bool stated;            /* it must be a zone of its own */
	struct hostname zone;   /* that it lies in; "" = not found */
	struct hostname server; /* the primary as the SOA record names it; "" where it was stated */
	struct endpoint primary; /* without an address: not found */
	const char *key;
	struct judge_permit_type
		types[JUDGE_PERMIT_TYPES]; /* the first one is needed for every name */
	size_t type_count;
};

/* What amtnetd writes into the zone, without answers. */
void judge_permit_types(struct judge_permit *seen);

void judge_permit(const struct judge_permit *seen, check_sink *sink, void *user);
