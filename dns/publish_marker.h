/* SPDX-License-Identifier: ISC */
/*
 * publish_marker: the TXT record that says who owns a ProvisionServer name and that he is alive:
 * "v=amtps1;owner=OWNER;epoch=N". Fields that we do not know are allowed behind these. Pure.
 */
#pragma once

#include "dns/record.h"

#include <stdbool.h>
#include <stdint.h>

#define PUBLISH_OWNER_MAX 63

struct publish_marker {
	char owner[PUBLISH_OWNER_MAX + 1]; /* letters, digits, '.', '-', '_' */
	/* Counts up with each sign of life; 0 = its owner gives none, so nobody may take over by
	 * himself. */
	uint32_t epoch;
};

struct record publish_marker_record(const struct publish_marker *marker, uint32_t ttl);
/* False for any record that is not such a marker; *ret is written on success only. */
bool publish_marker_parse(const struct record *record, struct publish_marker *ret);
/* The epoch after this one, never 0. */
uint32_t publish_marker_next_epoch(uint32_t epoch);
/* 1 to PUBLISH_OWNER_MAX characters that an owner may have. */
bool publish_marker_owner_is_good(const char *owner);
