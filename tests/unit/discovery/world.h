/* SPDX-License-Identifier: ISC */
/*
 * world: what is around discovery in its tests: a loop that waits with a deadline, PCs that connect
 * over loopback, and a provisioning core that follows a script.
 */
#pragma once

#include "common/endpoint.h"

#include <event2/event.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORLD_DEADLINE_MS 10000

/* Runs the loop until the condition holds; false when it does not within the deadline. */
bool world_wait(struct event_base *base, bool (*holds)(void *user), void *user);
/* Runs the loop for a while: for what must not happen. */
void world_pass(struct event_base *base, unsigned ms);

struct endpoint world_loopback(uint16_t port);
/* A connected, non-blocking socket from `source` ("127.0.0.1" and the like). */
int world_connect(const char *source, struct endpoint to);
/* The same; -1 when nobody listens there. `source` is not the address of `to`: from there the try
 * itself may be given the port that it tries, and keep it from whoever is about to listen. */
int world_try_connect(const char *source, struct endpoint to);
void world_send(int fd, const void *bytes, size_t length);
/* Closes with RST. */
void world_reset(int fd);
/* Closes with FIN. */
void world_hang_up(int fd);
/* True when the other side has closed or reset. */
bool world_is_closed(int fd);
/* A port on loopback on which nobody listens. */
uint16_t world_free_port(void);

/* tests/golden/hello-sample.bin */
#define WORLD_SAMPLE_BYTES 807
const uint8_t *world_sample(void);

enum core_script {
	CORE_TAKES,   /* reads to the FIN, then closes */
	CORE_RESETS,  /* accepts and resets */
	CORE_HANGS,   /* accepts, neither reads nor closes */
	CORE_KEEPS,   /* reads everything, never closes */
	CORE_CHATS,   /* sends a page, then as CORE_TAKES */
	CORE_FLOODS,  /* sends without end */
	CORE_ANSWERS, /* a web server: answers each request and closes */
};

#define CORE_HELLOS_MAX 64

struct core_hello {
	uint8_t bytes[20000];
	size_t length;
	unsigned reads; /* recv() calls that gave bytes */
};

struct test_core {
	struct event_base *base;
	enum core_script script;
	struct endpoint endpoint;
	int fd;
	struct event *event;
	const char *answer;       /* of CORE_ANSWERS */
	const char *answer_after; /* its answers after the first; NULL = the same */
	unsigned accepted;
	unsigned resets; /* connections that our relay reset: must stay 0 */
	size_t count;    /* hellos taken to the FIN */
	struct core_hello *hellos;
	struct core_peer *peers;
};

/* port 0 takes a free one. */
void core_open(struct test_core *core, struct event_base *base, uint16_t port,
	       enum core_script script);
void core_close(struct test_core *core);
