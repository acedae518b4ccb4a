/* SPDX-License-Identifier: ISC */
#include "discovery/listener.h"

#include "common/clock.h"
#include "discovery/admission.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_BURST 16 /* connections taken per wake-up, so that others get their turn */
#define PAUSE_MS 100    /* out of descriptors: time until the next look */

const char *const listener_reason_names[LISTENER_REASONS] = {
	[LISTENER_EMPTY] = "empty",           [LISTENER_CUT] = "cut",
	[LISTENER_INVALID] = "invalid",       [LISTENER_TOO_LONG] = "too-long",
	[LISTENER_TOO_SLOW] = "too-slow",     [LISTENER_PER_ADDRESS] = "per-address",
	[LISTENER_PER_PREFIX] = "per-prefix", [LISTENER_RATE] = "rate",
	[LISTENER_NO_MEMORY] = "no-memory",
};

/* A connection stands in one queue at a time. All in a queue wait equally long, so the first in the
 * queue is the first to run out, and a queue needs one timer, a connection none. */
struct queue {
	TAILQ_HEAD(queue_head, listener_connection) head;
	struct event timer;
	uint32_t wait_ms;
};

struct listener_connection {
	TAILQ_ENTRY(listener_connection) link;
	struct listener *listener;
	struct queue *queue;
	struct admission_ticket ticket;
	uint64_t deadline_ms;
	uint8_t *bytes; /* NULL until the first ones come */
	uint32_t length;
	int fd;
	struct endpoint peer;
	struct event readable;
};

struct listener_socket {
	struct listener *listener;
	struct endpoint endpoint;
	struct event acceptable;
	int fd;
};

struct listener {
	struct event_base *base;
	struct listener_options options;
	struct listener_socket sockets[LISTENER_SOCKETS_MAX];
	size_t socket_count;
	bool started;
	struct event resume;
	struct queue gathering; /* not whole yet */
	struct queue lingering; /* whole by its lengths; more may follow */
	struct queue handed;    /* on_hello was called; no timer */
	struct admission admission;
	struct listener_status status;
	uint8_t scratch[HELLO_MAX_BYTES + 1];
};

static void arm(struct queue *queue)
{
	struct listener_connection *first = TAILQ_FIRST(&queue->head);
	uint64_t now_ms = clock_mono_ms();
	struct timeval wait;

	if (!first)
		return;
	wait = clock_timeval(first->deadline_ms > now_ms ? first->deadline_ms - now_ms : 0);
	event_add(&queue->timer, &wait);
}

static void enqueue(struct listener_connection *connection, struct queue *queue)
{
	if (connection->queue)
		TAILQ_REMOVE(&connection->queue->head, connection, link);
	connection->queue = queue;
	connection->deadline_ms = clock_mono_ms() + queue->wait_ms;
	TAILQ_INSERT_TAIL(&queue->head, connection, link);
	if (queue->wait_ms > 0 && !event_pending(&queue->timer, EV_TIMEOUT, NULL))
		arm(queue);
}

/* Accepts or not, as things stand. */
static void set_paused(struct listener *listener, bool paused)
{
	listener->status.paused = paused;
	for (size_t i = 0; i < listener->socket_count; i++) {
		if (paused || !listener->started)
			event_del(&listener->sockets[i].acceptable);
		else
			event_add(&listener->sockets[i].acceptable, NULL);
	}
}

static void drop(struct listener_connection *connection)
{
	struct listener *listener = connection->listener;

	event_del(&connection->readable);
	TAILQ_REMOVE(&connection->queue->head, connection, link);
	admission_leave(&listener->admission, connection->ticket);
	close(connection->fd);
	free(connection->bytes);
	free(connection);
	listener->status.connections--;
	if (listener->status.paused && !event_pending(&listener->resume, EV_TIMEOUT, NULL))
		set_paused(listener, false);
}

