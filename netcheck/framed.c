/* SPDX-License-Identifier: ISC */
#include "netcheck/framed.h"

#include <errno.h>
#include <sys/socket.h>

int framed_read(int fd, uint8_t *bytes, size_t size, size_t *have, size_t *ret_length)
{
	size_t wanted = 2;
	ssize_t got;

	if (*have >= 2)
		wanted += (size_t)(bytes[0] << 8 | bytes[1]);
	if (wanted > size)
		return -EMSGSIZE;
	got = recv(fd, bytes + *have, wanted - *have, 0);
	if (got < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (got == 0)
		return -ECONNRESET;
	*have += (size_t)got;
	if (wanted == 2 || *have < wanted)
		return -EAGAIN;
	*ret_length = wanted - 2;
	return 0;
}

int framed_send(int fd, uint8_t *bytes, size_t length)
{
	ssize_t sent;

	bytes[0] = (uint8_t)(length >> 8);
	bytes[1] = (uint8_t)length;
	sent = send(fd, bytes, length + 2, MSG_NOSIGNAL);
	if (sent < 0)
		return -errno;
	return (size_t)sent == length + 2 ? 0 : -EAGAIN;
}
