/* SPDX-License-Identifier: ISC */
#include "lease_daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DEADLINE_MS 10000

static void wait_readable(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&ready, 1, DEADLINE_MS), 1);
}

void lease_daemon_init(struct lease_daemon *daemon)
{
	*daemon = (struct lease_daemon){.listening = -1, .connection = -1};
	snprintf(daemon->directory, sizeof(daemon->directory), "/tmp/amtnet-lease-XXXXXX");
	assert_non_null(mkdtemp(daemon->directory));
	snprintf(daemon->path, sizeof(daemon->path), "%s/lease.sock", daemon->directory);
}

void lease_daemon_done(struct lease_daemon *daemon)
{
	lease_daemon_hang_up(daemon);
	if (daemon->listening >= 0)
		close(daemon->listening);
	unlink(daemon->path);
	rmdir(daemon->directory);
}

void lease_daemon_listen(struct lease_daemon *daemon)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, daemon->path, strlen(daemon->path));
	daemon->listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_true(daemon->listening >= 0);
	assert_int_equal(
		bind(daemon->listening, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(daemon->listening, 4), 0);
}

void lease_daemon_accept(struct lease_daemon *daemon)
{
	wait_readable(daemon->listening);
	daemon->connection = accept(daemon->listening, NULL, NULL);
	assert_true(daemon->connection >= 0);
}

void lease_daemon_hang_up(struct lease_daemon *daemon)
{
	if (daemon->connection >= 0)
		close(daemon->connection);
	daemon->connection = -1;
}

struct lease_record lease_daemon_next(struct lease_daemon *daemon)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	struct lease_record record;
	struct err err = {0};

	do {
		wait_readable(daemon->connection);
		ssize_t length = recv(daemon->connection, bytes, sizeof(bytes), 0);

		assert_true(length > 0);
		if (lease_decode(bytes, (size_t)length, &record, &err) < 0)
			fail_msg("%s", err.text);
	} while (record.type == LEASE_ALIVE);
	return record;
}

struct lease_record lease_daemon_greet(struct lease_daemon *daemon)
{
	lease_daemon_accept(daemon);
	struct lease_record record = lease_daemon_next(daemon);

	assert_int_equal(record.type, LEASE_HELLO);
	return record;
}

static void say(struct lease_daemon *daemon, const struct lease_record *record)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	size_t length = lease_encode(record, bytes, sizeof(bytes));

	assert_true(length > 0);
	assert_int_equal(send(daemon->connection, bytes, length, MSG_NOSIGNAL), length);
}

void lease_daemon_ack(struct lease_daemon *daemon, uint64_t boot_id, uint64_t seq)
{
	struct lease_record record = {.type = LEASE_ACK, .boot_id = boot_id, .seq = seq};

	say(daemon, &record);
}

void lease_daemon_refuse(struct lease_daemon *daemon, const char *sentence)
{
	struct lease_record record = {.type = LEASE_REFUSED};

	snprintf(record.refused, sizeof(record.refused), "%s", sentence);
	say(daemon, &record);
}

void lease_daemon_tell_learned(struct lease_daemon *daemon, uint64_t boot_id,
			       const struct lease_learned *learned)
{
	struct lease_record record = {
		.type = LEASE_LEARNED, .boot_id = boot_id, .learned = *learned};

	say(daemon, &record);
}

void lease_daemon_expect_close(struct lease_daemon *daemon)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	ssize_t length;

	do {
		wait_readable(daemon->connection);
		length = recv(daemon->connection, bytes, sizeof(bytes), 0);
	} while (length > 0);
	lease_daemon_hang_up(daemon);
}
