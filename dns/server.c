/* SPDX-License-Identifier: ISC */
#include "dns/server.h"

#include "common/clock.h"
#include "common/random.h"
#include "dns/server_choice.h"
#include "dns/server_connection.h"
#include "dns/server_outcome.h"
#include "dns/server_request.h"
#include "dns/tsig.h"

#include <event2/event.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RCODE_SERVFAIL 2
#define RCODE_NOTIMP 4
#define TSIG_BADTIME 18

const struct server_times server_times_default = {
	.connect_ms = 3000,
	.answer_ms = SERVER_ANSWER_MS,
	.away_ms = 10000,
	.idle_ms = 8000, /* Knot closes after 10 s, BIND after 30 s */
};

/*
 * Callbacks of the connection and the timer only change states and ask for `work`; on_work is the
 * one place that connects, sends, and calls `done`, so that a done may do what it likes.
 */
struct server_zone {
	struct hostname name;
	const struct tsig_key *key;
	struct server_times times;

	struct server_choice choice;
	struct server_connection *connection; /* to choice.current, which changes while closed */
	uint64_t opened_ms;                   /* when it began to connect */
	bool answered;                        /* a proven answer came over it */
	uint64_t used_ms;                     /* last sending or answer */

	struct server_requests requests;
	struct event *work, *timer;
	bool delivering, doomed; /* freed inside a done: the rest follows after it */
	struct server_counters counters;
};

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
	for (size_t i = 0; i < zone->requests.count; i++) {
		struct server_request *request = zone->requests.items[i];

		if (request->state == SERVER_REQUEST_WAITING &&
		    request->tries >= SERVER_TRIES * zone->choice.count)
			give_up(zone, request, what);
	}
}

/* The server at hand does not do its work: take back what it was sent, go to the next. */
static void server_failed(struct server_zone *zone, uint64_t now_ms, const char *what)
{
	char at[ENDPOINT_TEXT];

	server_connection_close(zone->connection);
	err_set(&zone->counters.last_error, 0, "%s: %s",
		endpoint_print(server_choice_endpoint(&zone->choice), at), what);
	server_requests_lost(&zone->requests);
	give_up_exhausted(zone, what);
	server_choice_failed(&zone->choice, now_ms, random_u32());
	server_choice_next(&zone->choice, now_ms);
	wake(zone);
}

static void send_request(struct server_zone *zone, struct server_request *request, uint64_t now_ms)
{
	uint8_t bytes[SERVER_REQUEST_BYTES_MAX];
	size_t length;
	uint16_t id = server_requests_unused_id(&zone->requests, random_u16());
	int rc = server_request_encode(request, id, zone->key, server_time_s(zone), bytes, &length);

	if (rc == 0)
		rc = server_connection_send(zone->connection, bytes, length);
	if (rc < 0) {
		give_up(zone, request, strerror(-rc));
		return;
	}
	request->state = SERVER_REQUEST_SENT;
	request->sent_ms = zone->used_ms = now_ms;
	request->answers_before = zone->counters.answered;
	request->tries++;
	request->sendings++;
	request->outcome.resent = request->sendings > 1;
	zone->counters.sent++;
}

static void send_waiting(struct server_zone *zone, uint64_t now_ms)
{
	for (size_t i = 0; i < zone->requests.count; i++) {
		if (zone->requests.items[i]->state == SERVER_REQUEST_WAITING)
			send_request(zone, zone->requests.items[i], now_ms);
	}
}

static void open_connection(struct server_zone *zone, uint64_t now_ms)
{
	int rc;

	server_choice_best(&zone->choice, now_ms);
	if (zone->opened_ms != 0)
		zone->counters.reconnects++;
	zone->opened_ms = now_ms;
	zone->answered = false;
	rc = server_connection_open(zone->connection, server_choice_endpoint(&zone->choice));
	if (rc < 0)
		server_failed(zone, now_ms, strerror(-rc));
}

