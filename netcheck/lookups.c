/* SPDX-License-Identifier: ISC */
#include "netcheck/lookups.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>

struct lookup {
	TAILQ_ENTRY(lookup) link;
	struct lookups *lookups;
	struct probe_dns *probe; /* NULL while it waits */
	struct probe_dns_question question;
	probe_dns_done *done;
	void *user;
};

TAILQ_HEAD(lookup_list, lookup);

struct lookups {
	struct event_base *base;
	struct probe_dns_options options;
	struct event *pump;
	struct lookup_list waiting;
	struct lookup_list live;
	size_t waiting_count;
	size_t live_count;
};

static void schedule(struct lookups *lookups, unsigned ms)
{
	struct timeval wait = {.tv_usec = (suseconds_t)ms * 1000};

	if (!evtimer_pending(lookups->pump, NULL))
		evtimer_add(lookups->pump, &wait);
}

static void on_answer(const struct probe_dns_question *question,
		      const struct probe_dns_answer *answer, void *user)
{
	struct lookup *lookup = user;
	struct lookups *lookups = lookup->lookups;
	probe_dns_done *done = lookup->done;

	TAILQ_REMOVE(&lookups->live, lookup, link);
	lookups->live_count--;
	user = lookup->user;
	free(lookup);
	if (lookups->waiting_count)
		schedule(lookups, 0);
	done(question, answer, user);
}

static void on_pump(evutil_socket_t fd, short what, void *user)
{
	struct lookups *lookups = user;
	struct lookup *lookup;

	while ((lookup = TAILQ_FIRST(&lookups->waiting)) && lookups->live_count < LOOKUPS_WINDOW) {
		if (probe_dns_start(&lookup->probe, lookups->base, &lookup->question,
				    &lookups->options, on_answer, lookup)) {
			schedule(lookups, 100); /* no memory now */
			return;
		}
		TAILQ_REMOVE(&lookups->waiting, lookup, link);
		lookups->waiting_count--;
		TAILQ_INSERT_TAIL(&lookups->live, lookup, link);
		lookups->live_count++;
	}
}

int lookups_new(struct lookups **ret, struct event_base *base,
		const struct probe_dns_options *options)
{
	struct lookups *lookups = calloc(1, sizeof(*lookups));

	if (!lookups)
		return -ENOMEM;
	TAILQ_INIT(&lookups->waiting);
	TAILQ_INIT(&lookups->live);
	lookups->base = base;
	lookups->options = *options;
	lookups->pump = evtimer_new(base, on_pump, lookups);
	if (!lookups->pump) {
		free(lookups);
		return -ENOMEM;
	}
	*ret = lookups;
	return 0;
}

void lookups_free(struct lookups *lookups)
{
	struct lookup *lookup;

	if (!lookups)
		return;
	while ((lookup = TAILQ_FIRST(&lookups->waiting))) {
		TAILQ_REMOVE(&lookups->waiting, lookup, link);
		free(lookup);
	}
	while ((lookup = TAILQ_FIRST(&lookups->live))) {
		TAILQ_REMOVE(&lookups->live, lookup, link);
		probe_dns_cancel(lookup->probe);
		free(lookup);
	}
	event_free(lookups->pump);
	free(lookups);
}

int lookups_add(struct lookups *lookups, const struct probe_dns_question *question,
		probe_dns_done *done, void *user)
{
	struct lookup *lookup;

	if (lookups->waiting_count >= LOOKUPS_WAITING_MAX)
		return -EBUSY;
	lookup = calloc(1, sizeof(*lookup));
	if (!lookup)
		return -ENOMEM;
	lookup->lookups = lookups;
	lookup->question = *question;
	lookup->done = done;
	lookup->user = user;
	TAILQ_INSERT_TAIL(&lookups->waiting, lookup, link);
	lookups->waiting_count++;
	schedule(lookups, 0);
	return 0;
}
