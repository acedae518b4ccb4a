/* SPDX-License-Identifier: ISC */
#include "dns/kea.h"
#include "common/clock.h"
#include "common/err.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PIECE 16384
#define QUESTION 200

struct kea {
	struct event_base *base;
	enum addr_family family;
	struct sockaddr_un path;
	uint32_t deadline_ms;
	const struct kea_events *events;
	void *user;
	struct kea_counters counters;

	struct event *next; /* when the next page is asked for */
	size_t page;        /* leases to ask for at once */
	struct addr from;   /* the page begins after this; ADDR_NONE = at the start */

	int fd; /* -1 = no page under way */
	struct event *ready;
	struct kea_answer *answer;
	uint64_t begun_ms, until_ms;
};

/* One page's connection ------------------------------------------------------------------------- */

static void hang_up(struct kea *kea)
{
	if (kea->ready)
		event_free(kea->ready);
	if (kea->fd >= 0)
		close(kea->fd);
	kea_answer_free(kea->answer);
	kea->ready = NULL;
	kea->answer = NULL;
	kea->fd = -1;
}

static void end(struct kea *kea, int result, const struct err *err)
{
	hang_up(kea);
	kea->counters.listings += result == 0;
	kea->counters.failures += result != 0;
	kea->events->on_end(result, err, kea->user);
}

static void fail(struct kea *kea, int result, struct err *err)
{
	err_prefix(err, "%s", kea->path.sun_path);
	end(kea, result, err);
}

static void ask_after(struct kea *kea, uint64_t ms)
{
	struct timeval wait = clock_timeval(ms);

	event_add(kea->next, &wait);
}

/* What stands in the way of connect(), and what would clear it. */
static int cannot_connect(int number, struct err *err)
{
	switch (number) {
	case ENOENT:
		return err_set(err, -number,
			       "there is no socket: Kea does not run, or its control-socket has "
			       "another name");
	case ECONNREFUSED:
		return err_set(err, -number, "nobody listens there: Kea does not run");
	case EACCES:
		return err_set(err, -number,
			       "permission denied: amtnetd must be in the socket's group, and the "
			       "group needs write access (UMask=0007 in Kea's unit)");
	case EAGAIN: /* the backlog of a Unix socket is full */
		return err_set(err, -number, "Kea does not take connections: its backlog is full");
	default:
		return err_set(err, -number, "%s", strerror(number));
	}
}

static void take_lease(const struct kea_lease *lease, void *user)
{
	struct kea *kea = user;

	kea->counters.leases++;
	kea->events->on_lease(lease, kea->user);
}

/* The next page, or the end. */
static void take_page(struct kea *kea)
{
	struct kea_page page;
	struct err err = {0};
	int r = kea_answer_leases(kea->answer, kea->family, take_lease, kea, &page, &err);

	kea->counters.pages++;
	kea->counters.bad_tags += page.bad_tags;
	if (!r && page.count && addr_compare(page.last, kea->from) <= 0)
		r = err_set(&err, -EBADMSG, "the listing goes in circles");
	if (r < 0) {
		fail(kea, r, &err);
		return;
	}
	if (page.count < kea->page) {
		end(kea, 0, &err);
		return;
	}
	kea->from = page.last;
	hang_up(kea);
	ask_after(kea, clock_mono_ms() - kea->begun_ms);
}

static void take_too_much(struct kea *kea, struct err *err)
{
	if (kea->page == 1) {
		fail(kea, -EFBIG, err);
		return;
	}
	kea->page /= 2;
	hang_up(kea);
	ask_after(kea, 0);
}

/* Waits for more, until the page's deadline. */
static void wait_more(struct kea *kea)
{
	uint64_t now_ms = clock_mono_ms();
	uint64_t ms = kea->until_ms > now_ms ? kea->until_ms - now_ms : 0;
	struct timeval wait = clock_timeval(ms);

	event_add(kea->ready, &wait);
}

