/* SPDX-License-Identifier: ISC */
#include "netcheck/probe_amt.h"

#include "netcheck/amt.h"
#include "netcheck/tls.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum attempt {
	ATTEMPT_FIRST,
	ATTEMPT_SMALL, /* after silence: asks for small packets */
	ATTEMPT_PROOF, /* after an answer to that: as the first */
};

struct probe_amt {
	struct event_base *base;
	probe_amt_done *done;
	void *user;
	int fd;
	struct event *event;
	struct timeval wait;
	struct tls *tls; /* NULL on plain connections */
	bool asked;
	unsigned pings;
	uint64_t started_us;
	char question[192];
	size_t question_size;
	enum attempt attempt;
	struct probe_amt_outcome outcome, kept; /* kept: of the attempt before */
};

static const uint16_t ports[] = {
	[PROBE_AMT_HTTP] = 16992,         [PROBE_AMT_HTTPS] = 16993,
	[PROBE_AMT_REDIRECTION] = 16994,  [PROBE_AMT_REDIRECTION_TLS] = 16995,
	[PROBE_AMT_PING] = AMT_PING_PORT,
};

static void on_event(evutil_socket_t fd, short what, void *user);

uint16_t probe_amt_port(enum probe_amt_kind kind)
{
	return ports[kind];
}

/* Everything but the memory. */
static void release(struct probe_amt *probe)
{
	if (probe->event)
		event_free(probe->event);
	tls_free(probe->tls);
	if (probe->fd >= 0)
		close(probe->fd);
	probe->event = NULL;
	probe->tls = NULL;
	probe->fd = -1;
}

void probe_amt_cancel(struct probe_amt *probe)
{
	if (!probe)
		return;
	release(probe);
	free(probe);
}

static void finish(struct probe_amt *probe)
{
	release(probe);
	probe->done(&probe->outcome, probe->user);
	free(probe);
}

/* Connected, asked, and not a byte came. */
static bool is_mute(const struct probe_amt_outcome *outcome)
{
	return outcome->connected && outcome->error.error == ETIMEDOUT &&
	       !outcome->tls_version[0] && !outcome->length;
}

/* What is known stays in `kept`. True when the attempt began. */
static bool try_again(struct probe_amt *probe, enum attempt attempt)
{
	struct probe_amt_outcome *outcome = &probe->outcome;
	int r;

	probe->kept = *outcome;
	release(probe);
	*outcome = (struct probe_amt_outcome){.kind = outcome->kind, .to = outcome->to};
	probe->attempt = attempt;
	probe->asked = false;
	probe->started_us = dial_now_us();
	r = attempt == ATTEMPT_SMALL ? dial_tcp_small(outcome->to, &probe->fd, &outcome->error)
				     : dial_tcp(outcome->to, 0, &probe->fd, &outcome->error);
	if (r)
		probe->fd = -1;
	probe->event = r ? NULL : event_new(probe->base, probe->fd, EV_WRITE, on_event, probe);
	if (probe->event && !event_add(probe->event, &probe->wait))
		return true;
	*outcome = probe->kept;
	return false;
}

/* An attempt ended. A later one that did not even connect tells nothing. */
static void settle(struct probe_amt *probe)
{
	struct probe_amt_outcome *outcome = &probe->outcome;
	bool mute = is_mute(outcome);

	switch (probe->attempt) {
	case ATTEMPT_FIRST:
		if (mute && try_again(probe, ATTEMPT_SMALL))
			return;
		break;
	case ATTEMPT_SMALL:
		if (outcome->connected && !mute && try_again(probe, ATTEMPT_PROOF))
			return;
		if (!outcome->connected)
			*outcome = probe->kept;
		break;
	case ATTEMPT_PROOF:
		if (outcome->connected && !mute)
			break;
		*outcome = probe->kept;
		outcome->full_size_lost = mute;
		break;
	}
	finish(probe);
}

static bool is_tls(enum probe_amt_kind kind)
{
	return kind == PROBE_AMT_HTTPS || kind == PROBE_AMT_REDIRECTION_TLS;
}

static bool is_redirection(const struct probe_amt *probe)
{
	return probe->outcome.kind == PROBE_AMT_REDIRECTION ||
	       probe->outcome.kind == PROBE_AMT_REDIRECTION_TLS;
}

