/* SPDX-License-Identifier: ISC */
#include "dns/server.h"

#include "common/clock.h"
#include "common/random.h"
#include "dns/server_choice.h"
#include "dns/server_outcome.h"
#include "dns/server_peer.h"
#include "dns/server_request.h"
#include "common/tsig.h"

#include <event2/event.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RCODE_SERVFAIL 2
#define RCODE_NOTIMP 4
#define TSIG_BADTIME 18

/*
 * Callbacks of the peer and the timer only change states and ask for `work`; on_work is the one place
 * that sends and calls `done`, so that a done may do what it likes.
 */
struct server_zone {
	struct server_peer_user user; /* first: the peer's handle of the zone */
	struct hostname name;
	const struct tsig_key *key;
	const struct server_times *times;

	struct server_choice choice;
	struct server_peer **peers; /* of the choice, by its index */

	struct server_requests requests;
	struct event *work, *timer;
	bool delivering, doomed; /* freed inside a done: the rest follows after it */
	struct server_counters counters;
};

static struct server_peer *peer_of(const struct server_zone *zone)
{
	return zone->peers[zone->choice.current];
}

static void wake(struct server_zone *zone)
{
	event_active(zone->work, EV_TIMEOUT, 0);
}

static struct server_party party_of(const struct server_zone *zone)
{
	return (struct server_party){
		.server = server_choice_endpoint(&zone->choice),
		.zone = &zone->name,
		.key = zone->key ? tsig_key_name(zone->key) : NULL,
	};
}

static uint64_t server_time_s(const struct server_zone *zone)
{
	return (uint64_t)((int64_t)(clock_wall_ms() / 1000) +
			  server_choice_state(&zone->choice)->clock_ahead_s);
}

static void give_up(struct server_zone *zone, struct server_request *request, const char *what)
{
	struct server_party party = party_of(zone);

	server_request_give_up(request, &party, what);
	zone->counters.last_error = request->outcome.words;
}

static void give_up_exhausted(struct server_zone *zone, const char *what)
{
	struct server_request *request;
	unsigned tries = SERVER_TRIES * (unsigned)zone->choice.count;

	while ((request = server_requests_exhausted(&zone->requests, tries)))
		give_up(zone, request, what);
}

/* Nobody waits for the answer to its last sending any more. */
static void forget(struct server_zone *zone, struct server_request *request)
{
	if (server_peer_forget(peer_of(zone), request->id))
		return;
	request->sendings--;
	zone->counters.sent--;
}

/* The server at hand does not do its work: take back what it was sent, go to the next. */
static void server_failed(struct server_zone *zone, uint64_t now_ms, const char *what)
{
	char at[ENDPOINT_TEXT];

	for (size_t i = 0; i < zone->requests.count; i++) {
		if (zone->requests.items[i]->state == SERVER_REQUEST_SENT)
			forget(zone, zone->requests.items[i]);
	}
	err_set(&zone->counters.last_error, 0, "%s: %s",
		endpoint_print(server_choice_endpoint(&zone->choice), at), what);
	server_requests_lost(&zone->requests);
	give_up_exhausted(zone, what);
	server_choice_failed(&zone->choice, now_ms, random_u32());
	server_choice_next(&zone->choice, now_ms);
	wake(zone);
}

/* Sending --------------------------------------------------------------------------------------- */

/* An unsigned answer over UDP would be too easy to forge. */
static bool may_be_datagram(const struct server_zone *zone, const struct server_request *request,
			    size_t length, uint64_t now_ms)
{
	return zone->key && !request->query && !request->no_datagram &&
	       length <= SERVER_REQUEST_DATAGRAM_MAX &&
	       server_peer_prefers_datagram(peer_of(zone), now_ms);
}

static void note_sent(struct server_zone *zone, struct server_request *request, uint64_t now_ms)
{
	request->state = SERVER_REQUEST_SENT;
	request->deadline_ms = now_ms + (request->datagram ? zone->times->datagram_ms
							   : zone->times->answer_ms);
	request->answers_before = server_peer_counters(peer_of(zone)).answered;
	request->tries++;
	request->sendings++;
	request->outcome.resent = request->sendings > 1;
	zone->counters.sent++;
}

