/* SPDX-License-Identifier: ISC */
/*
 * err: the sentence that travels upwards with an error code.
 *
 * The leaf says what is wrong and what would be right; every layer above puts the place in front:
 * "amtnetd.yaml:12:9: dns.ttl: "1x" is not a duration (60s, 15m, 1h)". A NULL struct err is allowed
 * everywhere and means that nobody wants the sentence. Pure.
 */
#pragma once

/* One sentence, cut at the end of the buffer, always terminated. Initialise with {0}. */
struct err {
	char text[512];
};

/* Writes the sentence and gives `code` back, so that a leaf can `return err_set(err, -EINVAL,
 * ...)`. */
int err_set(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "PREFIX: " in front of the sentence; cuts the end where the whole does not fit. */
void err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
