/* SPDX-License-Identifier: ISC */
#include "netcheck/scan.h"

#include "netcheck/probe_syn.h"
#include "netcheck/route.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>

#define TICK_US 5000
#define BUCKETS 32     /* of TICK_US: how far ahead a look at a job may be planned */
#define LOOK_US 100000 /* waits change while answers come in, so each is looked at again */
#define BATCH 64       /* attempts between two looks at the answers */
#define PAUSE_US 10000
#define PAUSES_MAX 300 /* in a row, with nothing under way, before a job is given up */
#define NONE UINT32_MAX

/* A source and the endpoint that it named but whose turn has not come. */
struct turn {
	TAILQ_ENTRY(turn) link;
	struct scan_source source;
	bool dry;     /* names no more */
	bool pending; /* holds `next` */
	struct endpoint next;
	uint64_t next_tag;
	struct addr before; /* the host asked last: its other ports follow it at once */
	uint32_t live;
};

TAILQ_HEAD(turn_list, turn);

struct job {
	struct turn *turn; /* NULL = spare */
	uint64_t tag;
	uint64_t number; /* among those that were sent */
	uint64_t started_us;
	uint32_t next; /* in a bucket, in `again`, or among the free ones */
	uint32_t prev;
	uint16_t bucket; /* where it lies while it flies */
	bool flies;
	struct probe_tcp_outcome outcome;
};

/* Doubly linked by numbers; NONE ends it. */
struct chain {
	uint32_t first;
	uint32_t last;
};

struct scan {
	struct event_base *base;
	struct scan_options options;
	const struct probe_tcp_way *way;
	void *probe;
	struct scan_pace *pace;
	struct route *route;
	struct event *tick;
	struct turn_list turns;
	struct job *jobs;
	uint32_t fresh; /* jobs above were never used */
	struct chain spare;
	struct chain again; /* silent ones that wait for their next try */
	struct chain wheel[BUCKETS];
	uint64_t turned; /* ticks that the wheel has gone */
	uint64_t begun;  /* jobs that were sent */
	uint32_t flying;
	unsigned pauses; /* in a row */
	uint64_t pause_until_us;
	struct scan_counters counters;
};

const struct scan_options scan_defaults = {
	.pace = {.rate = 500,
		 .start_rate = 200,
		 .subnet_rate = 50,
		 .link_rate = 6,
		 .unanswered = 10000,
		 .tries = 3,
		 .first_ms = 1000,
		 .final_ms = 3300},
	.in_flight = SCAN_IN_FLIGHT,
};

/* ---- chains of jobs --------------------------------------------------------------------------- */

static void chain_push(struct scan *scan, struct chain *chain, uint32_t at, bool in_front)
{
	struct job *job = &scan->jobs[at];

	job->prev = in_front ? NONE : chain->last;
	job->next = in_front ? chain->first : NONE;
	if (job->prev != NONE)
		scan->jobs[job->prev].next = at;
	else
		chain->first = at;
	if (job->next != NONE)
		scan->jobs[job->next].prev = at;
	else
		chain->last = at;
}

static void chain_drop(struct scan *scan, struct chain *chain, uint32_t at)
{
	struct job *job = &scan->jobs[at];

	if (job->prev != NONE)
		scan->jobs[job->prev].next = job->next;
	else
		chain->first = job->next;
	if (job->next != NONE)
		scan->jobs[job->next].prev = job->prev;
	else
		chain->last = job->prev;
}

static uint32_t chain_pop(struct scan *scan, struct chain *chain)
{
	uint32_t at = chain->first;

	if (at != NONE)
		chain_drop(scan, chain, at);
	return at;
}

/* ---- the life of a job ------------------------------------------------------------------------- */

static void schedule(struct scan *scan, uint64_t us)
{
	struct timeval wait = {.tv_usec = (suseconds_t)us};

	if (!us || !evtimer_pending(scan->tick, NULL))
		evtimer_add(scan->tick, &wait);
}