/* Connects and sends what waits. Holds back while a better server is due and the one at hand still
 * owes answers: their coming, or their deadline, brings us here again. */
static void pump(struct server_zone *zone, uint64_t now_ms)
{
	enum server_connection_state state = server_connection_state(zone->connection);

	if (server_requests_in(&zone->requests, SERVER_REQUEST_WAITING) == 0)
		return;
	if (state != SERVER_CONNECTION_CLOSED && server_choice_is_due(&zone->choice, now_ms)) {
		if (server_requests_in(&zone->requests, SERVER_REQUEST_SENT) > 0)
			return;
		server_connection_close(zone->connection);
		state = SERVER_CONNECTION_CLOSED;
	}
	if (state == SERVER_CONNECTION_CLOSED)
		open_connection(zone, now_ms);
	else if (state == SERVER_CONNECTION_OPEN)
		send_waiting(zone, now_ms);
}

/* When something must be done though nothing comes; UINT64_MAX = never. */
static uint64_t next_deadline(const struct server_zone *zone)
{
	enum server_connection_state state = server_connection_state(zone->connection);
	uint64_t sent_ms;

	if (state == SERVER_CONNECTION_OPENING)
		return zone->opened_ms + zone->times.connect_ms;
	sent_ms = server_requests_first_sent_ms(&zone->requests);
	if (sent_ms != UINT64_MAX)
		return sent_ms + zone->times.answer_ms;
	return state == SERVER_CONNECTION_OPEN ? zone->used_ms + zone->times.idle_ms : UINT64_MAX;
}

static void arm_timer(struct server_zone *zone, uint64_t now_ms)
{
	uint64_t deadline = next_deadline(zone);
	uint64_t wait_ms = deadline > now_ms ? deadline - now_ms : 0;
	struct timeval wait = {.tv_sec = (time_t)(wait_ms / 1000),
			       .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};

	if (deadline == UINT64_MAX)
		event_del(zone->timer);
	else
		event_add(zone->timer, &wait);
}

static void destroy(struct server_zone *zone)
{
	for (size_t i = 0; i < zone->requests.count; i++)
		server_request_free(zone->requests.items[i]);
	server_connection_free(zone->connection);
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
	arm_timer(zone, now_ms);
	zone->delivering = true;
	while (!zone->doomed && (request = server_requests_take_finished(&zone->requests))) {
		request->done(&request->outcome, request->user);
		server_request_free(request);
	}
	zone->delivering = false;
	if (zone->doomed)
		destroy(zone);
}

static void on_open(void *user)
{
	struct server_zone *zone = user;

	zone->used_ms = clock_mono_ms();
	wake(zone);
}

/* The server closed. That is its right when it owes nothing, or after some answers (an idle limit
 * that crossed our sending): then what it owes goes to it again, and costs no try. */
static void on_end(int error, void *user)
{
	struct server_zone *zone = user;
	uint64_t now_ms = clock_mono_ms();

	if (!zone->answered && zone->requests.count > 0) {
		server_failed(zone, now_ms,
			      error ? strerror(error)
				    : "the server closed the connection without an answer");
		return;
	}
	for (size_t i = 0; i < zone->requests.count; i++) {
		struct server_request *request = zone->requests.items[i];

		if (request->state != SERVER_REQUEST_SENT)
			continue;
		request->state = SERVER_REQUEST_WAITING;
		if (request->sendings < SERVER_IN_FLIGHT_MAX)
			request->tries--;
	}
	give_up_exhausted(zone, "the server closed the connection again and again");
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
	zone->answered = true;
	zone->used_ms = now_ms;
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
	zone->answered = true;
	request->timed_again = true;
	request->state = SERVER_REQUEST_WAITING;
}

