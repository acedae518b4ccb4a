/* SPDX-License-Identifier: ISC */
#include "dns/server_peer.h"

#include "common/clock.h"
#include "common/random.h"
#include "dns/server_connection.h"
#include "dns/server_datagram.h"
#include "dns/server_window.h"

#include <event2/event.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_DATAGRAM_MS 60000 /* UDP is left alone after a loss */

/* One TCP connection's place. */
struct line {
	struct server_peer *peer;
	struct server_connection *connection;
	unsigned under_way;
	bool used;     /* was opened before */
	bool open;     /* what is sent leaves */
	bool answered; /* a proven answer came over it */
	uint64_t opened_ms, used_ms;
};

struct letter {
	void *letter; /* the user's; NULL = free place */
	struct server_peer_user *user;
	struct line *line; /* NULL = over UDP */
	uint16_t id;
	uint64_t sent_ms;
};

struct server_peer {
	struct server_pool *pool;
	struct endpoint endpoint;
	struct line lines[SERVER_PEER_CONNECTIONS];
	struct server_datagram *datagram; /* made at its first use */
	uint64_t no_datagram_until_ms;
	struct server_window window;
	struct letter letters[SERVER_WINDOW_MAX];
	size_t under_way;
	TAILQ_HEAD(, server_peer_user) waiting;
	struct event *timer;
	struct server_peer_counters counters;
};

struct endpoint server_peer_endpoint(const struct server_peer *peer)
{
	return peer->endpoint;
}

/* Room ------------------------------------------------------------------------------------------ */

size_t server_peer_room(const struct server_peer *peer)
{
	return peer->under_way < peer->window.size ? peer->window.size - peer->under_way : 0;
}

void server_peer_wait(struct server_peer *peer, struct server_peer_user *user)
{
	if (user->waits == peer)
		return;
	server_peer_wait_no_more(user);
	user->waits = peer;
	TAILQ_INSERT_TAIL(&peer->waiting, user, link);
}

void server_peer_wait_no_more(struct server_peer_user *user)
{
	if (user->waits)
		TAILQ_REMOVE(&user->waits->waiting, user, link);
	user->waits = NULL;
}

static void give_turn(struct server_peer *peer)
{
	struct server_peer_user *user = TAILQ_FIRST(&peer->waiting);

	if (!user || server_peer_room(peer) == 0)
		return;
	server_peer_wait_no_more(user);
	user->on_turn(user);
}

/* What is under way ----------------------------------------------------------------------------- */

static struct letter *letter_of(const struct server_peer *peer, uint16_t id)
{
	for (size_t i = 0; i < SERVER_WINDOW_MAX; i++) {
		const struct letter *letter = &peer->letters[i];

		if (letter->letter && letter->id == id)
			return (struct letter *)letter;
	}
	return NULL;
}

static struct letter *free_place(struct server_peer *peer)
{
	for (size_t i = 0; i < SERVER_WINDOW_MAX; i++) {
		if (!peer->letters[i].letter)
			return &peer->letters[i];
	}
	return NULL;
}

static void clear(struct server_peer *peer, struct letter *letter)
{
	if (letter->line)
		letter->line->under_way--;
	*letter = (struct letter){0};
	peer->under_way--;
	give_turn(peer);
}

uint16_t server_peer_unused_id(const struct server_peer *peer)
{
	uint16_t id = random_u16();

	while (letter_of(peer, id))
		id++;
	return id;
}

/* Everything that went over `line` (NULL = UDP) is lost. A user may forget others meanwhile. */
static void lose(struct server_peer *peer, const struct line *line, enum server_peer_loss loss,
		 const char *words)
{
	for (size_t i = 0; i < SERVER_WINDOW_MAX; i++) {
		struct letter letter = peer->letters[i];

		if (!letter.letter || letter.line != line)
			continue;
		clear(peer, &peer->letters[i]);
		letter.user->on_lost(letter.letter, loss, words);
	}
}

/* Connections ----------------------------------------------------------------------------------- */

/* When something must be done about a connection though nothing comes; UINT64_MAX = never. */
static uint64_t line_deadline(const struct line *line)
{
	const struct server_times *times = server_pool_times(line->peer->pool);

	switch (server_connection_state(line->connection)) {
	case SERVER_CONNECTION_OPENING:
		return line->opened_ms + times->connect_ms;
	case SERVER_CONNECTION_OPEN:
		return line->under_way ? UINT64_MAX : line->used_ms + times->idle_ms;
	case SERVER_CONNECTION_CLOSED:
		break;
	}
	return UINT64_MAX;
}

