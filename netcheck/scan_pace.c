/* SPDX-License-Identifier: ISC */
#include "netcheck/scan_pace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SUBNETS 65536  /* a power of two; two subnets that meet forget each other's round trip */
#define SLACK_US 50000 /* above the measured round trip, while another try follows */
#define LAST_SLACK_US 100000 /* nothing follows: hosts and links that sleep take a while */
#define WRONG_MOST 0.02      /* silent ports of a run that may be silent by loss alone */
#define BURST_S 0.05 /* of the rate that may leave at once, after this machine was busy elsewhere */
#define SPANS 13     /* any 120 s lie within so many spans of ten seconds */
#define SPAN_US UINT64_C(10000000)
#define SECOND_US UINT64_C(1000000)

struct subnet {
	uint8_t family;
	bool near;
	uint8_t bytes[8]; /* the first 3 or 8 of its addresses */
	float srtt_us;    /* 0 = nothing answered yet */
	float rttvar_us;
	uint64_t next_us; /* when the next new host may be asked */
};

struct scan_pace {
	struct scan_pace_options options;
	scan_pace_near *near;
	void *user;
	double rate; /* of now */
	double tokens;
	uint64_t filled_us;
	uint64_t stepped_us; /* when the rate was last looked at, and how many answers there were */
	uint64_t answers_then;
	uint64_t span; /* number of the current one */
	unsigned spans[SPANS];
	uint64_t begun; /* endpoints that had their first try */
	uint64_t answers;
	uint64_t late_answers; /* of them, to a try that was not the first */
	uint64_t late_number;  /* the last endpoint that had one */
	struct subnet *subnets;
};

int scan_pace_new(struct scan_pace **ret, const struct scan_pace_options *options,
		  scan_pace_near *near, void *user, uint64_t now_us)
{
	struct scan_pace *pace = calloc(1, sizeof(*pace));

	if (!pace)
		return -ENOMEM;
	pace->subnets = calloc(SUBNETS,
			       sizeof(struct subnet)); /* pages come with their first use */
	if (!pace->subnets) {
		free(pace);
		return -ENOMEM;
	}
	pace->options = *options;
	if (pace->options.tries < 1 || pace->options.tries > SCAN_PACE_TRIES_MAX)
		pace->options.tries = SCAN_PACE_TRIES_MAX;
	pace->near = near;
	pace->user = user;
	pace->rate = options->start_rate && options->start_rate < options->rate
			     ? options->start_rate
			     : options->rate;
	pace->filled_us = pace->stepped_us = now_us;
	pace->span = now_us / SPAN_US;
	pace->tokens = 1;
	*ret = pace;
	return 0;
}

void scan_pace_free(struct scan_pace *pace)
{
	if (!pace)
		return;
	free(pace->subnets);
	free(pace);
}

static size_t key_size(struct addr addr)
{
	return addr.family == ADDR_IP6 ? 8 : 3;
}

static struct subnet *place_of(const struct scan_pace *pace, struct addr addr)
{
	uint64_t hash = addr.family;

	for (size_t i = 0; i < key_size(addr); i++)
		hash = (hash ^ addr.bytes[i]) * UINT64_C(0x100000001b3);
	return &pace->subnets[(hash ^ hash >> 17) % SUBNETS];
}

static const struct subnet *known(const struct scan_pace *pace, struct addr addr)
{
	const struct subnet *subnet = place_of(pace, addr);
	bool same = subnet->family == addr.family &&
		    !memcmp(subnet->bytes, addr.bytes, key_size(addr));

	return same ? subnet : NULL;
}

static struct subnet *enter(struct scan_pace *pace, struct addr addr)
{
	struct subnet *subnet = place_of(pace, addr);

	if (known(pace, addr))
		return subnet;
	*subnet = (struct subnet){.family = addr.family};
	memcpy(subnet->bytes, addr.bytes, key_size(addr));
	subnet->near = pace->near && pace->near(addr, pace->user);
	return subnet;
}

/* ---- packets ----------------------------------------------------------------------------------- */

static unsigned unanswered(const struct scan_pace *pace)
{
	unsigned sum = 0;

	for (size_t i = 0; i < SPANS; i++)
		sum += pace->spans[i];
	return sum;
}

static void turn_spans(struct scan_pace *pace, uint64_t now_us)
{
	uint64_t span = now_us / SPAN_US;

	if (span - pace->span >= SPANS)
		memset(pace->spans, 0, sizeof(pace->spans));
	for (uint64_t i = pace->span + 1; i <= span && i < pace->span + SPANS; i++)
		pace->spans[i % SPANS] = 0;
	pace->span = span;
}

bool scan_pace_spent(const struct scan_pace *pace)
{
	return pace->options.unanswered && unanswered(pace) >= pace->options.unanswered;
}

