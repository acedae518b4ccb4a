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
#define SPANS 12     /* the budget's window in spans of ten seconds */
#define SPAN_US UINT64_C(10000000)

struct subnet {
	uint8_t family;
	bool near;
	uint8_t bytes[8]; /* the first 3 or 8 of its addresses */
	float srtt_us;    /* 0 = nothing answered yet */
	float rttvar_us;
	float hosts; /* that may be asked now */
	uint64_t filled_us;
};

struct scan_pace {
	struct scan_pace_options options;
	scan_pace_near *near;
	void *user;
	double tokens;
	uint64_t filled_us;
	uint64_t span; /* number of the current one */
	unsigned spans[SPANS];
	uint64_t answers;
	uint64_t late_answers; /* of them, to a try that was not the first */
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
	pace->filled_us = now_us;
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
	*subnet = (struct subnet){.family = addr.family, .hosts = 1};
	memcpy(subnet->bytes, addr.bytes, key_size(addr));
	subnet->near = pace->near && pace->near(addr, pace->user);
	return subnet;
}

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

unsigned scan_pace_room(struct scan_pace *pace, uint64_t now_us)
{
	double burst = pace->options.rate * BURST_S + 1;

	if (now_us > pace->filled_us)
		pace->tokens += (double)(now_us - pace->filled_us) * pace->options.rate / 1e6;
	if (pace->tokens > burst)
		pace->tokens = burst;
	pace->filled_us = now_us;
	turn_spans(pace, now_us);
	if (scan_pace_spent(pace))
		return 0;
	return pace->tokens >= 1 ? (unsigned)pace->tokens : 0;
}

bool scan_pace_host(struct scan_pace *pace, struct addr addr, uint64_t now_us)
{
	struct subnet *subnet = enter(pace, addr);
	unsigned rate = subnet->near ? pace->options.link_rate : pace->options.subnet_rate;

	if (!rate)
		return true;
	if (subnet->filled_us && now_us > subnet->filled_us)
		subnet->hosts += (float)(now_us - subnet->filled_us) * (float)rate / 1e6F;
	if (subnet->hosts > (float)rate / 10 + 1)
		subnet->hosts = (float)rate / 10 + 1;
	subnet->filled_us = now_us;
	if (subnet->hosts < 1)
		return false;
	subnet->hosts -= 1;
	return true;
}

void scan_pace_sent(struct scan_pace *pace)
{
	pace->tokens -= 1;
}

/* RFC 6298's smoothing. */
void scan_pace_answered(struct scan_pace *pace, struct addr addr, unsigned try, uint32_t rtt_us)
{
	struct subnet *subnet = enter(pace, addr);
	float rtt = (float)rtt_us, off;

	pace->answers++;
	pace->late_answers += try > 1;
	if (!rtt_us)
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

void scan_pace_silent(struct scan_pace *pace, uint64_t now_us)
{
	turn_spans(pace, now_us);
	pace->spans[pace->span % SPANS]++;
}

/* Of n ports that answer, n * p^k stay silent in k tries, p being the share of lost tries. */
unsigned scan_pace_tries(const struct scan_pace *pace)
{
	double loss = (double)pace->late_answers / (double)(pace->answers ? pace->answers : 1);
	double wrong = (double)pace->answers;
	unsigned tries = 0;

	while (tries < SCAN_PACE_TRIES_MAX && (tries < pace->options.tries || wrong > WRONG_MOST)) {
		wrong *= loss;
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
