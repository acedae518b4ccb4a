/* SPDX-License-Identifier: ISC */
/*
 * dial: a non-blocking connection attempt, and what ICMP said about it. Works without any privilege.
 *
 * The one rule: when a socket reports an error, read the error queue first. SO_ERROR alone lies: the
 * default answer of a rejecting firewall (ICMP port unreachable) looks like a refusal by the host,
 * and only the queue tells who sent it. A record in the queue is final, whatever the socket says.
 */
#pragma once

#include "common/endpoint.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dial_error {
	bool icmp;    /* an ICMP message came in; otherwise only `error` counts */
	int error;    /* errno value, 0 = connected */
	uint8_t type; /* of ICMP or ICMPv6, by the family of the target */
	uint8_t code;
	struct addr by; /* who sent it */
};

/* Starts a TCP connection, or sends one UDP datagram of a single byte. `ttl` 0 = the system's. Returns
 * 0 with the socket in *ret_fd, or negative errno with *ret_error filled and no socket: the system
 * refused at once. */
int dial_tcp(struct endpoint to, unsigned ttl, int *ret_fd, struct dial_error *ret_error);
int dial_udp(struct endpoint to, unsigned ttl, int *ret_fd, struct dial_error *ret_error);

/* As dial_tcp, and asks the peer for segments of DIAL_SMALL_BYTES at most, which fit through any hop. */
#define DIAL_SMALL_BYTES 536
int dial_tcp_small(struct endpoint to, int *ret_fd, struct dial_error *ret_error);

/* A listening TCP socket, or negative errno with the sentence. On an IPv6 address it takes no IPv4. */
int dial_listen(struct endpoint at, int backlog, struct err *err);
/* Calls `open` for `bind`, or where that is no address for all of IPv4, and all of IPv6 where the machine has it.
 * 0, or what `open` gave. */
typedef int dial_open(struct endpoint at, void *user, struct err *err);
int dial_open_all(struct addr bind, uint16_t port, dial_open *open, void *user, struct err *err);
/* What this machine calls itself, or "responder". */
void dial_host_name(char *ret, size_t size);

/* After the socket became writable or failed. */
void dial_result(int fd, struct dial_error *ret);

/* An ICMP message in the error queue, and the head of the packet of ours that it quotes. */
struct dial_quote {
	struct dial_error error;
	struct addr to; /* of that packet */
	uint8_t bytes[64];
	size_t length;
};

/* The next one of a raw or connecting socket; false when there is none. */
bool dial_next_quote(int fd, struct dial_quote *ret);

/* The address that packets to `fd`'s peer leave from; ADDR_NONE where unknown. */
struct addr dial_source(int fd);

/* Closes with a reset, so that nothing stays behind here and 10 s at most in firewalls' tables. */
void dial_close(int fd);

/* True for errors that say that this machine is short of something, and may not be later. */
bool dial_short_of(int error);

/* Microseconds of CLOCK_MONOTONIC, for round-trip times. */
uint64_t dial_now_us(void);
