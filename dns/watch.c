/* SPDX-License-Identifier: ISC */
#include "dns/watch.h"
#include "common/random.h"
#include "dns/update.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUERY_BYTES (12 + HOSTNAME_WIRE_MAX + 4)
#define NOISE_MAX 64       /* datagrams that are no answer */
#define SERIAL_FROM_END 20 /* SOA RDATA ends with five 32 bit numbers, the serial first */

enum question { SOA, A, AAAA, TXT, CNAME, QUESTIONS };

static const uint16_t types[QUESTIONS] = {
	[SOA] = RECORD_SOA, [A] = RECORD_A,         [AAAA] = RECORD_AAAA,
	[TXT] = RECORD_TXT, [CNAME] = RECORD_CNAME,
};

struct watch {
	struct watch_question question;
	int fd;
	struct event *event;
	unsigned sendings, noise;
	bool asked[QUESTIONS], answered[QUESTIONS];
	uint16_t ids[QUESTIONS];
	struct publish_view_answer answer;
	watch_done *done;
	void *user;
};

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	if (watch->event)
		event_free(watch->event);
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch);
}

static void finish(struct watch *watch)
{
	watch->done(&watch->answer, watch->user);
	watch_free(watch);
}

static void fail(struct watch *watch, int kind, const char *words)
{
	watch->answer.kind = kind;
	err_set(&watch->answer.words, 0, "%s", words);
	finish(watch);
}

static const struct hostname *name_of(const struct watch *watch, enum question question)
{
	return question == SOA ? &watch->question.zone : &watch->question.name;
}

static int send_question(struct watch *watch, enum question question)
{
	uint8_t bytes[QUERY_BYTES];
	size_t length;
	int r = update_encode_query(name_of(watch, question), types[question], watch->ids[question],
				    bytes, sizeof(bytes), &length);

	if (r < 0)
		return r;
	watch->asked[question] = true;
	/* A refused or unreachable port says so at the next receive; anything else may be lost. */
	if (send(watch->fd, bytes, length, MSG_NOSIGNAL) < 0 &&
	    (errno == ENETUNREACH || errno == EHOSTUNREACH))
		return -errno;
	return 0;
}

/* Everything that is asked and not answered. */
static int send_open(struct watch *watch)
{
	int r = 0;

	for (int i = SOA; !r && i < QUESTIONS; i++) {
		if (watch->asked[i] && !watch->answered[i])
			r = send_question(watch, i);
	}
	watch->sendings++;
	return r;
}

static void ask_all(struct watch *watch)
{
	for (int i = A; i < QUESTIONS; i++)
		watch->asked[i] = true;
}

/* The answers ---------------------------------------------------------------------------------- */

static struct publish_rrset *rrset_of(struct watch *watch, enum question question)
{
	struct publish_found *found = &watch->answer.found;

	return question == A      ? &found->a
	       : question == AAAA ? &found->aaaa
	       : question == TXT  ? &found->txt
				  : &found->cname;
}

static bool take_serial(struct watch *watch, const struct update_answer *answer)
{
	const struct record *record = &answer->records[0];
	const uint8_t *at = record->rdata + record->length - SERIAL_FROM_END;

	if (!answer->count || record->length < SERIAL_FROM_END)
		return false;
	watch->answer.serial = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
			       (uint32_t)at[2] << 8 | at[3];
	return true;
}

/* What is wrong with an answer; NULL = nothing. */
static const char *fault(const struct update_answer *answer)
{
	enum { NOERROR = 0, NXDOMAIN = 3 };

	if (answer->rcode != NOERROR && answer->rcode != NXDOMAIN)
		return update_rcode_name(answer->rcode);
	if (!answer->authoritative)
		return "its answer is not authoritative";
	return answer->truncated ? "its answer is too large for UDP" : NULL;
}

/* True when the watch has ended. */
static bool take(struct watch *watch, enum question question, const struct update_answer *answer)
{
	const char *words = fault(answer);

	watch->answered[question] = true;
	if (!words && question == SOA && !take_serial(watch, answer))
		words = "it has no SOA of the zone";
	if (words) {
		fail(watch, VIEW_ANSWER_REFUSED, words);
		return true;
	}
	if (question != SOA) {
		publish_found_keep(answer, rrset_of(watch, question));
	} else if (watch->question.known && watch->answer.serial == watch->question.serial) {
		watch->answer.kind = VIEW_ANSWER_SAME;
		finish(watch);
		return true;
	} else {
		ask_all(watch);
	}
	return false;
}

