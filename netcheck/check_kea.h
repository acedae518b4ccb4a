/* SPDX-License-Identifier: ISC */
/*
 * check_kea: reads a configuration of kea-dhcp4 and says what in it keeps PCs from being provisioned,
 * and whether the certificate fits the suffixes that it hands out. Reads files only; every result is
 * there when it returns.
 */
#pragma once

#include "common/hostname.h"
#include "netcheck/check.h"

/* All borrowed for the call. */
struct check_kea_wanted {
	const char *file;
	const struct hostname *suffixes; /* those that a subnet may hand out; none: any */
	size_t suffix_count;
};

void check_kea(const struct check_tools *tools, const struct check_kea_wanted *wanted);
