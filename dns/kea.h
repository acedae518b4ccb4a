/* SPDX-License-Identifier: ISC */
/*
 * kea: asks one Kea server, over its control socket (a Unix stream socket), for all its leases: page by
 * page, one connection per page as Kea has it, never blocking. Every page has a deadline; between two
 * pages Kea rests as long as the last one took, so that the listing never has more than half of it.
 *
 * The one rule: what on_lease gave is a listing only when on_end says 0.
 */
#pragma once

#include "dns/kea_answer.h"

struct event_base;
struct kea;

#define KEA_PAGE 1000 /* leases; halved where they do not fit into an answer */
#define KEA_PATH_MAX 107

struct kea_events {
	void (*on_lease)(const struct kea_lease *lease, void *user);
	/* 0, or a negative errno with the sentence. Comes from the event loop, never from inside kea_list. */
	void (*on_end)(int result, const struct err *err, void *user);
};

struct kea_counters {
	uint64_t listings, failures; /* ended well, ended otherwise */
	uint64_t pages, leases, bad_tags;
};

/* `path` is borrowed. 0, -ENAMETOOLONG or -ENOMEM. */
int kea_new(struct kea **ret, struct event_base *base, enum addr_family family, const char *path,
	    uint32_t page_deadline_ms, const struct kea_events *events, void *user);
/* No callback any more. NULL is allowed. */
void kea_free(struct kea *kea);

/* Begins a listing; a running one is given up without on_end. */
void kea_list(struct kea *kea);
void kea_stop(struct kea *kea);

struct kea_counters kea_counters(const struct kea *kea);
