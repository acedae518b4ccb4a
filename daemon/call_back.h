/* SPDX-License-Identifier: ISC */
/*
 * call_back: tries what a provisioning core does when it is told of a PC: looks the address up in
 * reverse DNS, the name that it finds there forwards again, and connects to port 16993. Lends
 * discovery's gate the probes of netcheck. The name servers are those of the file given, read anew
 * for each check; the next one is asked where one does not answer.
 */
#pragma once

#include "common/addr.h"

struct event_base;
struct gate_answers;
struct call_back;

#define CALL_BACK_RESOLV_CONF "/etc/resolv.conf"

/* `resolv_conf` is borrowed. 0 or -ENOMEM. */
int call_back_new(struct call_back **ret, struct event_base *base, const char *resolv_conf);
/* Calls no done any more. Takes NULL. */
void call_back_free(struct call_back *call_back);

/* discovery_check: `done` is called once, never from inside. `user` is the struct call_back. */
int call_back_check(struct addr address,
		    void (*done)(const struct gate_answers *answers, void *task), void *task,
		    void *user);
