/* SPDX-License-Identifier: ISC */
/*
 * hold: addresses to which nothing may go: one hello is on its way for them, or one went a short
 * while ago and the core is still busy with the machine there. Pure; times on the monotonic clock.
 */
#pragma once

#include "common/addr.h"
#include "common/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct hold {
	struct table_link in; /* first: the table's */
	struct addr addr;
	uint64_t until_ms;      /* UINT64_MAX while a hello is on its way */
	TAILQ_ENTRY(hold) link; /* among those with an end */
	void *blocked;          /* whoever waits for the hello on its way: the owner's list */
};

struct hold_table {
	struct table table;
	TAILQ_HEAD(hold_queue, hold) ending; /* all held equally long: the first ends first */
};

void hold_init(struct hold_table *holds);
void hold_done(struct hold_table *holds);

/* Who holds the address now; NULL = nobody. Forgets those that have ended. */
struct hold *hold_of(struct hold_table *holds, struct addr addr, uint64_t now_ms);
/* A hello for this address is on its way; nobody may hold it. 0 or -ENOMEM. */
int hold_take(struct hold_table *holds, struct addr addr);
/* It has arrived or failed: held until `until_ms` (0 = no longer). Gives `blocked` back. */
void *hold_end(struct hold_table *holds, struct addr addr, uint64_t until_ms);
