/* SPDX-License-Identifier: ISC */
/*
 * lease_daemon: the daemon's end of a lease socket, played by a test. Every wait has a deadline of
 * some seconds, after which the test fails.
 */
#pragma once

#include "common/lease.h"

struct lease_daemon {
	char directory[64];
	char path[96];
	int listening;
	int connection; /* -1 = none */
};

/* A directory of its own; the socket is not there before lease_daemon_listen(). */
void lease_daemon_init(struct lease_daemon *daemon);
void lease_daemon_done(struct lease_daemon *daemon);
void lease_daemon_listen(struct lease_daemon *daemon);
void lease_daemon_accept(struct lease_daemon *daemon);
void lease_daemon_hang_up(struct lease_daemon *daemon);
/* The next record; ALIVE is passed over. */
struct lease_record lease_daemon_next(struct lease_daemon *daemon);
/* Accepts, and gives the HELLO that must come first. */
struct lease_record lease_daemon_greet(struct lease_daemon *daemon);
void lease_daemon_ack(struct lease_daemon *daemon, uint64_t boot_id, uint64_t seq);
void lease_daemon_refuse(struct lease_daemon *daemon, const char *sentence);
void lease_daemon_tell_learned(struct lease_daemon *daemon, uint64_t boot_id,
			       const struct lease_learned *learned);
/* Waits until the hook has closed the connection. */
void lease_daemon_expect_close(struct lease_daemon *daemon);
