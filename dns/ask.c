/* SPDX-License-Identifier: ISC */
#include "dns/ask.h"

#include "common/random.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUESTION_BYTES (12 + HOSTNAME_WIRE_MAX + 4)
#define FLAG_RECURSION_DESIRED 1 /* of the third octet */
#define IGNORED_MAX 64           /* datagrams that are no answer */

enum { NOERROR = 0, NXDOMAIN = 3 };

struct ask {
	struct ask_question question;
	uint16_t id;
	int fd;
	struct event *event;
	unsigned sendings;
	struct ask_answer answer;
	ask_done *done;
	void *user;
};

void ask_free(struct ask *ask)
{
	if (!ask)
		return;
	if (ask->event)
		event_free(ask->event);
	if (ask->fd >= 0)
		close(ask->fd);
	free(ask);
}

static void finish(struct ask *ask, const char *fault)
{
	char at[ENDPOINT_TEXT];

	ask->answer.good = !fault;
	err_set(&ask->answer.words, 0, "%s: %s", endpoint_print(ask->question.server, at),
		fault ? fault : "answered");
	ask->done(&ask->answer, ask->user);
	ask_free(ask);
}

/* 0, or a negative errno where it cannot leave this machine; what is lost on its way is not known here. */
static int send_question(struct ask *ask)
{
	uint8_t bytes[QUESTION_BYTES];
	size_t length;
	int r = update_encode_query(&ask->question.name, ask->question.type, ask->id, bytes,
				    sizeof(bytes), &length);

	if (r < 0)
		return r;
	if (ask->question.recurse)
		bytes[2] |= FLAG_RECURSION_DESIRED;
	ask->sendings++;
	r = send(ask->fd, bytes, length, MSG_NOSIGNAL) < 0 ? -errno : 0;
	return r == -ENETUNREACH || r == -EHOSTUNREACH || r == -EACCES || r == -EPERM ? r : 0;
}

static void wait_more(struct ask *ask)
{
	static const struct timeval limit = {.tv_sec = ASK_ANSWER_MS / 1000,
					     .tv_usec = ASK_ANSWER_MS % 1000 * 1000};

	event_add(ask->event, &limit);
}

static const char *fault(const struct update_answer *answer)
{
	if (answer->truncated)
		return "its answer is too large for UDP";
	return answer->rcode != NOERROR && answer->rcode != NXDOMAIN
		       ? update_rcode_name(answer->rcode)
		       : NULL;
}

/* One datagram. True when it is the answer; *ret_more = there may be others to read. */
static bool read_one(struct ask *ask, bool *ret_more)
{
	uint8_t bytes[UPDATE_ANSWER_MAX];
	ssize_t got = recv(ask->fd, bytes, sizeof(bytes), 0);

	*ret_more = got >= 0 || errno == EINTR;
	if (got < 0)
		return false;
	if (!update_decode_answer(bytes, (size_t)got, &ask->question.name, ask->question.type,
				  &ask->answer.answer, NULL) &&
	    ask->answer.answer.id == ask->id)
		return true;
	ask->answer.ignored++;
	return false;
}

static void on_event(evutil_socket_t fd, short what, void *user)
{
	struct ask *ask = user;
	bool more = what & EV_READ;

	while (more && ask->answer.ignored < IGNORED_MAX) {
		if (read_one(ask, &more)) {
			finish(ask, fault(&ask->answer.answer));
			return;
		}
	}
	if (ask->answer.ignored == IGNORED_MAX)
		finish(ask, "only datagrams that are no answer");
	else if (what & EV_READ)
		wait_more(ask);
	else if (ask->sendings == ASK_TRIES)
		finish(ask, ask->answer.ignored ? "only datagrams that are no answer"
						: "no answer over UDP");
	else if (send_question(ask) < 0)
		finish(ask, "no way to it");
	else
		wait_more(ask);
}

static int open_socket(struct ask *ask, struct event_base *base)
{
	struct sockaddr_storage at;
	socklen_t size = endpoint_to_sockaddr(ask->question.server, &at);

	ask->fd = socket(at.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (ask->fd < 0 || connect(ask->fd, (struct sockaddr *)&at, size) < 0)
		return -errno;
	ask->event = event_new(base, ask->fd, EV_READ, on_event, ask);
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
	ask->id = random_u16();
	ask->done = done;
	ask->user = user;
	ask->fd = -1;
	r = open_socket(ask, base);
	if (!r)
		r = send_question(ask);
	if (r < 0) {
		ask_free(ask);
		return r;
	}
	wait_more(ask);
	*ret = ask;
	return 0;
}
