/* SPDX-License-Identifier: ISC */
#include "dns/batch.h"

#include <assert.h>
#include <stdlib.h>

enum { RCODE_REFUSED = 5, RCODE_NOTZONE = 10 };

void batch_line_init(struct batch_line *line)
{
	*line = (struct batch_line){0};
	TAILQ_INIT(&line->pieces);
	TAILQ_INIT(&line->under_way);
	for (unsigned i = 0; i < BATCH_KINDS; i++) {
		TAILQ_INIT(&line->kinds[i].items);
		line->kinds[i].size = line->kinds[i].most = BATCH_MAX;
	}
}

static void free_all(struct batch_queue *queue)
{
	struct batch *batch;

	while ((batch = TAILQ_FIRST(queue))) {
		TAILQ_REMOVE(queue, batch, link);
		free(batch);
	}
}

void batch_line_done(struct batch_line *line)
{
	free_all(&line->pieces);
	free_all(&line->under_way);
	batch_line_init(line);
}

void batch_line_alone(struct batch_line *line, unsigned kind)
{
	line->kinds[kind].size = line->kinds[kind].most = 1;
}

void batch_line_single(struct batch_line *line, bool single)
{
	line->single = single;
	for (unsigned i = 0; single && i < BATCH_KINDS; i++)
		line->kinds[i].size = 1;
}

void batch_join(struct batch_line *line, unsigned kind, struct batch_item *item)
{
	assert(kind < BATCH_KINDS);
	TAILQ_INSERT_TAIL(&line->kinds[kind].items, item, link);
	line->kinds[kind].count++;
	line->waiting++;
}

static struct batch_item *unload(struct batch *batch)
{
	struct batch_item *item = TAILQ_FIRST(&batch->items);

	if (!item)
		return NULL;
	TAILQ_REMOVE(&batch->items, item, link);
	batch->count--;
	return item;
}

static void load(struct batch *batch, struct batch_item *item)
{
	TAILQ_INSERT_TAIL(&batch->items, item, link);
	batch->count++;
}

static struct batch_item *step_out(struct batch_line *line, unsigned kind)
{
	struct batch_item *item = TAILQ_FIRST(&line->kinds[kind].items);

	TAILQ_REMOVE(&line->kinds[kind].items, item, link);
	line->kinds[kind].count--;
	line->waiting--;
	return item;
}

struct batch_item *batch_leave(struct batch_line *line)
{
	struct batch *piece = TAILQ_FIRST(&line->pieces);
	struct batch_item *item;

	if (piece) {
		item = unload(piece);
		line->waiting--;
		if (!piece->count) {
			TAILQ_REMOVE(&line->pieces, piece, link);
			free(piece);
		}
		return item;
	}
	for (unsigned i = 0; i < BATCH_KINDS; i++) {
		if (line->kinds[i].count)
			return step_out(line, i);
	}
	return NULL;
}

/* Taking ---------------------------------------------------------------------------------------- */

static struct batch *batch_new(unsigned kind)
{
	struct batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return NULL;
	batch->kind = kind;
	TAILQ_INIT(&batch->items);
	return batch;
}

static struct batch *take_piece(struct batch_line *line)
{
	struct batch *piece = TAILQ_FIRST(&line->pieces);

	TAILQ_REMOVE(&line->pieces, piece, link);
	line->waiting -= piece->count;
	return piece;
}

/* The next kind, in turn, that has at least `least` items, or as many as go together. */
static int kind_in_turn(const struct batch_line *line, size_t least)
{
	for (unsigned i = 0; i < BATCH_KINDS; i++) {
		unsigned at = (line->kind + i) % BATCH_KINDS;
		const struct batch_kind *kind = &line->kinds[at];

		if (kind->count && (kind->count >= least || kind->count >= kind->size))
			return (int)at;
	}
	return -1;
}

static struct batch *take_kind(struct batch_line *line, size_t least, size_t most)
{
	int turn = kind_in_turn(line, least);
	struct batch *batch = turn < 0 ? NULL : batch_new((unsigned)turn);

	if (!batch)
		return NULL;
	if (most > line->kinds[turn].size)
		most = line->kinds[turn].size;
	while (batch->count < most && line->kinds[turn].count)
		load(batch, step_out(line, (unsigned)turn));
	line->kind = (unsigned)turn + 1;
	return batch;
}

struct batch *batch_take(struct batch_line *line, bool alone)
{
	size_t least = line->travelling < BATCH_EAGER ? 1 : BATCH_MAX;
	struct batch *batch = TAILQ_EMPTY(&line->pieces)
				      ? take_kind(line, least, alone ? 1 : BATCH_MAX)
				      : take_piece(line);

