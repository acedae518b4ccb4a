/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/control.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct fixture {
	struct event_base *base;
	struct control *control;
	char directory[64];
	char path[96];
	char line[2048];               /* last one asked */
	struct control_ticket *ticket; /* of the line "later" */
};

static void answer_line(const char *line, struct control_ticket *ticket, void *user)
{
	struct fixture *fixture = user;

	snprintf(fixture->line, sizeof(fixture->line), "%s", line);
	text_add(control_text(ticket), "ok\nline\t%s\n", line);
	if (!strcmp(line, "later"))
		fixture->ticket = ticket;
	else
		control_reply(ticket);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/amtnet-control-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof(fixture->path), "%s/control.sock", fixture->directory);
	fixture->base = event_base_new();
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	control_free(fixture->control);
	event_base_free(fixture->base);
	unlink(fixture->path);
	rmdir(fixture->directory);
	free(fixture);
	return 0;
}

static int listen_here(struct fixture *fixture, struct err *err)
{
	struct control_config config = {.socket = fixture->path};

	return control_new(&fixture->control, fixture->base, &config, answer_line, fixture, err);
}

static int connect_here(struct fixture *fixture)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", fixture->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* Runs the loop until the daemon's side closes; the answer in `ret`. */
static void read_answer(struct fixture *fixture, int fd, char *ret, size_t size)
{
	size_t length = 0;

	for (int turns = 0; turns < 5000; turns++) {
		event_base_loop(fixture->base, EVLOOP_NONBLOCK);
		ssize_t got = recv(fd, ret + length, size - 1 - length, 0);
		if (got == 0)
			break;
		if (got > 0)
			length += (size_t)got;
		else
			usleep(1000);
	}
	ret[length] = '\0';
	close(fd);
}

static void one_line_gets_one_answer_and_the_end(void **state)
{
	struct fixture *fixture = *state;
	char answer[256];

	assert_int_equal(listen_here(fixture, NULL), 0);
	int fd = connect_here(fixture);
	assert_int_equal(send(fd, "names pc\n", 9, 0), 9);
	read_answer(fixture, fd, answer, sizeof(answer));
	assert_string_equal(answer, "ok\nline\tnames pc\n");
}

static void sender_may_close_its_side_before_the_answer(void **state)
{
	struct fixture *fixture = *state;
	char answer[256];

	assert_int_equal(listen_here(fixture, NULL), 0);
	int fd = connect_here(fixture);
	assert_int_equal(send(fd, "status\n", 7, 0), 7);
	shutdown(fd, SHUT_WR);
	read_answer(fixture, fd, answer, sizeof(answer));
	assert_string_equal(answer, "ok\nline\tstatus\n");
}

/* Asks "later" and lets the question arrive. */
static int ask_later(struct fixture *fixture)
{
	int fd = connect_here(fixture);

	assert_int_equal(send(fd, "later\n", 6, 0), 6);
	for (int turns = 0; turns < 5000 && !fixture->ticket; turns++)
		event_base_loop(fixture->base, EVLOOP_NONBLOCK);
	assert_non_null(fixture->ticket);
	return fd;
}

static void answer_may_come_later_and_others_go_first(void **state)
{
	struct fixture *fixture = *state;
	char answer[256];

	assert_int_equal(listen_here(fixture, NULL), 0);
	int slow = ask_later(fixture);
	shutdown(slow, SHUT_WR);
	int quick = connect_here(fixture);
	assert_int_equal(send(quick, "help\n", 5, 0), 5);
	read_answer(fixture, quick, answer, sizeof(answer));
	assert_string_equal(answer, "ok\nline\thelp\n");
	control_reply(fixture->ticket);
	read_answer(fixture, slow, answer, sizeof(answer));
	assert_string_equal(answer, "ok\nline\tlater\n");
}

static void answer_to_nobody_is_dropped(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(listen_here(fixture, NULL), 0);
	close(ask_later(fixture));
	for (int turns = 0; turns < 10; turns++)
		event_base_loop(fixture->base, EVLOOP_NONBLOCK);
	control_free(fixture->control);
	fixture->control = NULL;
	control_reply(fixture->ticket);
}

static void overlong_line_is_asked_as_nothing(void **state)
{
	struct fixture *fixture = *state;
	char answer[256], line[CONTROL_LINE_MAX + 100];

	assert_int_equal(listen_here(fixture, NULL), 0);
	memset(line, 'x', sizeof(line));
	int fd = connect_here(fixture);
	assert_int_equal(send(fd, line, sizeof(line), 0), (ssize_t)sizeof(line));
	snprintf(fixture->line, sizeof(fixture->line), "untouched");
	read_answer(fixture, fd, answer, sizeof(answer));
	assert_string_equal(fixture->line, "");
}

static void connections_are_bounded(void **state)
{
	struct fixture *fixture = *state;
	int fds[CONTROL_CONNECTIONS_MAX];
	char answer[256];

	assert_int_equal(listen_here(fixture, NULL), 0);
	for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
		fds[i] = connect_here(fixture);
	for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
		event_base_loop(fixture->base, EVLOOP_NONBLOCK);
	int refused = connect_here(fixture);
	read_answer(fixture, refused, answer, sizeof(answer));
	assert_string_equal(answer, "");
	assert_int_equal(send(fds[0], "help\n", 5, 0), 5);
	read_answer(fixture, fds[0], answer, sizeof(answer));
	assert_string_equal(answer, "ok\nline\thelp\n");
	for (int i = 1; i < CONTROL_CONNECTIONS_MAX; i++)
		close(fds[i]);
}

static void living_daemon_keeps_its_socket(void **state)
{
	struct fixture *fixture = *state;
	struct control_config config = {.socket = fixture->path};
	struct control *second = NULL;
	struct err err = {0};

	assert_int_equal(listen_here(fixture, NULL), 0);
	assert_int_equal(control_new(&second, fixture->base, &config, answer_line, fixture, &err),
			 -EADDRINUSE);
	assert_non_null(strstr(err.text, "another process listens there"));
	assert_non_null(strstr(err.text, fixture->path));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(one_line_gets_one_answer_and_the_end),
		CASE(sender_may_close_its_side_before_the_answer),
		CASE(answer_may_come_later_and_others_go_first),
		CASE(answer_to_nobody_is_dropped),
		CASE(overlong_line_is_asked_as_nothing),
		CASE(connections_are_bounded),
		CASE(living_daemon_keeps_its_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
