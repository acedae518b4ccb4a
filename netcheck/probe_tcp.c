/* SPDX-License-Identifier: ISC */
#include "netcheck/probe_tcp.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/resource.h>

#define TICK_MS 10
#define SPARE_DESCRIPTORS 64
#define PAUSES_MAX 300 /* ticks without any progress before a job is given up */
#define FLOOR_US 100000
#define TRIES_MAX 5

/* One socket of a job. Earlier ones stay open while a later one tries: an ICMP message belongs to the
 * packet that caused it, and routers send few of them. */
struct attempt {
	struct job *job;
	int fd;
	struct event *event; /* NULL = not open */
	uint64_t started_us;
};

struct job {
	TAILQ_ENTRY(job) link;
	struct probe_tcp *prober;
	probe_tcp_done *done;
	void *user;
	bool waits; /* for a turn: in `waiting`, otherwise in `live` */
	struct attempt attempts[TRIES_MAX];
	struct probe_tcp_outcome outcome; /* tries: attempts made */
};

TAILQ_HEAD(job_list, job);

struct probe_tcp {
	struct event_base *base;
	struct probe_tcp_options options;
	struct event *tick;
	struct job_list waiting;
	struct job_list live;
	unsigned in_flight; /* sockets */
	unsigned pauses;    /* in a row */
	double tokens;
	uint64_t filled_us;
	double srtt_us; /* 0 = no answer yet */
	double rttvar_us;
	struct probe_tcp_counters counters;
};

const struct probe_tcp_options probe_tcp_defaults = {
	.rate = PROBE_TCP_RATE,
	.in_flight = PROBE_TCP_IN_FLIGHT,
	.tries = 3,
	.first_ms = 1000,
	.final_ms = 3300,
};

const char *probe_tcp_state_name(enum probe_tcp_state state)
{
	static const char *const names[] = {"open",     "closed",  "filtered", "rejected",
					    "no-route", "no-host", "failed"};

	return names[state];
}

static enum probe_tcp_state classify_icmp4(uint8_t type, uint8_t code)
{
	if (type == ICMP_TIME_EXCEEDED)
		return PROBE_TCP_NO_ROUTE; /* a loop: packets with a full TTL do not arrive */
	if (type != ICMP_DEST_UNREACH)
		return PROBE_TCP_REJECTED;
	switch (code) {
	case ICMP_NET_UNREACH:
	case ICMP_NET_UNKNOWN:
	case ICMP_NET_UNR_TOS:
	case ICMP_SR_FAILED:
		return PROBE_TCP_NO_ROUTE;
	case ICMP_HOST_UNREACH:
	case ICMP_HOST_UNKNOWN:
	case ICMP_HOST_UNR_TOS:
		return PROBE_TCP_NO_HOST;
	default:
		return PROBE_TCP_REJECTED;
	}
}

static enum probe_tcp_state classify_icmp6(uint8_t type, uint8_t code)
{
	if (type == ICMPV6_TIME_EXCEED)
		return PROBE_TCP_NO_ROUTE;
	if (type != ICMPV6_DEST_UNREACH)
		return PROBE_TCP_REJECTED;
	switch (code) {
	case ICMPV6_NOROUTE:
	case ICMPV6_NOT_NEIGHBOUR:
		return PROBE_TCP_NO_ROUTE;
	case ICMPV6_ADDR_UNREACH:
		return PROBE_TCP_NO_HOST;
	default:
		return PROBE_TCP_REJECTED;
	}
}

enum probe_tcp_state probe_tcp_classify(const struct dial_error *error, uint8_t family)
{
	if (error->icmp)
		return family == ADDR_IP6 ? classify_icmp6(error->type, error->code)
					  : classify_icmp4(error->type, error->code);
	switch (error->error) {
	case 0:
		return PROBE_TCP_OPEN;
	case ECONNREFUSED:
	case ECONNRESET: /* reset between the handshake and our look */
		return PROBE_TCP_CLOSED;
	case ETIMEDOUT:
		return PROBE_TCP_FILTERED;
	case ENETUNREACH:
	case EHOSTUNREACH: /* route of type unreachable */
	case EACCES:       /* route of type prohibit */
	case EINVAL:       /* route of type blackhole */
	case EPERM:
	case ENETDOWN:
		return PROBE_TCP_NO_ROUTE;
	default:
		return PROBE_TCP_FAILED;
	}
}

static void schedule(struct probe_tcp *prober, unsigned ms)
{
	struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

	if (!evtimer_pending(prober->tick, NULL))
		evtimer_add(prober->tick, &wait);
}

static void attempt_close(struct attempt *attempt)
{
	if (!attempt->event)
		return;
	event_free(attempt->event);
	attempt->event = NULL;
	dial_close(attempt->fd);
	attempt->job->prober->in_flight--;
}

