/* SPDX-License-Identifier: ISC */
/*
 * sender: carries lease events from Kea's packet threads to the daemon, from a thread of its own.
 *
 * The one rule: sender_push() costs a copy. It makes no system call, allocates nothing and waits for
 * nobody; whatever cannot be kept is counted and told to the daemon as a GAP. The thread has all
 * signals blocked and looks at the stage every 2 ms while there is traffic, every 32 ms when there is
 * none, so nobody has to wake it. It numbers the records and keeps them in the ring until the daemon
 * has them on disk.
 */
#pragma once

#include "common/err.h"
#include "common/lease.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SENDER_RING_BYTES (1024 * 1024)
#define SENDER_STAGE_BYTES (512 * 1024) /* two halves, each for a thousand events and more */

struct sender_config {
	const char *socket;       /* path, at most PARAMS_SOCKET_MAX; copied */
	struct lease_hello hello; /* said first on each connection */
	size_t ring_bytes;        /* SENDER_RING_BYTES; less in tests, at least two records */
	size_t stage_bytes;       /* SENDER_STAGE_BYTES; at least four records */
	unsigned stage_tries; /* 0 = some 20 us; more in tests, in which nothing may be given up */
	uint32_t retry_base_ms; /* reconnect backoff: 1000 */
	uint32_t retry_max_ms;  /* 30000 */
	/* The daemon named machines that have AMT; called from the sender's thread. */
	void (*on_learned)(const struct lease_learned *told, void *user);
	void *user;
};

struct sender_stats {
	bool connected;
	uint64_t boot_id;
	uint64_t last_seq;  /* made */
	uint64_t acked_seq; /* on the daemon's disk */
	uint64_t waiting;   /* records in the ring, sent or not */
	uint64_t sent;      /* records given to the kernel, resent ones again */
	uint64_t lost;      /* events that the daemon will only learn from a GAP */
	uint64_t contended; /* of those, lost because the stage was busy for too long */
	uint64_t connects;  /* connections made */
	uint64_t refusals;  /* REFUSED records received */
	struct err problem; /* why the last connection ended or failed; "" = none did */
};

struct sender;

/* Starts the thread. 0, -ENOMEM, or the errno of what could not be made, with the sentence. */
int sender_new(struct sender **ret, const struct sender_config *config, struct err *err);

/* Sends what the daemon takes at once, joins the thread and frees; takes NULL. Bounded: the thread
 * never waits for the daemon. */
void sender_free(struct sender *sender);

/* From any thread. */
void sender_push(struct sender *sender, const struct lease_event *event);
/* The daemon is asked to compare its names with the leases, as soon as it is connected. From any thread. */
void sender_resync(struct sender *sender);
void sender_stats(struct sender *sender, struct sender_stats *ret);
