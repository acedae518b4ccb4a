/* SPDX-License-Identifier: ISC */
#include "netcheck/probe_hop.h"

#include "common/clock.h"
#include "netcheck/dial.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define WINDOW 4          /* TTLs sent at once; few, because each beyond the host is a connection */
#define FIRST_WAIT_MS 500 /* until something answered */
#define SPARE_WAIT_MS 60
#define LEAST_WAIT_MS 120
#define MOST_WAIT_MS 2000
#define AGAIN_MS 1050 /* routers answer once a second, some twice */
#define CONFIRM 2     /* times that a hop must answer the control port only */
#define UDP_PORT 33434

struct walk {
	TAILQ_ENTRY(walk) link;
	probe_hop_done *done;
	void *user;
	struct probe_hop_outcome outcome;
	unsigned limit; /* TTLs used so far */
	unsigned round;
	bool asking;                 /* a round is under way, otherwise the wait before the next */
	bool fresh[HOP_MAX];         /* the control port was answered in this round */
	unsigned confirmed[HOP_MAX]; /* rounds in which that was so and the test port silent */
};

struct probe {
	struct probe_hop *walker;
	struct hop *hop; /* where the answer goes */
	unsigned ttl;
	int fd;
	bool udp;
	struct event *event;
	uint64_t started_us;
};

TAILQ_HEAD(walk_list, walk);

struct probe_hop {
	struct event_base *base;
	struct walk_list waiting;
	size_t waiting_count;
	struct walk *walk; /* under way */
	struct event *timer;
	struct probe probes[3 * HOP_MAX]; /* test, control, UDP */
	unsigned probe_count;
	unsigned open_count;
	uint64_t round_us;
	struct addr known_to; /* whose control path is kept */
	uint16_t known_port;
	struct hop_path known;
};

static void set_timer(struct probe_hop *walker, uint64_t ms)
{
	struct timeval wait = clock_timeval(ms);

	evtimer_add(walker->timer, &wait);
}

static void probe_close(struct probe *probe)
{
	if (!probe->event)
		return;
	event_free(probe->event);
	probe->event = NULL;
	dial_close(probe->fd);
	probe->walker->open_count--;
}

static void close_probes(struct probe_hop *walker)
{
	for (unsigned i = 0; i < walker->probe_count; i++)
		probe_close(&walker->probes[i]);
	walker->probe_count = 0;
}

static enum hop_kind classify(const struct dial_error *error, uint8_t family, bool udp)
{
	bool ip6 = family == ADDR_IP6;

	if (!error->icmp)
		return error->error == 0 || error->error == ECONNREFUSED ||
				       error->error == ECONNRESET
			       ? HOP_ANSWER
			       : HOP_SILENT;
	if (error->type == (ip6 ? ICMPV6_TIME_EXCEED : ICMP_TIME_EXCEEDED))
		return HOP_EXCEEDED;
	if (udp && error->type == (ip6 ? ICMPV6_DEST_UNREACH : ICMP_DEST_UNREACH) &&
	    error->code == (ip6 ? ICMPV6_PORT_UNREACH : ICMP_PORT_UNREACH))
		return HOP_ANSWER;
	return HOP_ICMP;
}

static void take_answer(struct probe *probe, const struct dial_error *error)
{
	struct walk *walk = probe->walker->walk;
	struct addr to = walk->outcome.question.to;
	struct hop hop = {
		.kind = classify(error, to.family, probe->udp),
		.accepted = !error->icmp && !probe->udp && error->error != ECONNREFUSED,
		.by = error->icmp ? error->by : to,
		.rtt_us = (uint32_t)(dial_now_us() - probe->started_us),
	};

	/* What a firewall says to UDP says nothing about the TCP port. */
	if (probe->udp &&
	    (hop.kind == HOP_ICMP || (hop.kind == HOP_ANSWER && !addr_equal(hop.by, to))))
		return;
	if (hop.kind == HOP_SILENT)
		return;
	if (probe->hop == &walk->outcome.control.hops[probe->ttl - 1])
		walk->fresh[probe->ttl - 1] = true;
	if (probe->hop->kind == HOP_SILENT)
		*probe->hop = hop;
}

/* When all have answered, or when nothing more is to be expected. */
static uint64_t round_wait_ms(const struct probe_hop *walker)
{
	uint64_t slowest_us = 0, wait_ms, past_ms;

	for (unsigned i = 0; i < walker->probe_count; i++)
		if (walker->probes[i].hop->rtt_us > slowest_us)
			slowest_us = walker->probes[i].hop->rtt_us;
	wait_ms = slowest_us ? 3 * slowest_us / 1000 + SPARE_WAIT_MS : FIRST_WAIT_MS;
	if (wait_ms < LEAST_WAIT_MS)
		wait_ms = LEAST_WAIT_MS;
	if (wait_ms > MOST_WAIT_MS)
		wait_ms = MOST_WAIT_MS;
	past_ms = (dial_now_us() - walker->round_us) / 1000;
	return wait_ms > past_ms ? wait_ms - past_ms : 0;
}

