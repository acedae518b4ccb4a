/* SPDX-License-Identifier: ISC */
#include "dns/server_inner.h"

#include "common/clock.h"
#include "common/random.h"
#include "common/tsig.h"
#include "dns/server_outcome.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RCODE_SERVFAIL 2
#define RCODE_NOTIMP 4
#define TSIG_BADTIME 18

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
	if (server_peer_forget(server_zone_peer(zone), request->id))
		return;
	request->sendings--;
	zone->counters.sent--;
}

static void forget_all(struct server_zone *zone)
{
	for (size_t i = 0; i < zone->requests.count; i++) {
		if (zone->requests.items[i]->state == SERVER_REQUEST_SENT)
			forget(zone, zone->requests.items[i]);
	}
}

/* At other servers every request begins anew. */
void server_take_back(struct server_zone *zone)
{
	forget_all(zone);
	for (size_t i = 0; i < zone->requests.count; i++) {
		struct server_request *request = zone->requests.items[i];

		if (request->state == SERVER_REQUEST_SENT)
			request->state = SERVER_REQUEST_WAITING;
		request->tries = 0;
	}
}

/* The server at hand does not do its work: take back what it was sent, go to the next. */
static void server_failed(struct server_zone *zone, uint64_t now_ms, const char *what)
{
	char at[ENDPOINT_TEXT];

	forget_all(zone);
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
	       server_peer_prefers_datagram(server_zone_peer(zone), now_ms);
}

static void note_sent(struct server_zone *zone, struct server_request *request, uint64_t now_ms)
{
	request->state = SERVER_REQUEST_SENT;
	request->deadline_ms = now_ms + (request->datagram ? zone->times->datagram_ms
							   : zone->times->answer_ms);
	request->answers_before = server_peer_counters(server_zone_peer(zone)).answered;
	request->tries++;
	request->sendings++;
	request->outcome.resent = request->sendings > 1;
	zone->counters.sent++;
}

/* False when the server at hand has failed by it. */
static bool send_request(struct server_zone *zone, struct server_request *request, uint64_t now_ms)
{
	uint8_t bytes[SERVER_REQUEST_BYTES_MAX];
	struct server_peer *peer = server_zone_peer(zone);
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
		if (server_peer_room(server_zone_peer(zone)) == 0) {
			server_peer_wait(server_zone_peer(zone), &zone->user);
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

void server_on_work(int fd, short what, void *user)
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
		server_zone_destroy(zone);
}

void server_on_turn(struct server_peer_user *user)
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

void server_on_lost(void *letter, enum server_peer_loss loss, const char *words)
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

/* SERVFAIL goes round all servers as often as silence does, NOTIMP once; but of several updates in one
 * message the server may take each by itself, which is for the caller to try first. */
static void accept_answer(struct server_zone *zone, struct server_request *request, int code)
{
	struct server_party party = party_of(zone);
	uint64_t now_ms = clock_mono_ms();
	size_t limit = code == RCODE_SERVFAIL ? SERVER_TRIES * zone->choice.count
		       : code == RCODE_NOTIMP && !request->several ? zone->choice.count
								   : 0;

	zone->counters.answered++;
	server_peer_answered(server_zone_peer(zone), request->id, now_ms);
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
	server_peer_answered(server_zone_peer(zone), request->id, clock_mono_ms());
	request->timed_again = true;
	request->state = SERVER_REQUEST_WAITING;
}

void server_on_message(void *letter, uint8_t *bytes, size_t length)
{
	struct server_request *request = letter;
	struct server_zone *zone = request->zone;
	uint64_t server_s = 0;
	int code = 0;

	switch (server_request_judge(request, zone->key, server_time_s(zone), bytes, length, &code,
				     &server_s)) {
	case SERVER_ANSWER_GOOD:
		if (request->datagram && request->outcome.answer.truncated) {
			server_peer_answered(server_zone_peer(zone), request->id, clock_mono_ms());
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
	struct server_peer *peer = server_zone_peer(zone);

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

void server_on_timer(int fd, short event, void *user)
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
		server_peer_hang_up(server_zone_peer(zone), silent->id, now_ms);
	/* Others of ours on that connection may have said so already. */
	if (silent && silent->state == SERVER_REQUEST_SENT)
		server_failed(zone, now_ms, what);
	wake(zone);
}

/* For the zone's owner --------------------------------------------------------------------------- */

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
	struct server_counters counters = zone->counters;
	struct server_peer_counters peer;

	if (!zone->choice.count)
		return counters;
	peer = server_peer_counters(server_zone_peer(zone));
	counters.connected = peer.connections > 0;
	counters.reconnects = peer.reconnects;
	counters.ignored += peer.strays;
	counters.window = peer.window;
	counters.failovers = zone->choice.changes;
	counters.server = server_choice_endpoint(&zone->choice);
	return counters;
}