static void on_message(uint8_t *bytes, size_t length, void *user)
{
	struct server_zone *zone = user;
	struct server_request *request = NULL;
	uint64_t server_s = 0;
	int code = 0;

	if (length >= 2)
		request = server_requests_find(&zone->requests,
					       (uint16_t)(bytes[0] << 8 | bytes[1]));
	if (!request) {
		zone->counters.ignored++;
		return;
	}
	switch (server_request_judge(request, zone->key, server_time_s(zone), bytes, length, &code,
				     &server_s)) {
	case SERVER_ANSWER_GOOD:
		accept_answer(zone, request, code);
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

/* False when the server answered others since: then only this request is tried again. */
static bool answer_missed(struct server_zone *zone, struct server_request *request,
			  const char *what)
{
	zone->counters.timeouts++;
	if (request->hint) {
		give_up(zone, request, what);
		return false;
	}
	if (zone->counters.answered == request->answers_before)
		return true;
	request->state = SERVER_REQUEST_WAITING;
	return false;
}

static void check_answers(struct server_zone *zone, uint64_t now_ms)
{
	char what[48];
	bool silent = false;

	snprintf(what, sizeof what, "no answer in %u ms", (unsigned)zone->times.answer_ms);
	for (size_t i = 0; i < zone->requests.count; i++) {
		struct server_request *request = zone->requests.items[i];

		if (request->state == SERVER_REQUEST_SENT &&
		    request->sent_ms + zone->times.answer_ms <= now_ms)
			silent |= answer_missed(zone, request, what);
	}
	give_up_exhausted(zone, what);
	if (silent)
		server_failed(zone, now_ms, what);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct server_zone *zone = user;
	uint64_t now_ms = clock_mono_ms();
	char words[48];

	if (next_deadline(zone) > now_ms) {
		wake(zone); /* arms it again */
		return;
	}
	switch (server_connection_state(zone->connection)) {
	case SERVER_CONNECTION_OPENING:
		snprintf(words, sizeof words, "no connection in %u ms",
			 (unsigned)zone->times.connect_ms);
		server_failed(zone, now_ms, words);
		break;
	case SERVER_CONNECTION_OPEN:
		if (server_requests_in(&zone->requests, SERVER_REQUEST_SENT) == 0)
			server_connection_close(zone->connection); /* idle */
		else
			check_answers(zone, now_ms);
		break;
	case SERVER_CONNECTION_CLOSED:
		break;
	}
	wake(zone);
}

static const struct server_connection_calls connection_calls = {
	.on_open = on_open,
	.on_message = on_message,
	.on_end = on_end,
};

int server_zone_new(struct server_zone **ret, struct event_base *base, const struct hostname *name,
		    const struct endpoint *servers, size_t count, const struct tsig_key *key)
{
	struct server_zone *zone = calloc(1, sizeof *zone);
	int rc;

	if (!zone)
		return -ENOMEM;
	zone->name = *name;
	zone->key = key;
	rc = server_choice_init(&zone->choice, servers, count);
	if (rc < 0) {
		free(zone);
		return rc;
	}
	zone->work = event_new(base, -1, 0, on_work, zone);
	zone->timer = evtimer_new(base, on_timer, zone);
	if (!zone->work || !zone->timer ||
	    server_connection_new(&zone->connection, base, &connection_calls, zone) < 0) {
		destroy(zone);
		return -ENOMEM;
	}
	server_zone_set_times(zone, server_times_default);
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

void server_zone_set_times(struct server_zone *zone, struct server_times times)
{
	assert(zone->requests.count == 0);
	zone->times = times;
	server_choice_set_away(&zone->choice, times.away_ms);
}

size_t server_zone_room(const struct server_zone *zone)
{
	return SERVER_IN_FLIGHT_MAX - zone->requests.count;
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

	counters.connected = server_connection_state(zone->connection) == SERVER_CONNECTION_OPEN;
	counters.failovers = zone->choice.changes;
	counters.server = server_choice_endpoint(&zone->choice);
	return counters;
}
