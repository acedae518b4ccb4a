/* SPDX-License-Identifier: ISC */
/*
 * batch: which intents of a zone travel together in one UPDATE. The name server's work per message is the
 * limit, so many go in one; but it takes a message as a whole or not at all, so one bad intent holds up
 * all that are with it. Therefore only intents at the same step go together (a name that may be taken
 * never travels with one that is known to be ours); a message that failed goes again in smaller pieces
 * until the one that is the reason stands alone; and how many a zone takes at once is learned for each
 * step: halved by a failure, doubled by a success.
 *
 * An item waits in a line (batch_join), travels in a batch (batch_take), and comes out of it when the
 * answer is judged (batch_judge): one by one for its next step, or in pieces back into the line.
 * Pure: sees neither registrations nor messages, only items of a kind.
 */
#pragma once

#include "dns/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define BATCH_MAX 200  /* items in one message */
#define BATCH_KINDS 16 /* steps */
/* As many messages of a zone go out half full; more of them only full, as the next answer lets the
 * rest go at the latest. */
#define BATCH_EAGER 4
/* Failures in a row, with no good answer between, that may still be the fault of single items: more
 * than it takes to halve BATCH_MAX down to one. */
#define BATCH_DOUBTS 10

struct batch_item { /* embedded by the caller */
	TAILQ_ENTRY(batch_item) link;
};
TAILQ_HEAD(batch_list, batch_item);

struct batch {
	TAILQ_ENTRY(batch) link;
	unsigned kind;
	uint64_t sent_ms; /* the caller's */
	size_t count;
	struct batch_list items;
};
TAILQ_HEAD(batch_queue, batch);

struct batch_kind {
	struct batch_list items;
	size_t count;
	size_t size; /* learned: how many go together */
	size_t most; /* size never grows above this */
};

/* One zone's. */
struct batch_line {
	struct batch_kind kinds[BATCH_KINDS];
	struct batch_queue pieces;    /* of messages that failed; they go first */
	struct batch_queue under_way; /* taken, not judged yet */
	size_t waiting;               /* items in `kinds` and `pieces` */
	size_t travelling;            /* batches in `under_way` */
	unsigned kind;                /* whose turn it is */
	bool single;                  /* each item goes alone */
	unsigned doubts;              /* failures since the last good answer */
};

void batch_line_init(struct batch_line *line);
/* Forgets every batch; the items are the caller's. */
void batch_line_done(struct batch_line *line);
/* Items of this kind go alone: their messages cannot be put together. */
void batch_line_alone(struct batch_line *line, unsigned kind);

/* Every item goes alone (a server that does not know several updates in one message), or no longer has to. */
void batch_line_single(struct batch_line *line, bool single);

/* Into the line, behind others of its kind. */
void batch_join(struct batch_line *line, unsigned kind, struct batch_item *item);
/* Takes any one item out of the line again; NULL when nobody waits. */
struct batch_item *batch_leave(struct batch_line *line);

/* The next message's items; NULL when nobody waits or only what goes with the next answer (or no
 * memory). `alone`: one item, to see whether the server is back. */
struct batch *batch_take(struct batch_line *line, bool alone);
/* Only the first `count` (at least 1) fit in the message: the others go back to the head of the line. */
void batch_cut(struct batch_line *line, struct batch *batch, size_t count);

enum batch_verdict {
	BATCH_STEP,    /* the answer holds for each item */
	BATCH_SPLIT,   /* one of them may be the reason: batch_split */
	BATCH_WAIT,    /* server or path fail */
	BATCH_REFUSED, /* the server refuses the zone: someone must act */
	BATCH_ALONE,   /* the server refuses the item (there is only one): its name, as it seems */
	BATCH_POISON, /* the item (there is only one) makes a message that the server cannot read */
};

/* What an answer means for the batch, and what is learned from it. `alive`: the zone answered
 * others well since this batch left. `proven`: it has taken an update before. */
enum batch_verdict batch_judge(struct batch_line *line, const struct batch *batch,
			       const struct server_outcome *outcome, bool alive, bool proven);

/* Back to the head of the line in pieces, each of which travels by itself. What finds no memory is
 * put in *ret_rest. The batch is gone. */
void batch_split(struct batch_line *line, struct batch *batch, struct batch_list *ret_rest);
/* The next item out of a judged batch; NULL when it was the last: the batch is gone. */
struct batch_item *batch_unload(struct batch_line *line, struct batch *batch);
