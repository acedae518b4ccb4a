/* SPDX-License-Identifier: ISC */
/*
 * listener: takes hellos in on TCP. Gathers what a peer sends until the hello is whole, hands it
 * over once, and keeps the connection open until it is told that the hello is on disk.
 *
 * Everything has a limit: bytes (HELLO_MAX_BYTES), time from accept to the whole hello, connections
 * of one address and of one /24 or /64, at a time and per second (more are closed at once),
 * connections in all (accepting pauses, the rest waits in the kernel's backlog). A connection that sent nothing yet costs no buffer. Accepting also pauses
 * when descriptors run out. Touches sockets and the event base.
 */
#pragma once

#include "common/endpoint.h"
#include "common/err.h"
#include "common/hello.h"
#include "discovery/admission.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct listener;
struct listener_connection;

#define LISTENER_LINGER_MS \
	200 /* how long trailing bytes and the FIN of a whole hello are waited for */
#define LISTENER_BACKLOG 4096   /* connections that may wait in the kernel */
#define LISTENER_SOCKETS_MAX 64 /* addresses listened on */

enum listener_reason {
	LISTENER_EMPTY,       /* closed before a byte came: a probe of the port, mostly */
	LISTENER_CUT,         /* closed before the hello was whole */
	LISTENER_INVALID,     /* no hello */
	LISTENER_TOO_LONG,    /* more than HELLO_MAX_BYTES */
	LISTENER_TOO_SLOW,    /* not whole within the time limit */
	LISTENER_PER_ADDRESS, /* the address has as many connections open as it may */
	LISTENER_PER_PREFIX,  /* its /24 or /64 has */
	LISTENER_RATE,        /* its /24 or /64 connects too often */
	LISTENER_NO_MEMORY,
	LISTENER_REASONS,
};

/* "empty", "cut", ...: for counters. By enum listener_reason. */
extern const char *const listener_reason_names[LISTENER_REASONS];

/* A whole hello. Everything is borrowed for the call. */
struct listener_hello {
	const uint8_t *bytes;
	size_t length;
	const struct hello *decoded;
	struct endpoint peer;
};

struct listener_options {
	uint32_t max_connections; /* for which there are descriptors */
	struct admission_options admission;
	uint32_t time_limit_ms;
	/* Must be answered with listener_release, now or later. */
	void (*on_hello)(struct listener_connection *connection, const struct listener_hello *hello,
			 void *user);
	/* Counted already and closed afterwards; `sentence` says what was wrong. */
	void (*on_refused)(enum listener_reason reason, struct endpoint peer, const char *sentence,
			   void *user);
	void *user;
};

struct listener_status {
	uint32_t connections, max_connections;
	bool paused;
	uint64_t accepted, hellos;
	uint64_t pauses_full, pauses_descriptors; /* times that accepting paused, by reason */
	uint64_t refused[LISTENER_REASONS];
};

int listener_new(struct listener **ret, struct event_base *base,
		 const struct listener_options *options);
/* Closes everything, calls nothing; connections given by on_hello are gone. Takes NULL. */
void listener_free(struct listener *listener);

/* Binds and listens; port 0 takes a free one. 0, -EAFNOSUPPORT where the host lacks the address
 * family, or another negative errno, all with the sentence. Nothing is accepted before
 * listener_start. */
int listener_bind(struct listener *listener, struct endpoint endpoint, struct err *err);
/* A listening socket from elsewhere (systemd). On success it is closed by listener_free. */
int listener_adopt(struct listener *listener, int fd, struct err *err);

void listener_start(struct listener *listener);
/* Stops accepting and closes every connection that has not been handed over. */
void listener_stop(struct listener *listener);

/* The hello of this connection is dealt with: closes it. */
void listener_release(struct listener_connection *connection);

/* Writes at most `size` addresses, returns how many there are. */
size_t listener_addresses(const struct listener *listener, struct endpoint *ret, size_t size);
struct listener_status listener_status(const struct listener *listener);
