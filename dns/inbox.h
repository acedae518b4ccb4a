/* SPDX-License-Identifier: ISC */
/*
 * inbox: the lease socket (docs/lease-socket.md). Listens on a SOCK_SEQPACKET Unix socket, talks to at
 * most INBOX_CONNECTIONS_MAX hooks, decodes and checks what they send, keeps track of boot ids and
 * sequence numbers, and raises an event for each record that is new.
 *
 * The one rule: inbox_saved is called after what was raised is on disk; only then the hook gets its ACK.
 * Touches the socket; the paths of configuration are borrowed. Callbacks come from the event loop, never
 * from inside a function of this header.
 */
#pragma once

#include "common/err.h"
#include "common/lease.h"

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct inbox;

#define INBOX_CONNECTIONS_MAX 8
#define INBOX_SILENCE_MS 60000 /* a hook says ALIVE every 10 s */

struct inbox_events {
	/* An EVENT that was not seen before. */
	void (*on_event)(const struct lease_record *record, void *user);
	/* Events were lost; `lost` 0 = nobody knows how many. */
	void (*on_gap)(uint64_t boot_id, uint64_t lost, const char *why, void *user);
	/* After each of the above: this is how far that hook has come, to be kept with it. */
	void (*on_position)(uint64_t boot_id, uint64_t seq, void *user);
	/* A hook with a boot id that was not known said HELLO. */
	void (*on_hook)(uint64_t boot_id, void *user);
	/* A person asked over the hook's command that the names be compared with the leases. */
	void (*on_resync)(void *user);
	/* For LEARNED: writes at most `size` hardware addresses from *cursor on (0 = the first) and
	 * moves it behind them; returns how many, 0 = no more. */
	size_t (*learned)(size_t *cursor, struct mac *ret, size_t size, void *user);
	/* A connection came (trouble false), went, or was refused; the sentence is clean. */
	void (*on_peer)(bool trouble, const char *sentence, void *user);
};

struct inbox_counters {
	uint64_t accepted, refused; /* connections */
	uint64_t records, events, duplicates, gaps, lost, invalid, acks, resyncs, learned;
	unsigned connections;
};

/* 0, or an error with the sentence: the path is too long, another daemon listens there, ... */
int inbox_open(struct inbox **ret, struct event_base *base, const char *path, const char *group,
	       const struct inbox_events *events, void *user, struct err *err);
/* Closes every connection and removes the socket file. */
void inbox_close(struct inbox *inbox);

/* What the disk knows of a hook; before inbox_start. */
void inbox_restore(struct inbox *inbox, uint64_t boot_id, uint64_t seq);
int inbox_start(struct inbox *inbox);
/* No more reading and accepting; what the hooks hold stays with them. */
void inbox_stop(struct inbox *inbox);

/* Everything up to `seq` of this hook is on disk. */
void inbox_saved(struct inbox *inbox, uint64_t boot_id, uint64_t seq);
/* This machine has AMT: every hook is told, and each later one gets it with the whole table. */
void inbox_learn(struct inbox *inbox, struct mac mac);
/* While the disk is behind: the hooks' records wait in the socket. */
void inbox_pause(struct inbox *inbox, bool pause);

struct inbox_counters inbox_counters(const struct inbox *inbox);