/* A network that answers takes more; one that fell silent is not pushed. */
static void step_up(struct scan_pace *pace, uint64_t now_us)
{
	if (pace->rate >= pace->options.rate || now_us < pace->stepped_us + SECOND_US)
		return;
	if (pace->answers > pace->answers_then)
		pace->rate *= 2;
	if (pace->rate > pace->options.rate)
		pace->rate = pace->options.rate;
	pace->answers_then = pace->answers;
	pace->stepped_us = now_us;
}

unsigned scan_pace_room(struct scan_pace *pace, uint64_t now_us)
{
	double burst, room;

	step_up(pace, now_us);
	if (now_us > pace->filled_us)
		pace->tokens += (double)(now_us - pace->filled_us) * pace->rate / 1e6;
	burst = pace->rate * BURST_S + 1;
	if (pace->tokens > burst)
		pace->tokens = burst;
	pace->filled_us = now_us;
	turn_spans(pace, now_us);
	if (scan_pace_spent(pace))
		return 0;
	room = pace->tokens;
	if (pace->options.unanswered && room > pace->options.unanswered - unanswered(pace))
		room = pace->options.unanswered - unanswered(pace);
	return room >= 1 ? (unsigned)room : 0;
}

bool scan_pace_host(struct scan_pace *pace, struct addr addr, uint64_t now_us)
{
	struct subnet *subnet = enter(pace, addr);
	unsigned rate = subnet->near ? pace->options.link_rate : pace->options.subnet_rate;

	if (!rate)
		return true;
	if (now_us < subnet->next_us)
		return false;
	subnet->next_us = now_us + SECOND_US / rate;
	return true;
}

void scan_pace_sent(struct scan_pace *pace, const struct scan_pace_attempt *attempt)
{
	turn_spans(pace, attempt->sent_us);
	pace->spans[pace->span % SPANS]++;
	pace->tokens -= 1;
	pace->begun += attempt->try == 1;
}

static void count_answer(struct scan_pace *pace, const struct scan_pace_attempt *attempt)
{
	uint64_t span = attempt->sent_us / SPAN_US;

	if (pace->span - span < SPANS && pace->spans[span % SPANS])
		pace->spans[span % SPANS]--;
	pace->answers++;
	if (attempt->try < 2)
		return;
	pace->late_answers++;
	if (attempt->number > pace->late_number)
		pace->late_number = attempt->number;
}

/* ---- patience ---------------------------------------------------------------------------------- */

/* RFC 6298's smoothing. Of several packets, it is not known which one was answered (Karn). */
void scan_pace_answered(struct scan_pace *pace, const struct scan_pace_attempt *attempt,
			uint32_t rtt_us)
{
	struct subnet *subnet = enter(pace, attempt->addr);
	float rtt = (float)rtt_us, off;

	count_answer(pace, attempt);
	if (attempt->try > 1)
		return;
	if (subnet->srtt_us <= 0) {
		subnet->srtt_us = rtt;
		subnet->rttvar_us = rtt / 2;
		return;
	}
	off = rtt > subnet->srtt_us ? rtt - subnet->srtt_us : subnet->srtt_us - rtt;
	subnet->rttvar_us += (off - subnet->rttvar_us) / 4;
	subnet->srtt_us += (rtt - subnet->srtt_us) / 8;
}

/* The share of tries that get lost. Second tries follow the first ones at a distance: early in a run
 * only the endpoints that were begun before the last late answer can be counted. */
static double loss(const struct scan_pace *pace)
{
	double late = (double)pace->late_answers;
	double share = (double)pace->late_number / (double)(pace->begun ? pace->begun : 1);

	if (!pace->late_answers)
		return 0;
	return late / (late + (double)(pace->answers - pace->late_answers) * share);
}

/* Of n ports that answer, n * p^k stay silent in k tries, p being the share of lost tries. */
unsigned scan_pace_tries(const struct scan_pace *pace)
{
	double lost = loss(pace), wrong = (double)pace->answers;
	unsigned tries = 0;

	while (tries < SCAN_PACE_TRIES_MAX && (tries < pace->options.tries || wrong > WRONG_MOST)) {
		wrong *= lost;
		tries++;
		if (tries >= pace->options.tries && !pace->late_answers)
			break;
	}
	return tries;
}

uint64_t scan_pace_wait_us(const struct scan_pace *pace, struct addr addr, unsigned try)
{
	const struct subnet *subnet = known(pace, addr);
	bool last = try >= scan_pace_tries(pace);
	uint64_t limit = pace->options.first_ms * UINT64_C(1000);
	double slack = last ? LAST_SLACK_US : SLACK_US, wait;

	if (last && pace->options.final_ms)
		return pace->options.final_ms * UINT64_C(1000);
	if (!subnet || subnet->srtt_us <= 0)
		return limit;
	if (4 * subnet->rttvar_us > slack)
		slack = 4 * subnet->rttvar_us;
	wait = subnet->srtt_us + slack;
	return wait < (double)limit ? (uint64_t)wait : limit;
}
