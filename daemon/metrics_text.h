/* SPDX-License-Identifier: ISC */
/*
 * metrics_text: the rows of `status` in Prometheus' text format, and rows as a table of a web page. So
 * whatever `amtnetctl status` counts is a metric, under the same name. Pure.
 */
#pragma once

#include "common/text.h"

#define METRICS_ROWS_MAX \
	32768 /* further ones are left out; amtnet_metrics_left_out says how many */

/* `answer` is the control protocol's answer to "status". Numbers become amtnet_NAME; a state becomes 1 with
 * the label `state`; zones, cores and published names become labels. Text without a state is left out. The
 * lines of a metric stand together, as the format wants. */
void metrics_text_prometheus(char *answer, struct text *out);
/* An answer of the control protocol as an HTML table; an "error: " line as a paragraph. */
void metrics_text_table(char *answer, struct text *out);
