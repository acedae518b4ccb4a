/* SPDX-License-Identifier: ISC */
/*
 * admission: may this connection stay? Counts what is open of each address and each /24 or /64, and
 * what each of these networks begins in a second. Touches nothing but the kernel's randomness.
 */
#pragma once

#include "discovery/rate.h"
#include "discovery/source.h"

struct admission_options {
	uint32_t max_per_address, max_per_prefix; /* open at a time */
	uint32_t rate_per_prefix;                 /* begun per second; 0 = no limit */
	uint32_t burst_per_prefix;                /* ... at once after a quiet time */
};

struct admission {
	struct admission_options options;
	struct rate_table *rate; /* of a /24 or a /64 */
	struct source_table sources, prefixes;
};

/* 0 or -ENOMEM. */
int admission_init(struct admission *ret, const struct admission_options *options);
void admission_done(struct admission *admission);

/* Where a connection is counted. */
struct admission_ticket {
	struct source *source, *prefix;
};

enum admission_verdict {
	ADMISSION_GRANTED,
	ADMISSION_PER_ADDRESS, /* the address has as many open as it may */
	ADMISSION_PER_PREFIX,  /* its network has */
	ADMISSION_RATE,        /* its network began too many in short time */
	ADMISSION_NO_MEMORY,
};

/* *ret is written where it is granted, and given back with admission_leave. */
enum admission_verdict admission_enter(struct admission *admission, struct addr addr,
				       uint64_t now_ms, struct admission_ticket *ret);
void admission_leave(struct admission *admission, struct admission_ticket ticket);
