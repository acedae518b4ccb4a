/* SPDX-License-Identifier: ISC */
#include "netcheck/pair_serve.h"

#include "common/clock.h"
#include "netcheck/half_open.h"
#include "netcheck/pair_talk.h"
#include "netcheck/pair_words.h"
#include "netcheck/probe_hello.h"
#include "netcheck/probe_tcp.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HALF_OPEN_MAX 256
#define IDLE_MS 60000 /* a check scans the ports in between */

/* A handshake that had not ended: to this port, from that one of the check's. */
struct known {
	uint16_t port, from;
};

/* One check. */
struct guest {
	struct pair_serve *serve; /* NULL = the place is free */
	struct pair_talk *talk;
	struct endpoint from;
	struct addr own;
	struct probe_hello *hello;
	bool known;                                /* it proved that it knows the code */
	struct pair_port before[TARGET_PORTS_MAX]; /* what had arrived when it began ... */
	struct known old[HALF_OPEN_MAX]; /* ... and what was half open: it may be gone at the end */
	size_t old_count;
};

struct pair_serve {
	struct event_base *base;
	struct pair_serve_options options;
	char name[TOKEN_NAME_MAX + 1];
	int fds[2];
	struct event *events[2];
	struct guest guests[PAIR_SERVE_MAX];
};

static void say(const struct guest *guest, const char *what)
{
	char now[CLOCK_TEXT], from[ENDPOINT_TEXT];
	FILE *out = guest->serve->options.out;

	fprintf(out, "%s pairing with %s: %s\n", clock_print(clock_wall_ms(), now),
		endpoint_print(guest->from, from), what);
	fflush(out);
}

static void dismiss(struct guest *guest)
{
	probe_hello_cancel(guest->hello);
	pair_talk_free(guest->talk);
	*guest = (struct guest){0};
}

static bool is_old(const struct guest *guest, uint16_t port, uint16_t from)
{
	for (size_t i = 0; i < guest->old_count; i++)
		if (guest->old[i].port == port && guest->old[i].from == from)
			return true;
	return false;
}

/* Those of this check's address that are new; each by itself, because older ones end meanwhile. */
static unsigned count_half_open(const struct guest *guest, uint16_t port)
{
	struct half_open found[HALF_OPEN_MAX];
	int count = half_open_list(port, found, HALF_OPEN_MAX);
	unsigned matching = 0;

	for (int i = 0; i < count; i++)
		matching += addr_equal(found[i].from.addr, guest->from.addr) &&
			    !is_old(guest, port, found[i].from.port);
	return matching;
}

static void note_half_open(struct guest *guest, uint16_t port)
{
	struct half_open found[HALF_OPEN_MAX];
	int count = half_open_list(port, found, HALF_OPEN_MAX);

	for (int i = 0; i < count && guest->old_count < HALF_OPEN_MAX; i++)
		if (addr_equal(found[i].from.addr, guest->from.addr))
			guest->old[guest->old_count++] = (struct known){.port = port,
									.from = found[i].from.port};
}

static struct pair_port look(const struct guest *guest, uint16_t port)
{
	struct respond_seen seen = respond_seen(guest->serve->options.responder, port,
						guest->from.addr);

	return (struct pair_port){.port = port,
				  .half_open = count_half_open(guest, port),
				  .accepted = seen.accepted,
				  .proven = seen.proven};
}

static unsigned since(unsigned now, unsigned before)
{
	return now > before ? now - before : 0;
}

static void on_begin(struct guest *guest)
{
	const struct target_ports *ports = &guest->serve->options.ports;
	struct pair_ready ready = {.peer = guest->from.addr, .own = guest->own};
	char words[PAIR_WORDS_MAX];

	for (size_t i = 0; i < ports->count; i++) {
		note_half_open(guest, ports->items[i]);
		guest->before[i] = look(guest, ports->items[i]);
	}
	memcpy(ready.name, guest->serve->name, sizeof(ready.name));
	pair_print_ready(&ready, words);
	pair_talk_say(guest->talk, words);
	guest->known = true;
	say(guest, "begins");
}

static void on_seen(struct guest *guest)
{
	const struct target_ports *ports = &guest->serve->options.ports;
	char words[PAIR_WORDS_MAX];

	for (size_t i = 0; i < ports->count; i++) {
		const struct pair_port *before = &guest->before[i];
		struct pair_port arrived = look(guest, ports->items[i]);

		arrived.accepted = since(arrived.accepted, before->accepted);
		arrived.proven = since(arrived.proven, before->proven);
		pair_print_port(&arrived, words);
		pair_talk_say(guest->talk, words);
	}
	pair_talk_say(guest->talk, "end");
}

