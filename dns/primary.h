/* SPDX-License-Identifier: ISC */
/*
 * primary: finds the zone that a name is in, and the servers that take updates of it, by SOA (RFC 2136 4
 * and 6). Pure: gives questions, takes answers.
 *
 * - The zone: its SOA is asked for at a resolver, from the name upwards, one label at a time, never above
 *   `floor`. The owner of the SOA in answer or authority is the zone, if the name is in it; a CNAME or DNAME
 *   never is. A zone whose name is configured is `floor` itself: nothing else is taken for it.
 * - The primary: the addresses of the SOA's MNAME. Each is asked for the SOA itself, and counts only if it
 *   answers authoritatively. Where its SOA names another MNAME (the resolver had an old one), that one
 *   is followed.
 * - Where MNAME has no address or no address of it answers (a hidden primary, a placeholder), the name
 *   servers of the zone's NS RRset that answer authoritatively: secondaries may pass updates on.
 *
 * A resolver that fails is left for the next one.
 */
#pragma once

#include "dns/ask.h"

#include <stddef.h>

#define PRIMARY_RESOLVERS_MAX 8
#define PRIMARY_SERVERS_MAX 8  /* found; and NS names that are looked at */
#define PRIMARY_FOLLOWED_MAX 2 /* other MNAMEs */
#define PRIMARY_QUESTIONS_MAX 128

enum primary_result {
	PRIMARY_ASK,   /* the question is in *ret */
	PRIMARY_FOUND, /* zone and servers hold */
	PRIMARY_NOT,   /* `words` say why */
};

enum primary_goal {
	PRIMARY_GOAL_SERVERS,
	PRIMARY_GOAL_ZONE, /* the zone is enough; nobody of its own is asked */
};

enum primary_phase { PRIMARY_ZONE, PRIMARY_A, PRIMARY_AAAA, PRIMARY_CHECK, PRIMARY_NS };

struct primary {
	struct hostname name, floor; /* of whose zone; and not above this */
	enum primary_goal goal;
	uint16_t port; /* of the servers */
	size_t resolver_count, resolver, resolvers_failed;
	struct endpoint resolvers[PRIMARY_RESOLVERS_MAX];

	enum primary_phase phase;
	struct hostname zone, mname;
	size_t name_count, at; /* of the servers that are looked at now; then of `candidates` */
	struct hostname names[PRIMARY_SERVERS_MAX];
	size_t candidate_count;
	struct endpoint candidates[PRIMARY_SERVERS_MAX];
	unsigned questions, followed;
	bool by_ns; /* `servers` are those of the NS RRset: MNAME is none */

	size_t count;
	struct endpoint servers[PRIMARY_SERVERS_MAX];
	struct err words; /* of the last failure */
};

/* `resolvers` are copied, as many as fit. */
void primary_begin(struct primary *primary, const struct hostname *name,
		   const struct hostname *floor, enum primary_goal goal,
		   const struct endpoint *resolvers, size_t count, uint16_t port);
/* `last` answers the last question; NULL = there was none. */
enum primary_result primary_next(struct primary *primary, const struct ask_answer *last,
				 struct ask_question *ret);
