/* SPDX-License-Identifier: ISC */
/*
 * check_pair: a check with a responder at the client site that works along: scans its ports, asks what
 * arrived there, and lets it send hellos. Each direction and each half of a handshake is seen.
 */
#pragma once

#include "netcheck/check.h"

#define CHECK_PAIR_HELLOS 16

/* All borrowed until the check is freed. */
struct check_pair_wanted {
	struct endpoint with; /* the responder's control port */
	const char *code;
	const uint16_t *ports;
	size_t port_count;
	const struct endpoint *hellos; /* provisioning servers, as seen from the PCs */
	size_t hello_count;
};

struct check_pair;

/* `done` is called exactly once, after the last result. 0 or -ENOMEM. */
int check_pair_start(struct check_pair **ret, struct check_tools *tools,
		     const struct check_pair_wanted *wanted, check_done *done, void *user);
void check_pair_free(struct check_pair *check);
