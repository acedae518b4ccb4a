/* SPDX-License-Identifier: ISC */
/*
 * text: text from outside made fit for a log or terminal, hex, and a bounded growing buffer.
 *
 * The one rule: bytes that came from a packet, a file or a peer pass text_clean() (or
 * text_add_clean) before a person sees them. Pure, apart from the heap.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies `length` bytes of `from`; control characters, backslash, and bytes that are not valid
 * UTF-8 become \xNN (so do Unicode's control and direction characters). Cut with "..." where `size`
 * (at least 8) does not suffice. Always terminated. Gives `ret` back. */
const char *text_clean(char *ret, size_t size, const void *from, size_t length);

/* Lower-case hex, cut where `size` ends, always terminated. Gives `ret` back. */
const char *text_hex(char *ret, size_t size, const void *from, size_t length);

/* Reads hex digits (white space between bytes allowed). 0, -EINVAL for a foreign character or half
 * a byte, -ENOBUFS where `size` does not suffice. */
int text_unhex(const char *from, size_t length, uint8_t *ret, size_t size, size_t *ret_length);

/* Among `names` (NULL-terminated) the one nearest to `word` by edit distance, NULL where none is
 * near. */
const char *text_nearest(const char *word, const char *const *names);

/* A growing buffer with a limit. Once it would grow past the limit, or the heap refuses, `bad` is
 * set and everything added later is dropped: look at it once, at the end. */
struct text {
	char *bytes; /* terminated once something was added, NULL before */
	size_t length;
	size_t size;
	size_t limit;
	bool bad;
};

void text_init(struct text *text, size_t limit);
void text_done(struct text *text);
void text_clear(struct text *text);
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const void *from, size_t length);
void text_add_clean(struct text *text, const void *from, size_t length);
/* Clean text as the content of an XML or HTML element or attribute. */
void text_add_markup(struct text *text, const char *from, size_t length);