static void turn_end(struct scan *scan, struct turn *turn)
{
	if (!turn->dry || turn->pending || turn->live)
		return;
	TAILQ_REMOVE(&scan->turns, turn, link);
	free(turn);
}

/* The job is in no chain any more. */
static void finish(struct scan *scan, uint32_t at, enum probe_tcp_state state)
{
	struct job *job = &scan->jobs[at];
	struct probe_tcp_outcome outcome = job->outcome;
	struct turn *turn = job->turn;
	uint64_t tag = job->tag;

	outcome.state = state;
	job->turn = NULL;
	chain_push(scan, &scan->spare, at, true);
	scan->counters.outcomes++;
	scan->counters.waiting--;
	turn->source.done(&outcome, tag, turn->source.user);
	turn->live--;
	turn_end(scan, turn);
}

static void fly(struct scan *scan, uint32_t at, uint64_t now_us)
{
	struct job *job = &scan->jobs[at];
	uint64_t wait_us = scan_pace_wait_us(scan->pace, job->outcome.to.addr, job->outcome.tries);
	uint64_t look_us = job->started_us + wait_us;

	if (look_us > now_us + LOOK_US)
		look_us = now_us + LOOK_US;
	if (look_us < now_us)
		look_us = now_us;
	job->bucket = (uint16_t)((look_us / TICK_US + 1) % BUCKETS);
	job->flies = true;
	chain_push(scan, &scan->wheel[job->bucket], at, false);
}

static void land(struct scan *scan, uint32_t at)
{
	struct job *job = &scan->jobs[at];

	chain_drop(scan, &scan->wheel[job->bucket], at);
	job->flies = false;
}

static struct scan_pace_attempt attempt_of(const struct job *job)
{
	return (struct scan_pace_attempt){.addr = job->outcome.to.addr,
					  .sent_us = job->started_us,
					  .number = job->number,
					  .try = job->outcome.tries};
}

static void on_answer(uint32_t at, const struct dial_error *error, uint32_t rtt_us, void *user)
{
	struct scan *scan = user;
	struct job *job = &scan->jobs[at];
	struct scan_pace_attempt attempt = attempt_of(job);

	land(scan, at);
	scan->flying--;
	job->outcome.error = *error;
	job->outcome.rtt_us = rtt_us;
	if (!error->icmp)
		scan_pace_answered(scan->pace, &attempt, rtt_us);
	/* Puts off a tick that is due, so that after a pause of this machine all answers that came
	 * meanwhile are taken before a wait is found to have ended. */
	schedule(scan, 0);
	finish(scan, at, probe_tcp_classify(error, attempt.addr.family));
}

/* The attempt waited long enough, or must be looked at again later. */
static void look(struct scan *scan, uint32_t at, uint64_t now_us)
{
	struct job *job = &scan->jobs[at];
	unsigned tries = job->outcome.tries;

	land(scan, at);
	if (now_us < job->started_us + scan_pace_wait_us(scan->pace, job->outcome.to.addr, tries)) {
		fly(scan, at, now_us);
		return;
	}
	scan->way->forget(scan->probe, at);
	scan->flying--;
	if (tries < scan_pace_tries(scan->pace)) {
		chain_push(scan, &scan->again, at, false);
		return;
	}
	job->outcome.error = (struct dial_error){.error = ETIMEDOUT};
	finish(scan, at, PROBE_TCP_FILTERED);
}

static void turn_wheel(struct scan *scan, uint64_t now_us)
{
	uint64_t to = now_us / TICK_US;

	if (to - scan->turned > BUCKETS)
		scan->turned = to - BUCKETS;
	while (scan->turned < to) {
		struct chain due = scan->wheel[++scan->turned % BUCKETS];
		uint32_t last = due.last, at = due.first, next;

		/* A job that stays is put behind `last`, in this bucket or another one. */
		while (at != NONE) {
			next = at == last ? NONE : scan->jobs[at].next;
			look(scan, at, now_us);
			at = next;
		}
	}
}

