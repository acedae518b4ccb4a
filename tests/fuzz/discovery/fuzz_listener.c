/* SPDX-License-Identifier: ISC */
/*
 * The listener with a peer that sends the input in pieces of its own choosing and closes or resets:
 * whatever it does, the connection ends, once, and only what hello_decode takes is handed over,
 * byte for byte. The first byte chooses the pieces and the end.
 */
#include "discovery/listener.h"

#include <event2/event.h>

#include <assert.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event_base *base;
static struct listener *listener;
static struct sockaddr_storage to;
static socklen_t to_size;
static unsigned hellos, refusals;
static const uint8_t *sent;
static size_t sent_length;

static void on_hello(struct listener_connection *connection, const struct listener_hello *hello,
		     void *user)
{
	struct hello decoded;

	(void)user;
	assert(hello->length <= sent_length && memcmp(hello->bytes, sent, hello->length) == 0);
	assert(hello_decode(hello->bytes, hello->length, true, &decoded, NULL) == HELLO_COMPLETE);
	hellos++;
	listener_release(connection);
}

static void on_refused(enum listener_reason reason, struct endpoint peer, const char *sentence,
		       void *user)
{
	(void)reason, (void)peer, (void)user;
	assert(sentence && sentence[0]);
	refusals++;
}

static void set_up(void)
{
	const struct listener_options options = {
		.max_connections = 64,
		.max_per_address = 64,
		.max_per_prefix = 64,
		.time_limit_ms = 60000,
		.on_hello = on_hello,
		.on_refused = on_refused,
	};
	struct endpoint at = {.addr = addr_ip4(INADDR_LOOPBACK)};

	base = event_base_new();
	assert(base && listener_new(&listener, base, &options) == 0);
	assert(listener_bind(listener, at, NULL) == 0);
	listener_start(listener);
	/* The port that the kernel gave. */
	for (int fd = 3; fd < 64; fd++) {
		int accepts = 0;
		socklen_t length = sizeof(accepts);

		to_size = sizeof(to);
		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &length) == 0 && accepts &&
		    getsockname(fd, (struct sockaddr *)&to, &to_size) == 0)
			return;
	}
	assert(false);
}

static void send_piece(int fd, const uint8_t *bytes, size_t length)
{
	ssize_t count = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)count; /* refused already, perhaps */
	event_base_loop(base, EVLOOP_NONBLOCK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct linger reset = {.l_onoff = 1};
	unsigned before = hellos + refusals;
	size_t half;
	int fd;

	if (size < 1 || size > 20000)
		return 0;
	if (!base)
		set_up();
	sent = data + 1;
	sent_length = size - 1;
	half = data[0] & 1 ? sent_length * (data[0] >> 2) / 64 : sent_length;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* The end of each run resets the connection, so that no port waits for its time. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	assert(fd >= 0 && connect(fd, (struct sockaddr *)&to, to_size) == 0);
	if (half > 0)
		send_piece(fd, sent, half);
	if (half < sent_length)
		send_piece(fd, sent + half, sent_length - half);
	if (data[0] & 2) {
		shutdown(fd, SHUT_WR);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	close(fd);
	for (int i = 0; i < 1000 && hellos + refusals == before; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	assert(listener_status(listener).connections == 0);
	assert(hellos + refusals == before + 1);
	return 0;
}
