/* SPDX-License-Identifier: ISC */
#include "daemon/ready.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_LISTENER 3 /* SD_LISTEN_FDS_START */

void ready_say(const char *assignment)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t length = path ? strlen(path) : 0;

	if (length < 2 || length >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, length);
	if (path[0] == '@')
		to.sun_path[0] = '\0'; /* abstract */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Nobody to complain to when the manager does not listen. */
	(void)!sendto(fd, assignment, strlen(assignment), MSG_NOSIGNAL, (struct sockaddr *)&to,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	close(fd);
}

static uint64_t number_from(const char *name)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 10) : 0;
}

static bool is_for_us(const char *name)
{
	uint64_t pid = number_from(name);

	return pid == 0 || pid == (uint64_t)getpid();
}

uint64_t ready_watchdog_us(void)
{
	return is_for_us("WATCHDOG_PID") ? number_from("WATCHDOG_USEC") : 0;
}

size_t ready_listeners(int ret[READY_LISTENERS_MAX])
{
	uint64_t handed = number_from("LISTEN_FDS");
	size_t count = 0;

	if (!getenv("LISTEN_PID") || !is_for_us("LISTEN_PID"))
		return 0;
	for (uint64_t i = 0; i < handed && count < READY_LISTENERS_MAX; i++) {
		int fd = fcntl(FIRST_LISTENER + (int)i, F_DUPFD_CLOEXEC, 64);

		if (fd >= 0)
			ret[count++] = fd;
	}
	return count;
}

bool ready_is_journal(void)
{
	return getenv("JOURNAL_STREAM") != NULL;
}
