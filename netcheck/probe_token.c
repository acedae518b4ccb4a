/* SPDX-License-Identifier: ISC */
#include "netcheck/probe_token.h"

#include "common/random.h"
#include "netcheck/dial.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define ECHO_BYTES 4096 /* more than a packet of Ethernet holds, less than a socket takes at once */

struct probe_token {
	probe_token_done *done;
	void *user;
	int fd;
	struct event *event;
	struct timeval wait; /* for each step */
	struct token_question question;
	bool idle;        /* a second connection, on which nothing is sent */
	size_t echo_left; /* once the answer is here */
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

/* Nothing more comes. What is not acknowledged never arrived. */
static enum probe_token_size size_of_loss(int fd)
{
	int waiting = 0;

	if (ioctl(fd, SIOCOUTQ, &waiting))
		return PROBE_TOKEN_SIZE_PASSES;
	return waiting ? PROBE_TOKEN_SIZE_LOST_THERE : PROBE_TOKEN_SIZE_LOST_BACK;
}

/* A SYN proxy that got no answer from the host never opens its window: what we sent waits here still, and
 * nothing of it is on the way. A path that loses data has it on the way. */
static bool is_shut(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);
	int waiting = 0;

	return !ioctl(fd, SIOCOUTQ, &waiting) && waiting > 0 &&
	       !getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) && info.tcpi_unacked == 0;
}

static void send_echo(struct probe_token *probe)
{
	static const char zeros[ECHO_BYTES];

	probe->echo_left = sizeof(zeros);
	if (send(probe->fd, zeros, sizeof(zeros), MSG_NOSIGNAL) == (ssize_t)sizeof(zeros))
		event_add(probe->event, &probe->wait);
	else
		finish(probe, 0);
}

static void take_answer(struct probe_token *probe)
{
	struct token_answer answer;
	int r = token_parse_answer(probe->bytes, probe->length, &answer);

	if (r == -EAGAIN) {
		event_add(probe->event, &probe->wait);
		return;
	}
	if (r || strcmp(answer.nonce, probe->question.nonce)) {
		finish(probe, 0);
		return;
	}
	probe->outcome.proven = true;
	probe->outcome.answer = answer;
	send_echo(probe);
}

static void take_echo(struct probe_token *probe, size_t more)
{
	probe->echo_left -= more < probe->echo_left ? more : probe->echo_left;
	if (probe->echo_left)
		event_add(probe->event, &probe->wait);
	else
		finish(probe, 0);
}

static void on_reset(struct probe_token *probe, bool asked);

static void on_bytes(evutil_socket_t fd, short what, void *user)
{
	struct probe_token *probe = user;
	char more[ECHO_BYTES];
	ssize_t got;

	if (what & EV_TIMEOUT) { /* connected and silent is no responder of ours */
		if (probe->outcome.proven)
			probe->outcome.size = size_of_loss(fd);
		else if (!probe->length && is_shut(fd))
			probe->outcome.hollow = PROBE_TOKEN_SHUT;
		finish(probe, 0);
		return;
	}
	if (probe->outcome.proven)
		got = recv(fd, more, sizeof(more), 0);
	else
		got = recv(fd, probe->bytes + probe->length, sizeof(probe->bytes) - probe->length,
			   0);
	if (got > 0 && probe->outcome.proven) {
		take_echo(probe, (size_t)got);
	} else if (got > 0) {
		probe->length += (size_t)got;
		take_answer(probe);
	} else if (got == 0) {
		finish(probe, 0);
	} else if (errno == EAGAIN || errno == EINTR) {
		event_add(probe->event, &probe->wait);
	} else if (errno == ECONNRESET) {
		on_reset(probe, true);
	} else {
		finish(probe, errno);
	}
}

static void on_connected(evutil_socket_t fd, short what, void *user);

/* 0 or negative errno, then without a socket. */
static int dial(struct probe_token *probe, struct event_base *base)
{
	struct dial_error error;
	int r = dial_tcp(probe->outcome.to, 0, &probe->fd, &error);

	if (r) {
		probe->fd = -1;
		return r;
	}
	probe->event = event_new(base, probe->fd, EV_WRITE, on_connected, probe);
	return !probe->event || event_add(probe->event, &probe->wait) ? -ENOMEM : 0;
}

/* A reset after our question may be an answer to it. One that comes without a question is none. */
static void ask_nothing(struct probe_token *probe)
{
	struct event_base *base = event_get_base(probe->event);

	event_free(probe->event);
	dial_close(probe->fd);
	probe->event = NULL;
	probe->idle = true;
	if (dial(probe, base))
		finish(probe, ECONNRESET);
}

static void on_reset(struct probe_token *probe, bool asked)
{
	if (asked && !probe->idle && !probe->outcome.proven && !probe->length) {
		ask_nothing(probe);
		return;
	}
	if (!probe->outcome.proven && !probe->length)
		probe->outcome.hollow = PROBE_TOKEN_RESET;
	finish(probe, ECONNRESET);
}

static void on_connected(evutil_socket_t fd, short what, void *user)
{
	struct probe_token *probe = user;
	struct dial_error error = {.error = ETIMEDOUT};
	char line[TOKEN_LINE_MAX];
	size_t length;

	if (!(what & EV_TIMEOUT))
		dial_result(fd, &error);
	if (error.error == ECONNRESET && !error.icmp) {
		on_reset(probe, false);
		return;
	}
	if (error.error || error.icmp) {
		finish(probe, error.error);
		return;
	}
	length = token_print_question(&probe->question, line, sizeof(line));
	if (!probe->idle && send(fd, line, length, MSG_NOSIGNAL) != (ssize_t)length) {
		if (errno == ECONNRESET || errno == EPIPE)
			on_reset(probe, false);
		else
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
	int r;

	if (!probe)
		return -ENOMEM;
	probe->done = done;
	probe->user = user;
	probe->outcome.to = to;
	probe->wait.tv_sec = timeout_ms / 1000;
	probe->wait.tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000;
	probe->question.echo = ECHO_BYTES;
	snprintf(probe->question.nonce, sizeof(probe->question.nonce), "%016" PRIx64, random_u64());
	r = dial(probe, base);
	if (r)
		goto fail;
	*ret = probe;
	return 0;
fail:
	probe_token_cancel(probe);
	return r;
}
