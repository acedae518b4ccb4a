/* SPDX-License-Identifier: ISC */
/*
 * server_choice: which of a zone's servers is in use. In order of preference; one that failed is left
 * alone for a while that doubles with each failure. Pure: time and randomness are arguments.
 */
#pragma once

#include "common/backoff.h"
#include "common/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server_state {
	uint64_t away_until_ms; /* left alone until then; 0 = good */
	struct backoff backoff;
	int64_t clock_ahead_s; /* its clock minus ours, learned from BADTIME */
};

struct server_choice {
	const struct endpoint *endpoints; /* borrowed */
	struct server_state *states;
	size_t count;
	size_t current;
	uint64_t changes; /* how often `current` became another */
};

/* 0, -EINVAL (no server), -ENOMEM. */
int server_choice_init(struct server_choice *choice, const struct endpoint *endpoints,
		       size_t count);
void server_choice_done(struct server_choice *choice);
void server_choice_set_away(struct server_choice *choice, uint32_t away_ms);

struct endpoint server_choice_endpoint(const struct server_choice *choice);
struct server_state *server_choice_state(const struct server_choice *choice);

/* The current server failed: it is left alone for a while. */
void server_choice_failed(struct server_choice *choice, uint64_t now_ms, uint32_t random);
/* The current server does its work. */
void server_choice_good(struct server_choice *choice);

/* True when another than the current one should be in use. */
bool server_choice_is_due(const struct server_choice *choice, uint64_t now_ms);
/* Makes the first server that is not left alone the current one; when all are, keeps the current. */
void server_choice_best(struct server_choice *choice, uint64_t now_ms);
/* After a failure: the best, and when all are left alone the next in turn. */
void server_choice_next(struct server_choice *choice, uint64_t now_ms);
