/* SPDX-License-Identifier: ISC */
#include "discovery/relay_tcp.h"

#include "common/clock.h"
#include "discovery/discovery.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEND_BUFFER_BYTES 65536 /* a whole hello fits, whatever the system's default */
#define SMALL_BYTES 4096        /* fits into any send buffer */
#define SETTLE_MS 20            /* between two looks at what is still unacknowledged */

enum step {
	STEP_CONNECT,
	STEP_WRITE,
	STEP_DRAIN,  /* everything is written and our FIN is out: wait for the core's */
	STEP_SETTLE, /* the core closed: wait until it has acknowledged everything */
};

struct relay_tcp {
	int fd;
	enum step step;
	struct event event;
	struct relay_tcp_options options;
	uint64_t deadline_ms;
	int connect_error; /* what connect() knew at once; told when the socket's event comes */
	void (*on_done)(struct delivery_outcome outcome, void *user);
	void *user;
	size_t discarded;
	size_t written;
	size_t length;
	uint8_t bytes[];
};

void relay_tcp_cancel(struct relay_tcp *relay)
{
	if (!relay)
		return;
	if (event_initialized(&relay->event))
		event_del(&relay->event);
	if (relay->fd >= 0)
		close(relay->fd);
	free(relay);
}

static void finish(struct relay_tcp *relay, enum delivery_result result, int error)
{
	void (*on_done)(struct delivery_outcome outcome, void *user) = relay->on_done;
	void *user = relay->user;

	relay_tcp_cancel(relay);
	on_done((struct delivery_outcome){.result = result, .error = error}, user);
}

/* Waits for the step's event until the deadline. */
static void wait_more(struct relay_tcp *relay)
{
	uint64_t now_ms = clock_mono_ms();
	uint64_t left_ms = relay->deadline_ms > now_ms ? relay->deadline_ms - now_ms : 1;
	struct timeval timeout;

	if (relay->step == STEP_SETTLE && left_ms > SETTLE_MS)
		left_ms = SETTLE_MS;
	timeout = clock_timeval(left_ms);
	if (event_add(&relay->event, &timeout) < 0)
		finish(relay, DELIVERY_LOCAL, ENOMEM);
}

static void on_ready(evutil_socket_t fd, short what, void *user);

/* Goes to the step and waits for what it waits for. */
static void enter(struct relay_tcp *relay, enum step step)
{
	struct event_base *base = event_get_base(&relay->event);
	short what = step == STEP_DRAIN ? EV_READ : step == STEP_SETTLE ? 0 : EV_WRITE;

	event_del(&relay->event);
	event_assign(&relay->event, base, what ? relay->fd : -1, what, on_ready, relay);
	relay->step = step;
	wait_more(relay);
}

/* Bytes and FIN that the core's kernel has not acknowledged yet; 0 once it has all. */
static int unacknowledged(const struct relay_tcp *relay)
{
	int count = 0;

	return ioctl(relay->fd, SIOCOUTQ, &count) < 0 ? 1 : count;
}

static int socket_error(const struct relay_tcp *relay)
{
	int error = 0;
	socklen_t size = sizeof(error);

	return getsockopt(relay->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

static void write_hello(struct relay_tcp *relay)
{
	ssize_t count = send(relay->fd, relay->bytes + relay->written,
			     relay->length - relay->written, MSG_NOSIGNAL | MSG_MORE);

	if (count < 0 && errno != EAGAIN && errno != EINTR) {
		finish(relay, DELIVERY_BROKEN, errno);
		return;
	}
	if (count > 0)
		relay->written += (size_t)count;
	if (relay->written < relay->length) {
		wait_more(relay);
		return;
	}
	if (shutdown(relay->fd, SHUT_WR) < 0) {
		finish(relay, DELIVERY_BROKEN, errno);
		return;
	}
	enter(relay, STEP_DRAIN);
}

static void connected(struct relay_tcp *relay)
{
	int error = relay->connect_error ? relay->connect_error : socket_error(relay);

	if (error != 0) {
		finish(relay, delivery_not_connected(error), error);
		return;
	}
	if (relay->options.probe) {
		finish(relay, DELIVERY_DONE, 0);
		return;
	}
	relay->step = STEP_WRITE;
	relay->deadline_ms = clock_mono_ms() + relay->options.timeout_ms;
	write_hello(relay);
}

/* After a FIN there is no error to be asked for; it may come while we wait. */
static void settle(struct relay_tcp *relay)
{
	int error = relay->step == STEP_SETTLE ? socket_error(relay) : 0;

	if (error != 0)
		finish(relay, DELIVERY_BROKEN, error);
	else if (unacknowledged(relay) == 0)
		finish(relay, DELIVERY_DONE, 0);
	else if (relay->step != STEP_SETTLE)
		enter(relay, STEP_SETTLE);
	else
		wait_more(relay);
}

static void drain(struct relay_tcp *relay)
{
	uint8_t waste[16384];
	ssize_t count = recv(relay->fd, waste, sizeof(waste), 0);

	if (count == 0) {
		settle(relay);
		return;
	}
	if (count < 0 && errno != EAGAIN && errno != EINTR) {
		finish(relay, DELIVERY_BROKEN, errno);
		return;
	}
	if (count > 0)
		relay->discarded += (size_t)count;
	if (relay->discarded > RELAY_TCP_DISCARD_MAX)
		finish(relay, DELIVERY_TALKS, 0);
	else
		wait_more(relay);
}

static void timed_out(struct relay_tcp *relay)
{
	if (relay->step == STEP_CONNECT)
		finish(relay, DELIVERY_NO_CONNECT, ETIMEDOUT);
	else if (relay->step == STEP_WRITE || unacknowledged(relay) > 0)
		finish(relay, DELIVERY_NOT_TAKEN, 0);
	else if (relay->step == STEP_SETTLE || relay->options.acknowledged_suffices)
		finish(relay, DELIVERY_DONE, 0);
	else
		finish(relay, DELIVERY_NO_CLOSE, 0);
}

static void on_ready(evutil_socket_t fd, short what, void *user)
{
	struct relay_tcp *relay = user;

	(void)fd;
	if (what == EV_TIMEOUT && clock_mono_ms() >= relay->deadline_ms) {
		timed_out(relay);
		return;
	}
	switch (relay->step) {
	case STEP_CONNECT:
		if (what & EV_WRITE)
			connected(relay);
		else
			wait_more(relay);
		break;
	case STEP_WRITE:
		write_hello(relay);
		break;
	case STEP_DRAIN:
		drain(relay);
		break;
	case STEP_SETTLE:
		settle(relay);
		break;
	}
}

/* As the other end sees it, the connection comes from `source`. The port is chosen at connect, when
 * the whole four-tuple is known. */
static int bind_to(int fd, struct addr source)
{
	struct sockaddr_storage from;
	socklen_t size = endpoint_to_sockaddr((struct endpoint){.addr = source}, &from);
	const int one = 1;
	bool ip6 = source.family == ADDR_IP6;

	if (setsockopt(fd, ip6 ? IPPROTO_IPV6 : IPPROTO_IP, ip6 ? IPV6_TRANSPARENT : IP_TRANSPARENT,
		       &one, sizeof(one)) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&from, size) < 0)
		return -errno;
	return 0;
}

/* Begins to connect. What connect() finds out at once is told by on_done like everything else. */
static int open_socket(struct relay_tcp *relay)
{
	struct sockaddr_storage to;
	socklen_t size = endpoint_to_sockaddr(relay->options.core, &to);
	const int buffer = SEND_BUFFER_BYTES;

	relay->fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (relay->fd < 0)
		return -errno;
	if (relay->length > SMALL_BYTES &&
	    setsockopt(relay->fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer)) < 0)
		return -errno;
	if (relay->options.source.family != ADDR_NONE) {
		int result = bind_to(relay->fd, relay->options.source);

		if (result < 0)
			return result;
	}
	if (connect(relay->fd, (struct sockaddr *)&to, size) < 0 && errno != EINPROGRESS)
		relay->connect_error = errno;
	return 0;
}