/* Short of something: keep the job for later, unless nothing moves for seconds. */
static bool keep_for_later(struct scan *scan, uint32_t at, int error, uint64_t now_us)
{
	if (!dial_short_of(error))
		return false;
	scan->counters.pauses++;
	if (!scan->flying && ++scan->pauses > PAUSES_MAX)
		return false;
	scan->pause_until_us = now_us + PAUSE_US;
	chain_push(scan, &scan->again, at, true);
	return true;
}

static void send_job(struct scan *scan, uint32_t at, uint64_t now_us)
{
	struct job *job = &scan->jobs[at];
	struct probe_tcp_outcome *outcome = &job->outcome;
	struct scan_pace_attempt attempt;
	int r;

	job->started_us = now_us;
	r = scan->way->send(scan->probe, at, outcome->to, &outcome->source, &outcome->error);
	if (!r) {
		scan->pauses = 0;
		scan->flying++;
		scan->counters.sent++;
		scan->counters.retries += outcome->tries > 0;
		if (!outcome->tries++)
			job->number = ++scan->begun;
		attempt = attempt_of(job);
		scan_pace_sent(scan->pace, &attempt);
		fly(scan, at, now_us);
		return;
	}
	if (keep_for_later(scan, at, -r, now_us))
		return;
	finish(scan, at,
	       dial_short_of(-r) ? PROBE_TCP_FAILED
				 : probe_tcp_classify(&outcome->error, outcome->to.addr.family));
}

/* ---- whose turn it is -------------------------------------------------------------------------- */

/* True when the source has an endpoint that may be asked now. */
static bool ready(struct scan *scan, struct turn *turn, uint64_t now_us)
{
	if (!turn->pending && !turn->dry) {
		turn->pending = turn->source.next(turn->source.user, &turn->next, &turn->next_tag);
		turn->dry = !turn->pending;
	}
	if (!turn->pending)
		return false;
	if (addr_equal(turn->before, turn->next.addr))
		return true;
	if (!scan_pace_host(scan->pace, turn->next.addr, now_us))
		return false;
	turn->before = turn->next.addr;
	return true;
}

/* The first source in the round whose turn it is goes to its end. */
static struct turn *next_turn(struct scan *scan, uint64_t now_us)
{
	struct turn *turn, *next;

	for (turn = TAILQ_FIRST(&scan->turns); turn; turn = next) {
		next = TAILQ_NEXT(turn, link);
		if (ready(scan, turn, now_us)) {
			TAILQ_REMOVE(&scan->turns, turn, link);
			TAILQ_INSERT_TAIL(&scan->turns, turn, link);
			return turn;
		}
		turn_end(scan, turn);
	}
	return NULL;
}

static uint32_t free_job(struct scan *scan)
{
	if (scan->spare.first != NONE)
		return chain_pop(scan, &scan->spare);
	return scan->fresh < scan->options.in_flight ? scan->fresh++ : NONE;
}

/* The next job to send, NONE when nothing may or can be. */
static uint32_t next_job(struct scan *scan, uint64_t now_us)
{
	struct turn *turn;
	uint32_t at;

	if (scan->again.first != NONE)
		return chain_pop(scan, &scan->again);
	if (scan->spare.first == NONE && scan->fresh == scan->options.in_flight)
		return NONE;
	turn = next_turn(scan, now_us);
	if (!turn)
		return NONE;
	at = free_job(scan);
	scan->jobs[at] = (struct job){
		.turn = turn, .tag = turn->next_tag, .outcome = {.to = turn->next}};
	turn->pending = false;
	turn->live++;
	scan->counters.waiting++;
	return at;
}

/* True when more could be sent at once. */
static bool send_some(struct scan *scan, uint64_t now_us)
{
	unsigned room = scan_pace_room(scan->pace, now_us);

	scan->counters.held = scan_pace_spent(scan->pace);
	for (unsigned i = 0; i < BATCH && i < room; i++) {
		uint32_t at;

		if (now_us < scan->pause_until_us)
			return false;
		at = next_job(scan, now_us);
		if (at == NONE)
			return false;
		send_job(scan, at, now_us);
	}
	return room > BATCH;
}