/* False when the server at hand has failed by it. */
static bool send_request(struct server_zone *zone, struct server_request *request, uint64_t now_ms)
{
	uint8_t bytes[SERVER_REQUEST_BYTES_MAX];
	struct server_peer *peer = peer_of(zone);
	size_t length;
	int rc = server_request_encode(request, server_peer_unused_id(peer), zone->key,
				       server_time_s(zone), bytes, &length);

	if (rc < 0) {
		give_up(zone, request, strerror(-rc));
		return true;
	}
	request->datagram = may_be_datagram(zone, request, length, now_ms);
	rc = server_peer_send(peer, request->datagram, request->id, bytes, length, &zone->user,
			      request, now_ms);
	if (rc == 0) {
		note_sent(zone, request, now_ms);
		return true;
	}
	if (request->datagram) {
		request->no_datagram = true;
		return send_request(zone, request, now_ms);
	}
	server_failed(zone, now_ms, strerror(-rc));
	return false;
}

static void send_waiting(struct server_zone *zone, uint64_t now_ms)
{
	for (size_t i = 0; i < zone->requests.count; i++) {
		if (zone->requests.items[i]->state != SERVER_REQUEST_WAITING)
			continue;
		if (server_peer_room(peer_of(zone)) == 0) {
			server_peer_wait(peer_of(zone), &zone->user);
			return;
		}
		if (!send_request(zone, zone->requests.items[i], now_ms))
			return;
	}
}

/* Sends what waits. Holds back while a better server is due and the one at hand still owes answers:
 * their coming, or their deadline, brings us here again. */
static void pump(struct server_zone *zone, uint64_t now_ms)
{
	bool owed = server_requests_in(&zone->requests, SERVER_REQUEST_SENT) > 0;

	server_peer_wait_no_more(&zone->user);
	if (server_requests_in(&zone->requests, SERVER_REQUEST_WAITING) == 0)
		return;
	if (owed && server_choice_is_due(&zone->choice, now_ms))
		return;
	if (!owed)
		server_choice_best(&zone->choice, now_ms);
	send_waiting(zone, now_ms);
}

static void destroy(struct server_zone *zone)
{
	server_peer_wait_no_more(&zone->user);
	for (size_t i = 0; i < zone->requests.count; i++) {
		if (zone->requests.items[i]->state == SERVER_REQUEST_SENT)
			server_peer_forget(peer_of(zone), zone->requests.items[i]->id);
		server_request_free(zone->requests.items[i]);
	}
	free(zone->peers);
	if (zone->work)
		event_free(zone->work);
	if (zone->timer)
		event_free(zone->timer);
	server_choice_done(&zone->choice);
	free(zone);
}

static void on_work(evutil_socket_t fd, short what, void *user)
{
	struct server_zone *zone = user;
	struct server_request *request;
	uint64_t now_ms = clock_mono_ms();

	pump(zone, now_ms);
	server_pool_arm(zone->timer, now_ms, server_requests_deadline_ms(&zone->requests));
	zone->delivering = true;
	while (!zone->doomed && (request = server_requests_take_finished(&zone->requests))) {
		request->done(&request->outcome, request->user);
		server_request_free(request);
	}
	zone->delivering = false;
	if (zone->doomed)
		destroy(zone);
}

static void on_turn(struct server_peer_user *user)
{
	wake((struct server_zone *)user);
}

/* Answers --------------------------------------------------------------------------------------- */

/* It goes again, over TCP, and that it was tried over UDP costs no try. */
static void without_datagram(struct server_request *request)
{
	request->no_datagram = true;
	request->tries--;
	request->state = SERVER_REQUEST_WAITING;
}

