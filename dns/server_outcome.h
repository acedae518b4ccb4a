/* SPDX-License-Identifier: ISC */
/*
 * server_outcome: what an answer means for the caller (its class), and the sentence that tells a person
 * which server said what, and what to do. Pure.
 */
#pragma once

#include "dns/server.h"

/* Between whom it went. */
struct server_party {
	struct endpoint server;
	const struct hostname *zone;
	const char *key; /* NULL = unsigned */
};

/* `code` is a response code (RFC 1035, 2136) or a TSIG error above 15 (RFC 8945). */
enum server_class server_outcome_class(int code);

/* Sets class, rcode, server and words by a `code` that the server answered. */
void server_outcome_answered(struct server_outcome *outcome, const struct server_party *party,
			     int code);

/* "10.81.2.2:53" and "what happened": SERVER_TRANSIENT without a code. */
void server_outcome_failed(struct server_outcome *outcome, const struct server_party *party,
			   const char *what);
