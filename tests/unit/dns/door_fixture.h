/* SPDX-License-Identifier: ISC */
/*
 * door_fixture: the whole folder in one loop: a hook that speaks over the lease socket, the door with a
 * database in a file, and a scripted name server that has example and 10.in-addr.arpa. Times are short;
 * a wait that takes ten seconds fails the test.
 */
#pragma once

#include "dns/door.h"
#include "tests/support/name_server.h"

#include <event2/event.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct door;
typedef void door_script(struct door *door, const struct name_server_message *message);

struct door {
	struct event_base *base;
	struct db *db;
	struct dns *dns;
	struct dns_config config;
	struct dns_key_config key;
	struct dns_zone_config zones[2];
	struct endpoint endpoint;
	struct lease_config lease;
	struct publish_config publish;
	struct name_server *server;
	door_script *script; /* NULL: every update is done */
	size_t seen;         /* messages that the server got */
	size_t done;         /* updates that it answered with NOERROR */
	int hook;            /* our end of the lease socket */
	uint64_t said, acknowledged;
	char directory[40], path[64], socket[64];
};

int door_set_up(void **state);
int door_tear_down(void **state);
/* Ends the daemon and starts it again on the same file. */
void door_restart(struct door *door);

/* The hook says that client `number` has its lease: name "meNUMBER.example", address 10.0.0.NUMBER. */
void door_commit(struct door *door, unsigned number);
/* The same under this name. */
void door_commit_name(struct door *door, unsigned number, const char *name);
/* And that it has it no longer. */
void door_release_name(struct door *door, unsigned number, const char *name);

/* Turns the loop until it is so; what is awaited stands in the failure. */
void door_wait(struct door *door, bool (*is_so)(struct door *door), const char *what);
/* Turns the loop for a moment. */
void door_turn(struct door *door);
size_t door_count(const struct door *door, enum ledger_state state);

/* Answers with this code, signed as it must be. */
void door_answer(struct door *door, const struct name_server_message *message, int rcode);
/* How that signature is made, to be made wrong. */
struct name_server_tsig door_tsig(void);
/* The answer signed like this, or unsigned (NULL); its length. */
size_t door_build(const struct name_server_message *message, int rcode,
		  const struct name_server_tsig *tsig, uint8_t *ret, size_t size);
/* The message has a name with this label. */
bool door_has_label(const struct name_server_message *message, const char *label);
bool door_is_query(const struct name_server_message *message);
