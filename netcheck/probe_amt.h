/* SPDX-License-Identifier: ISC */
/*
 * probe_amt: asks one address for one of AMT's signs of life: the HTTP banner, with or without TLS, the
 * redirection handshake, with or without TLS, or the RMCP presence ping. Says nothing that needs a
 * password, changes nothing, and closes in order. What the bytes mean is amt.h's.
 *
 * Whoever takes a connection and then says nothing is asked once more for small packets. Where that brings an
 * answer, a third connection without that wish must stay silent again, to blame the size of packets.
 */
#pragma once

#include "common/endpoint.h"
#include "netcheck/dial.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;

enum probe_amt_kind {
	PROBE_AMT_HTTP,            /* TCP 16992 */
	PROBE_AMT_HTTPS,           /* TCP 16993 */
	PROBE_AMT_REDIRECTION,     /* TCP 16994 */
	PROBE_AMT_REDIRECTION_TLS, /* TCP 16995 */
	PROBE_AMT_PING,            /* UDP 623, sent twice */
	PROBE_AMT_KINDS,
};

#define PROBE_AMT_BYTES 4096
#define PROBE_AMT_TAG 0x41 /* of the ping */

struct probe_amt_outcome {
	enum probe_amt_kind kind;
	struct endpoint to;
	struct dial_error error; /* without error, or ETIMEDOUT after it: connected */
	bool connected;          /* never for the ping */
	bool tls_failed;         /* connected, but no TLS came about */
	bool full_size_lost; /* it answers in small packets only: large ones are lost on the way here */
	char tls_version[16];           /* "TLSv1.2"; "" = none */
	uint8_t bytes[PROBE_AMT_BYTES]; /* the answer, cut where it is longer */
	size_t length;
	uint32_t rtt_us; /* until connected, or the pong */
};

struct probe_amt;
typedef void probe_amt_done(const struct probe_amt_outcome *outcome, void *user);

#define PROBE_AMT_WAIT_MS 4500 /* for each step: connection, TLS, answer */

uint16_t probe_amt_port(enum probe_amt_kind kind);

/* `done` is called exactly once, never from inside; the probe and the outcome are gone after it. 0 or
 * -ENOMEM. */
int probe_amt_start(struct probe_amt **ret, struct event_base *base, struct addr to,
		    enum probe_amt_kind kind, unsigned wait_ms, probe_amt_done *done, void *user);
/* Instead of done; takes NULL. */
void probe_amt_cancel(struct probe_amt *probe);
