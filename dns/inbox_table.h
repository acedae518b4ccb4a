/* SPDX-License-Identifier: ISC */
/*
 * inbox_table: the learned machines on their way to one hook: the whole table in LEARNED records, as
 * fast as the hook reads (docs/lease-socket.md, "Learned machines"). Touches the connection's socket.
 */
#pragma once

#include "common/lease.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes at most `size` hardware addresses from *cursor on (0 = the first) and moves it behind them;
 * returns how many, 0 = no more. */
typedef size_t inbox_table_source(size_t *cursor, struct mac *ret, size_t size, void *user);

struct inbox_table {
	bool owed;     /* the rest of the table is to be sent */
	bool begun;    /* its first record is out */
	size_t cursor; /* of the source */
};

/* The whole table is to be sent, again where it is already on its way. */
void inbox_table_owe(struct inbox_table *table);
/* Sends what the socket takes; returns how many addresses went. `owed` is then false when all went. */
size_t inbox_table_send(struct inbox_table *table, int fd, uint64_t boot_id,
			inbox_table_source *source, void *user);
/* Sends one address beyond the table. False when the socket does not take it; an address that is not
 * Ethernet is passed over. */
bool inbox_table_add(int fd, uint64_t boot_id, struct mac mac);
