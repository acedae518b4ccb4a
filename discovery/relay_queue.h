/* SPDX-License-Identifier: ISC */
/*
 * relay_queue: what relay's rules work on: an entry per device, the heaps that they wait in, and the
 * suspects of a core's death. Private to relay. Pure.
 */
#pragma once

#include "discovery/circuit.h"
#include "discovery/due.h"
#include "discovery/hold.h"
#include "discovery/relay.h"

#include <sys/queue.h>

enum relay_step {
	RELAY_WAITING,  /* in `due` */
	RELAY_CHECKING, /* at the gate */
	RELAY_READY,    /* in `ready`: passed the gate */
	RELAY_BLOCKED,  /* behind the hello that is on its way for the same address */
	RELAY_SENT,     /* on its way */
	RELAY_KEPT,     /* quarantined */
};

struct relay_entry {
	struct due_item due; /* first: the heap gives this back */
	struct relay_task task;
	struct relay_task newer; /* came while `task` was under way; hello 0 = none */
	uint64_t received_ms, newer_received_ms;
	uint64_t checked_ms;
	struct delivery_outcome last;
	struct relay_entry *blocked;   /* the next one behind the same address */
	TAILQ_ENTRY(relay_entry) link; /* among those that relay_next_change tells */
	uint32_t tries;                /* of `task`, that failed on their own account */
	uint8_t step;                  /* enum relay_step */
	uint8_t strikes;
	bool probe; /* went out while the circuit was open */
	bool is_changed;
};

/* A delivery that a core may die of. */
struct relay_suspect {
	struct relay_task task;
	uint64_t received_ms;
	uint64_t delivered_ms; /* 0 = empty */
	uint8_t strikes;       /* that the hello had before */
};

struct relay {
	struct relay_entry **entries; /* by device number; NULL = nothing to relay */
	size_t size;
	size_t count;   /* of entries */
	size_t kept;    /* of these, quarantined */
	struct due due; /* not checked yet; without a gate: all that wait */
	struct due ready;
	unsigned checking;
	struct hold_table holds;
	struct circuit circuit;
	struct relay_options options;
	uint64_t next_ms;        /* of the interval */
	bool alone;              /* a hello with a strike is on its way */
	uint64_t quiet_until_ms; /* it has arrived: nothing else until then */
	struct relay_suspect suspects[RELAY_SUSPECTS_MAX]; /* a ring */
	size_t suspect_at;
	TAILQ_HEAD(relay_changes, relay_entry) changed;
	struct relay_status status;
};

struct relay_entry *relay_queue_find(const struct relay *relay, uint32_t device);
/* At the gate, on its way, or behind one that is: nobody may take it out. */
bool relay_queue_is_under_way(const struct relay_entry *entry);
/* An entry that waits nowhere yet. 0 or -ENOMEM. */
int relay_queue_add(struct relay *relay, uint32_t device, struct relay_entry **ret);
/* It must not be blocked. */
void relay_queue_drop(struct relay *relay, struct relay_entry *entry);
/* Waits from wherever it stands, until `at_ms`. */
void relay_queue_wait(struct relay *relay, struct relay_entry *entry, uint64_t at_ms);
/* Quarantined from wherever it stands. */
void relay_queue_keep(struct relay *relay, struct relay_entry *entry);
/* relay_next_change will tell it. */
void relay_queue_tell(struct relay *relay, struct relay_entry *entry);

/* The hello was handed to the core, which may die of it. */
void relay_queue_suspect(struct relay *relay, const struct relay_entry *entry, uint64_t now_ms);
/* The core has just gone: every suspect gets a strike. */
void relay_queue_blame(struct relay *relay, uint64_t now_ms);
