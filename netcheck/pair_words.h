/* SPDX-License-Identifier: ISC */
/*
 * pair_words: what a check and its responder say to each other inside the seal (pair_seal.h). Words come
 * from the network: strict. Pure.
 *
 *   check      begin                       responder  ready NAME PEER OWN
 *   check      seen                        responder  port PORT HALF-OPEN ACCEPTED PROVEN ... end
 *   check      hello ADDRESS PORT          responder  hello STATE MICROSECONDS SOURCE
 */
#pragma once

#include "common/addr.h"
#include "common/endpoint.h"
#include "netcheck/pair_seal.h"
#include "netcheck/token.h"

#include <stdint.h>

struct pair_ready {
	char name[TOKEN_NAME_MAX + 1]; /* of the responder's machine */
	struct addr peer;              /* the check's address as the responder sees it */
	struct addr own;               /* the responder's address as it sees itself */
};

/* What arrived on a port from the check's address. */
struct pair_port {
	uint16_t port;
	unsigned half_open; /* handshakes whose SYN arrived, and whose end never did */
	unsigned accepted;
	unsigned proven; /* answered with the token */
};

enum pair_hello_state {
	PAIR_HELLO_ACCEPTED,
	PAIR_HELLO_HELD,
	PAIR_HELLO_RESET,
	PAIR_HELLO_CLOSED,   /* refused by the server */
	PAIR_HELLO_REJECTED, /* by ICMP */
	PAIR_HELLO_SILENT,
	PAIR_HELLO_FAILED, /* the responder's machine could not send */
};

struct pair_hello {
	enum pair_hello_state state;
	uint32_t us;        /* until connected and accepted; 0 otherwise */
	struct addr source; /* that the hello left from */
};

/* "accepted", "held", "reset", "closed", "rejected", "silent", "failed" */
const char *pair_hello_state_name(enum pair_hello_state state);

void pair_print_ready(const struct pair_ready *ready, char ret[PAIR_WORDS_MAX]);
void pair_print_port(const struct pair_port *port, char ret[PAIR_WORDS_MAX]);
void pair_print_ask_hello(struct endpoint server, char ret[PAIR_WORDS_MAX]);
void pair_print_hello(const struct pair_hello *hello, char ret[PAIR_WORDS_MAX]);

/* 0 or -EINVAL. */
int pair_read_ready(const char *words, struct pair_ready *ret);
int pair_read_port(const char *words, struct pair_port *ret);
int pair_read_ask_hello(const char *words, struct endpoint *ret);
int pair_read_hello(const char *words, struct pair_hello *ret);
