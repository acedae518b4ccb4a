/* SPDX-License-Identifier: ISC */
/*
 * report_markup: text from anywhere as the content of an XML or HTML element or attribute: cleaned of
 * what no document may hold, and escaped. Pure.
 */
#pragma once

#include "common/text.h"

/* NULL adds nothing. */
void report_markup_add(struct text *out, const char *value);
