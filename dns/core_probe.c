/* SPDX-License-Identifier: ISC */
#include "dns/core_probe.h"

#include "common/clock.h"
#include "common/hello.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HELLO_BYTES 128

struct core_probe {
	struct endpoint core;
	bool hello, said;
	uint32_t timeout_ms;
	int fd; /* -1 = no check under way */
	struct event_base *base;
	struct event *timer;  /* begins the next check */
	struct event *socket; /* while one is under way */
	core_probe_done *done;
	void *user;
};

static void close_socket(struct core_probe *probe)
{
	if (probe->socket)
		event_free(probe->socket);
	if (probe->fd >= 0)
		close(probe->fd);
	probe->socket = NULL;
	probe->fd = -1;
}

static void finish(struct core_probe *probe, const char *words)
{
	close_socket(probe);
	probe->done(probe->core, words, probe->user);
}

static void on_socket(evutil_socket_t fd, short what, void *user);

static void await(struct core_probe *probe, short what)
{
	struct timeval limit = clock_timeval(probe->timeout_ms);

	if (probe->socket)
		event_free(probe->socket);
	probe->socket = event_new(probe->base, probe->fd, what, on_socket, probe);
	if (probe->socket)
		event_add(probe->socket, &limit);
	else
		finish(probe, "out of memory");
}

/* The hello as an ME says it: written at once, then our side is closed. */
static void say_hello(struct core_probe *probe)
{
	uint8_t bytes[HELLO_BYTES];
	size_t length = hello_encode_pki(hello_test_uuid, 0, NULL, 0, bytes, sizeof(bytes));

	if (send(probe->fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length ||
	    shutdown(probe->fd, SHUT_WR) < 0) {
		finish(probe, strerror(errno));
		return;
	}
	probe->said = true;
	await(probe, EV_READ);
}

static void on_connected(struct core_probe *probe)
{
	int error = 0;
	socklen_t size = sizeof(error);

	getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error)
		finish(probe, strerror(error));
	else if (probe->hello)
		say_hello(probe);
	else
		finish(probe, NULL);
}

static void on_answered(struct core_probe *probe)
{
	uint8_t bytes[256];
	ssize_t got = recv(probe->fd, bytes, sizeof(bytes), 0);

	if (got >= 0 || errno == EAGAIN || errno == EINTR)
		finish(probe, NULL); /* it closed, or said something: it has the hello */
	else
		finish(probe, strerror(errno));
}

static void on_socket(evutil_socket_t fd, short what, void *user)
{
	struct core_probe *probe = user;
	char words[64];

	if (what & EV_TIMEOUT) {
		snprintf(words, sizeof(words), "%s in %u ms",
			 probe->said ? "does not close after the test hello" : "no connection",
			 (unsigned)probe->timeout_ms);
		finish(probe, words);
	} else if (probe->said) {
		on_answered(probe);
	} else {
		on_connected(probe);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct core_probe *probe = user;
	struct sockaddr_storage at;
	socklen_t size = endpoint_to_sockaddr(probe->core, &at);

	probe->said = false;
	probe->fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe->fd < 0 ||
	    (connect(probe->fd, (struct sockaddr *)&at, size) < 0 && errno != EINPROGRESS))
		finish(probe, strerror(errno));
	else
		await(probe, EV_WRITE);
}

int core_probe_new(struct core_probe **ret, struct event_base *base, struct endpoint core,
		   bool hello, uint32_t timeout_ms, core_probe_done *done, void *user)
{
	struct core_probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return -ENOMEM;
	probe->core = core;
	probe->hello = hello;
	probe->timeout_ms = timeout_ms;
	probe->fd = -1;
	probe->base = base;
	probe->done = done;
	probe->user = user;
	probe->timer = event_new(base, -1, 0, on_timer, probe);
	if (!probe->timer) {
		free(probe);
		return -ENOMEM;
	}
	*ret = probe;
	return 0;
}

void core_probe_free(struct core_probe *probe)
{
	if (!probe)
		return;
	close_socket(probe);
	event_free(probe->timer);
	free(probe);
}

void core_probe_start(struct core_probe *probe, uint32_t wait_ms)
{
	struct timeval wait = clock_timeval(wait_ms);

	event_add(probe->timer, &wait);
}
