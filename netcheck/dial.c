/* SPDX-License-Identifier: ISC */
#include "netcheck/dial.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* IPv6 queues ICMP records only when asked; IPv4 does so for TCP anyway, but not for UDP. */
static int prepare(int fd, bool ip6, unsigned ttl)
{
	int r;

	r = ip6 ? set_int(fd, IPPROTO_IPV6, IPV6_RECVERR, 1)
		: set_int(fd, IPPROTO_IP, IP_RECVERR, 1);
	if (r || !ttl)
		return r;
	return ip6 ? set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, (int)ttl)
		   : set_int(fd, IPPROTO_IP, IP_TTL, (int)ttl);
}

/* The sender of the ICMP message stands behind the record. */
static void take_record(const struct cmsghdr *cmsg, struct dial_error *ret)
{
	struct {
		struct sock_extended_err head;
		struct sockaddr_in6 offender;
	} record = {0};
	size_t size = cmsg->cmsg_len - CMSG_LEN(0);
	struct endpoint by;

	if (size < sizeof(record.head))
		return;
	memcpy(&record, CMSG_DATA(cmsg), size < sizeof(record) ? size : sizeof(record));
	if (record.head.ee_origin != SO_EE_ORIGIN_ICMP &&
	    record.head.ee_origin != SO_EE_ORIGIN_ICMP6)
		return;
	ret->icmp = true;
	ret->error = (int)record.head.ee_errno;
	ret->type = record.head.ee_type;
	ret->code = record.head.ee_code;
	if (!endpoint_from_sockaddr((const struct sockaddr *)&record.offender, &by))
		ret->by = by.addr;
}

/* Reads one record, whether ICMP or not; false when the queue is empty. */
static bool read_record(int fd, struct dial_quote *ret)
{
	union {
		char space[512];
		struct cmsghdr align;
	} control;
	struct sockaddr_storage to = {0};
	struct iovec iov = {.iov_base = ret->bytes, .iov_len = sizeof(ret->bytes)};
	struct msghdr message = {.msg_name = &to,
				 .msg_namelen = sizeof(to),
				 .msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct endpoint endpoint = {0};
	struct cmsghdr *cmsg;
	ssize_t got;

	got = recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
	if (got < 0)
		return false;
	ret->error = (struct dial_error){0};
	ret->length = (size_t)got;
	(void)endpoint_from_sockaddr((const struct sockaddr *)&to, &endpoint);
	ret->to = endpoint.addr;
	for (cmsg = CMSG_FIRSTHDR(&message); cmsg; cmsg = CMSG_NXTHDR(&message, cmsg)) {
		bool ip4 = cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_RECVERR;
		bool ip6 = cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_RECVERR;

		if (ip4 || ip6)
			take_record(cmsg, &ret->error);
	}
	return true;
}

bool dial_next_quote(int fd, struct dial_quote *ret)
{
	while (read_record(fd, ret))
		if (ret->error.icmp)
			return true;
	return false;
}

/* The first ICMP record decides; the kernel keeps no later one for a connecting socket. */
static void read_queue(int fd, struct dial_error *ret)
{
	struct dial_quote quote = {0};

	if (dial_next_quote(fd, &quote))
		*ret = quote.error;
}

void dial_result(int fd, struct dial_error *ret)
{
	socklen_t size = sizeof(ret->error);

	*ret = (struct dial_error){0};
	read_queue(fd, ret);
	if (!ret->icmp && getsockopt(fd, SOL_SOCKET, SO_ERROR, &ret->error, &size) < 0)
		ret->error = errno;
}

/* Opens, prepares and connects; `error` of the record is positive, the return value negative. */
static int open_socket(struct endpoint to, int type, unsigned ttl, bool small, int *ret_fd,
		       struct dial_error *ret_error)
{
	struct sockaddr_storage sockaddr;
	socklen_t size = endpoint_to_sockaddr(to, &sockaddr);
	int fd, r;

	*ret_error = (struct dial_error){0};
	fd = socket(sockaddr.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		ret_error->error = errno;
		return -errno;
	}
	r = prepare(fd, to.addr.family == ADDR_IP6, ttl);
	if (!r && small)
		r = set_int(fd, IPPROTO_TCP, TCP_MAXSEG, DIAL_SMALL_BYTES);
	if (!r && connect(fd, (struct sockaddr *)&sockaddr, size) < 0)
		r = -errno;
	if (!r || r == -EINPROGRESS) {
		*ret_fd = fd;
		return 0;
	}
	read_queue(fd, ret_error);
	if (!ret_error->icmp)
		ret_error->error = -r;
	close(fd);
	return r;
}

int dial_tcp(struct endpoint to, unsigned ttl, int *ret_fd, struct dial_error *ret_error)
{
	return open_socket(to, SOCK_STREAM, ttl, false, ret_fd, ret_error);
}

int dial_tcp_small(struct endpoint to, int *ret_fd, struct dial_error *ret_error)
{
	return open_socket(to, SOCK_STREAM, 0, true, ret_fd, ret_error);
}

int dial_udp(struct endpoint to, unsigned ttl, int *ret_fd, struct dial_error *ret_error)
{
	int fd = -1, r;

	r = open_socket(to, SOCK_DGRAM, ttl, false, &fd, ret_error);
	if (r)
		return r;
	if (send(fd, "", 1, MSG_NOSIGNAL) == 1) {
		*ret_fd = fd;
		return 0;
	}
	r = -errno;
	ret_error->error = errno;
	close(fd);
	return r;
}

int dial_listen(struct endpoint at, int backlog, struct err *err)
{
	struct sockaddr_storage sockaddr;
	socklen_t size = endpoint_to_sockaddr(at, &sockaddr);
	int fd = socket(sockaddr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char text[ENDPOINT_TEXT];
	int r;

	if (fd < 0)
		return err_set(err, -errno, "cannot open a socket: %s", strerror(errno));
	(void)set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (sockaddr.ss_family == AF_INET6)
		(void)set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (!bind(fd, (struct sockaddr *)&sockaddr, size) && !listen(fd, backlog))
		return fd;
	r = -errno;
	close(fd);
	return err_set(err, r, "cannot listen on %s: %s", endpoint_print(at, text), strerror(-r));
}

int dial_open_all(struct addr bind, uint16_t port, dial_open *open, void *user, struct err *err)
{
	static const uint8_t any6[16];
	int r;

	if (bind.family != ADDR_NONE)
		return open((struct endpoint){.addr = bind, .port = port}, user, err);
	r = open((struct endpoint){.addr = addr_ip4(0), .port = port}, user, err);
	if (r)
		return r;
	r = open((struct endpoint){.addr = addr_ip6(any6), .port = port}, user, err);
	return r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL ? 0 : r;
}

void dial_host_name(char *ret, size_t size)
{
	if (gethostname(ret, size) < 0 || !ret[0])
		snprintf(ret, size, "%s", "responder");
	ret[size - 1] = '\0';
}

struct addr dial_source(int fd)
{
	struct sockaddr_storage sockaddr = {0};
	socklen_t size = sizeof(sockaddr);
	struct endpoint own;

	if (getsockname(fd, (struct sockaddr *)&sockaddr, &size) < 0 ||
	    endpoint_from_sockaddr((struct sockaddr *)&sockaddr, &own))
		return (struct addr){0};
	return own.addr;
}

void dial_close(int fd)
{
	struct linger reset = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

bool dial_short_of(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
	       error == EADDRNOTAVAIL || error == EAGAIN;
}

uint64_t dial_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