static void job_free(struct job *job)
{
	for (unsigned i = 0; i < job->outcome.tries; i++)
		attempt_close(&job->attempts[i]);
	free(job);
}

/* The job is in no list any more. */
static void finish(struct job *job, enum probe_tcp_state state)
{
	struct probe_tcp_outcome outcome = job->outcome;
	probe_tcp_done *done = job->done;
	void *user = job->user;

	outcome.state = state;
	schedule(job->prober, 0);
	job_free(job);
	done(&outcome, user);
}

/* RFC 6298's smoothing, over all targets: one number for the whole run. */
static void learn_rtt(struct probe_tcp *prober, uint32_t rtt_us)
{
	double rtt = rtt_us;
	double off = rtt > prober->srtt_us ? rtt - prober->srtt_us : prober->srtt_us - rtt;

	if (prober->srtt_us <= 0) {
		prober->srtt_us = rtt + 1;
		prober->rttvar_us = rtt / 2;
		return;
	}
	prober->rttvar_us += (off - prober->rttvar_us) / 4;
	prober->srtt_us += (rtt - prober->srtt_us) / 8;
}

static uint64_t try_wait_us(const struct probe_tcp *prober, unsigned tries)
{
	double limit = prober->options.first_ms * 1000.0;
	double wait = prober->srtt_us + 4 * prober->rttvar_us;

	if (tries >= prober->options.tries)
		return prober->options.final_ms * UINT64_C(1000);
	if (prober->srtt_us <= 0)
		return (uint64_t)limit;
	if (wait < prober->srtt_us + FLOOR_US)
		wait = prober->srtt_us + FLOOR_US;
	for (unsigned i = 1; i < tries; i++)
		wait *= 1.5;
	return (uint64_t)(wait < limit ? wait : limit);
}

/* The last attempt waited long enough. */
static void on_silence(struct attempt *attempt)
{
	struct job *job = attempt->job;
	struct probe_tcp *prober = job->prober;

	TAILQ_REMOVE(&prober->live, job, link);
	if (job->outcome.tries < prober->options.tries) {
		event_add(attempt->event, NULL);
		TAILQ_INSERT_TAIL(&prober->waiting, job, link);
		job->waits = true;
		schedule(prober, 0);
		return;
	}
	job->outcome.error = (struct dial_error){.error = ETIMEDOUT};
	finish(job, PROBE_TCP_FILTERED);
}

static void on_socket(evutil_socket_t fd, short what, void *user)
{
	struct attempt *attempt = user;
	struct job *job = attempt->job;
	struct probe_tcp *prober = job->prober;
	uint64_t rtt_us;

	if (what & EV_TIMEOUT) {
		on_silence(attempt);
		return;
	}
	rtt_us = dial_now_us() - attempt->started_us;
	dial_result(fd, &job->outcome.error);
	job->outcome.rtt_us = rtt_us < UINT32_MAX ? (uint32_t)rtt_us : UINT32_MAX;
	if (!job->outcome.error.icmp)
		learn_rtt(prober, job->outcome.rtt_us);
	TAILQ_REMOVE(job->waits ? &prober->waiting : &prober->live, job, link);
	finish(job, probe_tcp_classify(&job->outcome.error, job->outcome.to.addr.family));
}

/* 0, or negative errno when nothing was sent. */
static int begin(struct job *job)
{
	struct probe_tcp *prober = job->prober;
	struct attempt *attempt = &job->attempts[job->outcome.tries];
	uint64_t wait_us = try_wait_us(prober, job->outcome.tries + 1);
	struct timeval wait = {.tv_sec = (time_t)(wait_us / 1000000),
			       .tv_usec = (suseconds_t)(wait_us % 1000000)};
	int r;

	*attempt = (struct attempt){.job = job, .fd = -1, .started_us = dial_now_us()};
	r = dial_tcp(job->outcome.to, 0, &attempt->fd, &job->outcome.error);
	if (r)
		return r;
	attempt->event = event_new(prober->base, attempt->fd, EV_WRITE, on_socket, attempt);
	if (!attempt->event) {
		dial_close(attempt->fd);
		return -ENOMEM;
	}
	event_add(attempt->event, &wait);
	job->outcome.source = dial_source(attempt->fd);
	prober->in_flight++;
	prober->counters.sent++;
	prober->counters.retries += job->outcome.tries > 0;
	job->outcome.tries++;
	return 0;
}

