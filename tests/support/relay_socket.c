/* SPDX-License-Identifier: ISC */
#include "relay_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 67
#define ROOM_BYTES (1 << 20)

int relay_socket_open(const char *relay, const char *server)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct sockaddr_in to = from;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1, room = ROOM_BYTES;

	if (fd < 0 || inet_pton(AF_INET, relay, &from.sin_addr) != 1 ||
	    inet_pton(AF_INET, server, &to.sin_addr) != 1)
		goto fail;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		goto fail;
	return fd;
fail:
	fprintf(stderr, "relay %s, server %s: %s\n", relay, server, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}
