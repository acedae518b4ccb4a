/* SPDX-License-Identifier: ISC */
/*
 * probe_token: asks an open port whether the responder is behind it. Its answer proves that packets
 * and data pass both ways; anything else only says that something answers. Then packets of full size
 * go there and back, because a hop with a smaller MTU whose ICMP is lost swallows them alone.
 */
#pragma once

#include "common/endpoint.h"
#include "netcheck/token.h"

#include <stdbool.h>

struct event_base;

enum probe_token_size {
	PROBE_TOKEN_SIZE_PASSES, /* or was not looked at */
	PROBE_TOKEN_SIZE_LOST_THERE,
	PROBE_TOKEN_SIZE_LOST_BACK,
};

/* What becomes of a connection whose peer says not a word. */
enum probe_token_hollow {
	PROBE_TOKEN_SOLID, /* it took our question, or said something */
	PROBE_TOKEN_RESET, /* it took the connection and reset it, though nothing was sent */
	PROBE_TOKEN_SHUT,  /* it took the connection and not one byte after it: a window of zero */
};

struct probe_token_outcome {
	struct endpoint to;
	bool proven;                    /* our own nonce came back */
	struct token_answer answer;     /* when proven */
	enum probe_token_size size;     /* the same */
	enum probe_token_hollow hollow; /* when not proven */
	int error; /* of the connection when not proven; 0 = it just was no responder */
};

struct probe_token;
typedef void probe_token_done(const struct probe_token_outcome *outcome, void *user);

#define PROBE_TOKEN_MS 1500

/* `done` is called exactly once, never from inside, after which the probe is gone. 0 or negative
 * errno. */
int probe_token_start(struct probe_token **ret, struct event_base *base, struct endpoint to,
		      unsigned timeout_ms, probe_token_done *done, void *user);
/* Instead of done. */
void probe_token_cancel(struct probe_token *probe);
