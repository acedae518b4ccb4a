/* SPDX-License-Identifier: ISC */
#include "tests/support/lease_hook.h"
#include "common/clock.h"
#include "common/random.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void lease_hook_init(struct lease_hook *hook, const char *path)
{
	*hook = (struct lease_hook){.path = path, .boot_id = random_u64(), .fd = -1};
}

static bool send_record(const struct lease_hook *hook, const struct lease_record *record)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	size_t length = lease_encode(record, bytes, sizeof(bytes));

	return send(hook->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length;
}

static bool say_hello(const struct lease_hook *hook)
{
	struct lease_record record = {
		.type = LEASE_HELLO,
		.boot_id = hook->boot_id,
		.seq = hook->acknowledged,
		.time_ms = clock_wall_ms(),
		.hello.hook_version = "test",
	};

	return send_record(hook, &record);
}

static void disconnect(struct lease_hook *hook)
{
	close(hook->fd);
	hook->fd = -1;
	hook->sent = hook->acknowledged;
}

bool lease_hook_connect(struct lease_hook *hook)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", hook->path);
	hook->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (hook->fd >= 0 && connect(hook->fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    say_hello(hook)) {
		hook->connections++;
		return true;
	}
	disconnect(hook);
	return false;
}

bool lease_hook_say(struct lease_hook *hook, const struct lease_event *event)
{
	const struct lease_record record = {
		.type = LEASE_EVENT,
		.boot_id = hook->boot_id,
		.seq = hook->sent + 1,
		.time_ms = clock_wall_ms(),
		.event = *event,
	};

	if (!send_record(hook, &record))
		return false;
	hook->sent++;
	return true;
}

static void read_answers(struct lease_hook *hook)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	struct lease_record record;
	struct err err = {0};
	ssize_t got;

	while ((got = recv(hook->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		if (lease_decode(bytes, (size_t)got, &record, &err) < 0)
			continue;
		if (record.type == LEASE_REFUSED) {
			fprintf(stderr, "refused: %s\n", record.refused);
			exit(1);
		}
		if (record.type == LEASE_ACK)
			hook->acknowledged = (unsigned)record.seq;
	}
	if (got == 0 || (errno != EAGAIN && errno != EINTR))
		disconnect(hook);
}

void lease_hook_wait(struct lease_hook *hook, int timeout_ms, bool room)
{
	struct pollfd poll_fd = {.fd = hook->fd, .events = room ? POLLIN | POLLOUT : POLLIN};

	poll(&poll_fd, 1, timeout_ms);
	read_answers(hook);
}
