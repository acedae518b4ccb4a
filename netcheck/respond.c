/* SPDX-License-Identifier: ISC */
#include "netcheck/respond.h"

#include "common/clock.h"
#include "netcheck/dial.h"
#include "netcheck/token.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

struct visitor {
	TAILQ_ENTRY(visitor) link;
	struct respond *respond;
	struct endpoint from;
	uint16_t port;
	int fd;
	struct event *event;
	uint64_t until_ms;
	char bytes[TOKEN_LINE_MAX];
	size_t length;
	bool answered;
	unsigned echo; /* bytes to send back, when so many have come: */
	unsigned echo_left;
};

TAILQ_HEAD(visitor_list, visitor);

struct door {
	struct respond *respond;
	int fd;
	uint16_t port;
	bool seen;
	struct event *event;
};

#define WITNESSES_MAX 256

/* What arrived on a port from an address. */
struct witness {
	struct addr from;
	uint16_t port; /* 0 = free */
	struct respond_seen seen;
};

struct respond {
	struct event_base *base;
	struct respond_options options;
	char name[TOKEN_NAME_MAX + 1];
	struct door doors[2 * TARGET_PORTS_MAX];
	size_t door_count;
	struct visitor_list visitors;
	size_t visitor_count;
	struct respond_counters counters;
	struct witness witnesses[WITNESSES_MAX];
	size_t next_witness; /* to be replaced where all are taken */
};

static void say(const struct visitor *visitor, const char *what)
{
	char now[CLOCK_TEXT], from[ENDPOINT_TEXT];
	FILE *out = visitor->respond->options.out;

	fprintf(out, "%s tcp/%u from %s: %s\n", clock_print(clock_wall_ms(), now), visitor->port,
		endpoint_print(visitor->from, from), what);
	fflush(out);
}

static struct witness *witness_of(const struct respond *respond, uint16_t port, struct addr from)
{
	const struct witness *witness = respond->witnesses;

	for (; witness < respond->witnesses + WITNESSES_MAX; witness++)
		if (witness->port == port && addr_equal(witness->from, from))
			return (struct witness *)witness;
	return NULL;
}

/* The one that was there, or a new one in the place of the oldest. */
static struct witness *call_witness(struct respond *respond, uint16_t port, struct addr from)
{
	struct witness *witness = witness_of(respond, port, from);

	if (witness)
		return witness;
	witness = &respond->witnesses[respond->next_witness++ % WITNESSES_MAX];
	*witness = (struct witness){.from = from, .port = port};
	return witness;
}

static void visitor_free(struct visitor *visitor)
{
	TAILQ_REMOVE(&visitor->respond->visitors, visitor, link);
	visitor->respond->visitor_count--;
	if (visitor->event)
		event_free(visitor->event);
	close(visitor->fd);
	free(visitor);
}

static void await(struct visitor *visitor)
{
	uint64_t now_ms = clock_mono_ms();
	uint64_t left_ms = visitor->until_ms > now_ms ? visitor->until_ms - now_ms : 0;
	struct timeval wait = clock_timeval(left_ms);

	event_add(visitor->event, &wait);
}

