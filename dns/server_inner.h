/* SPDX-License-Identifier: ISC */
/*
 * server_inner: what dns/server.c (requests and answers) and dns/server_zone.c (a zone and its servers)
 * share, and nobody else sees.
 */
#pragma once

#include "dns/server.h"
#include "dns/server_choice.h"
#include "dns/server_peer.h"
#include "dns/server_request.h"

struct event;

/*
 * Callbacks of the peer and the timer only change states and ask for `work`; server_on_work is the one
 * place that sends and calls `done`, so that a done may do what it likes.
 */
struct server_zone {
	struct server_peer_user user; /* first: the peer's handle of the zone */
	struct hostname name;
	const struct tsig_key *key;
	struct server_pool *pool;
	const struct server_times *times;

	struct server_choice choice; /* count 0 = no server is known yet */
	struct server_peer **peers;  /* of the choice, by its index */

	struct server_requests requests;
	struct event *work, *timer;
	bool delivering, doomed; /* freed inside a done: the rest follows after it */
	struct server_counters counters;
};

/* The zone. */
struct server_peer *server_zone_peer(const struct server_zone *zone);
void server_zone_destroy(struct server_zone *zone);

/* Requests and answers. */
void server_on_work(int fd, short what, void *user);
void server_on_timer(int fd, short what, void *user);
void server_on_turn(struct server_peer_user *user);
void server_on_lost(void *letter, enum server_peer_loss loss, const char *words);
void server_on_message(void *letter, uint8_t *bytes, size_t length);
/* What is under way is waited for no more, and is to be sent again. */
void server_take_back(struct server_zone *zone);