static enum pair_hello_state state_of(const struct probe_hello_outcome *outcome)
{
	switch (outcome->state) {
	case PROBE_HELLO_ACCEPTED:
		return PAIR_HELLO_ACCEPTED;
	case PROBE_HELLO_HELD:
		return PAIR_HELLO_HELD;
	case PROBE_HELLO_RESET:
		return PAIR_HELLO_RESET;
	case PROBE_HELLO_FAILED:
		break;
	}
	switch (probe_tcp_classify(&outcome->error, outcome->to.addr.family)) {
	case PROBE_TCP_CLOSED:
		return PAIR_HELLO_CLOSED;
	case PROBE_TCP_FILTERED:
	case PROBE_TCP_NO_HOST:
		return PAIR_HELLO_SILENT;
	case PROBE_TCP_REJECTED:
	case PROBE_TCP_NO_ROUTE:
		return PAIR_HELLO_REJECTED;
	case PROBE_TCP_OPEN:
	case PROBE_TCP_FAILED:
		break;
	}
	return PAIR_HELLO_FAILED;
}

static void on_hello_sent(const struct probe_hello_outcome *outcome, void *user)
{
	struct guest *guest = user;
	struct pair_hello hello = {.state = state_of(outcome),
				   .us = outcome->connect_us + outcome->accept_us,
				   .source = outcome->source};
	char words[PAIR_WORDS_MAX];

	guest->hello = NULL;
	pair_print_hello(&hello, words);
	pair_talk_say(guest->talk, words);
	say(guest, words);
}

static bool start_hello(struct guest *guest, const char *words)
{
	struct endpoint server;

	return !pair_read_ask_hello(words, &server) && !guest->hello &&
	       !probe_hello_start(&guest->hello, guest->serve->base, server, PROBE_HELLO_CONNECT_MS,
				  PROBE_HELLO_ACCEPT_MS, on_hello_sent, guest);
}

static void on_words(const char *words, void *user)
{
	struct guest *guest = user;

	if (!guest->known && !strcmp(words, "begin")) {
		on_begin(guest);
	} else if (guest->known && !strcmp(words, "seen")) {
		on_seen(guest);
	} else if (!guest->known || !start_hello(guest, words)) {
		say(guest, "said something that is not understood, closed");
		dismiss(guest);
	}
}

static void on_greeted(void *user)
{
}

static void on_end(enum pair_talk_end end, void *user)
{
	static const char *const words[] = {
		[PAIR_TALK_CLOSED] = "gone",
		[PAIR_TALK_SILENT] = "silent for too long, closed",
		[PAIR_TALK_FOREIGN] = "does not speak this protocol, closed",
		[PAIR_TALK_SEAL] = "does not know the code, closed",
	};
	struct guest *guest = user;

	guest->talk = NULL;
	say(guest, words[end]);
	dismiss(guest);
}

static const struct pair_talk_calls calls = {
	.on_greeted = on_greeted, .on_words = on_words, .on_end = on_end};

static struct guest *free_place(struct pair_serve *serve)
{
	for (size_t i = 0; i < PAIR_SERVE_MAX; i++)
		if (!serve->guests[i].serve)
			return &serve->guests[i];
	return NULL;
}

static void on_guest(evutil_socket_t listener, short what, void *user)
{
	struct pair_serve *serve = user;
	struct sockaddr_storage sockaddr;
	socklen_t size = sizeof(sockaddr);
	struct guest *guest = free_place(serve);
	struct endpoint from;
	int fd;

	fd = accept4(listener, (struct sockaddr *)&sockaddr, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (!guest || endpoint_from_sockaddr((struct sockaddr *)&sockaddr, &from)) {
		close(fd);
		return;
	}
	*guest = (struct guest){.serve = serve, .from = from, .own = dial_source(fd)};
	if (pair_talk_new(&guest->talk, serve->base, fd, serve->options.code, true, &calls, guest))
		*guest = (struct guest){0};
	else
		pair_talk_wait(guest->talk, IDLE_MS);
}

static int open_listener(struct endpoint at, void *user, struct err *err)
{
	struct pair_serve *serve = user;
	size_t which = serve->fds[0] >= 0;
	int fd = dial_listen(at, 16, err);

	if (fd < 0)
		return fd;
	serve->fds[which] = fd;
	serve->events[which] = event_new(serve->base, fd, EV_READ | EV_PERSIST, on_guest, serve);
	if (!serve->events[which] || event_add(serve->events[which], NULL))
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

int pair_serve_new(struct pair_serve **ret, struct event_base *base,
		   const struct pair_serve_options *options, struct err *err)
{
	struct pair_serve *serve = calloc(1, sizeof(*serve));
	int r;

	if (!serve)
		return err_set(err, -ENOMEM, "out of memory");
	serve->base = base;
	serve->options = *options;
	serve->fds[0] = serve->fds[1] = -1;
	dial_host_name(serve->name, sizeof(serve->name));
	r = dial_open_all(options->bind, options->port, open_listener, serve, err);
	if (r) {
		pair_serve_free(serve);
		return r;
	}
	*ret = serve;
	return 0;
}

void pair_serve_free(struct pair_serve *serve)
{
	if (!serve)
		return;
	for (size_t i = 0; i < PAIR_SERVE_MAX; i++)
		if (serve->guests[i].serve)
			dismiss(&serve->guests[i]);
	for (size_t i = 0; i < 2; i++) {
		if (serve->events[i])
			event_free(serve->events[i]);
		if (serve->fds[i] >= 0)
			close(serve->fds[i]);
	}
	free(serve);
}
