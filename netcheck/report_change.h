/* SPDX-License-Identifier: ISC */
/*
 * report_change: what is otherwise than in an earlier run: the results of that run, read from its JSON
 * lines or kept from the run before, and the difference as lines. Two results belong together when
 * they are about the same subject of the same group; what they are called may change. Touches the
 * named file.
 */
#pragma once

#include "common/err.h"
#include "common/text.h"
#include "netcheck/result.h"

struct report_baseline;

/* 0 or -ENOMEM. */
int report_baseline_new(struct report_baseline **ret);
void report_baseline_free(struct report_baseline *baseline);

/* Reads what `--json` wrote. 0, or negative errno with the sentence. */
int report_baseline_read(struct report_baseline *baseline, const char *path, struct err *err);
/* Forgets what it held. 0 or -ENOMEM. */
int report_baseline_take(struct report_baseline *baseline, const struct results *results);
/* True when it holds nothing to compare with. */
bool report_baseline_empty(const struct report_baseline *baseline);

/* One line per difference: "worse", "better", "changed" (another finding of the same weight), "new" and
 * "gone". Gives their number. */
size_t report_changes(struct report_baseline *baseline, const struct results *results,
		      struct text *out);
