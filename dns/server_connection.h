/* SPDX-License-Identifier: ISC */
/*
 * server_connection: one TCP connection to a name server, with DNS' framing (RFC 1035 4.2.2): two
 * octets of length, then the message. Non-blocking; may be opened again after it ended. It knows no
 * DNS: messages are bytes.
 */
#pragma once

#include "common/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct server_connection;

/* Called from the event loop only, never from inside a function below. Any of them may close the
 * connection, none may free it. */
struct server_connection_calls {
	void (*on_open)(void *user);
	/* A whole message; the bytes may be written to, and are gone afterwards. */
	void (*on_message)(uint8_t *bytes, size_t length, void *user);
	/* It is closed already. `error` is an errno, 0 = the server closed it. */
	void (*on_end)(int error, void *user);
};

enum server_connection_state {
	SERVER_CONNECTION_CLOSED,
	SERVER_CONNECTION_OPENING,
	SERVER_CONNECTION_OPEN,
};

/* `calls` is borrowed until server_connection_free. 0 or -ENOMEM. */
int server_connection_new(struct server_connection **ret, struct event_base *base,
			  const struct server_connection_calls *calls, void *user);
void server_connection_free(struct server_connection *connection);

/* Begins to connect: on_open or on_end follows. 0, or a negative errno (still closed). */
int server_connection_open(struct server_connection *connection, struct endpoint server);
/* Drops what was not sent; calls nothing. */
void server_connection_close(struct server_connection *connection);
enum server_connection_state server_connection_state(const struct server_connection *connection);

/* Sends one message; over a connection that is being opened, once it is. 0, -ENOMEM, or -EMSGSIZE above
 * 65535 bytes. The caller bounds how many are under way. */
int server_connection_send(struct server_connection *connection, const uint8_t *message,
			   size_t length);
