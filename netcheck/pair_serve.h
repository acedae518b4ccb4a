/* SPDX-License-Identifier: ISC */
/*
 * pair_serve: the responder's side of a paired run: a listener for checks that know the code, which are
 * told what arrived on the ports from their address, and may have test hellos sent. Anything else that
 * connects is closed and said. At most PAIR_SERVE_MAX at a time; never does more than that for anybody.
 */
#pragma once

#include "common/endpoint.h"
#include "common/err.h"
#include "netcheck/respond.h"

#include <stdio.h>

struct event_base;
struct pair_serve;

#define PAIR_PORT 16999
#define PAIR_SERVE_MAX 4

struct pair_serve_options {
	struct addr bind; /* ADDR_NONE = all addresses of both families */
	uint16_t port;
	const char *code;                /* borrowed */
	const struct respond *responder; /* what it has seen is reported; borrowed */
	struct target_ports ports;       /* that it listens on */
	FILE *out;
};

/* 0, or negative errno with the sentence. */
int pair_serve_new(struct pair_serve **ret, struct event_base *base,
		   const struct pair_serve_options *options, struct err *err);
void pair_serve_free(struct pair_serve *serve);
