/* SPDX-License-Identifier: ISC */
/*
 * probe_hello: sends one test hello to a provisioning server and waits until it closes. Our server
 * closes after the hello is on disk, so its FIN is the proof. The hello carries the reserved test UUID
 * and no hash: amtnetd records it and hands it to no core, a foreign server finds no certificate for it.
 */
#pragma once

#include "common/endpoint.h"
#include "netcheck/dial.h"

struct event_base;

enum probe_hello_state {
	PROBE_HELLO_ACCEPTED, /* closed by the server after the hello was complete */
	PROBE_HELLO_HELD,     /* connected, sent, but not closed within the time */
	PROBE_HELLO_RESET,    /* reset after the hello was sent */
	PROBE_HELLO_FAILED,   /* never connected: `error` says why, ETIMEDOUT = silence */
};

struct probe_hello_outcome {
	struct endpoint to;
	uint32_t number; /* random, in the retry counter: tells this hello from all others */
	enum probe_hello_state state;
	struct dial_error error;
	struct addr source;
	uint32_t connect_us;
	uint32_t accept_us; /* from the hello to the server's close */
};

struct probe_hello;
typedef void probe_hello_done(const struct probe_hello_outcome *outcome, void *user);

#define PROBE_HELLO_CONNECT_MS \
	4500 /* longer than a router needs to miss a host, and one retransmission */
#define PROBE_HELLO_ACCEPT_MS 5000

/* `done` is called exactly once, never from inside, after which the probe is gone. 0 or -ENOMEM. */
int probe_hello_start(struct probe_hello **ret, struct event_base *base, struct endpoint to,
		      unsigned connect_ms, unsigned accept_ms, probe_hello_done *done, void *user);
/* Instead of done. */
void probe_hello_cancel(struct probe_hello *probe);
