/* SPDX-License-Identifier: ISC */
/*
 * name_server: a scripted name server on loopback, for tests. It takes DNS messages over TCP, with
 * their length in front, and over UDP, and hands each to the test's script, which answers at once, later,
 * in pieces, wrongly, or not at all. Its TSIG code is its own (one-shot HMAC), so that ours is tested against something else.
 */
#pragma once

#include "common/endpoint.h"

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct name_server;
struct name_server_peer; /* one connection; gone when the client has closed it */

struct name_server_message {
	struct name_server *server;
	struct name_server_peer *peer; /* NULL: came over UDP */
	struct endpoint from;          /* over UDP: who sent it */
	uint16_t id;
	size_t length;
	uint8_t bytes[34000];
};

typedef void name_server_script(struct name_server *server,
				const struct name_server_message *message, void *user);

struct name_server *name_server_new(struct event_base *base, name_server_script *script,
				    void *user);
void name_server_free(struct name_server *server);
struct endpoint name_server_endpoint(const struct name_server *server);
unsigned name_server_connections(const struct name_server *server); /* accepted so far */

/* How an answer is signed. */
struct name_server_tsig {
	const char *name;      /* labels with dots; NULL = no TSIG at all */
	const char *algorithm; /* "hmac-sha256" */
	const char *digest;    /* "SHA256" */
	const void *secret;
	size_t secret_length;
	size_t mac_length; /* 0 = an empty MAC */
	uint64_t time_s;
	uint16_t fudge;
	uint16_t error;
	const uint8_t *other;
	size_t other_length;
};

/* The answer to a request: its head with QR and rcode, its question; one A record 10.0.0.1 for each
 * of `addresses`. Returns the length. */
size_t name_server_build(const uint8_t *request, size_t length, int rcode, unsigned addresses,
			 uint8_t *ret, size_t size);
/* Appends a TSIG to an answer. The request's MAC is taken from the end of the signed request. */
size_t name_server_sign(const struct name_server_tsig *tsig, const uint8_t *request,
			size_t request_length, size_t request_mac_length, uint8_t *answer,
			size_t length, size_t size);

/* Nobody listens on UDP any more. */
void name_server_refuse_datagrams(struct name_server *server);

/* Sends an answer the way the message came. */
void name_server_answer(const struct name_server_message *message, const uint8_t *answer,
			size_t length);
/* An answer to a datagram from another port than it was sent to. */
void name_server_answer_from_elsewhere(const struct name_server_message *message,
				       const uint8_t *answer, size_t length);
/* Frames and sends. */
void name_server_send(struct name_server_peer *peer, const uint8_t *answer, size_t length);
void name_server_send_raw(struct name_server_peer *peer, const void *bytes, size_t length);
void name_server_reset(struct name_server_peer *peer); /* RST */
void name_server_close(struct name_server_peer *peer); /* FIN after what was sent */
