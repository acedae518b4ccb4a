/* SPDX-License-Identifier: ISC */
/*
 * store_write: the statements that write, run in the writer thread, and the jobs that carry what
 * they need there. Private to store.
 */
#pragma once

#include "common/mac.h"
#include "discovery/digest.h"
#include "discovery/store.h"

#include <sys/queue.h>

struct sqlite3;
struct sqlite3_stmt;

#define STORE_WRITE_NOTES_MAX 32

enum store_write_statement {
	LAST_HELLO,
	FIND_DEVICE,
	FIND_HELLO,
	ADD_DEVICE,
	ADD_HELLO,
	ADD_DELIVERY,
	REPLACE_OLDER,
	FORGET_OLDER,
	TOUCH_HELLO,
	TOUCH_DEVICE,
	NOTE_KNOWN,
	NOTE_NEW,
	STATEMENTS,
};

TAILQ_HEAD(store_add_queue, store_add_job);

struct store_hashes;

struct store {
	struct db *db;
	struct store_options
		options; /* with our own copies of the names: jobs may outlive the owner's */
	store_on_added *on_added; /* NULL once store_free was called */
	void *user;
	struct store_add_queue again; /* could not be written; handed over anew by `timer` */
	struct event *timer;
	struct store_note_job *notes; /* not handed over yet; NULL = none */
	struct event *notes_timer;
	struct store_counters counters;
	size_t references; /* the owner's, and one per job in the writer's hands */
	/* The writer thread's; db_close finalises the statements. */
	struct sqlite3_stmt *statements[STATEMENTS];
	struct store_hashes *hashes; /* the database's */
	int64_t last_hello;          /* the highest row number given; 0 = not known yet */
};

struct store_add_job {
	TAILQ_ENTRY(store_add_job) link;
	struct store *store;
	void *context;
	struct store_device device;
	unsigned tries;
	bool is_new, repeat;
	uint16_t version;
	uint32_t hash_count;
	size_t hashes_at, hashes_bytes, length;
	uint8_t sha256[DIGEST_BYTES];
	char *name;                             /* behind the bytes */
	char address[ADDR_TEXT], mac[MAC_TEXT]; /* of the device, by the writer */
	uint8_t bytes[];
};

struct store_note {
	int64_t hello;
	size_t core;
	enum delivery_state state;
	uint64_t time_ms;
	char reason[DELIVERY_TEXT];
};

/* What became of several hellos, written together. */
struct store_note_job {
	struct store *store;
	size_t count;
	struct store_note notes[STORE_WRITE_NOTES_MAX];
};

/* A struct store_add_job, and a struct store_note_job, for db_submit. */
int store_write_add(void *job, struct sqlite3 *connection);
int store_write_notes(void *job, struct sqlite3 *connection);
