/* SPDX-License-Identifier: ISC */
/*
 * kea_text: a configuration file of Kea as plain JSON: comments (#, //, between slash-star and star-slash) become
 * spaces and <?include "FILE"?> becomes the file's text, as Kea itself reads them (ARM, "JSON
 * Configuration"). Each byte of the result knows the place that it came from. Reads the named files and
 * nothing else.
 */
#pragma once

#include "common/err.h"
#include "common/text.h"

#define KEA_TEXT_MAX (16u << 20) /* bytes, all files together */
#define KEA_TEXT_DEPTH 10        /* files within files, Kea's own limit */
#define KEA_TEXT_FILES 1000      /* includes altogether: empty files take no bytes, but time */

/* From this byte of the text on, to the next place, the text is that of one file without a gap. */
struct kea_place {
	size_t at;
	const char *path;
	unsigned line, column;
};

struct kea_text {
	struct text text;
	struct kea_place *places; /* in the order of `at` */
	size_t place_count;
	char **paths; /* owned, of the files included */
	size_t path_count;
};

/* `path` is borrowed until kea_text_done(). 0, or negative errno with the sentence, which names file, line and
 * column. In both cases kea_text_done() is to be called. */
int kea_text_read(struct kea_text *ret, const char *path, struct err *err);
void kea_text_done(struct kea_text *text);

/* "FILE:LINE:COLUMN" of a byte of the text. */
#define KEA_TEXT_PLACE 4200
const char *kea_text_place(const struct kea_text *text, size_t at, char ret[KEA_TEXT_PLACE]);
