/* SPDX-License-Identifier: ISC */
/*
 * suffixes: which domain the answers of a subnet give, remembered for the lease's tag: a lease is
 * stored before its answer has a domain. Kept for each subnet and class, since both may set option 15.
 *
 * Asked and told from any thread, without a lock; where it does not know, or knows of more than one
 * domain, it says so, and the tag then has no name. Bounded: SUFFIXES_PLACES, SUFFIXES_NAMES.
 */
#pragma once

#include "common/hostname.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SUFFIXES_PLACES 4096 /* those that share one forget each other */
#define SUFFIXES_NAMES 255

struct suffixes {
	atomic_uint_fast64_t places[SUFFIXES_PLACES];
	atomic_uint_fast32_t count;
	pthread_mutex_t lock; /* of those who add a name; tried, never waited for */
	struct hostname names[SUFFIXES_NAMES]; /* the first `count` do not change any more */
};

/* 0 or -ENOMEM. */
int suffixes_init(struct suffixes *suffixes);
void suffixes_done(struct suffixes *suffixes);

/* An answer in this subnet, for this class, had this domain, which may be "". */
void suffixes_note(struct suffixes *suffixes, uint32_t subnet_id, unsigned class_index,
		   const struct hostname *domain);
enum suffixes_answer {
	SUFFIXES_ONE,     /* all answers there had this domain */
	SUFFIXES_NONE,    /* there was no answer yet */
	SUFFIXES_SEVERAL, /* nobody can say */
};

/* *ret is written with SUFFIXES_ONE only. */
enum suffixes_answer suffixes_find(const struct suffixes *suffixes, uint32_t subnet_id,
				   unsigned class_index, struct hostname *ret);
