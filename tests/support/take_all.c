/* SPDX-License-Identifier: ISC */
/*
 * take_all PORT...: accepts every connection on these ports, of both families, and closes it: the open
 * ports of a bench's hosts. Prints "ready" when it listens.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORTS_MAX 16
#define BACKLOG 65535

static int listen_on(uint16_t port)
{
	const struct sockaddr_in6 at = {
		.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) || listen(fd, BACKLOG))
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	struct pollfd fds[PORTS_MAX];
	nfds_t count = 0;

	for (int i = 1; i < argc && count < PORTS_MAX; i++) {
		fds[count] = (struct pollfd){.fd = listen_on((uint16_t)strtoul(argv[i], NULL, 10)),
					     .events = POLLIN};
		if (fds[count++].fd < 0) {
			perror(argv[i]);
			return 1;
		}
	}
	puts("ready");
	fflush(stdout);
	while (poll(fds, count, -1) >= 0)
		for (nfds_t i = 0; i < count; i++) {
			int fd;

			while ((fd = accept4(fds[i].fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
				close(fd);
		}
	return 1;
}