static void on_lost(void *letter, enum server_peer_loss loss, const char *words)
{
	struct server_request *request = letter;
	struct server_zone *zone = request->zone;

	switch (loss) {
	case SERVER_PEER_UNSENT:
		request->sendings--;
		zone->counters.sent--;
		server_failed(zone, clock_mono_ms(), words);
		break;
	case SERVER_PEER_FAILED:
	case SERVER_PEER_SILENT:
		server_failed(zone, clock_mono_ms(), words);
		break;
	case SERVER_PEER_NO_DATAGRAM:
		without_datagram(request);
		break;
	case SERVER_PEER_CLOSED:
		request->state = SERVER_REQUEST_WAITING;
		if (request->sendings < SERVER_SENDINGS_MAX)
			request->tries--;
		give_up_exhausted(zone, "the server closed the connection again and again");
		break;
	}
	wake(zone);
}

/* SERVFAIL goes round all servers as often as silence does, NOTIMP once. */
static void accept_answer(struct server_zone *zone, struct server_request *request, int code)
{
	struct server_party party = party_of(zone);
	uint64_t now_ms = clock_mono_ms();
	size_t limit = code == RCODE_SERVFAIL ? SERVER_TRIES * zone->choice.count
		       : code == RCODE_NOTIMP ? zone->choice.count
					      : 0;

	zone->counters.answered++;
	server_peer_answered(peer_of(zone), request->id, now_ms);
	server_outcome_answered(&request->outcome, &party, code);
	if (request->outcome.class == SERVER_DONE || request->outcome.class == SERVER_DECISION)
		zone->counters.last_error.text[0] = '\0';
	else
		zone->counters.last_error = request->outcome.words;
	if (limit == 0)
		server_choice_good(&zone->choice);
	else if (zone->choice.count > 1)
		server_choice_failed(&zone->choice, now_ms, random_u32());
	request->state = request->tries < limit ? SERVER_REQUEST_WAITING : SERVER_REQUEST_FINISHED;
}

/* A proven BADTIME: sign once more by the server's clock. */
static void adopt_clock(struct server_zone *zone, struct server_request *request, uint64_t server_s)
{
	server_choice_state(&zone->choice)->clock_ahead_s = (int64_t)server_s -
							    (int64_t)(clock_wall_ms() / 1000);
	if (request->timed_again) {
		accept_answer(zone, request, TSIG_BADTIME);
		return;
	}
	zone->counters.answered++;
	server_peer_answered(peer_of(zone), request->id, clock_mono_ms());
	request->timed_again = true;
	request->state = SERVER_REQUEST_WAITING;
}

static void on_message(void *letter, uint8_t *bytes, size_t length)
{
	struct server_request *request = letter;
	struct server_zone *zone = request->zone;
	uint64_t server_s = 0;
	int code = 0;

	switch (server_request_judge(request, zone->key, server_time_s(zone), bytes, length, &code,
				     &server_s)) {
	case SERVER_ANSWER_GOOD:
		if (request->datagram && request->outcome.answer.truncated) {
			server_peer_answered(peer_of(zone), request->id, clock_mono_ms());
			without_datagram(request);
		} else {
			accept_answer(zone, request, code);
		}
		break;
	case SERVER_ANSWER_BADTIME:
		adopt_clock(zone, request, server_s);
		break;
	case SERVER_ANSWER_IGNORED:
		zone->counters.ignored++;
		request->hint_server = server_choice_endpoint(&zone->choice);
		break;
	}
	wake(zone);
}

/* True when the server has answered nobody since. Otherwise only this request is tried again. */
static bool answer_missed(struct server_zone *zone, struct server_request *request,
			  const char *what, uint64_t now_ms)
{
	struct server_peer *peer = peer_of(zone);

	zone->counters.timeouts++;
	if (request->hint) {
		server_peer_forget(peer, request->id);
		give_up(zone, request, what);
		return false;
	}
	if (!request->datagram && server_peer_counters(peer).answered == request->answers_before)
		return true;
	server_peer_missed(peer, request->id, now_ms);
	if (request->datagram)
		without_datagram(request);
	else
		request->state = SERVER_REQUEST_WAITING;
	return false;
}