static void on_tick(evutil_socket_t fd, short what, void *user)
{
	struct scan *scan = user;
	uint64_t now_us = dial_now_us();
	bool more;

	turn_wheel(scan, now_us);
	more = send_some(scan, now_us);
	if (scan->flying || scan->again.first != NONE || !TAILQ_EMPTY(&scan->turns))
		schedule(scan, more ? 0 : TICK_US);
}

static bool near(struct addr addr, void *user)
{
	struct scan *scan = user;
	struct route_answer answer;

	return scan->route && !route_get(scan->route, addr, &answer) && answer.on_link;
}

static int open_probe(struct scan *scan)
{
	struct probe_tcp *tcp;
	struct probe_syn *syn;
	int r;

	if (scan->options.raw) {
		r = probe_syn_new(&syn, scan->base, scan->options.in_flight, on_answer, scan);
		if (r)
			return r;
		scan->probe = syn;
		scan->way = &probe_syn_way;
		return 0;
	}
	scan->options.in_flight = probe_tcp_slots(scan->options.in_flight);
	r = probe_tcp_new(&tcp, scan->base, scan->options.in_flight, on_answer, scan);
	if (r)
		return r;
	scan->probe = tcp;
	scan->way = &probe_tcp_way;
	return 0;
}

int scan_new(struct scan **ret, struct event_base *base, const struct scan_options *options)
{
	const struct chain empty = {NONE, NONE};
	struct scan *scan = calloc(1, sizeof(*scan));
	int r;

	if (!scan)
		return -ENOMEM;
	TAILQ_INIT(&scan->turns);
	scan->base = base;
	scan->options = *options;
	scan->spare = scan->again = empty;
	for (size_t i = 0; i < BUCKETS; i++)
		scan->wheel[i] = empty;
	scan->turned = dial_now_us() / TICK_US;
	if (route_new(&scan->route)) /* without it no network is known to be near */
		scan->route = NULL;
	r = open_probe(scan);
	if (!r)
		r = scan_pace_new(&scan->pace, &options->pace, near, scan, dial_now_us());
	scan->tick = evtimer_new(base, on_tick, scan);
	scan->jobs = calloc(scan->options.in_flight, sizeof(struct job));
	if (!r && (!scan->tick || !scan->jobs))
		r = -ENOMEM;
	if (r)
		scan_free(scan);
	else
		*ret = scan;
	return r;
}

void scan_free(struct scan *scan)
{
	struct turn *turn;

	if (!scan)
		return;
	if (scan->probe)
		scan->way->free(scan->probe);
	while ((turn = TAILQ_FIRST(&scan->turns))) {
		TAILQ_REMOVE(&scan->turns, turn, link);
		free(turn);
	}
	if (scan->tick)
		event_free(scan->tick);
	scan_pace_free(scan->pace);
	route_free(scan->route);
	free(scan->jobs);
	free(scan);
}

int scan_add(struct scan *scan, const struct scan_source *source)
{
	struct turn *turn = calloc(1, sizeof(*turn));

	if (!turn)
		return -ENOMEM;
	turn->source = *source;
	TAILQ_INSERT_TAIL(&scan->turns, turn, link);
	schedule(scan, 0);
	return 0;
}

struct scan_counters scan_counters(const struct scan *scan)
{
	return scan->counters;
}

void scan_unfinished(const struct scan *scan, const void *source_user, scan_visit *visit,
		     void *user)
{
	const struct turn *turn;

	for (uint32_t i = 0; i < scan->fresh; i++)
		if (scan->jobs[i].turn && scan->jobs[i].turn->source.user == source_user)
			visit(scan->jobs[i].tag, user);
	TAILQ_FOREACH(turn, &scan->turns, link)
	if (turn->pending && turn->source.user == source_user)
		visit(turn->next_tag, user);
}