static void arm_timer(struct server_peer *peer, uint64_t now_ms)
{
	uint64_t deadline = UINT64_MAX;

	for (size_t i = 0; i < SERVER_PEER_CONNECTIONS; i++) {
		uint64_t at = line_deadline(&peer->lines[i]);

		deadline = at < deadline ? at : deadline;
	}
	server_pool_arm(peer->timer, now_ms, deadline);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct server_peer *peer = user;
	const struct server_times *times = server_pool_times(peer->pool);
	uint64_t now_ms = clock_mono_ms();
	char words[48];

	for (size_t i = 0; i < SERVER_PEER_CONNECTIONS; i++) {
		struct line *line = &peer->lines[i];
		bool opening = server_connection_state(line->connection) ==
			       SERVER_CONNECTION_OPENING;

		if (line_deadline(line) > now_ms)
			continue;
		server_connection_close(line->connection);
		if (!opening)
			continue; /* idle */
		snprintf(words, sizeof words, "no connection in %u ms",
			 (unsigned)times->connect_ms);
		lose(peer, line, SERVER_PEER_UNSENT, words);
	}
	arm_timer(peer, now_ms);
}

static void on_open(void *user)
{
	struct line *line = user;

	line->open = true;
	line->used_ms = clock_mono_ms();
	arm_timer(line->peer, line->used_ms);
}

static void deliver(struct server_peer *peer, const struct line *line, uint8_t *bytes,
		    size_t length)
{
	struct letter *letter = length >= 2 ? letter_of(peer, (uint16_t)(bytes[0] << 8 | bytes[1]))
					    : NULL;

	if (!letter || letter->line != line)
		peer->counters.strays++;
	else
		letter->user->on_message(letter->letter, bytes, length);
}

static void on_line_message(uint8_t *bytes, size_t length, void *user)
{
	struct line *line = user;

	line->used_ms = clock_mono_ms();
	deliver(line->peer, line, bytes, length);
}

/* The server closed. That is its right when it owes nothing, or after some answers (an idle limit
 * that crossed our sending): then what it owes goes out again. */
static void on_end(int error, void *user)
{
	struct line *line = user;
	const char *words = error ? strerror(error)
				  : "the server closed the connection without an answer";

	lose(line->peer, line,
	     line->answered ? SERVER_PEER_CLOSED
	     : line->open   ? SERVER_PEER_FAILED
			    : SERVER_PEER_UNSENT,
	     words);
}

static const struct server_connection_calls line_calls = {
	.on_open = on_open,
	.on_message = on_line_message,
	.on_end = on_end,
};

static int open_line(struct line *line, uint64_t now_ms)
{
	int rc = server_connection_open(line->connection, line->peer->endpoint);

	if (rc < 0)
		return rc;
	line->peer->counters.reconnects += line->used;
	line->used = true;
	line->open = line->answered = false;
	line->opened_ms = line->used_ms = now_ms;
	arm_timer(line->peer, now_ms);
	return 0;
}

/* The connection with the least to do. Another one is opened when all that are open are crowded, never
 * while one is still being opened: whether the server is there is asked once. */
static struct line *choose_line(struct server_peer *peer)
{
	struct line *best = NULL, *closed = NULL;
	bool opening = false;

	for (size_t i = 0; i < SERVER_PEER_CONNECTIONS; i++) {
		struct line *line = &peer->lines[i];
		enum server_connection_state state = server_connection_state(line->connection);

		opening |= state == SERVER_CONNECTION_OPENING;
		if (state != SERVER_CONNECTION_CLOSED) {
			if (!best || line->under_way < best->under_way)
				best = line;
		} else if (!closed) {
			closed = line;
		}
	}
	if (!best || (closed && !opening && best->under_way >= SERVER_PEER_CROWD))
		return closed;
	return best;
}

static int send_line(struct server_peer *peer, const uint8_t *message, size_t length,
		     struct line **ret, uint64_t now_ms)
{
	struct line *line = choose_line(peer);
	int rc = 0;

	if (server_connection_state(line->connection) == SERVER_CONNECTION_CLOSED)
		rc = open_line(line, now_ms);
	if (rc == 0)
		rc = server_connection_send(line->connection, message, length);
	*ret = line;
	return rc;
}

/* Datagrams ------------------------------------------------------------------------------------- */

static void on_datagram(uint8_t *bytes, size_t length, void *user)
{
	deliver(user, NULL, bytes, length);
}

static void no_datagrams(struct server_peer *peer, uint64_t now_ms)
{
	peer->no_datagram_until_ms = now_ms + NO_DATAGRAM_MS;
}

static void on_datagram_error(int error, void *user)
{
	no_datagrams(user, clock_mono_ms());
	lose(user, NULL, SERVER_PEER_NO_DATAGRAM, strerror(error));
}

static const struct server_datagram_calls datagram_calls = {
	.on_message = on_datagram,
	.on_error = on_datagram_error,
};

static int send_datagram(struct server_peer *peer, const uint8_t *message, size_t length)
{
	int rc = 0;

	if (!peer->datagram)
		rc = server_datagram_new(&peer->datagram, server_pool_base(peer->pool),
					 peer->endpoint, &datagram_calls, peer);
	return rc < 0 ? rc : server_datagram_send(peer->datagram, message, length);
}

