/* SPDX-License-Identifier: ISC */
/*
 * hop: where on the path a port is lost. Two paths to the same host are compared hop by hop: the one
 * of the port under test, and the one of a control port that is known, or likely, to pass. The last
 * hop that answers for the port under test passes it; the next one, named by the control path, is
 * where it was not seen any more. Pure.
 *
 * The drop is then on one of the two: a forwarding rule drops on the hop that still answered, an
 * input filter on the next one. Nobody outside can tell these apart, so both are named.
 */
#pragma once

#include "netcheck/dial.h"

#include <stdbool.h>

#define HOP_MAX 24

enum hop_kind {
	HOP_SILENT,
	HOP_EXCEEDED, /* a router said that the TTL ended there */
	HOP_ANSWER, /* the host, or someone in its name, answered by TCP (or for UDP: port unreachable) */
	HOP_ICMP, /* another ICMP message: a rejection or "unreachable" */
};

struct hop {
	enum hop_kind kind;
	bool accepted; /* ANSWER: to TCP, by a handshake */
	struct addr by;
	uint32_t rtt_us;
};

/* hops[0] is TTL 1. `tried` TTLs were sent. */
struct hop_path {
	struct hop hops[HOP_MAX];
	unsigned tried;
};

enum hop_place {
	HOP_PLACE_UNKNOWN, /* no hop answered for either port */
	HOP_PLACE_BETWEEN, /* passes hop `last`, not seen by hop `last` + 1, both known (last 0: here) */
	HOP_PLACE_AFTER, /* passes hop `last`; the next one does not answer for the control port either */
	HOP_PLACE_EDGE, /* passes the last router `last`; the control port reaches the host itself */
	HOP_PLACE_FORGED, /* an answer at TTL `last`, where the control port is still at a router */
	HOP_PLACE_HOST,   /* the port under test is answered at its host: nothing is lost */
};

struct hop_finding {
	enum hop_place place;
	bool accepted; /* FORGED, HOST: the answer took the connection, it did not refuse it */
	unsigned last; /* TTL of the last hop that passes; FORGED, HOST: of the answer */
	struct addr last_addr; /* ADDR_NONE for hop 0 */
	struct addr next_addr; /* the hop after it, where known */
};

struct hop_finding hop_compare(const struct hop_path *test, const struct hop_path *control);

/* The first TTL at which `by` answered by ICMP, 0 where it did not. A router without a route says so
 * before it looks at the TTL. */
unsigned hop_of(const struct hop_path *path, struct addr by);

/* How far a path was seen: the TTL of its first answer that is not from a router, or one above the
 * last router seen, or 0. */
unsigned hop_reach(const struct hop_path *path);

/* True when the end of the path is known and more TTLs would tell nothing. */
bool hop_ended(const struct hop_path *path);
