/* SPDX-License-Identifier: ISC */
/*
 * pair_talk: one connection between a check and its responder: the greeting, then sealed words both ways
 * (pair_seal.h). Works the same for both ends.
 */
#pragma once

#include "common/endpoint.h"
#include "netcheck/pair_seal.h"

struct event_base;
struct pair_talk;

enum pair_talk_end {
	PAIR_TALK_CLOSED,  /* by the other end, or lost */
	PAIR_TALK_SILENT,  /* nothing came within the time */
	PAIR_TALK_FOREIGN, /* what came is not this protocol */
	PAIR_TALK_SEAL,    /* the seal is broken: another code */
};

struct pair_talk_calls {
	/* The greeting of the other end is there: words may be said. */
	void (*on_greeted)(void *user);
	void (*on_words)(const char *words, void *user);
	/* Once; the talk is gone after it. */
	void (*on_end)(enum pair_talk_end end, void *user);
};

#define PAIR_TALK_WAIT_MS \
	10000 /* for the other end's next words, unless pair_talk_wait() says else */

/* Takes the connected socket over in any case. `calls` is borrowed. 0 or -ENOMEM. None of the calls
 * comes from inside of any function here. */
int pair_talk_new(struct pair_talk **ret, struct event_base *base, int fd, const char *code,
		  bool responds, const struct pair_talk_calls *calls, void *user);
/* Instead of on_end; takes NULL. May be called from on_greeted and on_words. */
void pair_talk_free(struct pair_talk *talk);

/* What cannot be sent ends the talk soon after. */
void pair_talk_say(struct pair_talk *talk, const char *words);
/* How long the other end may be silent between two words, from now on. */
void pair_talk_wait(struct pair_talk *talk, unsigned ms);
