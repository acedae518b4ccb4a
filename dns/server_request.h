/* SPDX-License-Identifier: ISC */
/*
 * server_request: one UPDATE or query on its way: its bytes, signed anew for every sending, and the
 * judgement whether a message that came back is its answer. Pure: time is an argument.
 */
#pragma once

#include "dns/server.h"
#include "dns/server_outcome.h"
#include "common/tsig.h"

enum server_request_state {
	SERVER_REQUEST_WAITING, /* to be sent, or sent again */
	SERVER_REQUEST_SENT,
	SERVER_REQUEST_FINISHED, /* `outcome` is set; `done` is due */
};

struct server_request {
	enum server_request_state state;
	uint8_t *message; /* unsigned */
	size_t length;
	bool several; /* more than one update: NOTIMP may be about that */
	bool query;
	struct hostname name; /* query: what was asked */
	uint16_t type;

	struct server_zone *zone; /* whose it is */
	uint16_t id;              /* of the last sending */
	struct tsig_request signature;
	uint64_t deadline_ms;    /* for the answer to the last sending */
	bool datagram;           /* the last sending went over UDP */
	bool no_datagram;        /* UDP was tried */
	uint64_t answers_before; /* that the server had given, to anyone, when it was sent */
	unsigned sendings;
	unsigned tries;   /* sendings, and connections that failed while it waited */
	bool timed_again; /* was sent once more after BADTIME */
	int hint;         /* BADKEY or BADSIG of an unsigned answer; 0 = none */
	struct endpoint hint_server;
	struct err note; /* why the last thing that came back was ignored; "" = nothing came */

	struct server_outcome outcome;
	server_done *done;
	void *user;
};

/* 0, -EINVAL (an update that cannot be encoded), -ENOMEM. */
int server_request_new_update(struct server_request **ret, const struct update *update);
int server_request_new_message(struct server_request **ret, const struct update_message *message);
int server_request_new_query(struct server_request **ret, const struct hostname *name,
			     uint16_t type);
void server_request_free(struct server_request *request);

#define SERVER_REQUEST_BYTES_MAX (UPDATE_MESSAGE_MAX + TSIG_RECORD_MAX)

/* The message to send under a new `id`, signed when there is a key; remembers what the answer's check
 * needs. 0, or what tsig_sign gives. */
int server_request_encode(struct server_request *request, uint16_t id, const struct tsig_key *key,
			  uint64_t now_s, uint8_t ret[SERVER_REQUEST_BYTES_MAX],
			  size_t *ret_length);

#define SERVER_REQUEST_DATAGRAM_MAX 512 /* RFC 1035 4.2.1: passes every firewall */
#define SERVER_SENDINGS_MAX 32          /* of one request over connections that the server closes */

enum server_judgement {
	SERVER_ANSWER_GOOD,    /* proven; *ret_code is its response code or TSIG error */
	SERVER_ANSWER_BADTIME, /* proven; *ret_server_s is the server's clock */
	SERVER_ANSWER_IGNORED, /* unsigned, forged or garbage: `note` and `hint` say more */
};

/* Judges a message that carries the request's id; writes to the bytes. */
enum server_judgement server_request_judge(struct server_request *request,
					   const struct tsig_key *key, uint64_t now_s,
					   uint8_t *bytes, size_t length, int *ret_code,
					   uint64_t *ret_server_s);

/* No more tries: finished with the words of what failed last, and of what came back that could not be
 * trusted; by the hint where there was one. */
void server_request_give_up(struct server_request *request, const struct server_party *party,
			    const char *what);

/* The requests of a zone, in the order of their coming. */
struct server_requests {
	size_t count;
	struct server_request *items[SERVER_REQUESTS_MAX];
};

size_t server_requests_in(const struct server_requests *requests, enum server_request_state state);
/* The server failed: what was sent waits again, and what waited has had a try. */
void server_requests_lost(struct server_requests *requests);
/* One that waits though it has had its tries; NULL when there is none. */
struct server_request *server_requests_exhausted(const struct server_requests *requests,
						 unsigned tries);
/* When the first answer is overdue; UINT64_MAX where none is due. */
uint64_t server_requests_deadline_ms(const struct server_requests *requests);
/* Takes the first finished one out; NULL when there is none. */
struct server_request *server_requests_take_finished(struct server_requests *requests);
