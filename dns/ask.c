/* SPDX-License-Identifier: ISC */
#include "dns/ask.h"

#include "common/clock.h"
#include "common/random.h"
#include "dns/server_connection.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUESTION_BYTES (12 + HOSTNAME_WIRE_MAX + 4)
#define FLAG_RECURSION_DESIRED 1 /* of the third octet */
#define IGNORED_MAX 64           /* messages that are no answer */

enum { NOERROR = 0, NXDOMAIN = 3 };

struct ask {
	struct ask_question question;
	struct event_base *base;
	uint16_t id;
	int fd;
	struct event *event; /* a datagram, or the time is over */
	unsigned sendings;
	struct server_connection *tcp; /* NULL: over UDP */
	bool over;                     /* over TCP: what there is to say is in `answer` */
	struct ask_answer answer;
	ask_done *done;
	void *user;
};

void ask_free(struct ask *ask)
{
	if (!ask)
		return;
	server_connection_free(ask->tcp);
	if (ask->event)
		event_free(ask->event);
	if (ask->fd >= 0)
		close(ask->fd);
	free(ask);
}

static void finish(struct ask *ask)
{
	struct ask_answer *answer = &ask->answer;
	char at[ENDPOINT_TEXT];

	answer->good = !answer->fault;
	err_set(&answer->words, 0, "%s: %s", endpoint_print(ask->question.server, at),
		answer->fault ? answer->fault : "answered");
	ask->done(answer, ask->user);
	ask_free(ask);
}

static void give_up(struct ask *ask, const char *fault)
{
	ask->answer.silent = true;
	ask->answer.fault = fault;
	finish(ask);
}

static int encode(const struct ask *ask, uint8_t ret[QUESTION_BYTES], size_t *ret_length)
{
	int r = update_encode_query(&ask->question.name, ask->question.type, ask->id, ret,
				    QUESTION_BYTES, ret_length);

	if (!r && ask->question.recurse)
		ret[2] |= FLAG_RECURSION_DESIRED;
	return r;
}

/* 0, or a negative errno where it cannot leave this machine; what is lost on its way is not known here. */
static int send_question(struct ask *ask)
{
	uint8_t bytes[QUESTION_BYTES];
	size_t length;
	int r = encode(ask, bytes, &length);

	if (r < 0)
		return r;
	ask->sendings++;
	r = send(ask->fd, bytes, length, MSG_NOSIGNAL) < 0 ? -errno : 0;
	return r == -ENETUNREACH || r == -EHOSTUNREACH || r == -EACCES || r == -EPERM ? r : 0;
}

static void wait_more(struct ask *ask, uint32_t wait_ms)
{
	const struct timeval limit = clock_timeval(wait_ms);

	event_add(ask->event, &limit);
}

/* True when the message answers the question, be it cut: then nothing but its head may be readable. */
static bool take(struct ask *ask, const uint8_t *bytes, size_t length)
{
	struct update_answer *answer = &ask->answer.answer;
	int r = update_decode_answer(bytes, length, &ask->question.name, ask->question.type, answer,
				     NULL);

	if (answer->id != ask->id || (r < 0 && (ask->tcp || !answer->truncated))) {
		ask->answer.ignored++;
		return false;
	}
	if (answer->truncated)
		ask->answer.fault = "its answer is cut short over TCP as well";
	else if (answer->rcode != NOERROR && answer->rcode != NXDOMAIN)
		ask->answer.fault = update_rcode_name(answer->rcode);
	return true;
}

/* Over TCP ------------------------------------------------------------------------------------- */

/* The connection may not be freed in a call of its own. */
static void end_tcp(struct ask *ask, bool silent, const char *fault)
{
	server_connection_close(ask->tcp);
	ask->over = true;
	if (silent) {
		ask->answer.silent = true;
		ask->answer.fault = fault;
	}
	event_active(ask->event, EV_TIMEOUT, 0);
}

static void on_open(void *user)
{
}

static void on_message(uint8_t *bytes, size_t length, void *user)
{
	struct ask *ask = user;

	if (take(ask, bytes, length))
		end_tcp(ask, false, NULL);
	else if (ask->answer.ignored == IGNORED_MAX)
		end_tcp(ask, true, "only messages that are no answer");
}