static void refused(struct listener *listener, enum listener_reason reason, struct endpoint peer,
		    const char *sentence)
{
	listener->status.refused[reason]++;
	listener->options.on_refused(reason, peer, sentence, listener->options.user);
}

static void refuse(struct listener_connection *connection, enum listener_reason reason,
		   const char *sentence)
{
	refused(connection->listener, reason, connection->peer, sentence);
	drop(connection);
}

/* The bytes may be the connection's, or may not have needed to be kept. */
static void hand_over(struct listener_connection *connection, const uint8_t *bytes, size_t length,
		      const struct hello *decoded)
{
	struct listener *listener = connection->listener;
	uint8_t *kept = connection->bytes;
	const struct listener_hello hello = {
		.bytes = bytes,
		.length = length,
		.decoded = decoded,
		.peer = connection->peer,
	};

	event_del(&connection->readable);
	enqueue(connection, &listener->handed);
	connection->bytes = NULL;
	listener->status.hellos++;
	listener->options.on_hello(connection, &hello, listener->options.user);
	free(kept);
}

/* `ended`: nothing more will come. True while it is still waited for. */
static bool judge(struct listener_connection *connection, const uint8_t *bytes, size_t length,
		  bool ended)
{
	struct listener *listener = connection->listener;
	struct err err = {0}, unused = {0};
	struct hello hello;

	if (ended && length == 0) {
		refuse(connection, LISTENER_EMPTY, "closed before a byte came");
		return false;
	}
	switch (hello_decode(bytes, length, ended, &hello, &err)) {
	case HELLO_COMPLETE:
		if (ended)
			hand_over(connection, bytes, length, &hello);
		else if (connection->queue == &listener->gathering)
			enqueue(connection, &listener->lingering);
		return !ended;
	case HELLO_MORE:
		if (ended)
			refuse(connection, LISTENER_CUT, "closed before the hello was whole");
		return !ended;
	case HELLO_INVALID:
		refuse(connection,
		       ended && hello_decode(bytes, length, false, &hello, &unused) == HELLO_MORE
			       ? LISTENER_CUT
			       : LISTENER_INVALID,
		       err.text);
		return false;
	}
	return false;
}

static int append(struct listener_connection *connection, const uint8_t *bytes, size_t count)
{
	uint8_t *grown = realloc(connection->bytes, connection->length + count);

	if (!grown)
		return -ENOMEM;
	memcpy(grown + connection->length, bytes, count);
	connection->bytes = grown;
	connection->length += (uint32_t)count;
	return 0;
}

/* Takes what there is. FIN and RST end a hello alike; the kernel gives what came before a RST first.
 * What comes whole at once, as nearly all do, is never copied into the connection. False when there
 * is nothing more to wait for: the connection is handed over, or gone. */
static bool take_bytes(struct listener_connection *connection, int fd)
{
	struct listener *listener = connection->listener;
	uint8_t *scratch = listener->scratch;
	size_t taken = 0;
	ssize_t count;
	bool ended;

	while ((count = recv(fd, scratch + taken, sizeof(listener->scratch) - taken, 0)) > 0) {
		taken += (size_t)count;
		if (connection->length + taken > HELLO_MAX_BYTES) {
			refuse(connection, LISTENER_TOO_LONG, "longer than 16384 bytes");
			return false;
		}
	}
	ended = count == 0 || (errno != EAGAIN && errno != EINTR);
	if (ended && connection->length == 0)
		return judge(connection, scratch, taken, true);
	if (taken > 0 && append(connection, scratch, taken) < 0) {
		refuse(connection, LISTENER_NO_MEMORY, "no memory for its bytes");
		return false;
	}
	return connection->length == 0 ||
	       judge(connection, connection->bytes, connection->length, ended);
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	(void)what;
	take_bytes(user, fd);
}

