/* SPDX-License-Identifier: ISC */
#include "netcheck/pair_talk.h"

#include "common/clock.h"
#include "common/random.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair_talk {
	int fd;
	struct event *event;
	const struct pair_talk_calls *calls;
	void *user;
	char *code; /* until greeted */
	bool responds;
	uint8_t nonce[PAIR_NONCE_BYTES]; /* our own */
	struct pair_seal seal;
	bool greeted;
	unsigned wait_ms;
	bool *gone; /* set when the talk is freed from inside of a call */
	char bytes[PAIR_LINE_MAX];
	size_t length;
};

static void on_event(evutil_socket_t fd, short what, void *user);

void pair_talk_free(struct pair_talk *talk)
{
	if (!talk)
		return;
	if (talk->gone)
		*talk->gone = true;
	if (talk->event)
		event_free(talk->event);
	close(talk->fd);
	if (talk->code)
		explicit_bzero(talk->code, strlen(talk->code));
	free(talk->code);
	explicit_bzero(&talk->seal, sizeof(talk->seal));
	free(talk);
}

static void end(struct pair_talk *talk, enum pair_talk_end how)
{
	const struct pair_talk_calls *calls = talk->calls;
	void *user = talk->user;

	pair_talk_free(talk);
	calls->on_end(how, user);
}

/* Lines are short and few: what does not fit into the socket's buffer is a peer that does not read. */
static void send_all(struct pair_talk *talk, const char *line, size_t length)
{
	if (send(talk->fd, line, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)length)
		shutdown(talk->fd, SHUT_RDWR);
}

void pair_talk_say(struct pair_talk *talk, const char *words)
{
	char line[PAIR_LINE_MAX];

	send_all(talk, line, pair_seal_print(&talk->seal, words, line));
}

static void await(struct pair_talk *talk)
{
	struct timeval wait = clock_timeval(talk->wait_ms);

	event_add(talk->event, &wait);
}

void pair_talk_wait(struct pair_talk *talk, unsigned ms)
{
	talk->wait_ms = ms;
	await(talk);
}

static int take_greeting(struct pair_talk *talk)
{
	uint8_t other[PAIR_NONCE_BYTES];
	int taken = pair_seal_read_greeting(talk->bytes, talk->length, other);

	if (taken < 0)
		return taken;
	pair_seal_begin(&talk->seal, talk->code, talk->responds,
			talk->responds ? talk->nonce : other, talk->responds ? other : talk->nonce);
	talk->greeted = true;
	return taken;
}

/* One line out of the buffer: its length, or why there is none. */
static int take_line(struct pair_talk *talk, char words[PAIR_WORDS_MAX])
{
	int taken = talk->greeted ? pair_seal_read(&talk->seal, talk->bytes, talk->length, words)
				  : take_greeting(talk);

	if (taken > 0) {
		talk->length -= (size_t)taken;
		memmove(talk->bytes, talk->bytes + taken, talk->length);
	}
	return taken;
}

/* False when the talk is gone. */
static bool take_lines(struct pair_talk *talk)
{
	char words[PAIR_WORDS_MAX];
	bool was_greeted = talk->greeted, gone = false;
	int taken;

	while ((taken = take_line(talk, words)) > 0) {
		talk->gone = &gone; /* cppcheck-suppress autoVariables; taken back below */
		if (was_greeted)
			talk->calls->on_words(words, talk->user);
		else
			talk->calls->on_greeted(talk->user);
		if (gone)
			return false;
		talk->gone = NULL;
		was_greeted = true;
	}
	if (taken == -EAGAIN)
		return true;
	end(talk, taken == -EACCES ? PAIR_TALK_SEAL : PAIR_TALK_FOREIGN);
	return false;
}

static void on_event(evutil_socket_t fd, short what, void *user)
{
	struct pair_talk *talk = user;
	ssize_t got;

	if (what & EV_TIMEOUT) {
		end(talk, PAIR_TALK_SILENT);
		return;
	}
	got = recv(fd, talk->bytes + talk->length, sizeof(talk->bytes) - talk->length,
		   MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		end(talk, PAIR_TALK_CLOSED);
		return;
	}
	talk->length += (size_t)got;
	if (take_lines(talk))
		await(talk);
}

int pair_talk_new(struct pair_talk **ret, struct event_base *base, int fd, const char *code,
		  bool responds, const struct pair_talk_calls *calls, void *user)
{
	struct pair_talk *talk = calloc(1, sizeof(*talk));
	char line[PAIR_GREETING_MAX];

	if (!talk) {
		close(fd);
		return -ENOMEM;
	}
	talk->fd = fd;
	talk->calls = calls;
	talk->user = user;
	talk->responds = responds;
	talk->code = strdup(code);
	talk->event = event_new(base, fd, EV_READ | EV_PERSIST, on_event, talk);
	if (!talk->code || !talk->event) {
		pair_talk_free(talk);
		return -ENOMEM;
	}
	random_bytes(talk->nonce, sizeof(talk->nonce));
	send_all(talk, line, pair_seal_greet(talk->nonce, line));
	pair_talk_wait(talk, PAIR_TALK_WAIT_MS);
	*ret = talk;
	return 0;
}
