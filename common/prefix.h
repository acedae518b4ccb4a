/* SPDX-License-Identifier: ISC */
/*
 * prefix: a network as "10.81.0.0/16". Strict: host bits must be zero, and the shorthand
 * "192.168.2/24" is refused. A plain address is a prefix of full length. Pure.
 */
#pragma once

#include "common/addr.h"
#include "common/err.h"

struct prefix {
	struct addr addr;
	uint8_t length; /* bits, 0..32 or 0..128 */
};

#define PREFIX_TEXT (ADDR_TEXT + 4)

/* 0 or -EINVAL with the sentence. */
int prefix_parse(const char *text, struct prefix *ret, struct err *err);
const char *prefix_print(struct prefix prefix, char ret[PREFIX_TEXT]);
bool prefix_contains(struct prefix prefix, struct addr addr);
/* Addresses in the prefix, UINT64_MAX where there are more. */
uint64_t prefix_count(struct prefix prefix);
/* The address `index` steps above the first one; ADDR_NONE when outside. */
struct addr prefix_at(struct prefix prefix, uint64_t index);
