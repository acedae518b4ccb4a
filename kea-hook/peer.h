/* SPDX-License-Identifier: ISC */
/*
 * peer: one connection to the daemon's lease socket, and the batch of records on its way out.
 *
 * Nothing here waits: every call gives back at once, and says so when the kernel takes no more.
 * Touches the socket; belongs to the sender's thread.
 */
#pragma once

#include "common/err.h"
#include "common/lease.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_BATCH 32 /* records of one sendmmsg() */

struct peer {
	int fd;         /* -1 = not connected */
	size_t filled;  /* records in the batch */
	size_t flushed; /* of those, taken by the kernel */
	size_t length[PEER_BATCH];
	uint8_t bytes[PEER_BATCH][LEASE_RECORD_MAX];
};

enum peer_result {
	PEER_OK = 0,
	PEER_LATER = 1, /* flush: the daemon's queue is full; receive: nothing there */
};

void peer_init(struct peer *peer);
/* 0, or the negative errno of socket() or connect(); -EAGAIN: the daemon's accept queue is full. */
int peer_open(struct peer *peer, const char *path);
/* Drops the batch as well. */
void peer_close(struct peer *peer);

/* Room for one more record of LEASE_RECORD_MAX bytes, NULL when the batch is full. */
uint8_t *peer_slot(struct peer *peer);
/* The slot was filled with `length` bytes. */
void peer_add(struct peer *peer, size_t length);
/* Sends the batch, or goes on with it. PEER_OK: all is out and the batch is empty. Negative errno:
 * the connection is broken. *ret_sent is how many records went out now. */
int peer_flush(struct peer *peer, size_t *ret_sent);

/* One record from the daemon. PEER_OK, PEER_LATER, or a negative errno with the sentence:
 * -ECONNRESET closed by the daemon, -EPROTO it sent something that is no record. */
int peer_receive(struct peer *peer, struct lease_record *ret, struct err *err);
