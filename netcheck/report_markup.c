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
	for (size_t i = 0; i < clean.length; i++)
		switch (clean.bytes[i]) {
		case '&':
			text_add(out, "&amp;");
			break;
		case '<':
			text_add(out, "&lt;");
			break;
		case '>':
			text_add(out, "&gt;");
			break;
		case '"':
			text_add(out, "&quot;");
			break;
		case '\'':
			text_add(out, "&#39;");
			break;
		default:
			text_add_bytes(out, &clean.bytes[i], 1);
		}
	out->bad = out->bad || clean.bad;
	text_done(&clean);
}