static void hear(struct kea *kea)
{
	char bytes[PIECE];
	struct err err = {0};
	ssize_t got = recv(kea->fd, bytes, sizeof(bytes), 0);
	int r;

	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		wait_more(kea);
		return;
	}
	if (got <= 0) {
		r = got < 0 ? -errno : -ECONNRESET;
		err_set(&err, r, "Kea closed the connection before its answer was complete");
		fail(kea, r, &err);
		return;
	}
	r = kea_answer_feed(kea->answer, bytes, (size_t)got, &err);
	if (r == 1)
		take_page(kea);
	else if (r == -EFBIG)
		take_too_much(kea, &err);
	else if (r < 0)
		fail(kea, r, &err);
	else
		wait_more(kea);
}

static void on_ready(evutil_socket_t fd, short what, void *user)
{
	struct kea *kea = user;
	struct err err = {0};

	if ((what & EV_TIMEOUT) || clock_mono_ms() >= kea->until_ms) {
		int r = err_set(&err, -ETIMEDOUT, "Kea did not answer within %u ms",
				kea->deadline_ms);

		fail(kea, r, &err);
	} else {
		hear(kea);
	}
}

static size_t put_question(const struct kea *kea, char ret[QUESTION])
{
	char from[ADDR_TEXT] = "start";

	if (kea->from.family != ADDR_NONE)
		addr_print(kea->from, from);
	snprintf(ret, QUESTION,
		 "{\"command\": \"lease%d-get-page\", \"arguments\": {\"from\": \"%s\", \"limit\": "
		 "%zu}}",
		 (int)kea->family, from, kea->page);
	return strlen(ret);
}

/* connect() on a Unix socket does not wait, and an empty socket has room for the question. */
static int ask(struct kea *kea, struct err *err)
{
	char question[QUESTION];
	size_t length = put_question(kea, question);

	kea->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (kea->fd < 0)
		return err_set(err, -errno, "%s", strerror(errno));
	if (connect(kea->fd, (const struct sockaddr *)&kea->path, sizeof(kea->path)) < 0)
		return cannot_connect(errno, err);
	if (send(kea->fd, question, length, MSG_NOSIGNAL) != (ssize_t)length)
		return err_set(err, -EPIPE, "Kea does not take the question");
	kea->ready = event_new(kea->base, kea->fd, EV_READ, on_ready, kea);
	if (!kea->ready || kea_answer_new(&kea->answer) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

static void on_next(evutil_socket_t fd, short what, void *user)
{
	struct kea *kea = user;
	struct err err = {0};
	int r;

	kea->begun_ms = clock_mono_ms();
	kea->until_ms = kea->begun_ms + kea->deadline_ms;
	if ((r = ask(kea, &err)) < 0)
		fail(kea, r, &err);
	else
		wait_more(kea);
}

/* For the door ---------------------------------------------------------------------------------- */

int kea_new(struct kea **ret, struct event_base *base, enum addr_family family, const char *path,
	    uint32_t page_deadline_ms, const struct kea_events *events, void *user)
{
	struct kea *kea;

	if (strlen(path) > KEA_PATH_MAX)
		return -ENAMETOOLONG;
	if (!(kea = calloc(1, sizeof(*kea))))
		return -ENOMEM;
	*kea = (struct kea){.base = base,
			    .family = family,
			    .path = {.sun_family = AF_UNIX},
			    .deadline_ms = page_deadline_ms,
			    .events = events,
			    .user = user,
			    .fd = -1};
	memcpy(kea->path.sun_path, path, strlen(path) + 1);
	if (!(kea->next = event_new(base, -1, 0, on_next, kea))) {
		kea_free(kea);
		return -ENOMEM;
	}
	*ret = kea;
	return 0;
}

void kea_free(struct kea *kea)
{
	if (!kea)
		return;
	hang_up(kea);
	if (kea->next)
		event_free(kea->next);
	free(kea);
}

void kea_list(struct kea *kea)
{
	kea_stop(kea);
	kea->page = KEA_PAGE;
	kea->from = (struct addr){0};
	ask_after(kea, 0);
}

void kea_stop(struct kea *kea)
{
	hang_up(kea);
	event_del(kea->next);
}

struct kea_counters kea_counters(const struct kea *kea)
{
	return kea->counters;
}
