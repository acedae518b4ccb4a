/* SPDX-License-Identifier: ISC */
#include "netcheck/probe_token.h"

#include "common/random.h"
#include "netcheck/dial.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct probe_token {
	probe_token_done *done;
	void *user;
	int fd;
	struct event *event;
	struct timeval wait; /* for each step */
	char nonce[TOKEN_NONCE_MAX + 1];
	char bytes[TOKEN_LINE_MAX];
	size_t length;
	struct probe_token_outcome outcome;
};

void probe_token_cancel(struct probe_token *probe)
{
	if (!probe)
		return;
	if (probe->event)
		event_free(probe->event);
	if (probe->fd >= 0)
		dial_close(probe->fd);
	free(probe);
}

static void finish(struct probe_token *probe, int error)
{
	struct probe_token_outcome outcome = probe->outcome;
	probe_token_done *done = probe->done;
	void *user = probe->user;

	outcome.error = error;
	probe_token_cancel(probe);
	done(&outcome, user);
}

static void take_answer(struct probe_token *probe)
{
	struct token_answer answer;
	int r = token_parse_answer(probe->bytes, probe->length, &answer);

	if (r == -EAGAIN) {
		event_add(probe->event, &probe->wait);
		return;
	}
	if (!r && !strcmp(answer.nonce, probe->nonce)) {
		probe->outcome.proven = true;
		probe->outcome.answer = answer;
	}
	finish(probe, 0);
}

static void on_bytes(evutil_socket_t fd, short what, void *user)
{
	struct probe_token *probe = user;
	ssize_t got;

	if (what & EV_TIMEOUT) {
		finish(probe, 0); /* connected and silent: not our responder */
		return;
	}
	got = recv(fd, probe->bytes + probe->length, sizeof(probe->bytes) - probe->length, 0);
	if (got > 0) {
		probe->length += (size_t)got;
		take_answer(probe);
	} else if (got == 0) {
		finish(probe, 0);
	} else if (errno == EAGAIN || errno == EINTR) {
		event_add(probe->event, &probe->wait);
	} else {
		finish(probe, errno);
	}
}

static void on_connected(evutil_socket_t fd, short what, void *user)
{
	struct probe_token *probe = user;
	struct dial_error error = {.error = ETIMEDOUT};
	char line[TOKEN_LINE_MAX];
	size_t length;

	if (!(what & EV_TIMEOUT))
		dial_result(fd, &error);
	if (error.error || error.icmp) {
		finish(probe, error.error);
		return;
	}
	length = token_print_question(probe->nonce, line, sizeof(line));
	if (send(fd, line, length, MSG_NOSIGNAL) != (ssize_t)length) {
		finish(probe, errno);
		return;
	}
	event_assign(probe->event, event_get_base(probe->event), fd, EV_READ, on_bytes, probe);
	event_add(probe->event, &probe->wait);
}

int probe_token_start(struct probe_token **ret, struct event_base *base, struct endpoint to,
		      unsigned timeout_ms, probe_token_done *done, void *user)
{
	struct probe_token *probe = calloc(1, sizeof(*probe));
	struct dial_error error;
	int r;

	if (!probe)
		return -ENOMEM;
	probe->done = done;
	probe->user = user;
	probe->outcome.to = to;
	probe->wait.tv_sec = timeout_ms / 1000;
	probe->wait.tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000;
	snprintf(probe->nonce, sizeof(probe->nonce), "%016" PRIx64, random_u64());
	r = dial_tcp(to, 0, &probe->fd, &error);
	if (r) {
		probe->fd = -1;
		goto fail;
	}
	probe->event = event_new(base, probe->fd, EV_WRITE, on_connected, probe);
	if (!probe->event || event_add(probe->event, &probe->wait)) {
		r = -ENOMEM;
		goto fail;
	}
	*ret = probe;
	return 0;
fail:
	probe_token_cancel(probe);
	return r;
}