static void on_time_limit(evutil_socket_t fd, short what, void *user)
{
	struct listener *listener = user;
	struct listener_connection *first;

	(void)fd, (void)what;
	while ((first = TAILQ_FIRST(&listener->gathering.head)) &&
	       first->deadline_ms <= clock_mono_ms())
		refuse(first, LISTENER_TOO_SLOW, "not whole within the time limit");
	arm(&listener->gathering);
}

static void on_lingered(evutil_socket_t fd, short what, void *user)
{
	struct listener *listener = user;
	struct listener_connection *first;
	struct hello hello;

	(void)fd, (void)what;
	while ((first = TAILQ_FIRST(&listener->lingering.head)) &&
	       first->deadline_ms <= clock_mono_ms()) {
		if (hello_decode(first->bytes, first->length, false, &hello, NULL) ==
		    HELLO_COMPLETE)
			hand_over(first, first->bytes, first->length, &hello);
		else
			refuse(first, LISTENER_INVALID,
			       "no hello any more with its trailing bytes");
	}
	arm(&listener->lingering);
}

static void on_resume(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	set_paused(user, false);
}

/* Why a connection may not stay, by enum admission_verdict. */
static const struct {
	enum listener_reason reason;
	const char *sentence;
} not_admitted[] = {
	[ADMISSION_PER_ADDRESS] = {LISTENER_PER_ADDRESS,
				   "too many connections of this address are open"},
	[ADMISSION_PER_PREFIX] = {LISTENER_PER_PREFIX,
				  "too many connections of this /24 or /64 are open"},
	[ADMISSION_RATE] = {LISTENER_RATE, "this /24 or /64 connects too often"},
	[ADMISSION_NO_MEMORY] = {LISTENER_NO_MEMORY, "no memory for a connection"},
};

/* Takes the descriptor over: in a connection, or closed. */
static void welcome(struct listener *listener, int fd, const struct sockaddr *from)
{
	struct listener_connection *connection = calloc(1, sizeof(*connection));
	enum admission_verdict verdict = ADMISSION_NO_MEMORY;
	struct endpoint peer = {0};

	endpoint_from_sockaddr(from, &peer);
	if (connection)
		verdict = admission_enter(&listener->admission, peer.addr, clock_mono_ms(),
					  &connection->ticket);
	if (verdict != ADMISSION_GRANTED) {
		free(connection);
		refused(listener, not_admitted[verdict].reason, peer,
			not_admitted[verdict].sentence);
		close(fd);
		return;
	}
	connection->listener = listener;
	connection->fd = fd;
	connection->peer = peer;
	listener->status.connections++;
	enqueue(connection, &listener->gathering);
	event_assign(&connection->readable, listener->base, fd, EV_READ | EV_PERSIST, on_readable,
		     connection);
	/* Mostly all of it is there already, and needs no event. */
	if (take_bytes(connection, fd) && event_add(&connection->readable, NULL) < 0)
		refuse(connection, LISTENER_NO_MEMORY, "no memory for an event");
}

static void on_acceptable(evutil_socket_t fd, short what, void *user)
{
	struct listener_socket *from = user;
	struct listener *listener = from->listener;

	(void)what;
	for (int i = 0; i < ACCEPT_BURST; i++) {
		struct sockaddr_storage peer;
		socklen_t size = sizeof(peer);
		int accepted;

		if (listener->status.connections >= listener->status.max_connections) {
			listener->status.pauses_full++;
			set_paused(listener, true);
			return;
		}
		accepted = accept4(fd, (struct sockaddr *)&peer, &size,
				   SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (accepted >= 0) {
			listener->status.accepted++;
			welcome(listener, accepted, (struct sockaddr *)&peer);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			   errno == ENOMEM) {
			struct timeval wait = clock_timeval(PAUSE_MS);

			listener->status.pauses_descriptors++;
			set_paused(listener, true);
			event_add(&listener->resume, &wait);
			return;
		} else if (errno == EAGAIN) {
			return;
		} /* anything else is the end of that one connection, such as ECONNABORTED */
	}
}

static void queue_init(struct listener *listener, struct queue *queue, uint32_t wait_ms,
		       event_callback_fn on_timer)
{
	TAILQ_INIT(&queue->head);
	queue->wait_ms = wait_ms;
	evtimer_assign(&queue->timer, listener->base, on_timer, listener);
}

int listener_new(struct listener **ret, struct event_base *base,
		 const struct listener_options *options)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener || admission_init(&listener->admission, &options->admission) < 0) {
		free(listener);
		return -ENOMEM;
	}
	listener->base = base;
	listener->options = *options;
	listener->status.max_connections = options->max_connections;
	queue_init(listener, &listener->gathering, options->time_limit_ms, on_time_limit);
	queue_init(listener, &listener->lingering, LISTENER_LINGER_MS, on_lingered);
	queue_init(listener, &listener->handed, 0, on_lingered);
	evtimer_assign(&listener->resume, base, on_resume, listener);
	*ret = listener;
	return 0;
}

