/* SPDX-License-Identifier: ISC */
/*
 * lookups: many DNS questions, a bounded number of them under way at a time, in order.
 */
#pragma once

#include "netcheck/probe_dns.h"

#define LOOKUPS_WINDOW 64
#define LOOKUPS_WAITING_MAX 200000

struct lookups;

/* 0 or -ENOMEM. */
int lookups_new(struct lookups **ret, struct event_base *base,
		const struct probe_dns_options *options);
/* Calls no done any more. */
void lookups_free(struct lookups *lookups);

/* `done` is called exactly once, never from inside. 0, -EBUSY or -ENOMEM. */
int lookups_add(struct lookups *lookups, const struct probe_dns_question *question,
		probe_dns_done *done, void *user);