/* A core on this host or in this room has answered by now. What fails here is told by on_done. */
static void write_early(struct relay_tcp *relay)
{
	ssize_t count;

	if (relay->connect_error || relay->options.probe)
		return;
	count = send(relay->fd, relay->bytes, relay->length, MSG_NOSIGNAL | MSG_MORE);
	if (count < 0 && errno != EAGAIN && errno != EINTR)
		relay->connect_error = errno;
	if (count <= 0)
		return;
	relay->written = (size_t)count;
	if (relay->written == relay->length && shutdown(relay->fd, SHUT_WR) == 0)
		relay->step = STEP_DRAIN;
}

int relay_tcp_start(struct relay_tcp **ret, struct event_base *base,
		    const struct relay_tcp_options *options, const void *bytes, size_t length,
		    void (*on_done)(struct delivery_outcome outcome, void *user), void *user)
{
	struct relay_tcp *relay = malloc(sizeof(*relay) + length);
	const struct timeval timeout = clock_timeval(options->timeout_ms);
	const struct timeval *common;
	int result;

	if (!relay)
		return -ENOMEM;
	*relay = (struct relay_tcp){
		.options = *options,
		.deadline_ms = clock_mono_ms() + options->timeout_ms,
		.on_done = on_done,
		.user = user,
		.length = length,
	};
	if (length > 0)
		memcpy(relay->bytes, bytes, length);
	result = open_socket(relay);
	if (result < 0)
		goto fail;
	result = -ENOMEM;
	write_early(relay);
	event_assign(&relay->event, base, relay->fd, relay->step == STEP_DRAIN ? EV_READ : EV_WRITE,
		     on_ready, relay);
	/* All that go to a core wait equally long. libevent has room for 256 such durations. */
	common = event_base_init_common_timeout(base, &timeout);
	if (event_add(&relay->event, common ? common : &timeout) < 0)
		goto fail;
	*ret = relay;
	return 0;
fail:
	relay_tcp_cancel(relay);
	return result;
}

/* As a carrier. */

int relay_tcp_open(void **ret_line, struct event_base *base,
		   const struct discovery_core_config *config, struct err *err)
{
	struct relay_tcp_line *line = calloc(1, sizeof(*line));

	if (!line)
		return err_set(err, -ENOMEM, "out of memory");
	line->base = base;
	line->options = (struct relay_tcp_options){
		.core = config->address,
		.timeout_ms = (uint32_t)config->timeout_ms,
		.acknowledged_suffices = config->confirm == DISCOVERY_CONFIRM_ACKNOWLEDGED,
	};
	*ret_line = line;
	return 0;
}

void relay_tcp_close(void *line)
{
	free(line);
}

void relay_tcp_break(void *job)
{
	relay_tcp_cancel(job);
}

static int send_parcel(void *user, const struct carrier_parcel *parcel, carrier_done *done,
		       void *done_user, void **ret_job)
{
	struct relay_tcp_line *line = user;

	return relay_tcp_start((struct relay_tcp **)ret_job, line->base, &line->options,
			       parcel->bytes, parcel->length, done, done_user);
}

const struct carrier relay_tcp_carrier = {
	.open = relay_tcp_open,
	.close = relay_tcp_close,
	.send = send_parcel,
	.cancel = relay_tcp_break,
};
