/* SPDX-License-Identifier: ISC */
/*
 * amt: how Intel AMT answers on the network: the HTTP banner of 16992 and 16993, the redirection handshake
 * of 16994 and 16995, the RMCP presence ping and pong of UDP 623 (ASF 2.0). All bytes come from the network. Pure.
 * Sources: Intel AMT Implementation and Reference Guide; amtterm's RedirectionConstants.h; MeshCentral's
 * amtscanner.js, less its mistake of taking any of the four bytes of Intel's number for all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AMT_VERSION_MAX 32
#define AMT_PING_PORT 623
#define AMT_PING_BYTES 12
#define AMT_PONG_BYTES 28

struct amt_banner {
	bool http; /* an HTTP answer of any server */
	bool amt;  /* the Server header is Intel's, or the realm is one of AMT's */
	unsigned status;
	char version[AMT_VERSION_MAX]; /* "15.0.55.2751"; "" = not said */
};

/* The head of an HTTP answer, as far as it came in. */
void amt_read_banner(const void *bytes, size_t size, struct amt_banner *ret);

struct amt_redirection {
	bool amt;    /* the answer has the form of the handshake */
	bool agreed; /* status 0; anything else: the feature is off, which only AMT would say */
	uint8_t status;
};

/* The start of a serial-over-LAN session, 8 bytes, which opens nothing without a password. */
extern const uint8_t amt_redirection_question[8];
extern const uint8_t amt_redirection_end[4]; /* ends the session */
void amt_read_redirection(const void *bytes, size_t size, struct amt_redirection *ret);

enum amt_state {
	AMT_NOT_CONFIGURED,
	AMT_IN_SETUP,
	AMT_CONFIGURED,
	AMT_STATE_UNKNOWN,
};

struct amt_pong {
	bool rmcp;     /* an ASF presence pong of any maker */
	bool amt;      /* of Intel: all four bytes of its enterprise number 343 */
	uint16_t port; /* 16992 or 16993; 0: AMT is there, setup was not done */
	enum amt_state state;
	unsigned major, minor; /* 0.0 = not said */
};

void amt_print_ping(uint8_t tag, uint8_t ret[AMT_PING_BYTES]);
/* False for what is no presence ping, whole and with nothing behind it. */
bool amt_read_ping(const void *bytes, size_t size, uint8_t *ret_tag);
/* The pong of somebody who is no AMT and says so: ASF's own enterprise number, 4542. */
void amt_print_pong(uint8_t tag, uint8_t ret[AMT_PONG_BYTES]);
/* A pong that ends early is read as far as it goes. */
void amt_read_pong(const void *bytes, size_t size, uint8_t tag, struct amt_pong *ret);

/* "not configured", "in setup", "configured", "unknown" */
const char *amt_state_name(enum amt_state state);