static void prepare_question(struct probe_amt *probe)
{
	char addr[ADDR_TEXT];
	bool ip6 = probe->outcome.to.addr.family == ADDR_IP6;

	if (is_redirection(probe)) {
		probe->question_size = sizeof(amt_redirection_question);
		memcpy(probe->question, amt_redirection_question, probe->question_size);
		return;
	}
	probe->question_size = (size_t)snprintf(
		probe->question, sizeof(probe->question),
		"GET / HTTP/1.1\r\nHost: %s%s%s:%u\r\nConnection: close\r\n\r\n", ip6 ? "[" : "",
		addr_print(probe->outcome.to.addr, addr), ip6 ? "]" : "", probe->outcome.to.port);
}

static void wait_for(struct probe_amt *probe, short what)
{
	event_del(probe->event);
	event_assign(probe->event, probe->base, probe->fd, what, on_event, probe);
	if (event_add(probe->event, &probe->wait)) {
		probe->outcome.error.error = ENOMEM;
		finish(probe);
	}
}

/* The answer is whole when its kind can be told; the peer may also just close. */
static bool has_enough(const struct probe_amt *probe)
{
	const struct probe_amt_outcome *outcome = &probe->outcome;

	if (outcome->length == sizeof(outcome->bytes))
		return true;
	if (is_redirection(probe)) {
		struct amt_redirection seen;

		amt_read_redirection(outcome->bytes, outcome->length, &seen);
		return seen.amt || (outcome->length > 0 && outcome->bytes[0] != 0x11);
	}
	return memmem(outcome->bytes, outcome->length, "\r\n\r\n", 4) != NULL;
}

/* As tls_read and tls_write, also for plain sockets. */
static enum tls_result send_question(struct probe_amt *probe)
{
	ssize_t sent;

	if (probe->tls)
		return tls_write(probe->tls, probe->question, probe->question_size);
	sent = send(probe->fd, probe->question, probe->question_size, MSG_NOSIGNAL);
	if (sent == (ssize_t)probe->question_size)
		return TLS_DONE;
	return sent < 0 && errno == EAGAIN ? TLS_WANT_WRITE : TLS_FAILED;
}

static enum tls_result read_answer(struct probe_amt *probe)
{
	struct probe_amt_outcome *outcome = &probe->outcome;
	uint8_t *to = outcome->bytes + outcome->length;
	size_t room = sizeof(outcome->bytes) - outcome->length, got = 0;
	enum tls_result result;
	ssize_t received;

	if (probe->tls) {
		result = tls_read(probe->tls, to, room, &got);
	} else {
		received = recv(probe->fd, to, room, 0);
		got = received > 0 ? (size_t)received : 0;
		result = received > 0                        ? TLS_DONE
			 : received == 0                     ? TLS_ENDED
			 : errno == EAGAIN || errno == EINTR ? TLS_WANT_READ
							     : TLS_FAILED;
	}
	outcome->length += got;
	return result;
}

static void close_session(struct probe_amt *probe)
{
	if (!is_redirection(probe) || !probe->outcome.length)
		return;
	if (probe->tls)
		(void)tls_write(probe->tls, amt_redirection_end, sizeof(amt_redirection_end));
	else
		(void)send(probe->fd, amt_redirection_end, sizeof(amt_redirection_end),
			   MSG_NOSIGNAL);
}

/* One step of talking after the connection and TLS stand. */
static enum tls_result talk(struct probe_amt *probe)
{
	enum tls_result result = TLS_DONE;

	if (!probe->asked) {
		result = send_question(probe);
		probe->asked = result == TLS_DONE;
	}
	while (probe->asked && result == TLS_DONE && !has_enough(probe))
		result = read_answer(probe);
	return result;
}

static enum tls_result shake(struct probe_amt *probe)
{
	enum tls_result result;

	if (!probe->tls || probe->outcome.tls_version[0])
		return TLS_DONE;
	result = tls_handshake(probe->tls);
	if (result == TLS_DONE)
		snprintf(probe->outcome.tls_version, sizeof(probe->outcome.tls_version), "%s",
			 tls_version(probe->tls));
	else if (result == TLS_FAILED || result == TLS_ENDED)
		probe->outcome.tls_failed = true;
	return result;
}