static void fill_tokens(struct probe_tcp *prober)
{
	uint64_t now_us = dial_now_us();
	double burst = prober->options.rate / 10.0 + 1;

	prober->tokens += (double)(now_us - prober->filled_us) * prober->options.rate / 1e6;
	if (prober->tokens > burst)
		prober->tokens = burst;
	prober->filled_us = now_us;
}

/* Short of something: keep the job for later, unless nothing moves for seconds. */
static bool keep_for_later(struct job *job, int error)
{
	struct probe_tcp *prober = job->prober;

	if (!dial_short_of(error))
		return false;
	prober->counters.pauses++;
	if (TAILQ_EMPTY(&prober->live) && ++prober->pauses > PAUSES_MAX)
		return false;
	TAILQ_INSERT_HEAD(&prober->waiting, job, link);
	return true;
}

/* A repeated try gives up its older sockets when there is no room for one more, so that no job waits
 * for a place that it holds itself. */
static bool has_room(struct job *job)
{
	struct probe_tcp *prober = job->prober;

	for (unsigned i = 0;
	     i < job->outcome.tries && prober->in_flight >= prober->options.in_flight; i++)
		attempt_close(&job->attempts[i]);
	return prober->in_flight < prober->options.in_flight;
}

/* False when it must wait for better times. */
static bool try_job(struct job *job)
{
	struct probe_tcp *prober = job->prober;
	int r;

	TAILQ_REMOVE(&prober->waiting, job, link);
	r = begin(job);
	if (!r) {
		job->waits = false;
		TAILQ_INSERT_TAIL(&prober->live, job, link);
		prober->tokens -= 1;
		prober->pauses = 0;
		return true;
	}
	if (keep_for_later(job, -r))
		return false;
	finish(job, dial_short_of(-r)
			    ? PROBE_TCP_FAILED
			    : probe_tcp_classify(&job->outcome.error, job->outcome.to.addr.family));
	return true;
}

static void on_tick(evutil_socket_t fd, short what, void *user)
{
	struct probe_tcp *prober = user;
	struct job *job;

	fill_tokens(prober);
	while ((job = TAILQ_FIRST(&prober->waiting)) && prober->tokens >= 1 && has_room(job))
		if (!try_job(job))
			break;
	if (job)
		schedule(prober, TICK_MS);
}

static unsigned descriptors_left(unsigned wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return wanted;
	if (limit.rlim_cur < limit.rlim_max && limit.rlim_cur < wanted + SPARE_DESCRIPTORS) {
		limit.rlim_cur = wanted + SPARE_DESCRIPTORS;
		if (limit.rlim_cur > limit.rlim_max)
			limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* the pause copes where it is refused */
	}
	if (limit.rlim_cur >= wanted + SPARE_DESCRIPTORS)
		return wanted;
	return limit.rlim_cur > 2 * SPARE_DESCRIPTORS ? (unsigned)limit.rlim_cur - SPARE_DESCRIPTORS
						      : SPARE_DESCRIPTORS / 4;
}

int probe_tcp_new(struct probe_tcp **ret, struct event_base *base,
		  const struct probe_tcp_options *options)
{
	struct probe_tcp *prober = calloc(1, sizeof(*prober));

	if (!prober)
		return -ENOMEM;
	TAILQ_INIT(&prober->waiting);
	TAILQ_INIT(&prober->live);
	prober->base = base;
	prober->options = *options;
	prober->options.in_flight = descriptors_left(options->in_flight);
	if (prober->options.tries < 1 || prober->options.tries > TRIES_MAX)
		prober->options.tries = TRIES_MAX;
	prober->filled_us = dial_now_us();
	prober->tokens = prober->options.rate / 10.0 + 1;
	prober->tick = evtimer_new(base, on_tick, prober);
	if (!prober->tick) {
		free(prober);
		return -ENOMEM;
	}
	*ret = prober;
	return 0;
}

void probe_tcp_free(struct probe_tcp *prober)
{
	struct job_list *lists[2];
	struct job *job;

	if (!prober)
		return;
	lists[0] = &prober->waiting;
	lists[1] = &prober->live;
	for (size_t i = 0; i < 2; i++)
		while ((job = TAILQ_FIRST(lists[i]))) {
			TAILQ_REMOVE(lists[i], job, link);
			job_free(job);
		}
	event_free(prober->tick);
	free(prober);
}

int probe_tcp_add(struct probe_tcp *prober, struct endpoint to, probe_tcp_done *done, void *user)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return -ENOMEM;
	job->prober = prober;
	job->done = done;
	job->user = user;
	job->waits = true;
	job->outcome.to = to;
	TAILQ_INSERT_TAIL(&prober->waiting, job, link);
	schedule(prober, 0);
	return 0;
}

struct probe_tcp_counters probe_tcp_counters(const struct probe_tcp *prober)
{
	return prober->counters;
}
