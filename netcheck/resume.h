/* SPDX-License-Identifier: ISC */
/*
 * resume: where an interrupted sweep stopped, as a small text file: the seed of its order, the place
 * that comes next, the places that were begun and not finished, and what was counted. It belongs to
 * one set of targets and ports; another one is refused. Touches the named file.
 */
#pragma once

#include "netcheck/tally.h"

struct resume {
	uint64_t print; /* of the targets and ports */
	uint64_t seed;
	uint64_t next;    /* places below were named */
	uint64_t *places; /* of these, not finished; heap */
	size_t count;
	size_t size;
};

/* Of a closed space. */
uint64_t resume_print(const struct space *space, const struct target_ports *ports);

/* 0; -ENOENT where there is no such file; another negative errno with the sentence. Adds what was
 * counted to `tally`. Fills a `resume` of zeros, whose `print` must be that of this run. */
int resume_read(const char *path, struct resume *resume, struct tally *tally, struct err *err);
/* Replaces the file in one step. */
int resume_write(const char *path, const struct resume *resume, const struct tally *tally,
		 struct err *err);
/* 0 or -ENOMEM. */
int resume_add(struct resume *resume, uint64_t place);
void resume_done(struct resume *resume);
