/* SPDX-License-Identifier: ISC */
/*
 * server_fixture: two scripted name servers, a zone that uses them, and a record of every outcome; for
 * the tests of dns/server. Times are short, and ten seconds without an end fail the test.
 */
#pragma once

#include "dns/server.h"
#include "common/tsig.h"
#include "tests/support/name_server.h"

#include <event2/event.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVERS 2
#define REQUESTS 256

/* What a scripted server does with a request. */
enum act {
	ANSWER,
	SILENT,
	RESET,
	ANSWER_AND_CLOSE,
	UNSIGNED,
	WRONG_SECRET_THEN_GOOD,
	HINT_BADKEY,
	BYTE_BY_BYTE,
	HUGE_LENGTH,
	GARBAGE_THEN_GOOD,
	BADTIME_BY_AN_HOUR,
	BADTIME_ALWAYS,
	HOLD,           /* until two are there, then in the wrong order */
	CUT,            /* truncated */
	FROM_ELSEWHERE, /* a refusal from another port, then the good one */
};

struct script {
	enum act act[REQUESTS]; /* by the number of the request; the last repeats */
	size_t count;
	int rcode[REQUESTS];
	unsigned addresses;
	size_t seen;
	size_t datagrams; /* of those that were seen */
	uint16_t ids[REQUESTS];
	struct name_server_message *held;
	int64_t clock_ahead_s;
};

struct fixture {
	struct event_base *base;
	struct event *deadline;
	struct tsig_key *key;
	struct hostname zone, name;
	struct name_server *servers[SERVERS];
	struct script scripts[SERVERS];
	struct endpoint endpoints[SERVERS];
	struct server_pool *pool; /* its times are `quick` and may be changed before begin */
	struct server_zone *server;
	struct server_outcome outcomes[REQUESTS]; /* in the order of their coming */
	int numbers[REQUESTS];
	size_t done;
	bool free_inside;
	bool inside_call;
	uint8_t split[2048];
	size_t split_at, split_length;
	struct name_server_peer *split_peer;
	struct event *split_event;
};

extern const struct server_times quick;

int server_set_up(void **state);
int server_tear_down(void **state);

/* Appends one step to the script of server 0; its last step repeats. */
void script(struct fixture *f, enum act what, int rcode);
/* The one message that the server holds (HOLD) is answered. */
void answer_held(struct fixture *f, size_t server, int rcode);
/* Makes the zone with the first `servers` servers. */
void begin(struct fixture *f, size_t servers, const struct tsig_key *key);
/* Records the outcome; `user` is the request's number. Fails when called from inside a call. */
void on_done(const struct server_outcome *outcome, void *user);
int put_update(struct fixture *f, int number);
void wait_for(struct fixture *f, size_t done);
/* Puts an update and waits for its outcome. */
const struct server_outcome *one_update(struct fixture *f);
/* The words are the server's endpoint and then these. */
void assert_words(const struct fixture *f, const struct server_outcome *outcome, size_t server,
		  const char *words);
