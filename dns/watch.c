/* SPDX-License-Identifier: ISC */
#include "dns/watch.h"
#include "dns/ask.h"

#include <errno.h>
#include <stdlib.h>

#define SERIAL_FROM_END 20 /* SOA RDATA ends with five 32 bit numbers, the serial first */

enum question { SOA, A, AAAA, TXT, CNAME, QUESTIONS };

static const uint16_t types[QUESTIONS] = {
	[SOA] = RECORD_SOA, [A] = RECORD_A,         [AAAA] = RECORD_AAAA,
	[TXT] = RECORD_TXT, [CNAME] = RECORD_CNAME,
};

struct part {
	struct watch *watch;
	enum question question;
	struct ask *ask; /* under way; NULL = not */
};

struct watch {
	struct watch_question question;
	struct event_base *base;
	struct part parts[QUESTIONS];
	unsigned open; /* questions under way */
	struct publish_view_answer answer;
	watch_done *done;
	void *user;
};

void watch_free(struct watch *watch)
{
	for (int i = SOA; watch && i < QUESTIONS; i++)
		ask_free(watch->parts[i].ask);
	free(watch);
}

static void finish(struct watch *watch, int kind)
{
	watch->answer.kind = kind;
	watch->done(&watch->answer, watch->user);
	watch_free(watch);
}

static void fail(struct watch *watch, int kind, const char *words)
{
	err_set(&watch->answer.words, 0, "%s", words);
	finish(watch, kind);
}

static void on_answer(const struct ask_answer *answer, void *user);

static int ask(struct watch *watch, enum question which)
{
	const struct ask_question question = {
		.server = watch->question.server,
		.name = which == SOA ? watch->question.zone : watch->question.name,
		.type = types[which],
		.wait_ms = WATCH_ANSWER_MS,
	};
	int r = ask_new(&watch->parts[which].ask, watch->base, &question, on_answer,
			&watch->parts[which]);

	watch->open += !r;
	return r;
}

static struct publish_rrset *rrset_of(struct watch *watch, enum question question)
{
	struct publish_found *found = &watch->answer.found;

	return question == A      ? &found->a
	       : question == AAAA ? &found->aaaa
	       : question == TXT  ? &found->txt
				  : &found->cname;
}

static bool take_serial(struct watch *watch, const struct update_answer *answer)
{
	const struct record *record = &answer->records[0];
	const uint8_t *at = record->rdata + record->length - SERIAL_FROM_END;

	if (!answer->count || record->length < SERIAL_FROM_END)
		return false;
	watch->answer.serial = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
			       (uint32_t)at[2] << 8 | at[3];
	return true;
}

/* Ends the watch where the serial is the known one; else asks for the rest. */
static void look_on(struct watch *watch)
{
	int r = 0;

	if (watch->question.known && watch->answer.serial == watch->question.serial) {
		finish(watch, VIEW_ANSWER_SAME);
		return;
	}
	for (int i = A; !r && i < QUESTIONS; i++)
		r = ask(watch, i);
	if (r < 0)
		fail(watch, VIEW_ANSWER_SILENT, "no way to it");
}

static void on_answer(const struct ask_answer *answer, void *user)
{
	struct part *part = user;
	struct watch *watch = part->watch;

	part->ask = NULL;
	watch->open--;
	if (!answer->good)
		fail(watch, answer->silent ? VIEW_ANSWER_SILENT : VIEW_ANSWER_REFUSED,
		     answer->fault);
	else if (!answer->answer.authoritative)
		fail(watch, VIEW_ANSWER_REFUSED, "its answer is not authoritative");
	else if (part->question == SOA && !take_serial(watch, &answer->answer))
		fail(watch, VIEW_ANSWER_REFUSED, "it has no SOA of the zone");
	else if (part->question == SOA)
		look_on(watch);
	else {
		publish_found_keep(&answer->answer, rrset_of(watch, part->question));
		if (!watch->open)
			finish(watch, VIEW_ANSWER_FOUND);
	}
}

int watch_new(struct watch **ret, struct event_base *base, const struct watch_question *question,
	      watch_done *done, void *user)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	watch->question = *question;
	watch->base = base;
	watch->done = done;
	watch->user = user;
	for (int i = SOA; i < QUESTIONS; i++)
		watch->parts[i] = (struct part){.watch = watch, .question = (enum question)i};
	r = ask(watch, SOA);
	if (r < 0) {
		watch_free(watch);
		return r;
	}
	*ret = watch;
	return 0;
}
