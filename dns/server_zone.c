/* SPDX-License-Identifier: ISC */
#include "dns/server_inner.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

struct server_peer *server_zone_peer(const struct server_zone *zone)
{
	return zone->peers[zone->choice.current];
}

static void leave_peers(struct server_zone *zone)
{
	for (size_t i = 0; zone->peers && i < zone->choice.count; i++)
		server_pool_leave(zone->pool, zone->peers[i]);
	free(zone->peers);
}

void server_zone_destroy(struct server_zone *zone)
{
	server_peer_wait_no_more(&zone->user);
	for (size_t i = 0; i < zone->requests.count; i++) {
		if (zone->requests.items[i]->state == SERVER_REQUEST_SENT)
			server_peer_forget(server_zone_peer(zone), zone->requests.items[i]->id);
		server_request_free(zone->requests.items[i]);
	}
	leave_peers(zone);
	if (zone->work)
		event_free(zone->work);
	if (zone->timer)
		event_free(zone->timer);
	server_choice_done(&zone->choice);
	free(zone);
}

static struct server_peer **find_peers(struct server_pool *pool, const struct endpoint *servers,
				       size_t count)
{
	struct server_peer **peers = calloc(count, sizeof(struct server_peer *));

	for (size_t i = 0; peers && i < count; i++) {
		peers[i] = server_pool_peer(pool, servers[i]);
		if (!peers[i]) {
			while (i > 0)
				server_pool_leave(pool, peers[--i]);
			free(peers);
			return NULL;
		}
	}
	return peers;
}

int server_zone_set_servers(struct server_zone *zone, const struct endpoint *servers, size_t count)
{
	struct server_choice choice;
	struct server_peer **peers;
	int r = server_choice_init(&choice, servers, count);

	if (r < 0)
		return r;
	peers = find_peers(zone->pool, servers, count);
	if (!peers) {
		server_choice_done(&choice);
		return -ENOMEM;
	}
	server_choice_set_away(&choice, zone->times->away_ms);
	if (zone->choice.count) {
		server_take_back(zone);
		choice.changes = zone->choice.changes;
	}
	server_peer_wait_no_more(&zone->user);
	leave_peers(zone);
	server_choice_done(&zone->choice);
	zone->choice = choice;
	zone->peers = peers;
	event_active(zone->work, EV_TIMEOUT, 0);
	return 0;
}

int server_zone_new(struct server_zone **ret, struct server_pool *pool, const struct hostname *name,
		    const struct endpoint *servers, size_t count, const struct tsig_key *key)
{
	struct server_zone *zone = calloc(1, sizeof *zone);
	struct event_base *base = server_pool_base(pool);
	int r = -ENOMEM;

	if (!zone)
		return r;
	zone->name = *name;
	zone->key = key;
	zone->pool = pool;
	zone->times = server_pool_times(pool);
	zone->user = (struct server_peer_user){.on_message = server_on_message,
					       .on_lost = server_on_lost,
					       .on_turn = server_on_turn};
	zone->work = event_new(base, -1, 0, server_on_work, zone);
	zone->timer = evtimer_new(base, server_on_timer, zone);
	if (zone->work && zone->timer)
		r = count ? server_zone_set_servers(zone, servers, count) : 0;
	if (r < 0) {
		server_zone_destroy(zone);
		return r;
	}
	*ret = zone;
	return 0;
}

void server_zone_free(struct server_zone *zone)
{
	if (!zone)
		return;
	if (zone->delivering)
		zone->doomed = true;
	else
		server_zone_destroy(zone);
}

size_t server_zone_room(const struct server_zone *zone)
{
	size_t room, waiting, most;

	if (!zone->choice.count)
		return 0;
	room = server_peer_room(server_zone_peer(zone)) + SERVER_WAITING_MAX;
	waiting = server_requests_in(&zone->requests, SERVER_REQUEST_WAITING);
	most = SERVER_REQUESTS_MAX - zone->requests.count;
	room = room > waiting ? room - waiting : 0;
	return room < most ? room : most;
}