static void on_timer(evutil_socket_t fd, short event, void *user)
{
	struct server_zone *zone = user;
	struct server_request *silent = NULL;
	uint64_t now_ms = clock_mono_ms();
	char what[48];

	snprintf(what, sizeof what, "no answer in %u ms", (unsigned)zone->times->answer_ms);
	for (size_t i = 0; i < zone->requests.count; i++) {
		struct server_request *request = zone->requests.items[i];

		if (request->state == SERVER_REQUEST_SENT && request->deadline_ms <= now_ms &&
		    answer_missed(zone, request, what, now_ms))
			silent = request;
	}
	give_up_exhausted(zone, what);
	if (silent)
		server_peer_hang_up(peer_of(zone), silent->id, now_ms);
	/* Others of ours on that connection may have said so already. */
	if (silent && silent->state == SERVER_REQUEST_SENT)
		server_failed(zone, now_ms, what);
	wake(zone);
}

/* Life ------------------------------------------------------------------------------------------ */

static int find_peers(struct server_zone *zone, struct server_pool *pool,
		      const struct endpoint *servers, size_t count)
{
	zone->peers = calloc(count, sizeof(struct server_peer *));
	for (size_t i = 0; zone->peers && i < count; i++) {
		zone->peers[i] = server_pool_peer(pool, servers[i]);
		if (!zone->peers[i])
			return -ENOMEM;
	}
	return zone->peers ? 0 : -ENOMEM;
}

int server_zone_new(struct server_zone **ret, struct server_pool *pool, const struct hostname *name,
		    const struct endpoint *servers, size_t count, const struct tsig_key *key)
{
	struct server_zone *zone = calloc(1, sizeof *zone);
	struct event_base *base = server_pool_base(pool);
	int rc;

	if (!zone)
		return -ENOMEM;
	zone->name = *name;
	zone->key = key;
	zone->times = server_pool_times(pool);
	zone->user = (struct server_peer_user){
		.on_message = on_message, .on_lost = on_lost, .on_turn = on_turn};
	rc = server_choice_init(&zone->choice, servers, count);
	if (rc < 0) {
		free(zone);
		return rc;
	}
	server_choice_set_away(&zone->choice, zone->times->away_ms);
	zone->work = event_new(base, -1, 0, on_work, zone);
	zone->timer = evtimer_new(base, on_timer, zone);
	if (!zone->work || !zone->timer || find_peers(zone, pool, servers, count) < 0) {
		destroy(zone);
		return -ENOMEM;
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
		destroy(zone);
}

size_t server_zone_room(const struct server_zone *zone)
{
	size_t room = server_peer_room(peer_of(zone)) + SERVER_WAITING_MAX;
	size_t waiting = server_requests_in(&zone->requests, SERVER_REQUEST_WAITING);
	size_t most = SERVER_REQUESTS_MAX - zone->requests.count;

	room = room > waiting ? room - waiting : 0;
	return room < most ? room : most;
}

static int enqueue(struct server_zone *zone, struct server_request *request, server_done *done,
		   void *user)
{
	if (server_zone_room(zone) == 0) {
		server_request_free(request);
		return -EBUSY;
	}
	request->done = done;
	request->user = user;
	request->zone = zone;
	zone->requests.items[zone->requests.count++] = request;
	wake(zone);
	return 0;
}

int server_update(struct server_zone *zone, const struct update *update, server_done *done,
		  void *user)
{
	struct server_request *request;
	int rc = server_request_new_update(&request, update);

	return rc < 0 ? rc : enqueue(zone, request, done, user);
}

int server_message(struct server_zone *zone, const struct update_message *message,
		   server_done *done, void *user)
{
	struct server_request *request;
	int rc = server_request_new_message(&request, message);

	return rc < 0 ? rc : enqueue(zone, request, done, user);
}

int server_query(struct server_zone *zone, const struct hostname *name, uint16_t type,
		 server_done *done, void *user)
{
	struct server_request *request;
	int rc = server_request_new_query(&request, name, type);

	return rc < 0 ? rc : enqueue(zone, request, done, user);
}

struct server_counters server_counters(const struct server_zone *zone)
{
	struct server_peer_counters peer = server_peer_counters(peer_of(zone));
	struct server_counters counters = zone->counters;

	counters.connected = peer.connections > 0;
	counters.reconnects = peer.reconnects;
	counters.ignored += peer.strays;
	counters.window = peer.window;
	counters.failovers = zone->choice.changes;
	counters.server = server_choice_endpoint(&zone->choice);
	return counters;
}