static void on_answer(evutil_socket_t fd, short what, void *user)
{
	struct probe *probe = user;
	struct probe_hop *walker = probe->walker;
	struct dial_error error;

	dial_result(fd, &error);
	take_answer(probe, &error);
	probe_close(probe);
	set_timer(walker, walker->open_count ? round_wait_ms(walker) : 0);
}

static void send_probe(struct probe_hop *walker, struct hop *hop, uint16_t port, unsigned ttl,
		       bool udp)
{
	struct walk *walk = walker->walk;
	struct endpoint to = {.addr = walk->outcome.question.to, .port = port};
	struct probe *probe = &walker->probes[walker->probe_count];
	struct dial_error error;
	int r;

	*probe = (struct probe){.walker = walker,
				.hop = hop,
				.ttl = ttl,
				.udp = udp,
				.fd = -1,
				.started_us = dial_now_us()};
	walk->outcome.sent++;
	r = udp ? dial_udp(to, ttl, &probe->fd, &error) : dial_tcp(to, ttl, &probe->fd, &error);
	if (r) {
		if (error.icmp)
			take_answer(probe, &error);
		return; /* otherwise silent: asked again in the next round */
	}
	/* A UDP socket is writable at once; its error makes it readable as well. */
	probe->event = event_new(walker->base, probe->fd, udp ? EV_READ : EV_WRITE, on_answer,
				 probe);
	if (!probe->event) {
		dial_close(probe->fd);
		return;
	}
	event_add(probe->event, NULL);
	walker->open_count++;
	walker->probe_count++;
}

/* How far it makes sense to ask: to the host, or one beyond the last router. */
static unsigned interesting(const struct walk *walk)
{
	unsigned test = hop_reach(&walk->outcome.test);
	unsigned control = hop_reach(&walk->outcome.control);
	unsigned reach = test > control ? test : control;

	return reach && reach < walk->limit ? reach : walk->limit;
}

static bool silent(const struct hop_path *path, unsigned ttl)
{
	unsigned end = hop_ended(path) ? hop_reach(path) : HOP_MAX;

	return path->hops[ttl - 1].kind == HOP_SILENT && ttl <= end;
}

/* Where the control port is silent too, a silent test port tells nothing more when asked again. */
static bool wants_test(const struct walk *walk, unsigned ttl)
{
	const struct probe_hop_outcome *outcome = &walk->outcome;

	if (!outcome->question.port || !silent(&outcome->test, ttl) ||
	    walk->confirmed[ttl - 1] >= CONFIRM)
		return false;
	return ttl > outcome->test.tried || outcome->control.hops[ttl - 1].kind != HOP_SILENT;
}

/* A known hop is asked again beside a silent test port: only its answer in the same round shows that
 * the silence is not the router's limit on its answers. */
static bool wants_control(const struct walk *walk, unsigned ttl)
{
	return silent(&walk->outcome.control, ttl) || wants_test(walk, ttl);
}

/* The test port goes first: where a router has an answer left for the control port behind it, it had
 * one for the test port. */
static void send_range(struct probe_hop *walker, unsigned first, unsigned last)
{
	struct walk *walk = walker->walk;
	const struct probe_hop_question *question = &walk->outcome.question;
	struct hop_path *test = &walk->outcome.test;
	struct hop_path *control = &walk->outcome.control;
	bool asked[HOP_MAX] = {false};

	walker->round_us = dial_now_us();
	walk->asking = true;
	for (unsigned ttl = first; ttl <= last; ttl++) {
		walk->fresh[ttl - 1] = false;
		asked[ttl - 1] = wants_control(walk, ttl);
		if (wants_test(walk, ttl))
			send_probe(walker, &test->hops[ttl - 1], question->port, ttl, false);
	}
	for (unsigned ttl = first; ttl <= last; ttl++) {
		struct hop *hop = &control->hops[ttl - 1];

		if (!asked[ttl - 1])
			continue;
		send_probe(walker, hop, question->control_port, ttl, false);
		if (walk->round > 1 && hop->kind == HOP_SILENT) /* as traceroute does */
			send_probe(walker, hop, (uint16_t)(UDP_PORT + ttl), ttl, true);
	}
	if (question->port)
		test->tried = walk->limit;
	if (control->tried < walk->limit)
		control->tried = walk->limit;
	set_timer(walker, walker->open_count ? FIRST_WAIT_MS : 0);
}

