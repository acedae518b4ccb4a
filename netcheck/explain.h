/* SPDX-License-Identifier: ISC */
/*
 * explain: the table of all findings. An id keeps its meaning for ever; a new meaning gets a new id.
 * Pure.
 */
#pragma once

#include <stddef.h>

struct explain {
	const char *id;
	const char *title;   /* a few words */
	const char *meaning; /* what it says about the site */
	const char *remedy;  /* what usually helps; a result may be more precise */
};

/* The parts of the table, one file each, in the order of their ids. */
struct explain_part {
	const struct explain *items;
	size_t count;
};

extern const struct explain_part explain_ports; /* NC0xx and NC1xx: this machine, ports, paths */
extern const struct explain_part explain_names; /* NC2xx and NC3xx: DNS, hellos */
extern const struct explain_part
	explain_hosts; /* NC4xx to NC8xx: DHCP, certificate, AMT, Kea, pairs */

/* The finding with this number in the order of ids; NULL behind the last. */
const struct explain *explain_at(size_t index);

/* By id, in any case ("nc104"); NULL where unknown. */
const struct explain *explain_find(const char *id);