	if (!batch)
		return NULL;
	TAILQ_INSERT_TAIL(&line->under_way, batch, link);
	line->travelling++;
	return batch;
}

void batch_cut(struct batch_line *line, struct batch *batch, size_t count)
{
	struct batch_kind *kind = &line->kinds[batch->kind];

	assert(count > 0);
	while (batch->count > count) {
		struct batch_item *item = TAILQ_LAST(&batch->items, batch_list);

		TAILQ_REMOVE(&batch->items, item, link);
		batch->count--;
		TAILQ_INSERT_HEAD(&kind->items, item, link);
		kind->count++;
		line->waiting++;
	}
}

/* Judging --------------------------------------------------------------------------------------- */

static size_t half(size_t count)
{
	return (count + 1) / 2;
}

static void learn_success(struct batch_line *line, const struct batch *batch)
{
	struct batch_kind *kind = &line->kinds[batch->kind];

	line->doubts = 0;
	if (batch->count >= kind->size && !line->single)
		kind->size = kind->size * 2 < kind->most ? kind->size * 2 : kind->most;
}

/* The batch may only be too large, or one of its items bad. */
static enum batch_verdict split(struct batch_line *line, const struct batch *batch)
{
	struct batch_kind *kind = &line->kinds[batch->kind];

	if (kind->size > half(batch->count))
		kind->size = half(batch->count);
	return BATCH_SPLIT;
}

/* A failure that one item may cause for its batch, or the server for all. */
static enum batch_verdict doubt(struct batch_line *line, const struct batch *batch,
				enum batch_verdict server)
{
	line->doubts++;
	return batch->count > 1 && line->doubts <= BATCH_DOUBTS ? split(line, batch) : server;
}

/* Where the server has taken others a refusal of a single one is, at first, about that one. */
static enum batch_verdict doubt_one(struct batch_line *line, const struct batch *batch, bool proven,
				    enum batch_verdict one)
{
	if (batch->count > 1 || !proven || line->doubts >= BATCH_DOUBTS)
		return doubt(line, batch, BATCH_REFUSED);
	line->doubts++;
	return one;
}

enum batch_verdict batch_judge(struct batch_line *line, const struct batch *batch,
			       const struct server_outcome *outcome, bool alive, bool proven)
{
	switch (outcome->class) {
	case SERVER_DONE:
		learn_success(line, batch);
		return BATCH_STEP;
	case SERVER_DECISION:
		line->doubts = 0;
		return batch->count > 1 ? split(line, batch) : BATCH_STEP;
	case SERVER_TRANSIENT:
		if (outcome->rcode < 0 && !alive)
			return BATCH_WAIT;
		return doubt(line, batch, BATCH_WAIT);
	case SERVER_CAPABILITY:
		if (batch->count == 1)
			return BATCH_REFUSED;
		batch_line_single(line, true);
		return BATCH_SPLIT;
	case SERVER_CONFIGURATION:
		/* The policy for one name, or a zone of its own below; the others concern the key or
		 * the zone. */
		if (outcome->rcode != RCODE_REFUSED && outcome->rcode != RCODE_NOTZONE)
			return BATCH_REFUSED;
		return doubt_one(line, batch, proven, BATCH_ALONE);
	case SERVER_POISON:
		return doubt_one(line, batch, proven, BATCH_POISON);
	}
	return BATCH_WAIT;
}

static void arrive(struct batch_line *line, struct batch *batch)
{
	TAILQ_REMOVE(&line->under_way, batch, link);
	line->travelling--;
	free(batch);
}

struct batch_item *batch_unload(struct batch_line *line, struct batch *batch)
{
	struct batch_item *item = unload(batch);

	if (!item)
		arrive(line, batch);
	return item;
}

void batch_split(struct batch_line *line, struct batch *batch, struct batch_list *ret_rest)
{
	size_t size = half(batch->count);
	struct batch *piece = NULL;
	struct batch_item *item;

	if (size > line->kinds[batch->kind].size)
		size = line->kinds[batch->kind].size;
	TAILQ_INIT(ret_rest);
	while ((item = unload(batch))) {
		if (!piece && (piece = batch_new(batch->kind)))
			TAILQ_INSERT_TAIL(&line->pieces, piece, link);
		if (!piece) {
			TAILQ_INSERT_TAIL(ret_rest, item, link);
			continue;
		}
		load(piece, item);
		line->waiting++;
		if (piece->count == size)
			piece = NULL;
	}
	arrive(line, batch);
}
