/* SPDX-License-Identifier: ISC */
/*
 * respond_ping: the responder's half on UDP 623: answers RMCP presence pings as a management controller
 * does, but never as Intel's: its pong has ASF's own enterprise number, and behind it the responder's line
 * of token.h, by which a check knows it. Answers at most RESPOND_PING_RATE a second, so that nobody can
 * turn it on a forged sender.
 */
#pragma once

#include "common/addr.h"
#include "common/err.h"

#include <stdint.h>
#include <stdio.h>

struct event_base;

#define RESPOND_PING_RATE 20

struct respond_ping_options {
	struct addr bind; /* ADDR_NONE = all addresses of both families */
	uint16_t port;    /* AMT_PING_PORT, but in tests */
	FILE *out;        /* what arrived; borrowed */
};

struct respond_ping_counters {
	uint64_t answered;
	uint64_t foreign; /* packets that are no ping */
	uint64_t refused; /* beyond the rate, or the answer could not be sent */
};

struct respond_ping;

/* 0, or negative errno with the sentence. */
int respond_ping_new(struct respond_ping **ret, struct event_base *base,
		     const struct respond_ping_options *options, struct err *err);
void respond_ping_free(struct respond_ping *ping);
struct respond_ping_counters respond_ping_counters(const struct respond_ping *ping);
