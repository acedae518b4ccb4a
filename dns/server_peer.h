/* SPDX-License-Identifier: ISC */
/*
 * server_peer: one name server, shared by all zones that it has. Up to four kept-open TCP connections
 * and one UDP socket; a window of messages that it owes us answers for; which answer belongs to whom, by
 * message id; and whose turn it is when the window is full. It knows no TSIG: whether an answer may be
 * believed is for the sender to judge.
 *
 * A message is "under way" from server_peer_send until server_peer_answered, server_peer_forget or
 * on_lost.
 */
#pragma once

#include "dns/server_pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define SERVER_PEER_CONNECTIONS 4
#define SERVER_PEER_CROWD 8 /* messages on each open connection before another one is opened */

enum server_peer_loss {
	SERVER_PEER_UNSENT,      /* no connection: it never left */
	SERVER_PEER_FAILED,      /* the connection ended without one good answer */
	SERVER_PEER_CLOSED,      /* it ended after good answers: send again */
	SERVER_PEER_SILENT,      /* server_peer_hang_up: another message found it dead */
	SERVER_PEER_NO_DATAGRAM, /* UDP does not get there */
};

/* Who sends messages: a zone. Embedded by the owner. Called from the event loop, or from
 * server_peer_hang_up. */
struct server_peer_user {
	/* A message with the id of one that is under way; may be forged. */
	void (*on_message)(void *letter, uint8_t *bytes, size_t length);
	/* It will get no answer. `words` says why. */
	void (*on_lost)(void *letter, enum server_peer_loss loss, const char *words);
	/* There is room again after server_peer_wait. */
	void (*on_turn)(struct server_peer_user *user);
	TAILQ_ENTRY(server_peer_user) link;
	struct server_peer *waits; /* where it is in the line; NULL = nowhere */
};

int server_peer_new(struct server_peer **ret, struct server_pool *pool, struct endpoint endpoint);
void server_peer_free(struct server_peer *peer);
struct endpoint server_peer_endpoint(const struct server_peer *peer);

/* How many more messages may go out now. */
size_t server_peer_room(const struct server_peer *peer);
/* Into the line for room, once. */
void server_peer_wait(struct server_peer *peer, struct server_peer_user *user);
void server_peer_wait_no_more(struct server_peer_user *user);

/* True where a small message should go over UDP: it gets there, and no connection is open anyway. */
bool server_peer_prefers_datagram(const struct server_peer *peer, uint64_t now_ms);
/* An id that no message under way has. */
uint16_t server_peer_unused_id(const struct server_peer *peer);
/* Sends it, over a connection that is opened where needed. 0 or a negative errno. `letter` is kept. */
int server_peer_send(struct server_peer *peer, bool datagram, uint16_t id, const uint8_t *message,
		     size_t length, struct server_peer_user *user, void *letter, uint64_t now_ms);

/* The answer to it is proven. */
void server_peer_answered(struct server_peer *peer, uint16_t id, uint64_t now_ms);
/* Nobody waits for its answer any more. False when it never left, and will not. */
bool server_peer_forget(struct server_peer *peer, uint16_t id);
/* It was not answered in time; over UDP: UDP is left alone for a while. */
void server_peer_missed(struct server_peer *peer, uint16_t id, uint64_t now_ms);
/* The same, and nothing else was answered either: the connection it went over is closed. */
void server_peer_hang_up(struct server_peer *peer, uint16_t id, uint64_t now_ms);

struct server_peer_counters {
	uint64_t reconnects;
	uint64_t answered; /* proven answers, to all zones */
	uint64_t strays;   /* messages to nothing that is under way, or from another address */
	unsigned connections, window, under_way;
};
struct server_peer_counters server_peer_counters(const struct server_peer *peer);
