/* SPDX-License-Identifier: ISC */
/*
 * publish_marker: the TXT record that says who owns a ProvisionServer name and that he is alive:
 * "v=amtps1;owner=OWNER;epoch=N". With ";hot=ADDRESS,ADDRESS" behind it, it is the entry of one of several
 * daemons that publish the name together, with the addresses that this one adds; its epoch is 0, and its
 * signs of life are such markers under a name of its own (publish_marker_life_name). Fields that we do not
 * know are allowed behind these. Pure.
 */
#pragma once

#include "dns/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PUBLISH_OWNER_MAX 63
#define PUBLISH_SHARE_MAX \
	3 /* addresses that one of several adds: more do not fit in a TXT for sure */

struct publish_marker {
	char owner[PUBLISH_OWNER_MAX + 1]; /* letters, digits, '.', '-', '_' */
	/* Counts up with each sign of life; 0 = its owner gives none, so nobody may take over by
	 * himself. */
	uint32_t epoch;
	bool shared; /* an entry: one of several */
	size_t count;
	struct addr addresses[PUBLISH_SHARE_MAX]; /* what it adds */
};

struct record publish_marker_record(const struct publish_marker *marker, uint32_t ttl);
/* False for any record that is not such a marker; *ret is written on success only. */
bool publish_marker_parse(const struct record *record, struct publish_marker *ret);
/* The epoch after this one, never 0. */
uint32_t publish_marker_next_epoch(uint32_t epoch);
/* 1 to PUBLISH_OWNER_MAX characters that an owner may have. */
bool publish_marker_owner_is_good(const char *owner);
/* Where the signs of life of one of several stand: "OWNER._amtps.NAME". 0, or -EINVAL: the owner makes no
 * labels of a name, or a too long one. */
int publish_marker_life_name(const char *owner, const struct hostname *name, struct hostname *ret);
