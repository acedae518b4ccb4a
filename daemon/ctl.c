/* SPDX-License-Identifier: ISC */
/*
 * amtnetctl: sends one line to the daemon's control socket and prints the rows, as an aligned table or as
 * JSON lines; decodes a hello from a file without a daemon.
 * Exit status: 0 good, 1 the daemon said no, 2 usage, 3 no daemon.
 */
#include "daemon/ctl.h"

#include "common/text.h"
#include "daemon/settings.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX (256u << 20)
#define TIME_LIMIT_S 30

static const char usage[] =
	"usage: amtnetctl [-s SOCKET] [--json] COMMAND [ARGUMENT]\n"
	"  status                  what runs, what waits, what failed\n"
	"  devices [FILTER]        one row per device that said hello\n"
	"  names [FILTER]          one row per wanted DNS name\n"
	"  provision-server        one row per zone that has the record\n"
	"  hellos [COUNT]          the newest hellos\n"
	"  hello decode FILE|-     a hello packet in words; needs no daemon\n"
	"  help                    what the daemon knows\n"
	"Exit status: 0 good, 1 the daemon said no, 2 usage, 3 no daemon at the socket.\n";

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

static int print_answer(struct text *answer, bool json)
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
	if (!json)
		return ctl_print_table(rows);
	fputs(rows, stdout);
	return CTL_GOOD;
}

/* `words` joined by blanks, in the form that the control protocol wants. */
static int build_line(char *ret, size_t size, char **words, int count)
{
	struct text line;
	int result = 0;

	text_init(&line, size - 1);
	text_add(&line, "json");
	for (int i = 0; i < count; i++)
		text_add(&line, " %s", words[i]);
	text_add(&line, "\n");
	if (line.bad || strcspn(line.bytes, "\n") != line.length - 1)
		result = -EINVAL;
	else
		memcpy(ret, line.bytes, line.length + 1);
	text_done(&line);
	return result;
}

static int ask_daemon(const char *path, char **words, int count, bool json)
{
	char line[1024];
	struct text answer;

	if (build_line(line, sizeof(line), words, count) < 0) {
		fputs("amtnetctl: the command is too long, or has a line break in it\n", stderr);
		return CTL_USAGE;
	}
	int fd = open_socket(path);
	if (fd < 0) {
		fprintf(stderr, "amtnetctl: %s: %s; is amtnetd running, and may you ask it?\n",
			path, strerror(-fd));
		return CTL_NO_DAEMON;
	}
	text_init(&answer, ANSWER_MAX);
	int result = ask(fd, line, &answer);
	int status = CTL_NO_DAEMON;
	if (result < 0)
		fprintf(stderr, "amtnetctl: %s: %s\n", path, strerror(-result));
	else
		status = print_answer(&answer, json);
	text_done(&answer);
	close(fd);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	const char *path = SETTINGS_CONTROL_SOCKET;
	bool json = false;

	for (int option; (option = getopt_long(argc, argv, "+s:jh", options, NULL)) != -1;) {
		switch (option) {
		case 's':
			path = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'V':
			puts("amtnetctl " AMTNET_VERSION);
			return CTL_GOOD;
		case 'h':
			fputs(usage, stdout);
			return CTL_GOOD;
		default:
			fputs(usage, stderr);
			return CTL_USAGE;
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return CTL_USAGE;
	}
	/* An option may also stand last, where people add it. */
	if (argc - optind > 1 && strcmp(argv[argc - 1], "--json") == 0) {
		json = true;
		argc--;
	}
	if (argc - optind == 3 && strcmp(argv[optind], "hello") == 0 &&
	    strcmp(argv[optind + 1], "decode") == 0)
		return ctl_decode_hello(argv[optind + 2], json);
	return ask_daemon(path, argv + optind, argc - optind, json);
}
