/* SPDX-License-Identifier: ISC */
#include "dns/server_pool.h"

#include "common/clock.h"
#include "dns/server_peer.h"

#include <event2/event.h>

#include <errno.h>
#include <stdlib.h>

const struct server_times server_times_default = {
	.connect_ms = 3000,
	.answer_ms = 5000,
	.datagram_ms = 1000,
	.away_ms = 10000,
	.idle_ms = 8000, /* Knot closes after 10 s, BIND after 30 s */
};

struct member {
	struct server_peer *peer;
	size_t zones; /* that use it */
};

struct server_pool {
	struct event_base *base;
	struct server_times times;
	struct member *members;
	size_t count;
	struct event *sweep;
};

/* Later than server_pool_leave: that may be called in the middle of a message from that very server. */
static void on_sweep(evutil_socket_t fd, short what, void *user)
{
	struct server_pool *pool = user;
	size_t kept = 0;

	(void)fd, (void)what;
	for (size_t i = 0; i < pool->count; i++) {
		if (pool->members[i].zones)
			pool->members[kept++] = pool->members[i];
		else
			server_peer_free(pool->members[i].peer);
	}
	pool->count = kept;
}

int server_pool_new(struct server_pool **ret, struct event_base *base)
{
	struct server_pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return -ENOMEM;
	pool->sweep = event_new(base, -1, 0, on_sweep, pool);
	if (!pool->sweep) {
		free(pool);
		return -ENOMEM;
	}
	pool->base = base;
	pool->times = server_times_default;
	*ret = pool;
	return 0;
}

void server_pool_free(struct server_pool *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; i < pool->count; i++)
		server_peer_free(pool->members[i].peer);
	free(pool->members);
	event_free(pool->sweep);
	free(pool);
}

void server_pool_set_times(struct server_pool *pool, struct server_times times)
{
	pool->times = times;
}

struct event_base *server_pool_base(const struct server_pool *pool)
{
	return pool->base;
}

const struct server_times *server_pool_times(const struct server_pool *pool)
{
	return &pool->times;
}

struct server_peer *server_pool_peer(struct server_pool *pool, struct endpoint endpoint)
{
	struct member *members;
	struct server_peer *peer;

	for (size_t i = 0; i < pool->count; i++) {
		if (endpoint_equal(server_peer_endpoint(pool->members[i].peer), endpoint)) {
			pool->members[i].zones++;
			return pool->members[i].peer;
		}
	}
	members = reallocarray(pool->members, pool->count + 1, sizeof(*members));
	if (!members)
		return NULL;
	pool->members = members;
	if (server_peer_new(&peer, pool, endpoint) < 0)
		return NULL;
	pool->members[pool->count++] = (struct member){.peer = peer, .zones = 1};
	return peer;
}

void server_pool_leave(struct server_pool *pool, struct server_peer *peer)
{
	for (size_t i = 0; i < pool->count; i++) {
		if (pool->members[i].peer == peer && --pool->members[i].zones == 0)
			server_pool_arm(pool->sweep, 0, pool->times.idle_ms);
	}
}

size_t server_pool_count(const struct server_pool *pool)
{
	return pool->count;
}

void server_pool_arm(struct event *timer, uint64_t now_ms, uint64_t deadline_ms)
{
	uint64_t wait_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 0;
	struct timeval wait = clock_timeval(wait_ms);

	if (deadline_ms == UINT64_MAX)
		event_del(timer);
	else
		event_add(timer, &wait);
}
