/* SPDX-License-Identifier: ISC */
#include "netcheck/probe_permit.h"

#include "common/clock.h"
#include "common/random.h"
#include "netcheck/dial.h"
#include "netcheck/framed.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_S 5 /* for the connection, and again for the answer */

struct probe_permit {
	struct event_base *base;
	struct permit_question question;
	probe_permit_done *done;
	void *user;
	int fd;
	struct event *event;
	int refused; /* errno of the system before anything was sent */
	struct tsig_request request;
	uint8_t bytes
		[2 +
		 PERMIT_ANSWER_MAX]; /* with their length in front: what is sent, then the answer */
	size_t size;
};

void probe_permit_cancel(struct probe_permit *probe)
{
	if (!probe)
		return;
	if (probe->event)
		event_free(probe->event);
	if (probe->fd >= 0)
		close(probe->fd);
	free(probe);
}

static void finish(struct probe_permit *probe, const struct permit_answer *answer)
{
	probe->done(&probe->question, answer, probe->user);
	probe_permit_cancel(probe);
}

static void fail(struct probe_permit *probe, enum permit_kind kind, int error)
{
	finish(probe, &(struct permit_answer){.kind = kind, .rcode = -1, .error = error});
}

static uint64_t now_s(void)
{
	return clock_wall_ms() / 1000;
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	struct probe_permit *probe = user;
	struct permit_answer answer;
	size_t length;
	int r;

	if (what & EV_TIMEOUT) {
		fail(probe, PERMIT_SILENT, ETIMEDOUT);
		return;
	}
	r = framed_read(fd, probe->bytes, sizeof(probe->bytes), &probe->size, &length);
	if (r == -EAGAIN)
		return;
	if (r) {
		fail(probe, r == -EMSGSIZE ? PERMIT_UNTRUSTED : PERMIT_SILENT, -r);
		return;
	}
	permit_read(&probe->question, &probe->request, now_s(), probe->bytes + 2, length, &answer);
	finish(probe, &answer);
}

static void on_connected(evutil_socket_t fd, short what, void *user)
{
	const struct timeval wait = {.tv_sec = WAIT_S};
	struct probe_permit *probe = user;
	struct dial_error error;
	size_t length;
	int r;

	if (what & EV_TIMEOUT) {
		fail(probe, PERMIT_UNREACHABLE, ETIMEDOUT);
		return;
	}
	dial_result(fd, &error);
	if (error.error || error.icmp) {
		fail(probe, PERMIT_UNREACHABLE, error.error);
		return;
	}
	if (permit_encode(&probe->question, random_u16(), now_s(), probe->bytes + 2, &length,
			  &probe->request)) {
		fail(probe, PERMIT_UNREACHABLE, EINVAL);
		return;
	}
	r = framed_send(fd, probe->bytes, length);
	if (r) {
		fail(probe, PERMIT_UNREACHABLE, -r);
		return;
	}
	event_assign(probe->event, probe->base, fd, EV_READ | EV_PERSIST, on_readable, probe);
	event_add(probe->event, &wait);
}

/* First wake-up, so that even an immediate refusal is told from the loop. */
static void on_start(evutil_socket_t fd, short what, void *user)
{
	const struct timeval wait = {.tv_sec = WAIT_S};
	struct probe_permit *probe = user;

	if (probe->refused) {
		fail(probe, PERMIT_UNREACHABLE, probe->refused);
		return;
	}
	event_assign(probe->event, probe->base, probe->fd, EV_WRITE, on_connected, probe);
	event_add(probe->event, &wait);
}

int probe_permit_start(struct probe_permit **ret, struct event_base *base,
		       const struct permit_question *question, probe_permit_done *done, void *user)
{
	struct probe_permit *probe = calloc(1, sizeof(*probe));
	const struct timeval now = {0};
	struct dial_error error;

	if (!probe)
		return -ENOMEM;
	probe->base = base;
	probe->question = *question;
	probe->done = done;
	probe->user = user;
	if (dial_tcp(question->server, 0, &probe->fd, &error)) {
		probe->fd = -1;
		probe->refused = error.error ? error.error : EHOSTUNREACH;
	}
	probe->event = evtimer_new(base, on_start, probe);
	if (!probe->event || event_add(probe->event, &now)) {
		probe_permit_cancel(probe);
		return -ENOMEM;
	}
	*ret = probe;
	return 0;
}