/* True when all of the echo is here, and went back as far as this machine is concerned. */
static bool echo(struct visitor *visitor, size_t more)
{
	static const char zeros[TOKEN_ECHO_MAX];

	visitor->echo_left -= more < visitor->echo_left ? (unsigned)more : visitor->echo_left;
	if (visitor->echo_left)
		return false;
	if (send(visitor->fd, zeros, visitor->echo, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		say(visitor, "full-size packets arrived, but they could not be sent back");
	return true;
}

static bool send_line(struct visitor *visitor, const char *nonce)
{
	char line[TOKEN_LINE_MAX];
	size_t length = token_print_answer(nonce, visitor->from.addr, visitor->respond->name, line,
					   sizeof(line));

	return send(visitor->fd, line, length, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)length;
}

/* True when the visitor is answered and has all, or will never ask. Who asks as one asks AMT is told that there is
 * a responder. */
static bool answer(struct visitor *visitor)
{
	struct token_question question;
	size_t used;
	int r;

	r = token_parse_question(visitor->bytes, visitor->length, &question, &used);
	if (r == -EAGAIN)
		return false;
	if (r) {
		say(visitor, "connected and sent something else, closed");
		(void)send_line(visitor, "");
		return true;
	}
	if (!send_line(visitor, question.nonce)) {
		say(visitor, "check arrived, but the answer could not be sent");
		return true;
	}
	visitor->respond->counters.proven++;
	call_witness(visitor->respond, visitor->port, visitor->from.addr)->seen.proven++;
	say(visitor, "check answered, the path is proven");
	visitor->answered = true;
	visitor->echo = visitor->echo_left = question.echo;
	return !visitor->echo || echo(visitor, visitor->length - used);
}

/* The visitor leaves, or is sent away, before all was said. */
static void part(struct visitor *visitor, bool gone)
{
	if (!visitor->answered)
		say(visitor,
		    gone ? "connected and went away" : "connected and sent nothing more, closed");
	else
		say(visitor, "its full-size packets did not arrive");
	visitor_free(visitor);
}

static void on_bytes(evutil_socket_t fd, short what, void *user)
{
	struct visitor *visitor = user;
	char more[TOKEN_ECHO_MAX];
	ssize_t got;

	if (what & EV_TIMEOUT) {
		part(visitor, false);
		return;
	}
	if (visitor->answered)
		got = recv(fd, more, sizeof(more), 0);
	else
		got = recv(fd, visitor->bytes + visitor->length,
			   sizeof(visitor->bytes) - visitor->length, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		await(visitor);
		return;
	}
	if (got <= 0) {
		part(visitor, true);
		return;
	}
	if (!visitor->answered)
		visitor->length += (size_t)got;
	if (visitor->answered ? echo(visitor, (size_t)got) : answer(visitor))
		visitor_free(visitor);
	else
		await(visitor);
}

static void welcome(struct door *door, int fd, struct endpoint from)
{
	struct respond *respond = door->respond;
	struct visitor *visitor;

	respond->counters.accepted++;
	call_witness(respond, door->port, from.addr)->seen.accepted++;
	respond->counters.ports_seen += !door->seen;
	door->seen = true;
	if (respond->visitor_count >= RESPOND_CONNECTIONS_MAX ||
	    !(visitor = calloc(1, sizeof(*visitor)))) {
		respond->counters.refused++;
		close(fd);
		return;
	}
	visitor->respond = respond;
	visitor->from = from;
	visitor->port = door->port;
	visitor->fd = fd;
	visitor->until_ms = clock_mono_ms() + RESPOND_LIFE_MS;
	TAILQ_INSERT_TAIL(&respond->visitors, visitor, link);
	respond->visitor_count++;
	visitor->event = event_new(respond->base, fd, EV_READ, on_bytes, visitor);
	if (visitor->event)
		await(visitor);
	else
		visitor_free(visitor);
}

static void on_visitor(evutil_socket_t listener, short what, void *user)
{
	struct sockaddr_storage sockaddr;
	socklen_t size = sizeof(sockaddr);
	struct door *door = user;
	struct endpoint from;
	int fd;

	fd = accept4(listener, (struct sockaddr *)&sockaddr, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		struct visitor *oldest = TAILQ_FIRST(&door->respond->visitors);

		if ((errno == EMFILE || errno == ENFILE) && oldest)
			visitor_free(oldest); /* room for the next wake-up */
		return;
	}
	if (endpoint_from_sockaddr((struct sockaddr *)&sockaddr, &from))
		close(fd);
	else
		welcome(door, fd, from);
}

static int open_door(struct endpoint at, void *user, struct err *err)
{
	struct respond *respond = user;
	struct door *door = &respond->doors[respond->door_count];

	*door = (struct door){.respond = respond, .port = at.port};
	door->fd = dial_listen(at, 64, err);
	if (door->fd < 0)
		return door->fd;
	door->event = event_new(respond->base, door->fd, EV_READ | EV_PERSIST, on_visitor, door);
	if (!door->event || event_add(door->event, NULL)) {
		if (door->event)
			event_free(door->event);
		close(door->fd);
		return err_set(err, -ENOMEM, "out of memory");
	}
	respond->door_count++;
	return 0;
}

int respond_new(struct respond **ret, struct event_base *base,
		const struct respond_options *options, struct err *err)
{
	struct respond *respond = calloc(1, sizeof(*respond));
	int r = 0;

	if (!respond)
		return err_set(err, -ENOMEM, "out of memory");
	respond->base = base;
	respond->options = *options;
	TAILQ_INIT(&respond->visitors);
	dial_host_name(respond->name, sizeof(respond->name));
	for (size_t i = 0; !r && i < options->ports.count; i++)
		r = dial_open_all(options->bind, options->ports.items[i], open_door, respond, err);
	if (r) {
		respond_free(respond);
		return r;
	}
	*ret = respond;
	return 0;
}

void respond_free(struct respond *respond)
{
	struct visitor *visitor;

	if (!respond)
		return;
	while ((visitor = TAILQ_FIRST(&respond->visitors)))
		visitor_free(visitor);
	for (size_t i = 0; i < respond->door_count; i++) {
		event_free(respond->doors[i].event);
		close(respond->doors[i].fd);
	}
	free(respond);
}

struct respond_counters respond_counters(const struct respond *respond)
{
	return respond->counters;
}

struct respond_seen respond_seen(const struct respond *respond, uint16_t port, struct addr from)
{
	const struct witness *witness = witness_of(respond, port, from);

	return witness ? witness->seen : (struct respond_seen){0};
}
