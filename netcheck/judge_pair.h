/* SPDX-License-Identifier: ISC */
/*
 * judge_pair: what only both ends together know: whether a silent port is lost on the way there or on the
 * way back, and whether hellos pass from the PCs' side. Pure.
 */
#pragma once

#include "netcheck/check.h"
#include "netcheck/pair_talk.h"
#include "netcheck/pair_words.h"

/* The responder is there. `with` is its control port, `source` our address as we see it. */
void judge_pair_ready(struct endpoint with, struct addr source, const struct pair_ready *ready,
		      check_sink *sink, void *user);
/* It is not: by an error of the connection, or by how the talk ended. */
void judge_pair_unreachable(struct endpoint with, const struct dial_error *error, check_sink *sink,
			    void *user);
void judge_pair_ended(struct endpoint with, enum pair_talk_end end, check_sink *sink, void *user);
/* `state` is how the port looked from here. */
void judge_pair_port(struct endpoint with, enum probe_tcp_state state, const struct pair_port *seen,
		     check_sink *sink, void *user);
void judge_pair_hello(struct endpoint with, struct endpoint server, const struct pair_hello *hello,
		      check_sink *sink, void *user);
