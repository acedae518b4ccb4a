/* SPDX-License-Identifier: ISC */
#include "netcheck/report_markup.h"

#include <string.h>

void report_markup_add(struct text *out, const char *value)
{
	struct text clean;

	if (!value)
		return;
	text_init(&clean, 65536);
	text_add_clean(&clean, value, strlen(value));
	text_add_markup(out, clean.bytes, clean.length);
	out->bad = out->bad || clean.bad;
	text_done(&clean);
}