/* The open question that a message may answer; QUESTIONS = none. */
static enum question question_of(const struct watch *watch, const uint8_t *bytes, size_t length)
{
	for (int i = SOA; length >= 2 && i < QUESTIONS; i++) {
		if (watch->asked[i] && !watch->answered[i] &&
		    watch->ids[i] == (uint16_t)(bytes[0] << 8 | bytes[1]))
			return i;
	}
	return QUESTIONS;
}

/* One datagram. False when there is no more to read, or the watch has ended: then *ret_ended. */
static bool read_one(struct watch *watch, bool *ret_ended)
{
	uint8_t bytes[UPDATE_ANSWER_MAX];
	struct update_answer answer;
	enum question question;
	ssize_t got = recv(watch->fd, bytes, sizeof(bytes), 0);

	if (got < 0)
		return errno == EINTR || errno == ECONNREFUSED;
	question = question_of(watch, bytes, (size_t)got);
	if (question == QUESTIONS ||
	    update_decode_answer(bytes, (size_t)got, name_of(watch, question), types[question],
				 &answer, NULL) < 0)
		return ++watch->noise < NOISE_MAX; /* the right one may still come */
	*ret_ended = take(watch, question, &answer);
	return !*ret_ended;
}

static bool has_open(const struct watch *watch)
{
	for (int i = SOA; i < QUESTIONS; i++) {
		if (watch->asked[i] && !watch->answered[i])
			return true;
	}
	return false;
}

static void wait_more(struct watch *watch)
{
	static const struct timeval limit = {.tv_sec = WATCH_ANSWER_MS / 1000,
					     .tv_usec = WATCH_ANSWER_MS % 1000 * 1000};

	event_add(watch->event, &limit);
}

static void on_datagrams(struct watch *watch)
{
	bool waited = watch->answered[SOA], ended = false;

	while (read_one(watch, &ended))
		;
	if (ended)
		return;
	if (!waited && watch->answered[SOA] && send_open(watch) < 0) {
		fail(watch, VIEW_ANSWER_SILENT, "no route to it");
		return;
	}
	if (watch->noise >= NOISE_MAX) {
		fail(watch, VIEW_ANSWER_SILENT, "only datagrams that are no answer");
		return;
	}
	if (has_open(watch)) {
		wait_more(watch);
		return;
	}
	watch->answer.kind = VIEW_ANSWER_FOUND;
	finish(watch);
}

static void on_event(evutil_socket_t fd, short what, void *user)
{
	struct watch *watch = user;

	if (what & EV_READ)
		on_datagrams(watch);
	else if (watch->sendings >= WATCH_TRIES + (watch->answered[SOA] ? 1u : 0u))
		fail(watch, VIEW_ANSWER_SILENT, "no answer over UDP");
	else if (send_open(watch) < 0)
		fail(watch, VIEW_ANSWER_SILENT, "no route to it");
	else
		wait_more(watch);
}

static int open_socket(struct watch *watch, struct event_base *base)
{
	struct sockaddr_storage at;
	socklen_t size = endpoint_to_sockaddr(watch->question.server, &at);

	watch->fd = socket(at.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (watch->fd < 0)
		return -errno;
	if (connect(watch->fd, (struct sockaddr *)&at, size) < 0)
		return -errno;
	watch->event = event_new(base, watch->fd, EV_READ, on_event, watch);
	return watch->event ? 0 : -ENOMEM;
}

int watch_new(struct watch **ret, struct event_base *base, const struct watch_question *question,
	      watch_done *done, void *user)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	watch->question = *question;
	watch->done = done;
	watch->user = user;
	watch->fd = -1;
	watch->ids[SOA] = random_u16();
	for (int i = A; i < QUESTIONS; i++)
		watch->ids[i] = (uint16_t)(watch->ids[i - 1] + 1);
	watch->asked[SOA] = true;
	r = open_socket(watch, base);
	if (!r)
		r = send_open(watch);
	if (r < 0) {
		watch_free(watch);
		return r;
	}
	wait_more(watch);
	*ret = watch;
	return 0;
}
