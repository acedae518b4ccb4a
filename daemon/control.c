/* SPDX-License-Identifier: ISC */
#include "daemon/control.h"

#include "common/log.h"
#include "common/unix_socket.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64

struct connection {
	struct control *control;
	struct bufferevent *stream;
	struct connection *next;
	struct control_ticket *ticket; /* NULL before the question and after the answer */
	bool answered;
};

struct control_ticket {
	struct connection *connection; /* NULL = nobody waits any more */
	struct text text;
};

struct control {
	char *path;
	struct event_base *base;
	struct evconnlistener *listener;
	struct connection *connections;
	unsigned count;
	control_answer *answer;
	void *user;
};

static void connection_free(struct connection *connection)
{
	struct control *control = connection->control;
	struct connection **link = &control->connections;

	while (*link != connection)
		link = &(*link)->next;
	*link = connection->next;
	control->count--;
	if (connection->ticket)
		connection->ticket->connection = NULL;
	bufferevent_free(connection->stream);
	free(connection);
}

struct text *control_text(struct control_ticket *ticket)
{
	return &ticket->text;
}

static void on_sent(const void *bytes, size_t length, void *user)
{
	free((void *)bytes);
}

static void connection_answer(struct connection *connection, struct text *text)
{
	connection->ticket = NULL;
	connection->answered = true;
	if (text->bad) {
		text_clear(text);
		text->bad = false;
		text_add(text, "error: the answer is larger than %u MiB; use a filter\n",
			 CONTROL_ANSWER_MAX >> 20);
	}
	/* Given away, not copied: an inventory takes tens of megabytes. */
	if (evbuffer_add_reference(bufferevent_get_output(connection->stream), text->bytes,
				   text->length, on_sent, NULL) == 0)
		*text = (struct text){0};
}

void control_reply(struct control_ticket *ticket)
{
	if (ticket->connection)
		connection_answer(ticket->connection, &ticket->text);
	text_done(&ticket->text);
	free(ticket);
}

/* No more is read; the answer may take its time. */
static void connection_ask(struct connection *connection, const char *line)
{
	struct control *control = connection->control;
	struct control_ticket *ticket = calloc(1, sizeof(*ticket));

	bufferevent_disable(connection->stream, EV_READ);
	if (!ticket) {
		connection_free(connection);
		return;
	}
	ticket->connection = connection;
	connection->ticket = ticket;
	text_init(&ticket->text, CONTROL_ANSWER_MAX);
	control->answer(line, ticket, control->user);
}

static void on_read(struct bufferevent *stream, void *user)
{
	struct connection *connection = user;
	struct evbuffer *input = bufferevent_get_input(stream);
	size_t length = 0;
	char *line = evbuffer_readln(input, &length, EVBUFFER_EOL_CRLF);

	if (line && length <= CONTROL_LINE_MAX && strlen(line) == length)
		connection_ask(connection, line);
	else if (line || evbuffer_get_length(input) > CONTROL_LINE_MAX)
		connection_ask(connection, "");
	free(line);
}

static void on_written(struct bufferevent *stream, void *user)
{
	struct connection *connection = user;

	if (connection->answered)
		connection_free(connection);
}

static void on_end(struct bufferevent *stream, short what, void *user)
{
	struct connection *connection = user;

	/* A client such as socat closes its sending side right after the line: the answer still goes out. */
	if ((what & BEV_EVENT_EOF) && (connection->answered || connection->ticket))
		return;
	connection_free(connection);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
		      int length, void *user)
{
	struct control *control = user;
	struct connection *connection = NULL;
	const struct timeval limit = {.tv_sec = CONTROL_TIME_S};

	if (control->count < CONTROL_CONNECTIONS_MAX)
		connection = calloc(1, sizeof(*connection));
	if (connection)
		connection->stream = bufferevent_socket_new(control->base, fd,
							    BEV_OPT_CLOSE_ON_FREE);
	if (!connection || !connection->stream) {
		free(connection);
		close(fd);
		return;
	}
	connection->control = control;
	connection->next = control->connections;
	control->connections = connection;
	control->count++;
	bufferevent_setcb(connection->stream, on_read, on_written, on_end, connection);
	bufferevent_set_timeouts(connection->stream, &limit, &limit);
	bufferevent_setwatermark(connection->stream, EV_READ, 0, CONTROL_LINE_MAX + 2);
	bufferevent_enable(connection->stream, EV_READ | EV_WRITE);
}

static int listen_at(struct control *control, const struct control_config *config, struct err *err)
{
	int fd = unix_socket_listen(config->socket, SOCK_STREAM, config->group, BACKLOG, err);

	if (fd < 0)
		return fd;
	control->path = strdup(config->socket);
	if (control->path)
		control->listener = evconnlistener_new(
			control->base, on_accept, control,
			LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (control->listener)
		return 0;
	close(fd);
	return err_set(err, -ENOMEM, "no memory");
}

int control_new(struct control **ret, struct event_base *base, const struct control_config *config,
		control_answer *answer, void *user, struct err *err)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control)
		return err_set(err, -ENOMEM, "no memory");
	control->base = base;
	control->answer = answer;
	control->user = user;
	int result = listen_at(control, config, err);
	if (result < 0) {
		err_prefix(err, "control.socket");
		control_free(control);
		return result;
	}
	*ret = control;
	return 0;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	while (control->connections)
		connection_free(control->connections);
	if (control->listener)
		evconnlistener_free(control->listener);
	if (control->path)
		unlink(control->path);
	free(control->path);
	free(control);
}
