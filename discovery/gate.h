/* SPDX-License-Identifier: ISC */
/*
 * gate: may a core be told of this PC now? Some cores call the PC back at once, by the name that
 * reverse DNS gives its address, and then hang or dial another machine where that goes wrong. So
 * the same is tried from here first: the port that the core will call, and the names. Pure: the
 * answers are brought by whoever asked.
 */
#pragma once

#include "common/addr.h"
#include "common/hostname.h"
#include "discovery/delivery.h"

#include <stdbool.h>
#include <stdint.h>

#define GATE_PORT 16993 /* AMT over TLS: what a core calls for provisioning */
#define GATE_NAMES_MAX 8

enum gate_port {
	GATE_UNCHECKED,
	GATE_OPEN,
	GATE_CLOSED,   /* RST: the PC is there, nothing listens; a core notices at once */
	GATE_FILTERED, /* silence: a core hangs */
	GATE_NO_WAY,   /* ICMP, no route, nobody there */
};

enum gate_lookup {
	GATE_NO_NAME, /* no record, or the server says that it cannot tell: the core goes on without */
	GATE_NAME,
	GATE_SILENT, /* no answer: the core waits for it */
};

/* What was found out about an address. */
struct gate_answers {
	enum gate_port port;
	int error; /* GATE_NO_WAY: errno, 0 = unknown */
	enum gate_lookup reverse;
	struct hostname name;     /* the first name of the PTR: cores take no other */
	enum gate_lookup forward; /* of that name */
	struct addr addrs[GATE_NAMES_MAX];
	size_t addr_count;
};

struct gate_verdict {
	struct delivery_outcome outcome; /* DELIVERY_DONE: go */
	enum gate_port port;
};

/* `lease_name`: of the lease at the address; NULL where unknown. */
struct gate_verdict gate_judge(const struct gate_answers *answers, struct addr address,
			       const char *lease_name);

/* "open", "closed", ..., "-" for unchecked. */
const char *gate_port_name(enum gate_port port);
/* "go", "port-silent", "port-no-way", "ptr-other", "ptr-astray", "dns-silent". */
const char *gate_verdict_name(struct gate_verdict verdict);
/* The same back; GATE_UNCHECKED where it is none of these words. */
struct gate_verdict gate_verdict_parse(const char *port, const char *name, int error);