bool server_peer_prefers_datagram(const struct server_peer *peer, uint64_t now_ms)
{
	if (!server_pool_times(peer->pool)->datagram_ms || now_ms < peer->no_datagram_until_ms)
		return false;
	for (size_t i = 0; i < SERVER_PEER_CONNECTIONS; i++) {
		if (server_connection_state(peer->lines[i].connection) != SERVER_CONNECTION_CLOSED)
			return false;
	}
	return true;
}

/* For the zones --------------------------------------------------------------------------------- */

int server_peer_send(struct server_peer *peer, bool datagram, uint16_t id, const uint8_t *message,
		     size_t length, struct server_peer_user *user, void *letter, uint64_t now_ms)
{
	struct letter *place = free_place(peer);
	struct line *line = NULL;
	int rc;

	assert(place);
	rc = datagram ? send_datagram(peer, message, length)
		      : send_line(peer, message, length, &line, now_ms);
	if (rc < 0)
		return rc;
	*place = (struct letter){
		.letter = letter, .user = user, .line = line, .id = id, .sent_ms = now_ms};
	peer->under_way++;
	if (line) {
		line->under_way++;
		line->used_ms = now_ms;
	}
	return 0;
}

void server_peer_answered(struct server_peer *peer, uint16_t id, uint64_t now_ms)
{
	struct letter *letter = letter_of(peer, id);

	if (!letter)
		return;
	peer->counters.answered++;
	server_window_answered(&peer->window, now_ms, letter->sent_ms);
	if (letter->line) {
		letter->line->answered = true;
		letter->line->used_ms = now_ms;
	}
	clear(peer, letter);
	arm_timer(peer, now_ms);
}

bool server_peer_forget(struct server_peer *peer, uint16_t id)
{
	struct letter *letter = letter_of(peer, id);
	/* On a connection that is being opened it leaves as soon as that is. */
	bool left = !letter || !letter->line || letter->line->open ||
		    server_connection_state(letter->line->connection) != SERVER_CONNECTION_CLOSED;

	if (letter)
		clear(peer, letter);
	return left;
}

void server_peer_missed(struct server_peer *peer, uint16_t id, uint64_t now_ms)
{
	struct letter *letter = letter_of(peer, id);

	if (!letter)
		return;
	server_window_lost(&peer->window, now_ms);
	if (!letter->line)
		no_datagrams(peer, now_ms);
	clear(peer, letter);
}

void server_peer_hang_up(struct server_peer *peer, uint16_t id, uint64_t now_ms)
{
	struct letter *letter = letter_of(peer, id);
	struct line *line = letter ? letter->line : NULL;

	server_peer_missed(peer, id, now_ms);
	if (!line)
		return;
	server_connection_close(line->connection);
	lose(peer, line, SERVER_PEER_SILENT, "the server does not answer");
}

struct server_peer_counters server_peer_counters(const struct server_peer *peer)
{
	struct server_peer_counters counters = peer->counters;

	for (size_t i = 0; i < SERVER_PEER_CONNECTIONS; i++)
		counters.connections += server_connection_state(peer->lines[i].connection) ==
					SERVER_CONNECTION_OPEN;
	if (peer->datagram)
		counters.strays += server_datagram_strangers(peer->datagram);
	counters.window = peer->window.size;
	counters.under_way = (unsigned)peer->under_way;
	return counters;
}

/* Life ------------------------------------------------------------------------------------------ */

int server_peer_new(struct server_peer **ret, struct server_pool *pool, struct endpoint endpoint)
{
	struct server_peer *peer = calloc(1, sizeof *peer);
	int rc = 0;

	if (!peer)
		return -ENOMEM;
	peer->pool = pool;
	peer->endpoint = endpoint;
	TAILQ_INIT(&peer->waiting);
	server_window_init(&peer->window);
	peer->timer = evtimer_new(server_pool_base(pool), on_timer, peer);
	if (!peer->timer)
		rc = -ENOMEM;
	for (size_t i = 0; rc == 0 && i < SERVER_PEER_CONNECTIONS; i++) {
		peer->lines[i].peer = peer;
		rc = server_connection_new(&peer->lines[i].connection, server_pool_base(pool),
					   &line_calls, &peer->lines[i]);
	}
	if (rc < 0) {
		server_peer_free(peer);
		return rc;
	}
	*ret = peer;
	return 0;
}

void server_peer_free(struct server_peer *peer)
{
	if (!peer)
		return;
	for (size_t i = 0; i < SERVER_PEER_CONNECTIONS; i++)
		server_connection_free(peer->lines[i].connection);
	server_datagram_free(peer->datagram);
	if (peer->timer)
		event_free(peer->timer);
	free(peer);
}