static void proceed(struct probe_amt *probe)
{
	enum tls_result result = shake(probe);

	if (result == TLS_DONE)
		result = talk(probe);
	if (result == TLS_WANT_READ) {
		wait_for(probe, EV_READ);
	} else if (result == TLS_WANT_WRITE) {
		wait_for(probe, EV_WRITE);
	} else {
		close_session(probe);
		settle(probe);
	}
}

static void on_connected(struct probe_amt *probe)
{
	struct probe_amt_outcome *outcome = &probe->outcome;

	dial_result(probe->fd, &outcome->error);
	outcome->rtt_us = (uint32_t)(dial_now_us() - probe->started_us);
	outcome->connected = !outcome->error.error && !outcome->error.icmp;
	if (outcome->connected && is_tls(outcome->kind) && tls_new(&probe->tls, probe->fd, NULL)) {
		outcome->error.error = ENOMEM;
		outcome->connected = false;
	}
	if (outcome->connected)
		proceed(probe);
	else
		settle(probe);
}

static void send_ping(struct probe_amt *probe)
{
	uint8_t ping[AMT_PING_BYTES];

	amt_print_ping(PROBE_AMT_TAG, ping);
	(void)send(probe->fd, ping, sizeof(ping), MSG_NOSIGNAL);
	probe->pings++;
}

static void on_pong(struct probe_amt *probe)
{
	struct probe_amt_outcome *outcome = &probe->outcome;
	ssize_t got = recv(probe->fd, outcome->bytes, sizeof(outcome->bytes), 0);

	outcome->rtt_us = (uint32_t)(dial_now_us() - probe->started_us);
	if (got >= 0)
		outcome->length = (size_t)got;
	else
		outcome->error.error = errno;
	finish(probe);
}

static void on_event(evutil_socket_t fd, short what, void *user)
{
	struct probe_amt *probe = user;
	bool ping = probe->outcome.kind == PROBE_AMT_PING;

	if (what & EV_TIMEOUT) {
		if (ping && probe->pings == 1) {
			send_ping(probe);
			wait_for(probe, EV_READ);
			return;
		}
		probe->outcome.error.error = ETIMEDOUT;
		settle(probe);
	} else if (ping) {
		on_pong(probe);
	} else if (!probe->outcome.connected) {
		on_connected(probe);
	} else {
		proceed(probe);
	}
}

/* The system refused at once: said from the loop, as any other outcome. */
static void on_refused(evutil_socket_t fd, short what, void *user)
{
	finish(user);
}

static int open_ping(struct probe_amt *probe)
{
	struct sockaddr_storage sockaddr;
	socklen_t size = endpoint_to_sockaddr(probe->outcome.to, &sockaddr);

	probe->fd = socket(sockaddr.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe->fd >= 0 && !connect(probe->fd, (struct sockaddr *)&sockaddr, size))
		return 0;
	probe->outcome.error.error = errno;
	return -errno;
}

int probe_amt_start(struct probe_amt **ret, struct event_base *base, struct addr to,
		    enum probe_amt_kind kind, unsigned wait_ms, probe_amt_done *done, void *user)
{
	struct probe_amt *probe = calloc(1, sizeof(*probe));
	const struct timeval at_once = {0};
	bool ping = kind == PROBE_AMT_PING;
	int r;

	if (!probe)
		return -ENOMEM;
	if (ping)
		wait_ms /= 2; /* twice */
	probe->base = base;
	probe->done = done;
	probe->user = user;
	probe->fd = -1;
	probe->outcome.kind = kind;
	probe->outcome.to = (struct endpoint){.addr = to, .port = ports[kind]};
	probe->wait = (struct timeval){.tv_sec = wait_ms / 1000,
				       .tv_usec = (suseconds_t)(wait_ms % 1000) * 1000};
	probe->started_us = dial_now_us();
	prepare_question(probe);
	r = ping ? open_ping(probe)
		 : dial_tcp(probe->outcome.to, 0, &probe->fd, &probe->outcome.error);
	if (r && !ping)
		probe->fd = -1;
	probe->event = r ? evtimer_new(base, on_refused, probe)
			 : event_new(base, probe->fd, ping ? EV_READ : EV_WRITE, on_event, probe);
	if (!probe->event || event_add(probe->event, r ? &at_once : &probe->wait)) {
		probe_amt_cancel(probe);
		return -ENOMEM;
	}
	*ret = probe;
	if (!r && ping)
		send_ping(probe);
	return 0;
}
