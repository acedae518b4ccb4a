/* SPDX-License-Identifier: ISC */
/*
 * server_datagram: one UDP socket towards one name server. It takes answers from that server's address
 * and port only; others are counted and dropped. It knows no DNS: messages are bytes.
 */
#pragma once

#include "common/endpoint.h"

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct server_datagram;

/* Called from the event loop only. None may free the socket. */
struct server_datagram_calls {
	/* The bytes may be written to, and are gone afterwards. */
	void (*on_message)(uint8_t *bytes, size_t length, void *user);
	/* The network says that nobody listens there, or cannot be reached: what was sent is lost. */
	void (*on_error)(int error, void *user);
};

/* `calls` is borrowed until server_datagram_free. 0 or a negative errno. */
int server_datagram_new(struct server_datagram **ret, struct event_base *base,
			struct endpoint server, const struct server_datagram_calls *calls,
			void *user);
void server_datagram_free(struct server_datagram *datagram);
/* 0 or a negative errno (-EAGAIN: the socket's buffer is full). */
int server_datagram_send(struct server_datagram *datagram, const uint8_t *message, size_t length);
/* Datagrams that came from somewhere else. */
uint64_t server_datagram_strangers(const struct server_datagram *datagram);
