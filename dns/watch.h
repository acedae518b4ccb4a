/* SPDX-License-Identifier: ISC */
/*
 * watch: asks one authoritative server what it serves under a name (dns/ask.h): the zone's SOA, and, when
 * its serial is not the known one, the name's A, AAAA, TXT and CNAME. Raises `done` exactly once, never
 * from inside a function of this header. Nothing is ever changed on the word of these answers, which are
 * not signed: they only say where to look.
 */
#pragma once

#include "common/endpoint.h"
#include "common/hostname.h"
#include "dns/publish_view.h"

#define WATCH_ANSWER_MS 500 /* between two sendings of a question */

struct event_base;
struct watch;

struct watch_question {
	struct endpoint server;
	struct hostname zone, name;
	bool known; /* ask no more when the serial is `serial` */
	uint32_t serial;
};

/* The answer is borrowed for the call, in which the watch ends. */
typedef void watch_done(struct publish_view_answer *answer, void *user);

/* 0, or a negative errno: no socket, no route to the server. */
int watch_new(struct watch **ret, struct event_base *base, const struct watch_question *question,
	      watch_done *done, void *user);
/* Calls no done any more; not to be called after done. NULL is allowed. */
void watch_free(struct watch *watch);
