/* SPDX-License-Identifier: ISC */
/*
 * ask: one question to one name server, over UDP: ASK_TRIES sendings, `wait_ms` apart; the whole of an answer
 * that is truncated over TCP, within ASK_TCP_MS. Raises `done` exactly once, never from inside a function of
 * this header. The answers are not signed: they say where to look or to send an update, and that is signed.
 *
 * One connected socket and one random id per question, so that the port is new and the kernel checks the
 * source; what has another id or question is counted and waited past.
 */
#pragma once

#include "common/endpoint.h"
#include "dns/update.h"

#define ASK_TRIES 3
#define ASK_ANSWER_MS 1000
#define ASK_TCP_MS 3000 /* to connect and to be answered */

struct event_base;
struct ask;

struct ask_question {
	struct endpoint server;
	struct hostname name;
	uint16_t type;
	bool recurse;     /* a resolver: it asks others; else its own word is wanted */
	uint32_t wait_ms; /* 0 = ASK_ANSWER_MS */
};

struct ask_answer {
	bool good;         /* NOERROR or NXDOMAIN, whole */
	bool silent;       /* nothing came that answers it */
	const char *fault; /* what came instead; NULL = it is good */
	unsigned ignored;  /* messages that were no answer */
	struct update_answer answer;
	struct err words; /* "10.81.2.2:53: SERVFAIL" */
};

/* The answer is borrowed for the call, in which the question ends. */
typedef void ask_done(const struct ask_answer *answer, void *user);

/* 0, or a negative errno: no socket, no route to the server. */
int ask_new(struct ask **ret, struct event_base *base, const struct ask_question *question,
	    ask_done *done, void *user);
/* Calls no done any more; not to be called after done. NULL is allowed. */
void ask_free(struct ask *ask);
