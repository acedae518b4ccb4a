/* SPDX-License-Identifier: ISC */
#include "kea-hook/peer.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void peer_init(struct peer *peer)
{
	peer->fd = -1;
	peer->filled = 0;
	peer->flushed = 0;
}

int peer_open(struct peer *peer, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(path);

	assert(length < sizeof(address.sun_path));
	memcpy(address.sun_path, path, length);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	peer_init(peer);
	peer->fd = fd;
	return 0;
}

void peer_close(struct peer *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	peer_init(peer);
}

uint8_t *peer_slot(struct peer *peer)
{
	return peer->filled < PEER_BATCH ? peer->bytes[peer->filled] : NULL;
}

void peer_add(struct peer *peer, size_t length)
{
	assert(peer->filled < PEER_BATCH && length <= LEASE_RECORD_MAX);
	peer->length[peer->filled++] = length;
}

int peer_flush(struct peer *peer, size_t *ret_sent)
{
	*ret_sent = 0;
	while (peer->flushed < peer->filled) {
		struct mmsghdr messages[PEER_BATCH] = {0};
		struct iovec parts[PEER_BATCH];
		unsigned count = 0;

		for (size_t i = peer->flushed; i < peer->filled; i++, count++) {
			parts[count] = (struct iovec){peer->bytes[i], peer->length[i]};
			messages[count].msg_hdr.msg_iov = &parts[count];
			messages[count].msg_hdr.msg_iovlen = 1;
		}
		int sent = sendmmsg(peer->fd, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS))
			return PEER_LATER;
		if (sent < 0)
			return -errno;
		peer->flushed += (size_t)sent;
		*ret_sent += (size_t)sent;
	}
	peer->filled = 0;
	peer->flushed = 0;
	return PEER_OK;
}

int peer_receive(struct peer *peer, struct lease_record *ret, struct err *err)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	ssize_t length;

	do {
		length = recv(peer->fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_TRUNC);
	} while (length < 0 && errno == EINTR);
	if (length < 0 && errno == EAGAIN)
		return PEER_LATER;
	if (length < 0)
		return err_set(err, -errno, "reading failed: %s", strerrordesc_np(errno));
	if (length == 0)
		return err_set(err, -ECONNRESET, "amtnetd closed the connection");
	if ((size_t)length > sizeof(bytes))
		return err_set(err, -EPROTO, "amtnetd sent %zd bytes, more than one record holds",
			       length);
	if (lease_decode(bytes, (size_t)length, ret, err) < 0) {
		err_prefix(err, "amtnetd sent no record");
		return -EPROTO;
	}
	return PEER_OK;
}
