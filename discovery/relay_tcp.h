/* SPDX-License-Identifier: ISC */
/*
 * relay_tcp: one hello to one core over one TCP connection: connect, the whole hello in one write,
 * FIN, then read and discard until the core closes.
 *
 * The one rule: our side never sends RST. Some cores exit when a connection that they have not
 * accepted yet is reset; so what the core sends is read before we close, and there is no SO_LINGER.
 * Without the core's own FIN nobody knows that more than its kernel has the hello; that is why a
 * core which acknowledged everything but did not close counts as not delivered, unless
 * `acknowledged_suffices`. Touches one socket and the event base.
 */
#pragma once

#include "common/endpoint.h"
#include "discovery/carrier.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct relay_tcp;

#define RELAY_TCP_DISCARD_MAX (1u << 20) /* bytes of the core that are read and thrown away */

struct relay_tcp_options {
	struct endpoint core;
	uint32_t timeout_ms; /* to connect; and again from the connection to the core's FIN */
	bool acknowledged_suffices;
	struct addr source; /* of somebody else (IP_TRANSPARENT); ADDR_NONE = our own */
	bool probe;         /* connects and closes; sends nothing */
};

/* Starts; keeps a copy of `bytes`. `on_done` is called once, from the event loop, never from here,
 * and the object is gone when it returns. 0, or a negative errno when our own side cannot even
 * begin. */
int relay_tcp_start(struct relay_tcp **ret, struct event_base *base,
		    const struct relay_tcp_options *options, const void *bytes, size_t length,
		    void (*on_done)(struct delivery_outcome outcome, void *user), void *user);

/* Breaks it off: closes, calls nothing. Takes NULL. */
void relay_tcp_cancel(struct relay_tcp *relay);

/* What kinds share that send by TCP: a line of the core's address. */
struct relay_tcp_line {
	struct event_base *base;
	struct relay_tcp_options options;
};
int relay_tcp_open(void **ret_line, struct event_base *base,
		   const struct discovery_core_config *config, struct err *err);
void relay_tcp_close(void *line);
void relay_tcp_break(void *job); /* relay_tcp_cancel */

extern const struct carrier relay_tcp_carrier;
