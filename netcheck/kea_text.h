/* SPDX-License-Identifier: ISC */
/*
 * kea_text: a configuration file of Kea as plain JSON: comments (#, //, between slash-star and star-slash) become
 * spaces and <?include "FILE"?> becomes the file's text, as Kea itself reads them (ARM, "JSON
 * Configuration"). Reads the named files and nothing else.
 */
#pragma once

#include "common/err.h"
#include "common/text.h"

#define KEA_TEXT_MAX (16u << 20) /* bytes, all files together */
#define KEA_TEXT_DEPTH 10        /* files within files, Kea's own limit */

/* Appends to `out`, which the caller began with KEA_TEXT_MAX. 0, or negative errno with the sentence,
 * which names file and line. */
int kea_text_read(const char *path, struct text *out, struct err *err);
