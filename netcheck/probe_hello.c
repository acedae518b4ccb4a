/* SPDX-License-Identifier: ISC */
#include "netcheck/probe_hello.h"

#include "common/hello.h"
#include "common/random.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEARD_MAX 4096 /* a server that talks on is none of ours */

struct probe_hello {
	struct event_base *base;
	probe_hello_done *done;
	void *user;
	int fd;
	struct event *event;
	struct timeval accept_wait;
	uint64_t started_us;
	size_t heard;
	struct probe_hello_outcome outcome;
};

void probe_hello_cancel(struct probe_hello *probe)
{
	if (!probe)
		return;
	if (probe->event)
		event_free(probe->event);
	if (probe->fd >= 0)
		close(probe->fd); /* an orderly end: a reset could take the hello back */
	free(probe);
}

static void finish(struct probe_hello *probe, enum probe_hello_state state)
{
	struct probe_hello_outcome outcome = probe->outcome;
	probe_hello_done *done = probe->done;
	void *user = probe->user;

	outcome.state = state;
	probe_hello_cancel(probe);
	done(&outcome, user);
}

static void on_end(evutil_socket_t fd, short what, void *user)
{
	struct probe_hello *probe = user;
	char bytes[512];
	ssize_t got;

	if (what & EV_TIMEOUT) {
		finish(probe, PROBE_HELLO_HELD);
		return;
	}
	got = recv(fd, bytes, sizeof(bytes),
		   0); /* what a server says is not part of the protocol */
	if (got > 0)
		probe->heard += (size_t)got;
	if (probe->heard > HEARD_MAX) {
		finish(probe, PROBE_HELLO_HELD);
		return;
	}
	if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
		return; /* the event is persistent, its timeout begins anew */
	probe->outcome.accept_us = (uint32_t)(dial_now_us() - probe->started_us);
	if (got == 0) {
		finish(probe, PROBE_HELLO_ACCEPTED);
		return;
	}
	probe->outcome.error.error = errno;
	finish(probe, PROBE_HELLO_RESET);
}

static int send_hello(struct probe_hello *probe)
{
	uint8_t bytes[64];
	size_t length = hello_encode_pki(hello_test_uuid, probe->outcome.number, NULL, 0, bytes,
					 sizeof(bytes));

	if (send(probe->fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length ||
	    shutdown(probe->fd, SHUT_WR) < 0)
		return -errno;
	return 0;
}

static void on_connected(evutil_socket_t fd, short what, void *user)
{
	struct probe_hello *probe = user;
	struct dial_error *error = &probe->outcome.error;
	int r;

	*error = (struct dial_error){.error = ETIMEDOUT};
	if (!(what & EV_TIMEOUT)) {
		dial_result(fd, error);
		probe->outcome.connect_us = (uint32_t)(dial_now_us() - probe->started_us);
	}
	if (error->error || error->icmp) {
		finish(probe, PROBE_HELLO_FAILED);
		return;
	}
	probe->started_us = dial_now_us();
	r = send_hello(probe);
	if (r) {
		error->error = -r;
		finish(probe, PROBE_HELLO_RESET);
		return;
	}
	event_assign(probe->event, probe->base, fd, EV_READ | EV_PERSIST, on_end, probe);
	event_add(probe->event, &probe->accept_wait);
}

/* The system refused at once: said from the loop, as any other outcome. */
static void on_refused(evutil_socket_t fd, short what, void *user)
{
	finish(user, PROBE_HELLO_FAILED);
}

static struct timeval wait_of(unsigned ms)
{
	return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

int probe_hello_start(struct probe_hello **ret, struct event_base *base, struct endpoint to,
		      unsigned connect_ms, unsigned accept_ms, probe_hello_done *done, void *user)
{
	struct probe_hello *probe = calloc(1, sizeof(*probe));
	struct timeval wait = wait_of(connect_ms);

	if (!probe)
		return -ENOMEM;
	probe->base = base;
	probe->done = done;
	probe->user = user;
	probe->outcome.to = to;
	probe->outcome.number = random_u32();
	probe->accept_wait = wait_of(accept_ms);
	probe->started_us = dial_now_us();
	if (dial_tcp(to, 0, &probe->fd, &probe->outcome.error)) {
		probe->fd = -1;
		wait = (struct timeval){0};
		probe->event = evtimer_new(base, on_refused, probe);
	} else {
		probe->outcome.source = dial_source(probe->fd);
		probe->event = event_new(base, probe->fd, EV_WRITE, on_connected, probe);
	}
	if (!probe->event || event_add(probe->event, &wait)) {
		probe_hello_cancel(probe);
		return -ENOMEM;
	}
	*ret = probe;
	return 0;
}
