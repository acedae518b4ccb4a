/* SPDX-License-Identifier: ISC */
/*
 * judge_kea: what in a kea-dhcp4 configuration keeps PCs from being provisioned. Pure.
 */
#pragma once

#include "common/hostname.h"
#include "netcheck/check.h"
#include "netcheck/kea_config.h"

struct judge_kea {
	const char *path; /* of the configuration */
	const struct kea_config *config;
	const struct hostname *suffixes; /* those that a subnet may hand out; none: any */
	size_t suffix_count;
};

void judge_kea(const struct judge_kea *seen, check_sink *sink, void *user);
