/* SPDX-License-Identifier: ISC */
#include "dns/inbox_socket.h"

#include <sys/socket.h>

bool inbox_socket_send(int fd, const struct lease_record *record)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	size_t length = lease_encode(record, bytes, sizeof(bytes));

	return length && send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length;
}