/* Takes stock of a round: false when a hop was not heard at all, so that asking again must wait. */
static bool count_round(struct walk *walk)
{
	const struct probe_hop_outcome *outcome = &walk->outcome;
	unsigned last = interesting(walk);
	bool heard = true;

	for (unsigned ttl = 1; ttl <= last; ttl++) {
		bool quiet = outcome->question.port && silent(&outcome->test, ttl);

		if (quiet && walk->fresh[ttl - 1])
			walk->confirmed[ttl - 1]++;
		else if (quiet || silent(&outcome->control, ttl))
			heard = false;
	}
	return heard;
}

static bool complete(const struct walk *walk)
{
	unsigned last = interesting(walk);

	for (unsigned ttl = 1; ttl <= last; ttl++)
		if (wants_control(walk, ttl))
			return false;
	return true;
}

static void finish(struct probe_hop *walker)
{
	struct walk *walk = walker->walk;

	walker->walk = NULL;
	walker->known_to = walk->outcome.question.to;
	walker->known_port = walk->outcome.question.control_port;
	walker->known = walk->outcome.control;
	walk->done(&walk->outcome, walk->user);
	free(walk);
}

/* A router at the end of the window: the host is further away. */
static bool goes_on(const struct walk *walk)
{
	const struct hop_path *control = &walk->outcome.control;
	const struct hop_path *test = &walk->outcome.test;
	unsigned at = walk->limit - 1;

	if (walk->limit >= HOP_MAX || hop_ended(control))
		return false;
	return control->hops[at].kind == HOP_EXCEEDED || test->hops[at].kind == HOP_EXCEEDED;
}

static void start_next(struct probe_hop *walker)
{
	struct walk *walk = TAILQ_FIRST(&walker->waiting);
	const struct probe_hop_question *question;

	if (!walk)
		return;
	TAILQ_REMOVE(&walker->waiting, walk, link);
	walker->waiting_count--;
	walker->walk = walk;
	walk->round = 1;
	walk->limit = WINDOW;
	question = &walk->outcome.question;
	if (addr_equal(walker->known_to, question->to) &&
	    walker->known_port == question->control_port) {
		walk->outcome.control = walker->known;
		walk->limit = walker->known.tried;
	}
	send_range(walker, 1, walk->limit);
}

static void end_round(struct probe_hop *walker)
{
	struct walk *walk = walker->walk;
	bool heard = count_round(walk);

	walk->asking = false;
	if (!complete(walk) && walk->round < walk->outcome.question.rounds) {
		set_timer(walker, heard ? 0 : AGAIN_MS);
		return;
	}
	finish(walker);
	set_timer(walker, 0);
}

/* A step is over: all have answered, or the wait before the next round has passed. */
static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct probe_hop *walker = user;
	struct walk *walk = walker->walk;
	unsigned first;

	close_probes(walker);
	if (!walk) {
		start_next(walker);
	} else if (!walk->asking) {
		walk->round++;
		send_range(walker, 1, interesting(walk));
	} else if (goes_on(walk)) {
		first = walk->limit + 1;
		walk->limit = first + WINDOW - 1 < HOP_MAX ? first + WINDOW - 1 : HOP_MAX;
		send_range(walker, first, walk->limit);
	} else {
		end_round(walker);
	}
}

int probe_hop_new(struct probe_hop **ret, struct event_base *base)
{
	struct probe_hop *walker = calloc(1, sizeof(*walker));

	if (!walker)
		return -ENOMEM;
	TAILQ_INIT(&walker->waiting);
	walker->base = base;
	walker->timer = evtimer_new(base, on_timer, walker);
	if (!walker->timer) {
		free(walker);
		return -ENOMEM;
	}
	*ret = walker;
	return 0;
}

void probe_hop_free(struct probe_hop *walker)
{
	struct walk *walk;

	if (!walker)
		return;
	close_probes(walker);
	while ((walk = TAILQ_FIRST(&walker->waiting))) {
		TAILQ_REMOVE(&walker->waiting, walk, link);
		free(walk);
	}
	free(walker->walk);
	event_free(walker->timer);
	free(walker);
}

int probe_hop_add(struct probe_hop *walker, const struct probe_hop_question *question,
		  probe_hop_done *done, void *user)
{
	struct walk *walk;

	if (walker->waiting_count >= PROBE_HOP_WAITING_MAX)
		return -EBUSY;
	walk = calloc(1, sizeof(*walk));
	if (!walk)
		return -ENOMEM;
	walk->done = done;
	walk->user = user;
	walk->outcome.question = *question;
	TAILQ_INSERT_TAIL(&walker->waiting, walk, link);
	walker->waiting_count++;
	if (!walker->walk && !evtimer_pending(walker->timer, NULL))
		set_timer(walker, 0);
	return 0;
}
