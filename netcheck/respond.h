/* SPDX-License-Identifier: ISC */
/*
 * respond: stands in for a PC at the client site. Listens on AMT's ports, answers a check's token with
 * its own (so that the check knows that it reached the far end), and says on the terminal what arrived
 * from where. A connection lives for 5 s at most, their number is bounded. Can send one test hello.
 */
#pragma once

#include "common/endpoint.h"
#include "common/err.h"
#include "netcheck/target.h"

#include <stdio.h>

struct event_base;

struct respond_options {
	struct addr bind; /* ADDR_NONE = all addresses of both families */
	struct target_ports ports;
	FILE *out; /* what arrived; borrowed */
};

#define RESPOND_CONNECTIONS_MAX 256
#define RESPOND_LIFE_MS 5000

struct respond_counters {
	uint64_t accepted; /* connections */
	uint64_t proven;   /* of these, answered with the token */
	uint64_t refused;  /* closed at once because too many were open */
	size_t ports_seen; /* ports that something arrived on */
};

struct respond;

/* 0, or negative errno with the sentence (a port that is taken, or forbidden). */
int respond_new(struct respond **ret, struct event_base *base,
		const struct respond_options *options, struct err *err);
void respond_free(struct respond *respond);
struct respond_counters respond_counters(const struct respond *respond);

/* What arrived on a port from an address; of the 256 newest pairs of both. */
struct respond_seen {
	unsigned accepted; /* connections */
	unsigned proven;   /* of these, answered with the token */
};

struct respond_seen respond_seen(const struct respond *respond, uint16_t port, struct addr from);
