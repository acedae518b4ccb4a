/* SPDX-License-Identifier: ISC */
/*
 * target: which addresses and ports to look at. An address list takes "10.0.0.1", "10.0.0.0/24",
 * "10.0.0.5-10.0.0.9" (or "10.0.0.5-9") and, where the caller lends a resolver, names; a port list
 * takes "16992-16995,443". Strict and bounded: a typing error is a sentence, never a silent nothing.
 * Of an IPv4 prefix of up to /30 the network and broadcast address are left out. Pure: the resolver
 * is an argument.
 */
#pragma once

#include "common/addr.h"
#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

#define TARGET_MAX 65536 /* addresses times ports */
#define TARGET_PORTS_MAX 64

/* Each address once, in the order of first mention. */
struct target_list {
	struct addr *items;
	size_t count;
	size_t size;
};

struct target_ports {
	uint16_t items[TARGET_PORTS_MAX];
	size_t count;
};

/* Gives up to `size` addresses of a name: their number, or negative with the sentence. */
typedef int target_resolve(const char *name, struct addr *ret, size_t size, struct err *err);

/* `count` addresses from `first` on. */
struct target_range {
	struct addr first;
	uint64_t count;
};

/* 0, or negative with the sentence, which ends the reading. */
typedef int target_take(struct target_range range, void *user, struct err *err);

/* Hands what `text` says to `take`: one range, or one address of a name after the other. `resolve`
 * may be NULL: then names are refused. 0, or negative with the sentence. */
int target_parse(const char *text, target_resolve *resolve, target_take *take, void *user,
		 struct err *err);

/* The address `steps` above another one. */
struct addr target_step(struct addr from, uint64_t steps);
/* How many steps lie between two addresses of one family, the lower one first; UINT64_MAX where more
 * than 2^32 do. */
uint64_t target_distance(struct addr first, struct addr last);

/* Adds what `text` says, up to `limit` addresses in the whole list. 0, -EINVAL, -E2BIG or -ENOMEM with the sentence; after an error the list holds no part
 * of `text`. */
int target_add(struct target_list *list, const char *text, size_t limit, target_resolve *resolve,
	       struct err *err);
void target_done(struct target_list *list);

/* "16992,16993-16995" in order, duplicates dropped. 0 or -EINVAL with the sentence. */
int target_parse_ports(const char *text, struct target_ports *ret, struct err *err);