static void drop_all(struct queue *queue)
{
	struct listener_connection *first;

	while ((first = TAILQ_FIRST(&queue->head)))
		drop(first);
	event_del(&queue->timer);
}

void listener_free(struct listener *listener)
{
	if (!listener)
		return;
	listener_stop(listener);
	drop_all(&listener->handed);
	for (size_t i = 0; i < listener->socket_count; i++)
		close(listener->sockets[i].fd);
	admission_done(&listener->admission);
	free(listener);
}

int listener_adopt(struct listener *listener, int fd, struct err *err)
{
	struct listener_socket *new = &listener->sockets[listener->socket_count];
	struct sockaddr_storage name = {0};
	socklen_t size = sizeof(name);

	if (listener->socket_count == LISTENER_SOCKETS_MAX)
		return err_set(err, -ENOBUFS, "more than %d addresses to listen on",
			       LISTENER_SOCKETS_MAX);
	if (getsockname(fd, (struct sockaddr *)&name, &size) < 0 ||
	    endpoint_from_sockaddr((struct sockaddr *)&name, &new->endpoint) < 0)
		return err_set(err, -EINVAL, "descriptor %d is no listening TCP socket", fd);
	if (evutil_make_socket_nonblocking(fd) < 0)
		return err_set(err, -EINVAL, "descriptor %d cannot be made non-blocking", fd);
	new->listener = listener;
	new->fd = fd;
	event_assign(&new->acceptable, listener->base, fd, EV_READ | EV_PERSIST, on_acceptable,
		     new);
	listener->socket_count++;
	return 0;
}

int listener_bind(struct listener *listener, struct endpoint endpoint, struct err *err)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(endpoint, &name);
	char text[ENDPOINT_TEXT];
	const int one = 1;
	int result, fd;

	fd = socket(name.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    (name.ss_family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) < 0) ||
	    bind(fd, (struct sockaddr *)&name, size) < 0 || listen(fd, LISTENER_BACKLOG) < 0)
		result = err_set(err, -errno, "cannot listen on %s: %s",
				 endpoint_print(endpoint, text), strerror(errno));
	else
		result = listener_adopt(listener, fd, err);
	if (result < 0 && fd >= 0)
		close(fd);
	return result;
}

void listener_start(struct listener *listener)
{
	listener->started = true;
	set_paused(listener, false);
}

void listener_stop(struct listener *listener)
{
	listener->started = false;
	set_paused(listener, false);
	event_del(&listener->resume);
	drop_all(&listener->gathering);
	drop_all(&listener->lingering);
}

void listener_release(struct listener_connection *connection)
{
	drop(connection);
}

size_t listener_addresses(const struct listener *listener, struct endpoint *ret, size_t size)
{
	for (size_t i = 0; i < listener->socket_count && i < size; i++)
		ret[i] = listener->sockets[i].endpoint;
	return listener->socket_count;
}

struct listener_status listener_status(const struct listener *listener)
{
	return listener->status;
}
