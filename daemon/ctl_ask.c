/* SPDX-License-Identifier: ISC */
#include "daemon/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX (256u << 20)
#define TIME_LIMIT_S 300 /* a comparison with Kea may take long */

static int open_socket(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const struct timeval limit = {.tv_sec = TIME_LIMIT_S};

	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	memcpy(at.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		int number = errno;
		close(fd);
		return -number;
	}
	return fd;
}

/* The whole answer, until the daemon closes. */
static int ask(int fd, const char *line, struct text *answer)
{
	char bytes[16384];
	size_t length = strlen(line);

	if (send(fd, line, length, MSG_NOSIGNAL) != (ssize_t)length)
		return -EIO;
	for (;;) {
		ssize_t got = recv(fd, bytes, sizeof(bytes), 0);

		if (got == 0)
			return answer->bad ? -EFBIG : 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		text_add_bytes(answer, bytes, (size_t)got);
	}
}

/* Takes the status line off. */
static enum ctl_status judge(struct text *answer)
{
	char *rows = answer->bytes ? strchr(answer->bytes, '\n') : NULL;

	if (!rows) {
		fputs("amtnetctl: the daemon closed without an answer\n", stderr);
		return CTL_REFUSED;
	}
	*rows++ = '\0';
	if (strcmp(answer->bytes, "ok") != 0) {
		fprintf(stderr, "amtnetctl: %s\n", answer->bytes);
		return CTL_REFUSED;
	}
	answer->length -= (size_t)(rows - answer->bytes);
	memmove(answer->bytes, rows, answer->length + 1);
	return CTL_GOOD;
}

enum ctl_status ctl_ask(const char *path, const char *line, struct text *ret_rows)
{
	enum ctl_status status = CTL_NO_DAEMON;
	int result, fd = open_socket(path);

	text_init(ret_rows, ANSWER_MAX);
	if (fd < 0) {
		fprintf(stderr, "amtnetctl: %s: %s; is amtnetd running, and may you ask it?\n",
			path, strerror(-fd));
		return CTL_NO_DAEMON;
	}
	result = ask(fd, line, ret_rows);
	if (result < 0)
		fprintf(stderr, "amtnetctl: %s: %s\n", path, strerror(-result));
	else
		status = judge(ret_rows);
	close(fd);
	return status;
}
