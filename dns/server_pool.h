/* SPDX-License-Identifier: ISC */
/*
 * server_pool: every name server that is in use, each once, however many zones it has.
 */
#pragma once

#include "common/endpoint.h"

#include <stddef.h>
#include <stdint.h>

struct event;
struct event_base;
struct server_pool;
struct server_peer;

struct server_times {
	uint32_t connect_ms;  /* to get a connection */
	uint32_t answer_ms;   /* to get an answer over TCP */
	uint32_t datagram_ms; /* over UDP, before TCP is taken; 0 = never UDP */
	uint32_t away_ms;     /* a failed server is left alone so long; doubles with each failure */
	uint32_t idle_ms;     /* a connection without requests is kept; below the servers' limits */
};
extern const struct server_times server_times_default;

/* 0 or -ENOMEM. */
int server_pool_new(struct server_pool **ret, struct event_base *base);
/* After every zone that uses it. NULL is allowed. */
void server_pool_free(struct server_pool *pool);
/* Other times than those; before the first zone. */
void server_pool_set_times(struct server_pool *pool, struct server_times times);

struct event_base *server_pool_base(const struct server_pool *pool);
const struct server_times *server_pool_times(const struct server_pool *pool);
/* The name server at this endpoint, made at its first use, until server_pool_leave; NULL when there is no
 * memory. */
struct server_peer *server_pool_peer(struct server_pool *pool, struct endpoint endpoint);
/* One zone less uses it, and nothing of the zone's is under way there. What no zone uses goes after idle_ms,
 * like an idle connection: servers of zones that were found, and lost again, would add up. */
void server_pool_leave(struct server_pool *pool, struct server_peer *peer);
size_t server_pool_count(const struct server_pool *pool); /* name servers */

/* Sets a timer to a moment of the monotonic clock; UINT64_MAX = never. */
void server_pool_arm(struct event *timer, uint64_t now_ms, uint64_t deadline_ms);
