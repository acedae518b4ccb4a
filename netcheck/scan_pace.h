/* SPDX-License-Identifier: ISC */
/*
 * scan_pace: how fast and how patient a scan is. It limits the packets per second of the whole run,
 * which begin low and double each second in which something answers, and the new hosts per second of
 * each subnet (a /24 or /64), and keeps what is unanswered within what a stateful firewall remembers.
 * It measures the round trip per subnet and the loss of the run, and from these says how long to wait
 * and how often to try. Constant memory; pure: time is an argument.
 */
#pragma once

#include "common/addr.h"

#include <stdbool.h>
#include <stdint.h>

struct scan_pace_options {
	unsigned rate;        /* packets per second, at most */
	unsigned start_rate;  /* the same in the first second; 0 = `rate` from the start */
	unsigned subnet_rate; /* new hosts per second in one subnet; 0 = no limit */
	unsigned link_rate;   /* the same in this machine's own networks; 0 = no limit */
	unsigned unanswered;  /* packets of any 120 s without an answer of TCP; 0 = no limit */
	unsigned tries;       /* at least */
	unsigned first_ms;    /* longest wait of a try that is not the last */
	unsigned final_ms;    /* wait of the last try; 0 = as measured */
};

#define SCAN_PACE_TRIES_MAX 5

/* Whether an address is in this machine's own network, where each new host is an ARP or ND question;
 * asked once per subnet. */
typedef bool scan_pace_near(struct addr addr, void *user);

struct scan_pace;

/* `near` may be NULL. 0 or -ENOMEM. */
int scan_pace_new(struct scan_pace **ret, const struct scan_pace_options *options,
		  scan_pace_near *near, void *user, uint64_t now_us);
void scan_pace_free(struct scan_pace *pace);

/* How many packets may leave now. */
unsigned scan_pace_room(struct scan_pace *pace, uint64_t now_us);
/* True while nothing may leave because too much is unanswered. */
bool scan_pace_spent(const struct scan_pace *pace);
/* Whether the subnet of a new host has its turn; then it is counted. */
bool scan_pace_host(struct scan_pace *pace, struct addr addr, uint64_t now_us);

/* One attempt at an endpoint. */
struct scan_pace_attempt {
	struct addr addr;
	uint64_t sent_us;
	uint64_t number; /* of the endpoint, in the order of their first tries, from 1 */
	unsigned try;    /* 1 for the first */
};

void scan_pace_sent(struct scan_pace *pace, const struct scan_pace_attempt *attempt);
/* TCP itself answered: until then the attempt counts as unanswered. */
void scan_pace_answered(struct scan_pace *pace, const struct scan_pace_attempt *attempt,
			uint32_t rtt_us);

/* How many tries a silent port gets: the configured ones, and more when so many answers came to
 * later tries only that the silence may be loss. */
unsigned scan_pace_tries(const struct scan_pace *pace);
/* How long try number `try` waits; it may become shorter or longer as answers come in. */
uint64_t scan_pace_wait_us(const struct scan_pace *pace, struct addr addr, unsigned try);
