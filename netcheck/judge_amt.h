/* SPDX-License-Identifier: ISC */
/*
 * judge_amt: from the answers of one address to what it is: AMT and in which state, another management
 * controller, a host without AMT, or nothing that could be told. Pure.
 */
#pragma once

#include "common/clock.h"
#include "netcheck/amt.h"
#include "netcheck/check.h"
#include "netcheck/probe_amt.h"
#include "netcheck/token.h"

/* How a port answered, without the bytes. */
struct judge_amt_port {
	enum probe_tcp_state state; /* of the ping: OPEN = something came back */
	bool foreign;               /* it talked, but not as AMT does */
	bool full_size_lost;        /* it talks in small packets only */
};

/* What the daemon knows of the address. */
struct judge_amt_known {
	bool asked;      /* and it answered */
	bool named;      /* it registered a name: DHCP gave the address to a firmware's client */
	unsigned hellos; /* other than ours */
	char last[CLOCK_TEXT]; /* when the newest came */
};

struct judge_amt {
	const char *group; /* NULL = none */
	struct addr target;
	struct judge_amt_port ports[PROBE_AMT_KINDS];
	struct amt_banner banner; /* of 16992, or else of 16993 */
	struct amt_redirection redirection;
	struct amt_pong pong;
	bool is_responder;             /* amtnet-check respond is there, and says so in ... */
	struct token_answer responder; /* ... this line, on its ports or behind a pong */
	bool tls;                      /* 16993 or 16995 speaks TLS */
	char tls_version[16];          /* of the first that does */
	struct judge_amt_known known;
};

/* Takes what an answer says into account. */
void judge_amt_note(struct judge_amt *seen, const struct probe_amt_outcome *outcome);
/* True where what the daemon knows tells more: AMT is silent, or there and not set up. */
bool judge_amt_is_open(const struct judge_amt *seen);
/* One result, and one more for each port whose large packets are lost. */
void judge_amt(const struct judge_amt *seen, check_sink *sink, void *user);