static void on_end(int error, void *user)
{
	end_tcp(user, true, "its answer is too large for UDP, and it does not give it over TCP");
}

static const struct server_connection_calls calls = {
	.on_open = on_open, .on_message = on_message, .on_end = on_end};

static void on_clock(evutil_socket_t fd, short what, void *user)
{
	struct ask *ask = user;

	if (ask->over)
		finish(ask);
	else
		give_up(ask, "its answer is too large for UDP, and over TCP none came in time");
}

/* What still comes over UDP is of no interest any more. */
static void leave_udp(struct ask *ask)
{
	event_free(ask->event);
	close(ask->fd);
	ask->fd = -1;
	ask->event = event_new(ask->base, -1, 0, on_clock, ask);
}

static int ask_over_tcp(struct ask *ask)
{
	uint8_t bytes[QUESTION_BYTES];
	size_t length;
	int r = server_connection_new(&ask->tcp, ask->base, &calls, ask);

	leave_udp(ask);
	ask->answer.fault = NULL;
	if (!ask->event)
		r = -ENOMEM;
	if (!r)
		r = server_connection_open(ask->tcp, ask->question.server);
	if (!r)
		r = encode(ask, bytes, &length);
	if (!r)
		r = server_connection_send(ask->tcp, bytes, length);
	if (!r)
		wait_more(ask, ASK_TCP_MS);
	return r;
}

/* Over UDP ------------------------------------------------------------------------------------- */

/* One datagram. True when it is the answer; *ret_more = there may be others to read. */
static bool read_one(struct ask *ask, bool *ret_more)
{
	uint8_t bytes[UPDATE_ANSWER_MAX];
	ssize_t got = recv(ask->fd, bytes, sizeof(bytes), 0);

	*ret_more = got >= 0 || errno == EINTR;
	return got >= 0 && take(ask, bytes, (size_t)got);
}

static void answered(struct ask *ask)
{
	if (!ask->answer.answer.truncated)
		finish(ask);
	else if (ask_over_tcp(ask) < 0)
		give_up(ask, "its answer is too large for UDP, and there is no way to it over TCP");
}

static void on_event(evutil_socket_t fd, short what, void *user)
{
	struct ask *ask = user;
	bool more = what & EV_READ;

	while (more && ask->answer.ignored < IGNORED_MAX) {
		if (read_one(ask, &more)) {
			answered(ask);
			return;
		}
	}
	if (ask->answer.ignored == IGNORED_MAX)
		give_up(ask, "only messages that are no answer");
	else if (what & EV_READ)
		wait_more(ask, ask->question.wait_ms);
	else if (ask->sendings == ASK_TRIES)
		give_up(ask, ask->answer.ignored ? "only messages that are no answer"
						 : "no answer over UDP");
	else if (send_question(ask) < 0)
		give_up(ask, "no way to it");
	else
		wait_more(ask, ask->question.wait_ms);
}

static int open_socket(struct ask *ask)
{
	struct sockaddr_storage at;
	socklen_t size = endpoint_to_sockaddr(ask->question.server, &at);

	ask->fd = socket(at.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (ask->fd < 0 || connect(ask->fd, (struct sockaddr *)&at, size) < 0)
		return -errno;
	ask->event = event_new(ask->base, ask->fd, EV_READ, on_event, ask);
	return ask->event ? 0 : -ENOMEM;
}

int ask_new(struct ask **ret, struct event_base *base, const struct ask_question *question,
	    ask_done *done, void *user)
{
	struct ask *ask = calloc(1, sizeof(*ask));
	int r;

	if (!ask)
		return -ENOMEM;
	ask->question = *question;
	if (!question->wait_ms)
		ask->question.wait_ms = ASK_ANSWER_MS;
	ask->base = base;
	ask->id = random_u16();
	ask->done = done;
	ask->user = user;
	ask->fd = -1;
	r = open_socket(ask);
	if (!r)
		r = send_question(ask);
	if (r < 0) {
		ask_free(ask);
		return r;
	}
	wait_more(ask, ask->question.wait_ms);
	*ret = ask;
	return 0;
}
