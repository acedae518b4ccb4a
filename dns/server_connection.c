/* SPDX-License-Identifier: ISC */
#include "dns/server_connection.h"

#include <event2/buffer.h>
#include <event2/event.h>

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_HEAD 2

struct server_connection {
	struct event_base *base;
	const struct server_connection_calls *calls;
	void *user;
	enum server_connection_state state;
	int fd; /* -1 = closed */
	struct event *readable, *writable;
	struct evbuffer *out;
	size_t in_length;
	uint8_t in[FRAME_HEAD + UINT16_MAX]; /* always room for one whole message */
};

int server_connection_new(struct server_connection **ret, struct event_base *base,
			  const struct server_connection_calls *calls, void *user)
{
	struct server_connection *connection = calloc(1, sizeof *connection);

	if (!connection)
		return -ENOMEM;
	connection->base = base;
	connection->calls = calls;
	connection->user = user;
	connection->fd = -1;
	connection->out = evbuffer_new();
	if (!connection->out) {
		free(connection);
		return -ENOMEM;
	}
	*ret = connection;
	return 0;
}

void server_connection_free(struct server_connection *connection)
{
	if (!connection)
		return;
	server_connection_close(connection);
	evbuffer_free(connection->out);
	free(connection);
}

void server_connection_close(struct server_connection *connection)
{
	if (connection->readable)
		event_free(connection->readable);
	if (connection->writable)
		event_free(connection->writable);
	connection->readable = connection->writable = NULL;
	if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
	connection->state = SERVER_CONNECTION_CLOSED;
	connection->in_length = 0;
	evbuffer_drain(connection->out, evbuffer_get_length(connection->out));
}

enum server_connection_state server_connection_state(const struct server_connection *connection)
{
	return connection->state;
}

static void end(struct server_connection *connection, int error)
{
	server_connection_close(connection);
	connection->calls->on_end(error, connection->user);
}

/* Gives every whole message away. False when the connection was closed meanwhile. */
static bool take_messages(struct server_connection *connection)
{
	size_t at = 0;

	while (connection->in_length - at >= FRAME_HEAD) {
		uint8_t *frame = connection->in + at;
		size_t length = (size_t)(frame[0] << 8 | frame[1]);

		if (connection->in_length - at < FRAME_HEAD + length)
			break;
		at += FRAME_HEAD + length;
		connection->calls->on_message(frame + FRAME_HEAD, length, connection->user);
		if (connection->state == SERVER_CONNECTION_CLOSED)
			return false;
	}
	memmove(connection->in, connection->in + at, connection->in_length - at);
	connection->in_length -= at;
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	struct server_connection *connection = user;
	const int one = 1;
	ssize_t got = recv(fd, connection->in + connection->in_length,
			   sizeof connection->in - connection->in_length, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		end(connection, got < 0 ? errno : 0);
		return;
	}
	/* The kernel falls back to delayed acknowledgements by itself; a server whose answers wait
	 * for them (Nagle) would be half as fast. Only speed is lost where this fails. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
	connection->in_length += (size_t)got;
	take_messages(connection);
}

static void finish_opening(struct server_connection *connection)
{
	int error = 0;
	socklen_t size = sizeof error;

	if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error == 0 && event_add(connection->readable, NULL) < 0)
		error = ENOMEM;
	if (error != 0) {
		end(connection, error);
		return;
	}
	connection->state = SERVER_CONNECTION_OPEN;
	if (evbuffer_get_length(connection->out) > 0)
		event_add(connection->writable, NULL);
	connection->calls->on_open(connection->user);
}

static void on_writable(evutil_socket_t fd, short what, void *user)
{
	struct server_connection *connection = user;

	if (connection->state == SERVER_CONNECTION_OPENING) {
		finish_opening(connection);
		return;
	}
	if (evbuffer_write(connection->out, fd) < 0 && errno != EAGAIN && errno != EINTR) {
		end(connection, errno);
		return;
	}
	if (evbuffer_get_length(connection->out) > 0)
		event_add(connection->writable, NULL);
}

static int open_socket(struct endpoint server)
{
	struct sockaddr_storage to;
	socklen_t size = endpoint_to_sockaddr(server, &to);
	const int one = 1;
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0 ||
	    (connect(fd, (const struct sockaddr *)&to, size) < 0 && errno != EINPROGRESS)) {
		error = errno;
		close(fd);
		return -error;
	}
	return fd;
}

int server_connection_open(struct server_connection *connection, struct endpoint server)
{
	int fd;

	assert(connection->state == SERVER_CONNECTION_CLOSED);
	fd = open_socket(server);
	if (fd < 0)
		return fd;
	connection->fd = fd;
	connection->state = SERVER_CONNECTION_OPENING;
	connection->readable = event_new(connection->base, fd, EV_READ | EV_PERSIST, on_readable,
					 connection);
	connection->writable = event_new(connection->base, fd, EV_WRITE, on_writable, connection);
	if (!connection->readable || !connection->writable ||
	    event_add(connection->writable, NULL) < 0) {
		server_connection_close(connection);
		return -ENOMEM;
	}
	return 0;
}

int server_connection_send(struct server_connection *connection, const uint8_t *message,
			   size_t length)
{
	const uint8_t head[FRAME_HEAD] = {(uint8_t)(length >> 8), (uint8_t)length};

	assert(connection->state != SERVER_CONNECTION_CLOSED);
	if (length > UINT16_MAX)
		return -EMSGSIZE;
	if (evbuffer_expand(connection->out, sizeof head + length) < 0 ||
	    evbuffer_add(connection->out, head, sizeof head) < 0 ||
	    evbuffer_add(connection->out, message, length) < 0 ||
	    event_add(connection->writable, NULL) < 0)
		return -ENOMEM;
	return 0;
}
