/* SPDX-License-Identifier: ISC */
/*
 * hostname: a DNS name as a small value: lower case, labels joined by dots, no trailing dot; "" is
 * the root, or no name. Everything else in amtnet that holds a name holds one of these. Labels are
 * letters, digits, '-' and '_' (and '/' below in-addr.arpa), 1 to 63 octets; the whole is at most 253 (RFC 1035 2.3.4). Pure.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOSTNAME_MAX 253
#define HOSTNAME_WIRE_MAX 255

struct hostname {
	char text[HOSTNAME_MAX + 1];
};

/* Strict, for configuration and arguments; one trailing dot is allowed and dropped.
 * 0 or -EINVAL with the sentence. */
int hostname_parse(const char *text, struct hostname *ret, struct err *err);

/* For names that clients send: decodes HTML numeric entities (CSME 18 and later send them), lowers
 * case, drops every character that a label may not hold, leading and trailing '-' of labels and
 * empty labels, and cuts a label at 63. Returns 0 and sets *ret_changed when the result differs
 * from what was sent (case and one trailing dot apart), or -ENOENT when no label is left, or
 * -ENAMETOOLONG. */
int hostname_clean(const void *raw, size_t length, struct hostname *ret, bool *ret_changed);

/* Uncompressed wire form (RFC 1035 3.1) of `size` bytes. With a zero octet at the end the name is
 * full; without one it is partial (RFC 4702 2.3) and *ret_full is false. Labels pass
 * hostname_clean's rules, *ret_changed as there. 0, -EINVAL (a label runs over the end, or bytes
 * after the root), -ENOENT (no label), -ENAMETOOLONG. */
int hostname_from_wire(const uint8_t *bytes, size_t size, struct hostname *ret, bool *ret_full,
		       bool *ret_changed);

/* Canonical wire form with the root's zero octet; returns its length, at most HOSTNAME_WIRE_MAX. */
size_t hostname_to_wire(const struct hostname *name, uint8_t ret[HOSTNAME_WIRE_MAX]);

bool hostname_equal(const struct hostname *a, const struct hostname *b);
bool hostname_is_empty(const struct hostname *name);
unsigned hostname_labels(const struct hostname *name);
/* True when `name` is `zone` or below it; every name is below the root. */
bool hostname_is_below(const struct hostname *name, const struct hostname *zone);
/* name + "." + suffix; 0 or -ENAMETOOLONG. A name that already ends in the suffix is not given it
 * twice. */
int hostname_join(const struct hostname *name, const struct hostname *suffix, struct hostname *ret);
